"""What holds for the stream of every dialect, shown on real ones: whole in any pieces, and never whole by half."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncGenerator

import pytest

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    NetworkError,
    ProviderError,
    RateLimitError,
    UnavailableError,
)
from providers.types import Chunk, Endpoint
from tests.providers.adapters import recorded
from tests.providers.adapters.asking import HELLO, chat_fault, check_key, stream
from tests.providers.adapters.conftest import SECRET, PlaceOf
from tests.providers.adapters.dialect_streams import FINISHED, STREAMS, Streamed, speaking
from tests.upstream import (
    Behaviour,
    Upstream,
    cuts_body,
    drips,
    floods,
    garbage,
    hangs,
    rate_limited,
    redirects,
    replays,
    resets,
    server_error,
    wrong_content_type,
)

pytestmark = pytest.mark.shared

PROTOCOLS = sorted({streamed.protocol for streamed in STREAMS})


@pytest.fixture(params=STREAMS, ids=str)
def streamed(request: pytest.FixtureRequest) -> Streamed:
    found: Streamed = request.param
    return found


@pytest.fixture(params=PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def texts(chunks: list[Chunk]) -> list[str]:
    return [chunk.text for chunk in chunks if chunk.text]


@pytest.mark.parametrize("size", [1, 7, 100_000])
def test_a_stream_is_understood_however_it_is_cut(place: PlaceOf, streamed: Streamed, size: int) -> None:
    behaviour = recorded.in_pieces(streamed.raw, streamed.kind, size)
    chunks, error = stream(speaking(place, streamed.protocol, behaviour))
    assert error is None
    assert texts(chunks) == list(streamed.texts)
    last = chunks[-1]
    assert [bool(chunk.finish_reason or chunk.usage) for chunk in chunks] == [False] * (len(chunks) - 1) + [True]
    assert (last.finish_reason, last.model_id) == (FINISHED, streamed.model_id)
    assert last.usage
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == streamed.tokens
    assert not last.usage.estimated


def _cuts(streamed: Streamed) -> list[int]:
    """Places to cut at: around the end of every line, every byte of the end, and many in between."""
    last = streamed.last_byte
    ends = [match.start() + beside for match in re.finditer(rb"\n", streamed.raw) for beside in (-1, 0, 1)]
    around = {*ends, *range(0, last, 61), *range(last - 60, last + 1)}
    return sorted(at for at in around if 0 <= at <= last)


@pytest.mark.parametrize("abrupt", [False, True], ids=["a clean end", "a torn connection"])
def test_a_stream_cut_anywhere_before_its_end_is_broken(place: PlaceOf, streamed: Streamed, *, abrupt: bool) -> None:
    cuts = _cuts(streamed)
    kind = {"content-type": streamed.kind}
    behaviours = [
        recorded.torn(streamed.raw[:at], streamed.kind) if abrupt else replays(200, kind, streamed.raw[:at])
        for at in cuts
    ]
    endpoint = speaking(place, streamed.protocol, *behaviours)
    whole = "".join(streamed.texts)

    async def read_all() -> list[tuple[list[Chunk], ProviderError | None]]:
        return [await _read(endpoint) for _ in cuts]

    for at, (chunks, error) in zip(cuts, asyncio.run(read_all()), strict=True):
        assert type(error) is BrokenAnswerError, f"cut at {at}: {error!r}"
        assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)
        assert whole.startswith("".join(texts(chunks)))


async def _read(endpoint: Endpoint) -> tuple[list[Chunk], ProviderError | None]:
    chunks: list[Chunk] = []
    try:
        chunks.extend([chunk async for chunk in _noted(endpoint, chunks)])
    except ProviderError as error:
        return chunks, error
    return chunks, None


async def _noted(endpoint: Endpoint, seen: list[Chunk]) -> AsyncGenerator[Chunk, None]:
    async for chunk in adapter_for(endpoint.protocol).stream(endpoint, HELLO):
        seen.append(chunk)
        yield chunk


def test_what_the_connection_does_after_the_end_does_not_matter(place: PlaceOf, streamed: Streamed) -> None:
    chunks, error = stream(speaking(place, streamed.protocol, recorded.torn(streamed.raw, streamed.kind)))
    assert error is None
    assert (texts(chunks), chunks[-1].finish_reason) == (list(streamed.texts), FINISHED)


def test_a_stream_that_stands_still_is_a_network_fault(place: PlaceOf, streamed: Streamed) -> None:
    for at in (len(streamed.raw) // 2, streamed.last_byte):
        behaviour = recorded.stalled(streamed.raw[:at], streamed.kind)
        chunks, error = stream(speaking(place, streamed.protocol, behaviour, timeout_seconds=0.3))
        assert type(error) is NetworkError
        assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


def test_a_stream_with_a_corrupt_event_is_broken(place: PlaceOf, streamed: Streamed) -> None:
    raw, openings = (
        streamed.raw,
        [match.start() for match in re.finditer(rb"^(?:data: )?\{", streamed.raw, re.MULTILINE)],
    )
    assert openings
    for opening in openings:
        at = raw.index(b"{", opening)
        for wrong in (raw[:at] + b"<" + raw[at + 1 :], raw[: at + 1] + b"\xff" + raw[at + 1 :], raw[:at] + b"7\n\n"):
            endpoint = speaking(place, streamed.protocol, replays(200, {"content-type": streamed.kind}, wrong))
            chunks, error = stream(endpoint)
            assert type(error) is BrokenAnswerError
            assert not any(chunk.finish_reason or chunk.usage for chunk in chunks)


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        pytest.param(rate_limited(7), RateLimitError, id="rate limited"),
        pytest.param(server_error(500), UnavailableError, id="server error"),
        pytest.param(hangs(), NetworkError, id="hangs"),
        pytest.param(drips(0.05), NetworkError, id="drips"),
        pytest.param(resets(), UnavailableError, id="resets"),
        pytest.param(cuts_body(), BrokenAnswerError, id="cuts the body"),
        pytest.param(garbage(), BrokenAnswerError, id="garbage"),
        pytest.param(garbage(b""), BrokenAnswerError, id="nothing"),
        pytest.param(garbage(b"[" * 200_000), BrokenAnswerError, id="JSON too deep"),
        pytest.param(garbage(b'"a string"'), BrokenAnswerError, id="JSON of another kind"),
        pytest.param(garbage(b"{}"), BrokenAnswerError, id="an empty object"),
        pytest.param(wrong_content_type(), BrokenAnswerError, id="a web page"),
        pytest.param(floods(100_000_000), BrokenAnswerError, id="too large"),
        pytest.param(redirects("http://127.0.0.1/"), BrokenAnswerError, id="a redirect"),
    ],
)
@pytest.mark.parametrize("streaming", [False, True], ids=["whole", "streamed"])
def test_a_fault_becomes_its_error(
    place: PlaceOf, protocol: str, behaviour: Behaviour, expected: type[ProviderError], *, streaming: bool
) -> None:
    endpoint = speaking(place, protocol, behaviour, timeout_seconds=1.0)
    error = stream(endpoint)[1] if streaming else chat_fault(endpoint)
    # The subclasses of Unavailable are the table's business.
    assert isinstance(error, expected), repr(error)
    assert error.detail


def test_an_endless_event_is_broken(place: PlaceOf, streamed: Streamed) -> None:
    endless = recorded.in_pieces(streamed.raw[: streamed.last_byte] + b" " * 6_000_000, streamed.kind, 65_536)
    assert type(stream(speaking(place, streamed.protocol, endless))[1]) is BrokenAnswerError


def test_the_key_is_in_no_error(place: PlaceOf, protocol: str) -> None:
    # Vendors echo keys in many shapes; a key is named in the error of a whole answer, of a stream, and inside of one.
    refused = replays(401, {}, {"error": {"message": f"bad key {SECRET}", "type": "authentication_error"}})
    error = {"type": "error", "error": {"type": "authentication_error", "message": f"no such key: {SECRET}"}}
    kind = next(streamed.kind for streamed in STREAMS if streamed.protocol == protocol)
    inside = json.dumps(error).encode() + b"\n"
    inside = inside if "ndjson" in kind else b"event: error\ndata: " + inside + b"\n"
    faults = [
        chat_fault(speaking(place, protocol, refused)),
        stream(speaking(place, protocol, refused))[1],
        stream(speaking(place, protocol, replays(200, {"content-type": kind}, inside)))[1],
    ]
    assert [type(fault) for fault in faults[:2]] == [AuthenticationError] * 2
    for fault in faults:
        assert fault
        assert SECRET not in f"{fault} {fault!r} {fault.detail} {fault.args}"
    with pytest.raises(ProviderError) as caught:
        check_key(speaking(place, protocol, refused, routes=dict.fromkeys(("GET /models", "GET /tags"), refused)))
    assert SECRET not in f"{caught.value} {caught.value.detail}"


def test_a_cancelled_reader_is_not_told_of_a_fault(place: PlaceOf, streamed: Streamed) -> None:
    behaviour = recorded.stalled(streamed.raw[: streamed.last_byte], streamed.kind)
    endpoint = speaking(place, streamed.protocol, behaviour, timeout_seconds=30.0)

    async def cancel() -> bool:
        reading = asyncio.ensure_future(_read(endpoint))
        await asyncio.sleep(0.1)
        reading.cancel()
        await asyncio.wait({reading}, timeout=5)
        return reading.cancelled()

    assert asyncio.run(cancel())


def test_a_reader_who_leaves_ends_the_vendors_work(place: PlaceOf, upstream: Upstream, streamed: Streamed) -> None:
    behaviour = recorded.stalled(streamed.raw[: streamed.last_byte], streamed.kind)
    endpoint = speaking(place, streamed.protocol, behaviour, timeout_seconds=30.0)

    async def leave() -> bool:
        arriving = adapter_for(streamed.protocol).stream(endpoint, HELLO)
        reading = asyncio.ensure_future(anext(arriving))
        await asyncio.to_thread(upstream.wait_for_requests, endpoint.provider)
        reading.cancel()
        await asyncio.wait({reading}, timeout=5)
        await arriving.aclose()
        for _ in range(200):
            if upstream.requests(endpoint.provider)[0].gave_up:
                return True
            await asyncio.sleep(0.01)
        return False

    assert asyncio.run(leave())


def test_a_vendor_that_does_not_stream_gives_its_answer_in_one_piece(place: PlaceOf) -> None:
    behaviour = recorded.replayed("anthropic--messages--200--2")
    chunks, error = stream(speaking(place, "anthropic", behaviour))
    assert error is None
    assert texts(chunks) == ['The title of this document is **"Apples are tasty"** by Hadley Wickham.']
    assert chunks[-1].finish_reason is FINISHED
