from __future__ import annotations

import json
import logging
import traceback
from typing import Any

import pytest

from providers.adapters.redaction import redact
from providers.errors import AuthenticationError
from tests.providers.adapters.asking import chat_fault, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.upstream import Behaviour, Upstream, cuts_body, hangs, replays, resets


def echoes(status: int, words: str) -> Behaviour:
    return replays(status, {}, {"error": {"message": words, "code": None}})


async def _breaks_http(exchange: Any) -> None:
    exchange.writer.write(f"HTTP/9.9 {SECRET}\r\n\r\n".encode())
    await exchange.writer.drain()
    exchange.close()


@pytest.mark.parametrize(
    "behaviour",
    [
        echoes(401, f"Incorrect API key provided: {SECRET}."),
        echoes(400, f"header 'Bearer {SECRET}' is malformed"),
        echoes(500, f"while calling https://example.org/?key={SECRET}&x=1"),
        echoes(429, f"key {SECRET[:20]}*****{SECRET[-12:]} is over its limit"),
        replays(200, {}, {"error": {"message": SECRET}}),
        replays(302, {"location": f"https://example.org/?token={SECRET}"}, b""),
        replays(200, {"content-encoding": SECRET}, b""),
        replays(200, {"content-type": SECRET}, b"nonsense"),
        replays(200, {"content-type": "application/json"}, SECRET),
        replays(200, {"content-type": "application/json"}, SECRET.encode() + b"\xff"),
        replays(200, {"content-type": "text/event-stream"}, f"data: {SECRET}\n\n"),
        replays(200, {"content-type": "text/event-stream"}, f"data: {SECRET}".encode() + b"\xff\n\n"),
        replays(200, {}, {"choices": SECRET}),
        replays(200, {}, {"choices": [{"message": {"content": "", "refusal": SECRET}, "finish_reason": SECRET}]}),
        _breaks_http,
        resets(),
        cuts_body(),
        hangs(),
    ],
)
def test_the_key_is_in_no_error_and_no_log(
    place: PlaceOf, caplog: pytest.LogCaptureFixture, behaviour: Behaviour
) -> None:
    caplog.set_level(logging.DEBUG)
    endpoint, _ = place(behaviour, timeout_seconds=0.5)
    chat_error, (_, stream_error) = chat_fault(endpoint), stream(endpoint)
    assert stream_error
    for error in (chat_error, stream_error):
        told = "".join(traceback.format_exception(error)) + _everything(error) + caplog.text
        assert SECRET not in told
        assert SECRET[-12:] not in told


def _everything(error: BaseException | None) -> str:
    """An error and its causes as the most talkative reporter would print them."""
    said = ""
    while error:
        said += f"{error!r} {error.args!r} {vars(error)!r}"
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return said


@pytest.mark.parametrize("key", ["DEADBEEF", "abc", "x9"])
def test_a_short_key_is_not_echoed(place: PlaceOf, key: str) -> None:
    endpoint, _ = place(echoes(401, f"Incorrect API key provided: {key}. You can find your API key"), api_key=key)
    detail = chat_fault(endpoint).detail
    assert key not in detail
    assert detail.endswith("You can find your API key")


@pytest.mark.parametrize("key", ["line\nbreak-in-key", "two words-in-key", "kęy-with-ogonek", "bell\x07-in-key"])
def test_a_malformed_key_never_leaves(place: PlaceOf, upstream: Upstream, key: str) -> None:
    endpoint, name = place(api_key=key)
    error = chat_fault(endpoint)
    assert type(error) is AuthenticationError
    assert upstream.requests(name) == []
    assert key not in _everything(error)


@pytest.mark.parametrize(
    "other",
    [
        "gsk_abc123def456",
        "hf_AbCdEfGhIjKlMnOp",
        "AIzaSyA1234567890abcdefg",
        "r8_1234567890abcdef",
        "nvapi-abc123",
    ],
)
def test_somebody_elses_key_is_not_kept_either(other: str) -> None:
    assert redact(f"the key {other} was used") == "the key [redacted] was used"


@pytest.mark.parametrize(
    "words",
    [
        "The model `meta-llama/llama-3.3-70b-instruct:free` does not exist",
        "a co-authored key-value pair",
        "model qwen3-coder-480b-a35b-instruct-fp8 not found",
        "Rate limit reached on tokens per min. Please try again in 5.289s.",
        "Spróbuj ponownie za chwilę",
    ],
)
def test_ordinary_words_stay_as_they_are(words: str) -> None:
    assert redact(words, "sk-secret-of-somebody") == words


def test_an_endpoint_does_not_print_its_key(place: PlaceOf) -> None:
    assert SECRET not in json.dumps(repr(place()[0]))
