"""Real exchanges of the vendors, as behaviours of the simulated upstream: whole, in odd pieces, cut, stalled."""

from __future__ import annotations

import asyncio
import json
from functools import cache
from pathlib import Path
from typing import Any

from tests.upstream import Behaviour, Exchange, replays

FOLDER = Path(__file__).parents[4] / "shared" / "provider-apis" / "recordings"
_HOP_BY_HOP = {"connection", "transfer-encoding", "content-length", "content-encoding", "keep-alive"}


@cache
def response(name: str) -> dict[str, Any]:
    """What the vendor answered: `status`, `headers`, and one of `body`, `sse` and `text`."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())["response"]
    return found


def body(name: str) -> Any:
    """The JSON of an answer."""
    return response(name)["body"]


def raw(name: str) -> bytes:
    """The bytes of a stream."""
    found: str = response(name).get("sse") or response(name)["text"]
    return found.encode()


def replayed(name: str) -> Behaviour:
    """The whole exchange with its own status and headers."""
    said = response(name)
    kept = {
        header: value
        for header, value in (said.get("headers") or {}).items()
        if isinstance(value, str) and value.isascii() and header.lower() not in _HOP_BY_HOP
    }
    return replays(said["status"], kept, said.get("body", said.get("text", said.get("sse"))))


def in_pieces(stream: bytes, kind: str, size: int) -> Behaviour:
    """A stream in pieces of so many bytes."""

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        for at in range(0, len(stream), size):
            await exchange.send_chunk(stream[at : at + size])
        await exchange.send_chunk(b"")

    return act


def torn(stream: bytes, kind: str) -> Behaviour:
    """These bytes of a stream, and then a connection that ends without a word."""

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        if stream:
            await exchange.send_chunk(stream)
        exchange.close()

    return act


def stalled(stream: bytes, kind: str) -> Behaviour:
    """These bytes of a stream, and then nothing."""

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        await exchange.send_chunk(stream)
        await asyncio.sleep(60)

    return act
