"""Database work of asynchronous callers, on a thread of its own: what arrives while it is busy is done together."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Generic, TypeVar
from weakref import WeakSet

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

A = TypeVar("A")
R = TypeVar("R")

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
        self._waiting: deque[tuple[A, Future[R]]] = deque()
        self._looked_at = 0.0

    async def ask(self, question: A) -> R:
        """The answer to one question. Raises what was answered, DatabaseError or GatheringError."""
        return await asyncio.wrap_future(self.submit(question))

    def submit(self, question: A) -> Future[R]:
        """Ask from any thread, without waiting."""
        future: Future[R] = Future()
        self._waiting.append((question, future))
        # One turn for each question; those that find nothing left to do return at once.
        self._thread.submit(self._turn)
        return future

    def _turn(self) -> None:
        group: list[tuple[A, Future[R]]] = []
        while self._waiting and len(group) < _MOST_TOGETHER:
            group.append(self._waiting.popleft())
        if not group:
            return
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
            for (_, future), answer in zip(group, answers, strict=True):
                _settle(future, answer)

    def _look_at_connections(self) -> None:
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            close_old_connections()
            self._looked_at = now

    def close(self) -> None:
        """Give back the thread's connections, after what is being done; they are opened again when needed."""
        self._thread.submit(connections.close_all).result()


def _settle(future: Future[R], answer: R | Exception) -> None:
    if not future.set_running_or_notify_cancel():
        # Its asker has gone.
        return
    if isinstance(answer, Exception):
        future.set_exception(answer)
    else:
        future.set_result(answer)


def close() -> None:
    """Give back every gathering's connections."""
    for gathering in list(_all):
        gathering.close()


def _after_fork() -> None:
    # A thread does not survive a fork, so the child needs threads of its own.
    for gathering in list(_all):
        gathering._start()  # noqa: SLF001 - the same module


os.register_at_fork(after_in_child=_after_fork)
