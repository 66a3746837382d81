"""What is left of every limit, and who may take it: snapshot, begin and settle, exact across processes and hosts.

Everything runs on one thread with a connection of its own, so that asynchronous callers never touch the database.
"""

from __future__ import annotations

import asyncio
from typing import cast

from providers.ledger import configuration
from providers.ledger.operations import Begin, Full, Opened, Settle, Settlement, Start, Started
from providers.ledger.writer import writer
from providers.routing import Candidate, Place, World

__all__ = [
    "Begin",
    "Full",
    "Opened",
    "Settlement",
    "Start",
    "Started",
    "begin",
    "close",
    "secret",
    "settle",
    "settling",
    "snapshot",
    "start",
    "world",
]


async def world() -> World:
    """All enabled models with the state of their providers, keys, circuits and limits: advice, exact is `begin`."""
    return cast("World", await writer().ask(None))


async def snapshot() -> tuple[Candidate, ...]:
    """The models of `world` alone."""
    return (await world()).candidates


async def start(asked: Start) -> Started:
    """Plan a request and begin its first attempt in one go: its caller waits once."""
    return cast("Started", await writer().ask(asked))


async def begin(asked: Begin) -> Opened | Full:
    """Reserve everything that the first place with room counts, and write the attempt, before anything leaves."""
    return cast("Opened | Full", await writer().ask(asked))


async def settle(opened: Opened, settlement: Settlement) -> None:
    """Write the end of an attempt, its true use, and what it means for key, model and provider, in one transaction."""
    await settling(opened, settlement)


def settling(opened: Opened, settlement: Settlement) -> asyncio.Future[None]:
    """`settle` under way: it ends even if its caller is cancelled, so long as that one waits behind a shield."""
    return cast("asyncio.Future[None]", writer().ask(Settle(opened, settlement)))


def secret(place: Place) -> str:
    """The place's key in clear, empty where none is needed. Raises AuthenticationError when it cannot be had."""
    return configuration.secret(place.key_id) if place.key_id is not None else ""


def close() -> None:
    """Close the writer's database connections; it opens them again when needed."""
    own = writer()
    own.call(own.forget)
