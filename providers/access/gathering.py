"""Database work of asynchronous callers, on a thread of its own: what arrives while it is busy is done together."""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeAlias, TypeVar
from weakref import WeakSet

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

A = TypeVar("A")
R = TypeVar("R")

_Answer: TypeAlias = Future[R] | asyncio.Future[R]
_Asked: TypeAlias = tuple[A, _Answer[R]]
_MOST_TOGETHER = 64
# How often a connection is looked at; on PostgreSQL a look costs a round trip.
_LOOK_SECONDS = 5.0
_all: WeakSet[Gathering[object, object]] = WeakSet()


class GatheringError(Exception):
    """The work broke for a reason that is not the asker's; the thread's own error tells it."""


class Gathering(Generic[A, R]):
    """Hands what was asked to `serve` in groups; each answer is a value, or an exception to raise at the asker.

    A group's first query begins after the last of it was asked, so no answer is older than its question.
    """

    def __init__(self, name: str, serve: Callable[[Sequence[A]], Sequence[R | Exception]]) -> None:
        self._name = name
        self._serve = serve
        self._start()
        _all.add(self)  # type: ignore[arg-type]  # whatever it gathers

    def _start(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix=self._name)
        self._lock = threading.Lock()
        self._waiting: list[_Asked[A, R]] = []
        self._looked_at = 0.0

    async def ask(self, question: A) -> R:
        """The answer to one question. Raises what was answered, DatabaseError or GatheringError."""
        answer: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._put((question, answer))
        return await answer

    def submit(self, question: A) -> Future[R]:
        """Ask from any thread, without waiting."""
        answer: Future[R] = Future()
        self._put((question, answer))
        return answer

    def _put(self, asked: _Asked[A, R]) -> None:
        with self._lock:
            self._waiting.append(asked)
            is_first = len(self._waiting) == 1
        if is_first:
            self._thread.submit(self._turn)

    def _turn(self) -> None:
        with self._lock:
            group, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
            more = bool(self._waiting)
        if more:
            self._thread.submit(self._turn)
        answers: Sequence[R | Exception] = [GatheringError(self._name)] * len(group)
        try:
            self._look_at_connections()
            answers = self._serve([question for question, _ in group])
        except (DatabaseError, InterfaceError) as exc:
            answers = [exc] * len(group)
            # A lost connection is replaced before the next group.
            self._looked_at = 0.0
        finally:
            # Also after a fault of ours: nobody may wait for ever.
            _deliver([(answer, found) for (_, answer), found in zip(group, answers, strict=True)])

    def _look_at_connections(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            close_old_connections()
            self._looked_at = now

    def close(self) -> None:
        """Give back the thread's connections, after what is being done; they are opened again when needed."""
        self._thread.submit(connections.close_all).result()


def _deliver(answered: Sequence[tuple[_Answer[R], R | Exception]]) -> None:
    """Hand the answers over, once for each event loop that waits."""
    by_loop: dict[asyncio.AbstractEventLoop, list[tuple[asyncio.Future[R], R | Exception]]] = {}
    for answer, found in answered:
        if isinstance(answer, asyncio.Future):
            by_loop.setdefault(answer.get_loop(), []).append((answer, found))
        elif answer.set_running_or_notify_cancel():
            _settle(answer, found)
    for loop, own in by_loop.items():
        # Whoever asked from a loop that has ended is gone.
        if not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, own)


def _resolve(answered: Sequence[tuple[asyncio.Future[R], R | Exception]]) -> None:
    for answer, found in answered:
        if not answer.done():
            _settle(answer, found)


def _settle(answer: _Answer[R], found: R | Exception) -> None:
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)


def close() -> None:
    """Give back every gathering's connections."""
    for gathering in list(_all):
        gathering.close()


def _after_fork() -> None:
    # A thread does not survive a fork, so the child needs threads of its own.
    for gathering in list(_all):
        gathering._start()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_after_fork)
