from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from providers.adapters.openai_calls import address
from providers.catalogue import vendor
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ModelUnavailableError,
    NoCreditError,
    OverloadedError,
)
from providers.types import Endpoint, Quirks
from tests.providers.adapters.asking import check_key
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.upstream import Behaviour, Upstream, answers, replays, wrong_content_type

CHAT_ONLY = Quirks(check_path="")


def asked(upstream: Upstream, name: str) -> list[str]:
    return [f"{sent.method} {sent.path.removeprefix(f'/{name}')}" for sent in upstream.requests(name)]


def test_a_wrong_key_fails_its_check(place: PlaceOf) -> None:
    endpoint, _ = place(keys={"another"})
    with pytest.raises(AuthenticationError):
        check_key(endpoint)


def test_a_right_key_is_checked_without_using_tokens(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(keys={SECRET})
    check_key(endpoint)
    assert asked(upstream, name) == ["GET /v1/models"]


def test_a_vendor_with_a_public_list_is_asked_for_one_token(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(answers("", finish_reason="length"), quirks=CHAT_ONLY)
    check_key(endpoint)
    assert upstream.requests(name)[0].json["max_tokens"] == 1


@pytest.mark.parametrize("status", [403, 404, 405])
def test_a_check_that_decides_nothing_is_followed_by_one_token(place: PlaceOf, upstream: Upstream, status: int) -> None:
    endpoint, name = place(answers("Hi"), routes={"GET /models": replays(status, {}, {"error": "no listing"})})
    check_key(endpoint)
    assert asked(upstream, name) == ["GET /v1/models", "POST /v1/chat/completions"]


def test_a_key_without_right_to_chat_fails_its_check(place: PlaceOf) -> None:
    forbidden = {"status": 403, "title": "Forbidden", "detail": "Authorization failed"}
    with pytest.raises(AuthenticationError):
        check_key(place(replays(403, {}, forbidden), quirks=CHAT_ONLY)[0])


def test_a_check_that_meets_a_web_page_fails(place: PlaceOf) -> None:
    with pytest.raises(BrokenAnswerError):
        check_key(place(wrong_content_type(), quirks=CHAT_ONLY)[0])


def test_a_request_that_the_vendor_calls_wrong_has_passed_the_check_of_the_key(place: PlaceOf) -> None:
    wrong = {"error": {"message": "max_tokens must be at least 16", "param": "max_tokens", "code": None}}
    check_key(place(replays(400, {}, wrong), quirks=CHAT_ONLY)[0])


def test_a_key_check_names_a_missing_model(place: PlaceOf) -> None:
    gone = {"error": {"message": "The model `x` does not exist", "code": "model_not_found", "param": None}}
    with pytest.raises(ModelUnavailableError):
        check_key(place(replays(404, {}, gone), quirks=CHAT_ONLY)[0])


def test_a_key_check_names_missing_credit(place: PlaceOf) -> None:
    with pytest.raises(NoCreditError):
        check_key(place(replays(402, {}, {"detail": "Insufficient credit"}), quirks=CHAT_ONLY)[0])


CHECKS: list[tuple[str, Quirks, str, Any, Any]] = [
    ("OpenRouter", Quirks(check_path="key"), "GET /v1/key", {"data": {"label": "x", "is_free_tier": True}}, None),
    ("xAI", Quirks(check_path="api-key", check_field="api_key_blocked=false"), "GET /v1/api-key",
     {"name": "x", "api_key_blocked": False}, {"name": "x", "api_key_blocked": True}),
    ("Cohere", Quirks(check_path="/v1/check-api-key", check_method="POST", check_field="valid"),
     "POST /v1/check-api-key", {"valid": True, "organization_id": "x"}, {"valid": False}),
    ("Cloudflare", Quirks(check_path="/client/v4/user/tokens/verify", check_field="result.status=active"),
     "GET /client/v4/user/tokens/verify",
     {"result": {"id": "x", "status": "active"}, "success": True, "errors": []},
     {"result": {"id": "x", "status": "disabled"}, "success": True, "errors": []}),
    ("Ollama", Quirks(check_path="/api/tags"), "GET /api/tags", {"models": []}, None),
    ("llama.cpp", Quirks(check_path="/health"), "GET /health", {"status": "ok"}, None),
]  # fmt: skip


def rooted(quirks: Quirks, name: str) -> Quirks:
    """Places of the simulated upstream share one host, so the host's root lies below the place's name there."""
    return replace(quirks, check_path=f"/{name}{quirks.check_path}") if quirks.check_path.startswith("/") else quirks


def checked_place(upstream: Upstream, place: PlaceOf, quirks: Quirks, behaviour: Behaviour) -> tuple[Endpoint, str]:
    path = quirks.check_path if quirks.check_path.startswith("/") else f"/{quirks.check_path}"
    endpoint, name = place(routes={f"{quirks.check_method} {path}": behaviour})
    return replace(endpoint, quirks=rooted(quirks, name)), name


@pytest.mark.parametrize(("quirks", "request_line", "good"), [pytest.param(*c[1:4], id=c[0]) for c in CHECKS])
def test_every_vendor_is_asked_what_costs_nothing(
    place: PlaceOf, upstream: Upstream, quirks: Quirks, request_line: str, good: Any
) -> None:
    endpoint, name = checked_place(upstream, place, quirks, replays(200, {}, good))
    check_key(endpoint)
    assert asked(upstream, name) == [request_line]
    assert upstream.requests(name)[0].headers["authorization"] == f"Bearer {SECRET}"


@pytest.mark.parametrize(("quirks", "bad"), [pytest.param(c[1], c[4], id=c[0]) for c in CHECKS if c[4]])
def test_a_200_that_says_no_is_a_no(place: PlaceOf, upstream: Upstream, quirks: Quirks, bad: Any) -> None:
    endpoint, _ = checked_place(upstream, place, quirks, replays(200, {}, bad))
    with pytest.raises(AuthenticationError, match="says no"):
        check_key(endpoint)


@pytest.mark.parametrize("body", [{}, {"result": None}, {"result": []}, {"result": "active"}])
def test_a_200_that_does_not_say_yes_is_a_no(place: PlaceOf, upstream: Upstream, body: Any) -> None:
    endpoint, _ = checked_place(upstream, place, CHECKS[3][1], replays(200, {}, body))
    with pytest.raises(AuthenticationError):
        check_key(endpoint)


def test_xai_says_400_to_a_wrong_key(place: PlaceOf, upstream: Upstream) -> None:
    refusal = replays(400, {}, {"code": "invalid-argument", "error": "Incorrect API key provided"})
    endpoint, _ = checked_place(upstream, place, CHECKS[1][1], refusal)
    with pytest.raises(AuthenticationError):
        check_key(endpoint)


def test_a_server_that_still_loads_its_model_is_busy(place: PlaceOf, upstream: Upstream) -> None:
    loading = replays(503, {}, {"error": {"code": 503, "message": "Loading model", "type": "unavailable_error"}})
    endpoint, _ = checked_place(upstream, place, CHECKS[5][1], loading)
    with pytest.raises(OverloadedError):
        check_key(endpoint)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("models", "https://api.example.org/compat/v1/models"),
        ("/health", "https://api.example.org/health"),
        ("https://other.example.org/check", "https://other.example.org/check"),
    ],
)
def test_a_path_leads_below_the_base_to_the_root_or_elsewhere(path: str, expected: str) -> None:
    assert address(Endpoint("x", "openai", "https://api.example.org/compat/v1/", "m"), path) == expected


# What the vendors' own pages call the cheapest proof; a listing that is public proves nothing.
CHEAPEST = {
    "cerebras": "GET https://api.cerebras.ai/v1/models",
    "cohere": "POST https://api.cohere.com/v1/check-api-key",
    "deepseek": "GET https://api.deepseek.com/models",
    "gemini": "GET https://generativelanguage.googleapis.com/v1beta/openai/models",
    "groq": "GET https://api.groq.com/openai/v1/models",
    "mistral": "GET https://api.mistral.ai/v1/models",
    "nvidia": "one token",
    "ollama-local": "GET http://localhost:11434/api/tags",
    "openai": "GET https://api.openai.com/v1/models",
    "openrouter": "GET https://openrouter.ai/api/v1/key",
}


@pytest.mark.parametrize("slug", CHEAPEST)
def test_a_vendor_of_the_catalogue_is_checked_the_cheapest_true_way(slug: str) -> None:
    row = vendor(slug)
    stored = row.quirks.stored() if row.quirks else {}
    path, method = stored.get("check_path", "models"), stored.get("check_method", "GET")
    endpoint = Endpoint(slug, "openai", row.base_url, "m")
    assert (f"{method} {address(endpoint, path)}" if path else "one token") == CHEAPEST[slug]
