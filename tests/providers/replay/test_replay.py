"""All recorded exchanges, replayed over real sockets: what each success says and what each refusal becomes."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.errors import ProviderError
from providers.types import Chunk, Endpoint
from tests.providers.replay.driving import ask, endpoint_at, method_of, protocol_of, stream
from tests.providers.replay.expected import Said, said
from tests.providers.replay.recordings import Recording, recordings, replayed
from tests.providers.replay.refusals import REFUSALS
from tests.upstream import Behaviour, Upstream

pytestmark = [pytest.mark.shared, pytest.mark.once]

RECORDINGS = recordings()
ALL = 137
# The model spent its tokens on thoughts before the first word of an answer.
WITHOUT_ANSWER = {"huggingface--chat--200--2"}
_numbers = itertools.count(1)

Note = Callable[[str, object], None]
Place = Callable[[Recording, Behaviour], Endpoint]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


@pytest.fixture
def place(upstream: Upstream) -> Place:
    """Where a recording is played back, whatever method and path our side asks with."""

    def at(recording: Recording, behaviour: Behaviour) -> Endpoint:
        name = f"replay{next(_numbers)}"
        # What Replicate asks about a model before it runs it was not recorded.
        routes = {} if recording.provider == "replicate" else {"GET ": behaviour}
        base_url = upstream.add(name, behaviour, routes=routes)
        return endpoint_at(name, recording, base_url)

    return at


def _named(kind: str, *methods: str) -> list[str]:
    found = [one for one in RECORDINGS.values() if one.kind == kind and one.name not in WITHOUT_ANSWER]
    return [one.name for one in found if not methods or method_of(one) in methods]


def _streamed() -> list[str]:
    return [one.name for one in RECORDINGS.values() if one.kind != "error" and method_of(one) == "stream"]


def test_every_recording_is_there_and_has_a_case() -> None:
    assert len(RECORDINGS) == ALL
    assert {one.name for one in RECORDINGS.values() if one.kind == "error"} == set(REFUSALS)


@pytest.mark.parametrize("name", _named("ok", "chat"))
def test_a_recorded_answer_says_what_was_recorded(place: Place, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    wanted = said(recording, protocol_of(recording))
    completion = ask(place(recording, replayed(recording)), recording)
    calls = tuple((call.name, json.loads(call.arguments)) for call in completion.tool_calls)
    tokens = (completion.usage.prompt_tokens, completion.usage.completion_tokens)
    record_property("replay", _row(recording, f"{completion.finish_reason}, {_counted(completion.usage)}"))
    assert (completion.text, completion.finish_reason.value, calls) == (wanted.text, wanted.finish, wanted.tools)
    assert completion.usage.estimated is (wanted.tokens is None)
    assert wanted.tokens in {None, tokens}


@pytest.mark.parametrize("piece", [1, 7, 100_000])
@pytest.mark.parametrize("name", _streamed())
def test_a_recorded_stream_comes_in_order_however_it_is_cut(
    place: Place, name: str, piece: int, record_property: Note
) -> None:
    recording = RECORDINGS[name]
    wanted = said(recording, protocol_of(recording))
    chunks, error = stream(place(recording, replayed(recording, piece=piece)), recording)
    assert error is None
    if piece == 1:
        record_property("replay", _row(recording, f"{chunks[-1].finish_reason}, {len(wanted.pieces)} pieces"))
    _assert_whole(chunks, wanted)


def _assert_whole(chunks: list[Chunk], wanted: Said) -> None:
    last = chunks[-1]
    pieces = tuple(chunk.text for chunk in chunks if chunk.text)
    calls = tuple((call.name, json.loads(call.arguments)) for call in last.tool_calls)
    assert pieces == wanted.pieces
    assert (last.finish_reason, calls) == (wanted.finish, wanted.tools)
    assert last.usage
    assert last.usage.estimated is (wanted.tokens is None)
    assert wanted.tokens in {None, (last.usage.prompt_tokens, last.usage.completion_tokens)}
    assert not any(chunk.finish_reason for chunk in chunks[:-1])


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75])
@pytest.mark.parametrize("name", _streamed())
def test_a_recorded_stream_that_is_cut_is_never_whole(place: Place, name: str, share: float) -> None:
    recording = RECORDINGS[name]
    until = int(_end_of_answer(recording) * share)
    chunks, error = stream(place(recording, replayed(recording, until=until)), recording)
    assert error is not None
    assert not any(chunk.finish_reason for chunk in chunks)


def _end_of_answer(recording: Recording) -> int:
    """The place in the bytes where the answer's end begins to be told."""
    raw = recording.raw
    marks = (b'"finish_reason":"', b'"stop_reason":"', b'"finishReason"', b'"done":true', b"response.completed")
    return min(at for mark in marks if (at := raw.find(mark)) > 0)


@pytest.mark.parametrize("name", sorted(WITHOUT_ANSWER & set(RECORDINGS)))
def test_recorded_thoughts_alone_are_no_answer(place: Place, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    error = _fault(place(recording, replayed(recording)), recording)
    record_property("replay", _row(recording, error.kind))
    assert error.kind == "BrokenAnswer"


@pytest.mark.parametrize("name", _named("error"))
def test_a_recorded_refusal_becomes_its_error(place: Place, name: str, record_property: Note) -> None:
    recording = RECORDINGS[name]
    error = _fault(place(recording, replayed(recording)), recording)
    wait = "" if error.wait_seconds is None else f", wait {error.wait_seconds:g} s"
    record_property("replay", _row(recording, f"{error.kind}{wait}"))
    kind, seconds = REFUSALS[name]
    assert (error.kind, error.http_status) == (kind, recording.status)
    assert seconds is None or error.wait_seconds == pytest.approx(seconds)
    assert error.detail


def _fault(endpoint: Endpoint, recording: Recording) -> ProviderError:
    """The error of the operation; where our side has no such operation, a chat meets the same refusal."""
    with pytest.raises(ProviderError) as caught:
        ask(endpoint, recording)
    return caught.value


def _counted(usage: Any) -> str:
    return f"{usage.prompt_tokens}+{usage.completion_tokens} tokens{' (estimated)' if usage.estimated else ''}"


def _row(recording: Recording, became: str) -> list[str]:
    return [recording.name, f"{protocol_of(recording)}.{method_of(recording)}", became]
