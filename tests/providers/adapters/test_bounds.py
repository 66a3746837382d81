"""Memory and time stay bounded whatever an upstream sends."""

from __future__ import annotations

import asyncio
import gc
import time
import tracemalloc
import warnings
from collections.abc import Callable
from typing import Any

import pytest

from providers.adapters import wire
from providers.adapters.base import adapter_for
from providers.errors import BrokenAnswerError, NetworkError
from tests.providers.adapters.asking import HELLO, chat, chat_fault, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import answers, floods, streams

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


def test_a_hundred_megabytes_do_not_fill_the_memory(place: PlaceOf) -> None:
    endpoint, _ = place(floods(100 * MEGABYTE), timeout_seconds=20.0)
    assert peak_of(lambda: chat_fault(endpoint)) < 40 * MEGABYTE


def test_a_flooding_stream_does_not_fill_the_memory(place: PlaceOf) -> None:
    endpoint, _ = place(floods(100 * MEGABYTE), timeout_seconds=20.0)
    assert peak_of(lambda: stream(endpoint)) < 40 * MEGABYTE


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
        await wire.aclose_clients()
        await adapter_for("openai").chat(endpoint, HELLO)
        await wire.aclose_clients()
        return (await adapter_for("openai").chat(endpoint, HELLO)).text

    assert asyncio.run(close_between()) == "Hello"


def test_the_certificate_store_is_read_once() -> None:
    began = time.monotonic()
    assert wire._ssl_context() is wire._ssl_context()
    assert time.monotonic() - began < 5
