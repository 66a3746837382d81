from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters import sse
from providers.adapters.sse import Event
from providers.errors import BrokenAnswerError


def parse(*pieces: bytes) -> list[Event]:
    async def arriving() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    async def collect() -> list[Event]:
        return [event async for event in sse.events(arriving())]

    return asyncio.run(collect())


STREAM = (
    "\ufeff: hi\r\n\r\nevent: a\r\ndata: Zażółć\r\ndata:  gęślą\r\n\r\ndata\n\nid: 3\n\rdata: x: y\r\rdata: last"
).encode()
WHOLE = [Event("a", "Zażółć\n gęślą"), Event("message", ""), Event("message", "x: y"), Event("message", "last")]


def test_events_are_read_as_the_standard_says() -> None:
    assert parse(STREAM) == WHOLE


@given(st.lists(st.integers(0, len(STREAM)), max_size=12))
def test_it_does_not_matter_how_a_stream_is_cut(places: list[int]) -> None:
    cuts = [0, *sorted(places), len(STREAM)]
    assert parse(*(STREAM[start:end] for start, end in itertools.pairwise(cuts))) == WHOLE


@given(st.binary(max_size=300), st.integers(1, 7))
def test_no_bytes_do_more_than_break_the_answer(noise: bytes, size: int) -> None:
    try:
        events = parse(*(noise[at : at + size] for at in range(0, len(noise), size)))
    except BrokenAnswerError:
        return
    assert all(isinstance(event, Event) for event in events)


def test_an_endless_event_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT_BYTES", 1000)
    with pytest.raises(BrokenAnswerError, match="more than 1000 bytes"):
        parse(*[b"data: " + b"x" * 90 + b"\n"] * 20)


def test_many_small_events_are_not_an_endless_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sse, "LARGEST_EVENT_BYTES", 1000)
    assert len(parse(*[b"data: " + b"x" * 90 + b"\n\n"] * 20)) == 20
