"""Memory and time stay bounded whatever an upstream sends."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
import warnings
import zlib
from collections.abc import Callable
from typing import Any

import pytest

from providers.adapters import connections, wire
from providers.adapters.base import adapter_for
from providers.errors import BrokenAnswerError, NetworkError, ProviderError
from tests.providers.adapters.asking import HELLO, chat, chat_fault, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Behaviour, Exchange, answers, floods, replays, streams

MEGABYTE = 1024 * 1024


def peak_of(work: Callable[[], Any]) -> int:
    """The most memory that Python held on top of before, in bytes."""
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        work()
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()


def declares(size: int, kind: str = "application/json") -> Behaviour:
    """A 200 that says how large it is, and then is."""

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": kind, "content-length": str(size)})
        for _ in range(size // 65536):
            exchange.writer.write(b"x" * 65536)
            await exchange.writer.drain()

    return act


def endless(piece: bytes, kind: str = "text/event-stream") -> Behaviour:
    """A chunked 200 that repeats a piece as fast as anybody reads it, for ever."""

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        while True:
            await exchange.send_chunk(piece)

    return act


def squeezed(size: int) -> bytes:
    """So many bytes of nothing, compressed a thousandfold."""
    packer = zlib.compressobj(9, wbits=31)
    block = b" " * MEGABYTE
    return b"".join(packer.compress(block) for _ in range(size // MEGABYTE)) + packer.flush()


# Large ones, as a million small ones would take their time under the measuring.
WORD = b'data: {"choices": [{"delta": {"content": "' + b"word " * 2000 + b'"}}]}\n\n'
EMPTY = b'data: {"choices": [], "padding": "' + b"x" * 10_000 + b'"}\n\n'
COMMENT = b": still thinking" + b"." * 10_000 + b"\n\n"
LINE = b'{"choices": [], "padding": "' + b"x" * 10_000 + b'"}\n'
BOMB = squeezed(300 * MEGABYTE)


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(declares(100 * MEGABYTE), id="100 MB that were announced"),
        pytest.param(floods(100 * MEGABYTE), id="100 MB that were not"),
        pytest.param(replays(200, {"content-encoding": "gzip"}, BOMB), id="300 MB in 300 kB"),
        pytest.param(replays(500, {"content-encoding": "gzip"}, BOMB), id="a refusal of 300 MB in 300 kB"),
        pytest.param(endless(b" " * 65536, "application/json"), id="an answer without end"),
    ],
)
def test_no_answer_fills_the_memory(place: PlaceOf, behaviour: Behaviour) -> None:
    endpoint, _ = place(behaviour, timeout_seconds=20.0)
    errors: list[ProviderError] = []
    assert peak_of(lambda: errors.append(chat_fault(endpoint))) < 60 * MEGABYTE
    assert "more than" in errors[0].detail


@pytest.mark.parametrize(
    "behaviour",
    [
        pytest.param(declares(100 * MEGABYTE, "text/event-stream"), id="100 MB that were announced"),
        pytest.param(floods(100 * MEGABYTE), id="one line of 100 MB"),
        pytest.param(endless(b"x" * 65536), id="a line without end"),
        pytest.param(endless(b"data: x\n" * 8192), id="an event without end"),
        pytest.param(endless(WORD * 6), id="words without end"),
        pytest.param(endless(EMPTY * 6), id="empty events without end"),
        pytest.param(endless(COMMENT * 6), id="comments without end"),
        pytest.param(endless(LINE * 6, "application/x-ndjson"), id="lines without end"),
        pytest.param(endless(b"x" * 65536, "application/x-ndjson"), id="a line of JSON without end"),
        pytest.param(
            replays(200, {"content-encoding": "gzip", "content-type": "text/event-stream"}, BOMB),
            id="300 MB in 300 kB",
        ),
    ],
)
def test_no_stream_fills_the_memory_or_looks_finished(place: PlaceOf, behaviour: Behaviour) -> None:
    endpoint, _ = place(behaviour, timeout_seconds=20.0)
    ends: list[ProviderError | None] = []

    async def read() -> None:
        """As a reader who passes every chunk on and keeps none."""
        try:
            async for chunk in adapter_for("openai").stream(endpoint, HELLO):
                assert chunk.finish_reason is None
        except ProviderError as error:
            ends.append(error)

    assert peak_of(lambda: asyncio.run(read())) < 60 * MEGABYTE
    assert [type(error) for error in ends] == [BrokenAnswerError]
    assert "more than" in str(ends[0])


def test_a_stream_of_many_events_is_bounded_as_a_whole(place: PlaceOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LARGEST_ANSWER_BYTES", 100_000)
    _, error = stream(place(streams(["word "] * 2000))[0])
    assert type(error) is BrokenAnswerError


def test_a_stream_that_never_ends_is_ended(place: PlaceOf, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "LONGEST_STREAM_SECONDS", 0.3)
    _, error = stream(place(streams(["word", "word"], stall=30), timeout_seconds=30.0)[0])
    assert type(error) is NetworkError


def test_a_hundred_calls_at_once_are_answered(place: PlaceOf) -> None:
    endpoint, _ = place(answers("Hello"), timeout_seconds=30.0)

    async def all_at_once() -> list[str]:
        calls = [adapter_for("openai").chat(endpoint, HELLO) for _ in range(100)]
        return [completion.text for completion in await asyncio.gather(*calls)]

    assert asyncio.run(all_at_once()) == ["Hello"] * 100


def test_a_loop_that_ends_leaves_no_connection_behind(place: PlaceOf) -> None:
    endpoint, _ = place(answers("Hello"))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(3):
            chat(endpoint)
        gc.collect()
    assert [str(warning.message) for warning in caught if warning.category is ResourceWarning] == []


def test_clients_can_be_closed_and_open_again(place: PlaceOf) -> None:
    endpoint, _ = place(answers("Hello"))

    async def close_between() -> str:
        await connections.aclose_sessions()
        await adapter_for("openai").chat(endpoint, HELLO)
        await connections.aclose_sessions()
        return (await adapter_for("openai").chat(endpoint, HELLO)).text

    assert asyncio.run(close_between()) == "Hello"


def test_the_certificate_store_is_read_once() -> None:
    began = time.monotonic()
    assert connections._ssl_context() is connections._ssl_context()
    assert time.monotonic() - began < 5
