"""Streamed predictions over real sockets: plain-text events, their end, and what happens when they break."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import BrokenAnswerError, ContentRefusedError, NetworkError, ProviderError
from providers.types import Chunk, Endpoint, FinishReason
from tests.providers.adapters.asking import HELLO, stream
from tests.providers.adapters.replicate_places import TOKEN, created, replicate, says, sent, sse
from tests.upstream import Behaviour, Upstream, replays

HI = ": hi"
HEL, LO = "event: output\nid: 1:0\ndata: Hel", "event: output\nid: 1:1\ndata: lo"
DONE = "event: done\nid: 1:9\ndata: {}"
END = says("succeeded", ["Hel", "lo"], metrics={"input_token_count": 9, "output_token_count": 2})


def streamed(upstream: Upstream, behaviour: Behaviour, *looks: Behaviour, **changes: Any) -> tuple[Endpoint, str]:
    """A prediction that starts and streams at the place's own address."""
    endpoint, name = replicate(upstream, model_id="meta/llama", **changes)
    url = f"{endpoint.base_url}/stream/p1"
    upstream.add(
        name,
        says("starting", http=201, urls={"stream": url}),
        routes={
            "GET stream/p1": behaviour,
            "GET predictions/p1": looks or (END,),
            "POST p1/cancel": says("canceled"),
            "GET meta/llama": replays(404, {}, {"detail": "no", "status": 404}),
        },
    )
    return endpoint, name


def said(chunks: list[Chunk]) -> str:
    return "".join(chunk.text for chunk in chunks)


def test_the_pieces_come_as_they_are_written(upstream: Upstream) -> None:
    endpoint, name = streamed(upstream, sse(HI, HEL, LO, DONE, ":408: 408 Request Timeout"))
    chunks, error = stream(endpoint)
    assert error is None
    assert [chunk.text for chunk in chunks] == ["Hel", "lo", ""]
    last = chunks[-1]
    assert last.finish_reason is FinishReason.STOP
    assert last.usage
    assert (last.usage.prompt_tokens, last.usage.completion_tokens, last.usage.estimated) == (9, 2, False)
    assert len(sent(upstream, name, "GET", "/predictions/p1")) == 1
    assert sent(upstream, name, "POST", "/cancel") == []
    asked = sent(upstream, name, "GET", "/stream/p1")[0].headers
    assert (asked["accept"], asked["authorization"]) == ("text/event-stream", f"Bearer {TOKEN}")
    assert "prefer" not in created(upstream, name)[0].headers


@pytest.mark.parametrize(
    ("block", "text"),
    [
        ("event: output\ndata: :\ndata: \ndata: Why", ":\n\nWhy"),
        ("event: output\ndata:  did it", " did it"),
        ("event: output\ndata:  ", " "),
        ('event: output\ndata: {"a": 1}', '{"a": 1}'),
        ("event: output\ndata: [DONE]", "[DONE]"),
    ],
)
def test_data_is_plain_text(upstream: Upstream, block: str, text: str) -> None:
    chunks, error = stream(streamed(upstream, sse("event: output\ndata: x", block, DONE))[0])
    assert (said(chunks), error) == (f"x{text}", None)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ('event: error\ndata: {"detail": "CUDA error"}', BrokenAnswerError),
        ('event: error\ndata: {"detail": "NSFW content detected"}', ContentRefusedError),
        ('event: done\ndata: {"reason": "canceled"}', BrokenAnswerError),
        ('event: done\ndata: {"reason": "error"}', BrokenAnswerError),
    ],
)
def test_a_bad_end_is_no_end_of_an_answer(upstream: Upstream, event: str, kind: type[ProviderError]) -> None:
    chunks, error = stream(streamed(upstream, sse(HEL, event), says("failed"))[0])
    assert type(error) is kind
    assert not any(chunk.finish_reason for chunk in chunks)


def test_a_prediction_that_failed_after_its_stream_was_done_is_no_answer(upstream: Upstream) -> None:
    chunks, error = stream(streamed(upstream, sse(HEL, DONE), says("failed", error="crashed"))[0])
    assert type(error) is BrokenAnswerError
    assert not any(chunk.finish_reason for chunk in chunks)


def test_a_stream_that_breaks_is_completed_from_the_prediction(upstream: Upstream) -> None:
    endpoint, name = streamed(upstream, sse(HEL, cut=True), says("processing"), END)
    chunks, error = stream(endpoint)
    assert (said(chunks), error) == ("Hello", None)
    assert chunks[-1].finish_reason is FinishReason.STOP
    assert len(created(upstream, name)) == 1


def test_a_stream_that_ends_without_its_done_is_completed_too(upstream: Upstream) -> None:
    chunks, error = stream(streamed(upstream, sse(HEL, ":408: 408 Request Timeout"))[0])
    assert (said(chunks), error) == ("Hello", None)


def test_a_broken_stream_that_told_another_text_is_broken(upstream: Upstream) -> None:
    chunks, error = stream(streamed(upstream, sse("event: output\ndata: Good", cut=True))[0])
    assert type(error) is BrokenAnswerError
    assert not any(chunk.finish_reason for chunk in chunks)


def test_a_stream_that_stands_still_ends_and_cancels_the_run(upstream: Upstream) -> None:
    endpoint, name = streamed(upstream, sse(HEL, LO, DONE, stall=30), timeout_seconds=0.5)
    chunks, error = stream(endpoint)
    assert (said(chunks), type(error)) == ("Hel", NetworkError)
    assert len(sent(upstream, name, "POST", "/p1/cancel")) == 1


def test_who_stops_reading_cancels_the_run(upstream: Upstream) -> None:
    endpoint, name = streamed(upstream, sse(HEL, LO, stall=30), timeout_seconds=20)

    async def first_only() -> str:
        async with aclosing(adapter_for("replicate").stream(endpoint, HELLO)) as chunks:
            async for chunk in chunks:
                return chunk.text
        return ""

    assert asyncio.run(first_only()) == "Hel"
    assert len(sent(upstream, name, "POST", "/p1/cancel")) == 1


@pytest.mark.parametrize("behaviour", [replays(404, {}, ""), replays(200, {"content-type": "text/html"}, "<html>")])
def test_without_a_stream_the_text_comes_in_one_piece(upstream: Upstream, behaviour: Behaviour) -> None:
    chunks, error = stream(streamed(upstream, behaviour)[0])
    assert ([chunk.text for chunk in chunks], error) == (["Hello", ""], None)


def test_without_an_address_of_a_stream_the_prediction_is_polled(upstream: Upstream) -> None:
    endpoint, _ = replicate(upstream, says("starting", http=201))
    chunks, error = stream(endpoint)
    assert ([chunk.text for chunk in chunks], error) == (["Hello", ""], None)


def test_the_token_does_not_follow_the_stream_to_another_host(upstream: Upstream) -> None:
    endpoint, name = streamed(upstream, sse(HEL, LO, DONE))
    foreign = f"http://localhost:{upstream.port}/{name}/v1/stream/p1"
    upstream.add(
        name,
        says("starting", http=201, urls={"stream": foreign}),
        routes={"GET stream/p1": sse(HEL, LO, DONE), "GET predictions/p1": END},
    )
    chunks, error = stream(endpoint)
    assert (said(chunks), error) == ("Hello", None)
    assert "authorization" not in sent(upstream, name, "GET", "/stream/p1")[0].headers


def test_thoughts_are_streamed_apart(upstream: Upstream) -> None:
    blocks = ["event: output\ndata: <thi", "event: output\ndata: nk>hm</think>", HEL, LO]
    chunks, error = stream(streamed(upstream, sse(*blocks, DONE))[0])
    assert error is None
    assert (said(chunks), "".join(chunk.reasoning for chunk in chunks)) == ("Hello", "hm")


def test_an_empty_stream_is_no_answer(upstream: Upstream) -> None:
    _, error = stream(streamed(upstream, sse(DONE), says("succeeded", []))[0])
    assert type(error) is BrokenAnswerError
