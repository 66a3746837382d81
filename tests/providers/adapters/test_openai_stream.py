from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from providers.adapters import openai_stream
from providers.adapters.base import adapter_for
from providers.errors import (
    BrokenAnswerError,
    ContentRefusedError,
    InvalidRequestError,
    NetworkError,
    NoCreditError,
    OverloadedError,
    ProviderError,
    RateLimitError,
    UnavailableError,
)
from providers.types import ChatRequest, Chunk, FinishReason, Quirks
from tests.providers.adapters.asking import HELLO, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import (
    Behaviour,
    Upstream,
    answers,
    cuts_body,
    drips,
    floods,
    garbage,
    hangs,
    rate_limited,
    replays,
    resets,
    streams,
    wrong_content_type,
)


def events(*bodies: Any, end: str = "\n\n") -> Behaviour:
    """A stream of exactly these events; strings go out as they are."""
    lines = [body if isinstance(body, str) else f"data: {json.dumps(body)}" for body in bodies]
    return replays(200, {"content-type": "text/event-stream"}, "".join(line + end for line in lines))


def delta(content: str | None = None, finish_reason: str | None = None, **more: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content, **more}, "finish_reason": finish_reason}]}


def text(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(streams(["Hel", "lo"]), id="plain"),
        pytest.param(streams(["Hel", "lo"], crlf=True), id="CRLF"),
        pytest.param(streams(["Hel", "lo"], done=False), id="no DONE"),
        pytest.param(events(": PROCESSING", delta("Hel"), ": PROCESSING", delta("lo", "stop")), id="comments"),
        pytest.param(events("event: chunk\nid: 1\nretry: 5\ndata: " + json.dumps(delta("Hello", "stop"))), id="fields"),
        pytest.param(
            events('data: {"choices": [{"delta":\ndata: {"content": "Hello"},\ndata: "finish_reason": "stop"}]}'),
            id="several data lines",
        ),
        pytest.param(events(delta("Hello"), delta(None, "stop"), "data:[DONE]", end="\r\r"), id="bare CR"),
        pytest.param(events(delta("Hello"), {"choices": []}, {"choices": None}, delta("", "stop")), id="empty choices"),
        pytest.param(
            replays(200, {"content-type": "text/event-stream"}, "data: " + json.dumps(delta("Hello", "stop"))),
            id="no empty line at the end",
        ),
        pytest.param(
            replays(200, {}, {"choices": [{"message": {"content": "Hello"}, "finish_reason": "stop"}]}),
            id="a vendor that does not stream",
        ),
    ],
)
def test_a_whole_stream_gives_the_whole_text(place: PlaceOf, behaviour: Behaviour) -> None:
    chunks, error = stream(place(behaviour)[0])
    assert error is None
    assert text(chunks) == "Hello"
    assert chunks[-1].finish_reason is FinishReason.STOP


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(streams(["a", "b"], finish_reason=None), BrokenAnswerError, id="no finish reason, but DONE"),
        pytest.param(streams(["a", "b"], finish_reason=None, done=False), BrokenAnswerError, id="no finish reason"),
        pytest.param(streams(["a", "b", "c"], cut_after=2), BrokenAnswerError, id="cut"),
        pytest.param(streams(["a", "b"], stall=30), NetworkError, id="stalled"),
        pytest.param(events(delta("a"), "data: {corrupt", delta(None, "stop")), BrokenAnswerError, id="corrupt"),
        pytest.param(events(delta("a"), "data: 5", delta(None, "stop")), BrokenAnswerError, id="not an object"),
        pytest.param(events(delta("a", "stop"), delta("b")), BrokenAnswerError, id="words after the finish reason"),
        pytest.param(events(delta("a", "weird")), BrokenAnswerError, id="an unknown finish reason"),
        pytest.param(events(delta("a", "error")), BrokenAnswerError, id="failed"),
        pytest.param(events(delta("a", "content_filter")), ContentRefusedError, id="filtered"),
        pytest.param(
            events(delta("a", None, refusal="I "), delta("", "stop", refusal="cannot.")),
            ContentRefusedError,
            id="refused",
        ),
        pytest.param(events(delta("", "stop")), BrokenAnswerError, id="empty"),
        pytest.param(events(delta("<think>Let me see", "length")), BrokenAnswerError, id="nothing but thoughts"),
        pytest.param(
            events(delta("a"), {"error": {"message": "Overloaded", "type": "overloaded_error"}}),
            OverloadedError,
            id="an error event",
        ),
        pytest.param(
            events(delta("a"), {"error": {"code": 502, "message": "Provider disconnected"}, **delta("", "error")}),
            UnavailableError,
            id="an error beside choices",
        ),
        pytest.param(
            events(delta("a"), 'event: error\ndata: {"code": "insufficient_quota", "message": "No money"}'),
            NoCreditError,
            id="a named error",
        ),
        pytest.param(
            replays(200, {}, {"error": {"code": 429, "message": "Rate limit"}}),
            RateLimitError,
            id="an error in place of a stream",
        ),
        pytest.param(
            replays(200, {"content-type": "text/event-stream"}, b"data: \xff\xfe\n\n"),
            BrokenAnswerError,
            id="not UTF-8",
        ),
        pytest.param(floods(100_000_000), BrokenAnswerError, id="a flood"),
        pytest.param(drips(0.01, b": waiting\n\n"), NetworkError, id="comments without end"),
        pytest.param(wrong_content_type(), BrokenAnswerError, id="a web page"),
        pytest.param(garbage(), BrokenAnswerError, id="garbage"),
        pytest.param(cuts_body(), BrokenAnswerError, id="a cut body"),
        pytest.param(rate_limited(3), RateLimitError, id="rate limited"),
        pytest.param(resets(), NetworkError, id="reset"),
        pytest.param(hangs(), NetworkError, id="silent"),
    ],
)
def test_a_broken_stream_never_looks_finished(
    place: PlaceOf, behaviour: Behaviour, expected: type[ProviderError]
) -> None:
    chunks, error = stream(place(behaviour, timeout_seconds=0.7)[0])
    assert type(error) is expected
    assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


def test_what_came_before_the_break_was_passed_on(place: PlaceOf) -> None:
    chunks, _ = stream(place(streams(["a", "b", "c"], cut_after=2))[0])
    assert text(chunks) == "ab"


def test_usage_is_asked_for_and_carried_by_the_last_chunk(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(streams(["Hello there"]))
    chunks, _ = stream(endpoint)
    assert upstream.requests(name)[0].json["stream_options"] == {"include_usage": True}
    assert chunks[-1].usage
    assert not chunks[-1].usage.estimated


def test_a_vendor_that_knows_no_stream_options_is_not_given_any(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(streams(["Hello"]), quirks=Quirks(stream_usage=False))
    chunks, _ = stream(endpoint)
    assert "stream_options" not in upstream.requests(name)[0].json
    assert chunks[-1].usage
    assert chunks[-1].usage.estimated


@pytest.mark.parametrize("after", ["data: {corrupt", ""], ids=["a corrupt count", "silence"])
def test_a_finished_answer_survives_the_loss_of_its_count(
    place: PlaceOf, monkeypatch: pytest.MonkeyPatch, after: str
) -> None:
    monkeypatch.setattr(openai_stream, "_PATIENCE_FOR_USAGE_SECONDS", 0.1)

    async def act(exchange: Any) -> None:
        await exchange.send_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        await exchange.send_chunk(f"data: {json.dumps(delta('Hello', 'stop'))}\n\n{after}\n\n".encode())
        await asyncio.sleep(30)

    chunks, error = stream(place(act)[0])
    assert error is None
    assert text(chunks) == "Hello"
    assert chunks[-1].usage
    assert chunks[-1].usage.estimated


def test_a_finished_answer_survives_a_broken_connection(place: PlaceOf) -> None:
    async def act(exchange: Any) -> None:
        await exchange.send_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        await exchange.send_chunk(f"data: {json.dumps(delta('Hello', 'stop'))}\n\n".encode())
        exchange.close()

    chunks, error = stream(place(act)[0])
    assert error is None
    assert chunks[-1].finish_reason is FinishReason.STOP


def test_thinking_is_kept_apart_in_a_stream(place: PlaceOf) -> None:
    cut = ["<th", "ink>Le", "t me see</", "think>", "\n\nHel", "lo"]
    chunks, error = stream(place(streams(cut))[0])
    assert error is None
    assert (text(chunks).strip(), "".join(chunk.reasoning for chunk in chunks)) == ("Hello", "Let me see")


def test_a_reasoning_field_is_kept_apart_in_a_stream(place: PlaceOf) -> None:
    chunks, _ = stream(place(events(delta(None, reasoning_content="Hm."), delta("Hello", "stop")))[0])
    assert [(chunk.text, chunk.reasoning) for chunk in chunks[:2]] == [("", "Hm."), ("Hello", "")]


def test_the_model_that_answered_is_named(place: PlaceOf) -> None:
    chunks, _ = stream(place(events({"model": "dated-2026", **delta("Hello", "stop")}))[0])
    assert chunks[-1].model_id == "dated-2026"


def test_a_stream_drops_a_refused_field_and_goes_on(place: PlaceOf, upstream: Upstream) -> None:
    error = {"message": "No.", "type": "invalid_request_error", "param": "temperature", "code": "unsupported_value"}
    endpoint, name = place(replays(400, {}, {"error": error}), answers("Hello"))
    chunks, fault = stream(endpoint, ChatRequest(HELLO.messages, temperature=0.5))
    assert fault is None
    assert text(chunks) == "Hello"
    assert "temperature" not in upstream.requests(name)[1].json


def test_a_bad_request_for_a_stream_is_told(place: PlaceOf) -> None:
    error = {"message": "Bad value", "type": "invalid_request_error", "param": "messages", "code": None}
    _, fault = stream(place(replays(400, {}, {"error": error}))[0])
    assert type(fault) is InvalidRequestError


def test_pieces_arrive_while_the_vendor_still_writes(place: PlaceOf) -> None:
    endpoint, _ = place(streams(["first", "second"], stall=30))

    async def first() -> Chunk:
        arriving = adapter_for("openai").stream(endpoint, HELLO)
        chunk = await asyncio.wait_for(anext(arriving), 5)
        await arriving.aclose()
        return chunk

    assert asyncio.run(first()).text == "first"


def test_a_reader_who_leaves_ends_the_vendors_work(place: PlaceOf, upstream: Upstream) -> None:
    endpoint, name = place(streams(["first", "second"], stall=30))

    async def leave() -> bool:
        arriving = adapter_for("openai").stream(endpoint, HELLO)
        await anext(arriving)
        await arriving.aclose()
        for _ in range(200):
            if upstream.requests(name)[0].gave_up:
                return True
            await asyncio.sleep(0.01)
        return False

    assert asyncio.run(leave())


def test_a_cancelled_reader_is_not_told_of_a_fault(place: PlaceOf) -> None:
    endpoint, _ = place(streams(["first", "second"], stall=30))

    async def cancel() -> bool:
        reading = asyncio.ensure_future(_all_of(endpoint))
        await asyncio.sleep(0.1)
        reading.cancel()
        await asyncio.wait({reading}, timeout=5)
        return reading.cancelled()

    async def _all_of(endpoint: Any) -> list[Chunk]:
        return [chunk async for chunk in adapter_for("openai").stream(endpoint, HELLO)]

    assert asyncio.run(cancel())


def test_a_slow_reader_is_not_taken_for_a_silent_vendor(place: PlaceOf) -> None:
    endpoint, _ = place(streams(["a", "b", "c"]), timeout_seconds=0.3)

    async def read_slowly() -> str:
        seen = ""
        async for chunk in adapter_for("openai").stream(endpoint, HELLO):
            seen += chunk.text
            await asyncio.sleep(0.4)
        return seen

    assert asyncio.run(read_slowly()) == "abc"
