"""Hugging Face: chat through its router, and what proves a key."""

from __future__ import annotations

from dataclasses import replace

import pytest

from providers.errors import ProviderError
from providers.types import (
    Endpoint,
)
from tests.providers.adapters.asking import chat, chat_fault, check_key, stream
from tests.providers.adapters.conftest import SECRET
from tests.providers.adapters.huggingface_house import (
    NO_RIGHT,
    House,
    house,
    recorded,
    replayed,
)
from tests.upstream import Behaviour, answers, replays

__all__ = ["house"]


@pytest.mark.shared
@pytest.mark.parametrize("name", ["chat--200", "chat--200--3"])
def test_a_recorded_chat_through_the_router_is_understood(house: House, name: str) -> None:
    completion = chat(house.open(replayed(name), model_id="meta-llama/Llama-3.1-8B-Instruct:cerebras"))
    body = recorded(name)["body"]
    assert completion.text == body["choices"][0]["message"]["content"]
    assert completion.model_id == body["model"]
    assert house.paths == ["/v1/chat/completions"]
    assert house.bodies[0]["model"] == "meta-llama/Llama-3.1-8B-Instruct:cerebras"


def test_the_model_is_the_first_word_that_the_router_reads(house: House) -> None:
    endpoint = house.open(answers("Hi"))
    chat(endpoint)
    stream(endpoint)
    for request in house.upstream.requests(house.name):
        assert request.body.startswith(b'{"model": "org/name"')


@pytest.mark.shared
@pytest.mark.parametrize("name", ["chat-stream--200", "chat-stream--200--2"])
def test_a_recorded_stream_ends_well_with_or_without_done(house: House, name: str) -> None:
    chunks, error = stream(house.open(replayed(name)))
    assert error is None
    assert chunks[-1].finish_reason
    assert chunks[-1].usage
    assert "".join(chunk.text for chunk in chunks)


def test_an_address_that_ends_with_v1_reaches_the_same_places(house: House) -> None:
    endpoint = house.open(answers("Hi"))
    chat(replace(endpoint, base_url=f"{endpoint.base_url}/v1/"))
    assert house.paths == ["/v1/chat/completions"]


@pytest.mark.shared
@pytest.mark.parametrize(("name", "kind"), [("chat--402", "Quota"), ("chat--403", "Authentication")])
def test_a_recorded_refusal_becomes_its_error(house: House, name: str, kind: str) -> None:
    error = chat_fault(house.open(replayed(name)))
    words = {type(error).__name__, *(base.__name__ for base in type(error).__mro__)}
    assert any(word.startswith(kind) for word in words)


def test_a_partners_count_of_its_own_account_is_not_ours_to_wait_for(house: House) -> None:
    headers = {"x-ratelimit-reset-tokens-day": "86400", "x-ratelimit-remaining-tokens-day": "0"}
    error = chat_fault(house.open(replays(429, headers, {"error": "Too many requests"})))
    assert (error.kind, error.wait_seconds) == ("RateLimit", None)


# Keys


def test_one_token_of_a_chat_proves_a_key(house: House) -> None:
    check_key(house.open(answers("Hi")))
    assert house.paths == ["/v1/chat/completions"]
    assert house.bodies[0]["max_tokens"] == 1


def check_fault(endpoint: Endpoint) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        check_key(endpoint)
    return caught.value


def test_a_good_token_without_the_permission_is_told_from_a_bad_one(house: House) -> None:
    whoami = {"GET /api/whoami-v2": replays(200, {}, {"name": "label", "type": "user"})}
    error = check_fault(house.open(replays(403, {}, NO_RIGHT), routes=whoami))
    assert error.kind == "Authentication"
    assert "the token is good but lacks the permission" in error.detail


def test_a_bad_token_is_called_bad(house: House) -> None:
    whoami = {"GET /api/whoami-v2": replays(401, {}, {"error": "Invalid username or password."})}
    error = check_fault(house.open(replays(401, {}, {"error": "Invalid username or password."}), routes=whoami))
    assert error.kind == "Authentication"
    assert "the token is wrong or was revoked" in error.detail
    assert SECRET not in error.detail


def test_a_refusal_stays_as_it_is_where_whoami_does_not_say(house: House) -> None:
    whoami = {"GET /api/whoami-v2": replays(429, {}, {"error": "Too many requests"})}
    error = check_fault(house.open(replays(403, {}, NO_RIGHT), routes=whoami))
    assert error.kind == "Authentication"
    assert error.detail.startswith("This authentication method")


NO_CHAT = replays(400, {}, {"error": {"message": "not a chat model", "code": "model_not_supported"}})


@pytest.mark.parametrize(
    "task", [replays(200, {}, [[{"label": "A", "score": 1.0}]]), replays(400, {}, {"error": ["inputs: wrong type"]})]
)
def test_a_model_that_does_not_chat_proves_the_key_by_its_own_task(house: House, task: Behaviour) -> None:
    check_key(house.open(NO_CHAT, routes={"POST /hf-inference/models/org/name": task}))
    assert house.paths == ["/v1/chat/completions", "/hf-inference/models/org/name"]


def test_a_model_that_nobody_serves_proves_nothing(house: House) -> None:
    missing = {"POST /hf-inference/models/org/name": replays(404, {}, {"error": "Not Found"})}
    assert check_fault(house.open(NO_CHAT, routes=missing)).kind == "ModelUnavailable"


# Embeddings
