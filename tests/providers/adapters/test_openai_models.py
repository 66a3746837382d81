from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from providers.errors import AuthenticationError, BrokenAnswerError
from providers.types import Capability, ListedModel, Quirks
from tests.providers.adapters.asking import list_models
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour, Upstream, replays

TEXT = frozenset({Capability.TEXT_GENERATION})


def listed(place: PlaceOf, body: Any, **quirks: Any) -> tuple[ListedModel, ...]:
    endpoint, _ = place(routes={"GET /models": replays(200, {}, body)}, quirks=Quirks(**quirks))
    return list_models(endpoint)


OPENROUTER: dict[str, Any] = {
    "id": "google/gemma-4-26b-a4b-it:free",
    "context_length": 32768,
    "architecture": {"input_modalities": ["text", "image"], "output_modalities": ["text"]},
    "pricing": {"prompt": "0", "completion": "0", "request": "0", "web_search": "0.01"},
    "top_provider": {"context_length": 32768, "max_completion_tokens": 8192, "is_moderated": False},
    "supported_parameters": ["max_tokens", "temperature", "structured_outputs"],
    "expiration_date": "2027-01-31",
}
ROUTER: dict[str, Any] = {
    "id": "deepseek-ai/DeepSeek-V3.2",
    "architecture": {"output_modalities": ["text"]},
    "providers": [
        {"provider": "novita", "status": "live", "context_length": 163840, "pricing": {"input": 0.3, "output": 0.4},
         "supports_structured_output": False},
        {"provider": "dead", "status": "error", "context_length": 999999, "supports_structured_output": True},
    ],
}  # fmt: skip


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        pytest.param(
            {"id": "gpt-5-nano", "object": "model", "created": 1, "owned_by": "openai", "shutdown_date": "2026-12-11"},
            ListedModel("gpt-5-nano", shutdown_on=date(2026, 12, 11)),
            id="OpenAI",
        ),
        pytest.param(
            {"id": "gpt-6-luna", "shutdown_date": None}, ListedModel("gpt-6-luna"), id="OpenAI without a date"
        ),
        pytest.param(
            {"id": "mistral-small-2506", "max_context_length": 131072, "deprecation": "2027-02-28T12:00:00Z",
             "capabilities": {"completion_chat": True, "vision": True, "moderation": False}},
            ListedModel("mistral-small-2506", 131072, capabilities=TEXT, shutdown_on=date(2027, 2, 28)),
            id="Mistral",
        ),
        pytest.param(
            {"id": "mistral-moderation", "capabilities": {"completion_chat": False, "moderation": True}},
            ListedModel("mistral-moderation", capabilities=frozenset({Capability.MODERATION})),
            id="Mistral moderation",
        ),
        pytest.param(
            {"id": "mistral-embed", "capabilities": {"completion_chat": False, "moderation": False}},
            ListedModel("mistral-embed"),
            id="Mistral says nothing",
        ),
        pytest.param(
            OPENROUTER,
            ListedModel(OPENROUTER["id"], 32768, 8192, TEXT, json_schema=True, free=True,
                        shutdown_on=date(2027, 1, 31)),
            id="OpenRouter",
        ),
        pytest.param(
            {**OPENROUTER, "id": "paid", "pricing": {"prompt": "0.000001", "completion": "0"},
             "supported_parameters": ["tools"], "expiration_date": None},
            ListedModel("paid", 32768, 8192, TEXT, json_schema=False, free=False),
            id="OpenRouter paid",
        ),
        pytest.param(
            {"id": "openrouter/auto", "pricing": {"prompt": "-1", "completion": "-1"}},
            ListedModel("openrouter/auto", free=False),
            id="OpenRouter router",
        ),
        pytest.param(
            {"id": "flux", "architecture": {"output_modalities": ["image"]}, "pricing": {"prompt": "0", "image": "1"}},
            ListedModel("flux", capabilities=frozenset({Capability.IMAGE_GENERATION}), free=False),
            id="a picture's price",
        ),
        pytest.param(
            {"id": "openai/gpt-oss-20b", "active": True, "context_window": 131072, "max_completion_tokens": 65536},
            ListedModel("openai/gpt-oss-20b", 131072, 65536),
            id="Groq",
        ),
        pytest.param(
            {"id": "llama", "active": False, "context_window": 8192}, ListedModel("llama", 8192, retired=True),
            id="Groq retired",
        ),
        pytest.param(
            ROUTER, ListedModel(ROUTER["id"], 163840, capabilities=TEXT, json_schema=False, free=False), id="HF router"
        ),
        pytest.param(
            {"id": "x", "providers": [{"provider": "y", "status": "live", "is_free": True}]},
            ListedModel("x", free=True),
            id="HF free",
        ),
        pytest.param({"id": "m", "max_model_len": 4096}, ListedModel("m", 4096), id="vLLM"),
        pytest.param(
            {"name": "models/gemini-3.6-flash", "inputTokenLimit": 1048576, "outputTokenLimit": 65536},
            ListedModel("gemini-3.6-flash", 1048576, 65536),
            id="Gemini",
        ),
        pytest.param({"id": "models/gemini-3.6-flash"}, ListedModel("gemini-3.6-flash"), id="Gemini compatible"),
        pytest.param({"id": "x", "lifecycle": "retired"}, ListedModel("x", retired=True), id="a life cycle"),
        pytest.param(
            {"id": "odd", "context_length": "many", "max_completion_tokens": -1, "architecture": "new", "pricing": "?",
             "capabilities": ["chat"], "providers": [3], "deprecation": "soon", "supported_parameters": "all",
             "top_provider": None},
            ListedModel("odd"),
            id="odd values",
        ),
        pytest.param(
            {"id": "x", "pricing": {"prompt": None, "completion": "0"}}, ListedModel("x", free=False), id="odd price"
        ),
        pytest.param({"id": "x", "pricing": {"hour": "1"}}, ListedModel("x"), id="a price of another kind"),
    ],
)  # fmt: skip
def test_what_a_vendor_tells_of_a_model_is_read(place: PlaceOf, entry: dict[str, Any], expected: ListedModel) -> None:
    assert listed(place, {"object": "list", "data": [entry]}) == (expected,)


@pytest.mark.parametrize(
    "body",
    [{"data": [{"id": "a"}, {"id": "b"}]}, [{"id": "a"}, {"id": "b"}], {"models": [{"name": "a"}, {"model": "b"}]}],
    ids=["data", "a bare list", "models"],
)
def test_a_list_is_found_in_every_envelope(place: PlaceOf, body: Any) -> None:
    assert [model.model_id for model in listed(place, body)] == ["a", "b"]


def test_entries_without_a_name_and_repeated_ones_are_left_out(place: PlaceOf) -> None:
    body = {"data": [{"id": "a"}, {}, {"id": 3}, "x", None, {"id": "a"}]}
    assert [model.model_id for model in listed(place, body)] == ["a"]


def test_an_empty_list_is_a_list(place: PlaceOf) -> None:
    assert listed(place, {"data": []}) == ()


@pytest.mark.parametrize("body", [{"object": "list"}, {"data": "none"}, "hello"])
def test_what_is_no_list_is_refused(place: PlaceOf, body: Any) -> None:
    with pytest.raises(BrokenAnswerError):
        listed(place, body)


def test_a_list_may_be_kept_elsewhere(place: PlaceOf, upstream: Upstream) -> None:
    here: Behaviour = replays(200, {}, {"models": [{"name": "qwen3:8b"}]})
    endpoint, name = place(quirks=Quirks(models_path="../api/tags"), routes={"GET /api/tags": here})
    assert [model.model_id for model in list_models(endpoint)] == ["qwen3:8b"]
    assert upstream.requests(name)[0].headers["authorization"]


def test_a_refused_list_becomes_its_error(place: PlaceOf) -> None:
    with pytest.raises(AuthenticationError):
        list_models(place(keys={"another"})[0])
