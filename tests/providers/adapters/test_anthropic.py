from __future__ import annotations

import asyncio
import json
from datetime import date
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ContentRefusedError,
    InvalidRequestError,
    ModelUnavailableError,
    ProviderError,
    RateLimitError,
    RequestTooLargeError,
    UnavailableError,
)
from providers.types import (
    Capability,
    FinishReason,
    ToolCall,
)
from tests.providers.adapters import recorded
from tests.providers.adapters.anthropic_places import asked, claude, message, says
from tests.providers.adapters.asking import chat, chat_fault, check_key, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.providers.adapters.dialect_streams import SSE, events
from tests.upstream import Behaviour, Upstream, replays


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "begins", "tokens"),
    [
        ("anthropic--messages--200", "# Weather Overview", (32, 244)),
        ("anthropic--messages--200--2", "The title of this document", (1652, 29)),
        ("anthropic--messages--200--3", "This document is a simple PDF", (1612, 60)),
        ("anthropic--messages-json-schema--200", '{"colors":["red","yellow","blue"]}', (170, 14)),
        ("anthropic--messages-thinking--200", "# Setting Up the Problem", (44, 521)),
    ],
)
def test_a_recorded_message_is_understood(place: PlaceOf, name: str, begins: str, tokens: tuple[int, int]) -> None:
    completion = chat(claude(place, recorded.replayed(name)))
    said = recorded.body(name)
    text = "".join(block["text"] for block in said["content"] if block["type"] == "text")
    assert completion.text == text
    assert text.startswith(begins)
    usage = said["usage"]
    cached = usage["cache_creation_input_tokens"] + usage["cache_read_input_tokens"]
    assert completion.usage.prompt_tokens == usage["input_tokens"] + cached == tokens[0]
    assert completion.usage.completion_tokens == usage["output_tokens"]
    assert (completion.model_id, completion.finish_reason) == (said["model"], FinishReason.STOP)
    assert completion.vendor_request_id


@pytest.mark.shared
def test_recorded_thinking_is_kept_apart(place: PlaceOf) -> None:
    completion = chat(claude(place, recorded.replayed("anthropic--messages-thinking--200")))
    assert completion.reasoning.startswith("Setting up two equations")
    assert completion.reasoning not in completion.text


@pytest.mark.shared
def test_a_recorded_wish_for_a_tool_is_understood(place: PlaceOf) -> None:
    completion = chat(claude(place, recorded.replayed("anthropic--messages-tools--200")))
    assert completion.finish_reason is FinishReason.TOOL_CALLS
    (call,) = completion.tool_calls
    assert (call.call_id, call.name) == ("toolu_01D8Vv47Y4PPAQgEB4Vkk1x5", "weather")
    assert json.loads(call.arguments) == {"latitude": "52.5200", "longitude": "13.4050"}


@pytest.mark.shared
@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_recorded_stream_of_a_tool_call_is_understood(place: PlaceOf, size: int) -> None:
    raw = recorded.raw("anthropic--messages-tools-stream--200")
    chunks, error = stream(claude(place, recorded.in_pieces(raw, SSE, size)))
    assert error is None
    (last,) = chunks
    assert last.finish_reason is FinishReason.TOOL_CALLS
    assert last.tool_calls == (ToolCall("toolu_01EcJNDtgucTvxugUxuGcJmF", "best_language_to_learn", "{}"),)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anthropic--messages--400", RequestTooLargeError),
        ("anthropic--messages--400--2", InvalidRequestError),
        ("anthropic--messages--400--3", InvalidRequestError),
        ("anthropic--messages--401--authentication-error", AuthenticationError),
        ("anthropic--messages--404--not-found-error", ModelUnavailableError),
        ("anthropic--messages--404--not-found-error--2", ModelUnavailableError),
        ("anthropic--messages--429", RateLimitError),
        ("anthropic--messages--500--api-error", UnavailableError),
        ("anthropic--messages--529--overloaded-error", UnavailableError),
    ],
)
def test_a_recorded_refusal_becomes_its_error(place: PlaceOf, name: str, expected: type[ProviderError]) -> None:
    for error in (
        chat_fault(claude(place, recorded.replayed(name))),
        stream(claude(place, recorded.replayed(name)))[1],
    ):
        assert isinstance(error, expected)
        assert error.http_status == recorded.response(name)["status"]


@pytest.mark.shared
def test_a_recorded_wait_is_kept(place: PlaceOf) -> None:
    assert chat_fault(claude(place, recorded.replayed("anthropic--messages--429"))).wait_seconds == 16


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("end_turn", FinishReason.STOP),
        ("stop_sequence", FinishReason.STOP),
        ("max_tokens", FinishReason.LENGTH),
        ("model_context_window_exceeded", FinishReason.LENGTH),
    ],
)
def test_a_reason_to_stop_is_told_in_our_words(place: PlaceOf, word: str, reason: FinishReason) -> None:
    assert chat(claude(place, says("Hello", stop_reason=word))).finish_reason is reason


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(replays(200, {}, message(stop_reason="refusal")), ContentRefusedError, id="refused"),
        pytest.param(says("I will", stop_reason="refusal"), ContentRefusedError, id="refused after words"),
        pytest.param(says("Let me", stop_reason="pause_turn"), BrokenAnswerError, id="paused"),
        pytest.param(says("Let me", stop_reason=None), BrokenAnswerError, id="no reason"),
        pytest.param(replays(200, {}, message()), BrokenAnswerError, id="no content"),
        pytest.param(says(" "), BrokenAnswerError, id="white space"),
        pytest.param(
            replays(200, {}, message({"type": "thinking", "thinking": "Hm."}, stop_reason="max_tokens")),
            BrokenAnswerError,
            id="all thinking",
        ),
        pytest.param(replays(200, {}, message({"type": "tool_use"})), BrokenAnswerError, id="a call of no tool"),
        pytest.param(replays(200, {}, {"content": "?"}), BrokenAnswerError, id="odd content"),
    ],
)
def test_an_answer_that_is_none_is_not_passed_on(
    place: PlaceOf, behaviour: Behaviour, expected: type[ProviderError]
) -> None:
    error = chat_fault(claude(place, behaviour))
    assert type(error) is expected
    assert error.detail


def test_the_models_reason_for_a_refusal_is_told(place: PlaceOf) -> None:
    details = {"type": "refusal", "explanation": "Not this."}
    assert chat_fault(claude(place, says("", stop_reason="refusal", stop_details=details))).detail == "Not this."


def test_blocks_that_nobody_reads_and_missing_facts_cost_no_answer(place: PlaceOf) -> None:
    blocks = [
        {"type": "redacted_thinking", "data": "secret"},
        {"type": "thinking", "thinking": "Hm.", "signature": "x"},
        {"type": "hologram", "shape": [1, 2]},
        {"type": "text", "text": "Hel", "citations": None},
        {"type": "text", "text": "lo"},
    ]
    body = {"content": blocks, "stop_reason": "end_turn", "usage": {"input_tokens": "many", "output_tokens": None}}
    completion = chat(claude(place, replays(200, {"request-id": "req_7"}, body)))
    assert (completion.text, completion.reasoning) == ("Hello", "Hm.")
    assert (completion.model_id, completion.vendor_request_id) == ("test-model", "req_7")
    assert completion.usage.estimated


def _start(**usage: int) -> dict[str, Any]:
    return {"type": "message_start", "message": {"id": "msg_1", "model": "claude-x", "content": [], "usage": usage}}


def _delta(**delta: Any) -> dict[str, Any]:
    return {"type": "content_block_delta", "index": 0, "delta": delta}


_TEXT = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}


_END = {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 15}}


_STOP = {"type": "message_stop"}


def streams(*bodies: dict[str, Any]) -> Behaviour:
    return replays(200, {"content-type": SSE}, events(*bodies))


def test_a_streams_count_replaces_the_one_before(place: PlaceOf) -> None:
    midway = {"type": "message_delta", "delta": {}, "usage": {"output_tokens": 9}}
    started = _start(input_tokens=12, cache_read_input_tokens=100, output_tokens=1)
    chunks, error = stream(claude(place, streams(started, _TEXT, _delta(text="Hi"), midway, _END, _STOP)))
    assert error is None
    assert chunks[-1].usage
    assert (chunks[-1].usage.prompt_tokens, chunks[-1].usage.completion_tokens) == (112, 15)


def test_thinking_pings_and_news_do_not_disturb_a_stream(place: PlaceOf) -> None:
    thinking = {"type": "content_block_start", "index": 0, "content_block": {"type": "thinking", "thinking": ""}}
    signature = _delta(type="signature_delta", signature="x")
    news = {"type": "content_hologram", "delta": {"shape": [1]}, "index": 0}
    chunks, error = stream(
        claude(
            place,
            streams(
                _start(input_tokens=1),
                {"type": "ping"},
                thinking,
                _delta(thinking="Hm."),
                signature,
                news,
                _TEXT,
                _delta(text="Hello"),
                _END,
                _STOP,
            ),
        )
    )
    assert error is None
    assert [(chunk.text, chunk.reasoning) for chunk in chunks] == [("", "Hm."), ("Hello", ""), ("", "")]


def test_calls_in_a_stream_come_whole_with_its_end(place: PlaceOf) -> None:
    def begins(index: int, name: str) -> dict[str, Any]:
        block = {"type": "tool_use", "id": f"toolu_{index}", "name": name, "input": {}}
        return {"type": "content_block_start", "index": index, "content_block": block}

    def goes_on(index: int, piece: str) -> dict[str, Any]:
        delta = {"type": "input_json_delta", "partial_json": piece}
        return {"type": "content_block_delta", "index": index, "delta": delta}

    ends = {"type": "message_delta", "delta": {"stop_reason": "tool_use"}, "usage": {"output_tokens": 15}}
    pieces = (begins(0, "weather"), begins(1, "now"), goes_on(0, '{"ci'), goes_on(1, "{}"), goes_on(0, 'ty": "Łódź"}'))
    chunks, error = stream(claude(place, streams(_start(input_tokens=1), *pieces, ends, _STOP)))
    assert error is None
    (last,) = chunks
    assert last.tool_calls == (ToolCall("toolu_0", "weather", '{"city": "Łódź"}'), ToolCall("toolu_1", "now", "{}"))
    cut = streams(_start(input_tokens=1), *pieces[:4], ends, _STOP)
    assert type(stream(claude(place, cut))[1]) is BrokenAnswerError


@pytest.mark.parametrize(
    ("bodies", "expected"),
    [
        pytest.param((_TEXT, _delta(text="Hi"), _END), BrokenAnswerError, id="no message_stop"),
        pytest.param((_TEXT, _delta(text="Hi"), _STOP), BrokenAnswerError, id="no stop reason"),
        pytest.param((_END, _STOP), BrokenAnswerError, id="no text"),
        pytest.param(
            (_TEXT, _delta(text="Hi"), {**_END, "delta": {"stop_reason": "new_reason"}}, _STOP),
            BrokenAnswerError,
            id="an unknown reason",
        ),
        pytest.param(
            (_TEXT, _delta(text="Hi"), {**_END, "delta": {"stop_reason": "refusal"}}, _STOP),
            ContentRefusedError,
            id="refused",
        ),
        pytest.param(
            (_TEXT, {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}, _END, _STOP),
            UnavailableError,
            id="overloaded",
        ),
        pytest.param(
            ({"type": "error", "error": {"type": "rate_limit_error", "message": "Slow down"}},),
            RateLimitError,
            id="rate limited",
        ),
        pytest.param((_TEXT, {"delta": {}}, _END, _STOP), BrokenAnswerError, id="an event without a type"),
    ],
)
def test_a_broken_stream_never_looks_finished(
    place: PlaceOf, bodies: tuple[dict[str, Any], ...], expected: type[ProviderError]
) -> None:
    chunks, error = stream(claude(place, streams(_start(input_tokens=1), *bodies)))
    assert isinstance(error, expected)
    assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


def test_a_key_is_checked_by_a_list_of_one(place: PlaceOf, upstream: Upstream) -> None:
    endpoint = claude(place)
    check_key(endpoint)
    request = asked(upstream, endpoint)
    assert (request.method, request.path.partition("/v1/")[2]) == ("GET", "models?limit=1")
    assert request.headers["x-api-key"] == SECRET


@pytest.mark.shared
def test_a_recorded_bad_key_does_not_pass_the_check(place: PlaceOf) -> None:
    refusal = recorded.replayed("anthropic--messages--401--authentication-error")
    with pytest.raises(AuthenticationError):
        check_key(claude(place, routes={"GET /models": refusal}))


@pytest.mark.shared
def test_recorded_models_are_listed_with_their_limits(place: PlaceOf) -> None:
    endpoint = claude(place, routes={"GET /models": recorded.replayed("anthropic--models-list--200")})
    models = asyncio.run(adapter_for("anthropic").list_models(endpoint))
    assert [model.model_id for model in models] == [
        entry["id"] for entry in recorded.body("anthropic--models-list--200")["data"]
    ]
    opus = models[0]
    assert (opus.model_id, opus.context_tokens, opus.max_output_tokens) == ("claude-opus-5", 1_000_000, 128_000)
    assert opus.capabilities == frozenset({Capability.TEXT_GENERATION})
    assert (opus.json_schema, opus.shutdown_on, opus.retired) == (True, None, False)


def test_all_pages_of_the_list_are_read(place: PlaceOf, upstream: Upstream) -> None:
    old = {"id": "claude-old", "lifecycle": "retired", "retires_at": "2026-10-31T00:00:00Z", "max_tokens": "many"}
    pages = [
        replays(200, {}, {"data": [old, {"name": "nameless"}], "has_more": True, "last_id": "claude old"}),
        replays(200, {}, {"data": [{"id": "claude-new", "capabilities": None}], "has_more": False, "last_id": "x"}),
    ]
    endpoint = claude(place, routes={"GET /models": pages})
    first, second = asyncio.run(adapter_for("anthropic").list_models(endpoint))
    assert (first.retired, first.shutdown_on, first.max_output_tokens) == (True, date(2026, 10, 31), None)
    assert (second.model_id, second.json_schema, second.retired) == ("claude-new", None, False)
    assert asked(upstream, endpoint).path.endswith("models?limit=1000&after_id=claude%20old")
