"""Group commit: one thread gathers what callers ask meanwhile into one transaction, and only then answers them."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from providers.ledger import holding, live, remembering, starting, transaction
from providers.ledger.operations import Beat, Begin, Opened, Operation, Outcome, Settle, Settlement, Start, Started
from providers.models import Attempt
from providers.routing import World

T = TypeVar("T")
_logger = logging.getLogger(__name__)
# A transaction with more callers than this would keep the first of them waiting.
_MOST_TOGETHER = 128
# Given up attempts are looked for this often, by a process that has something to do.
_REAP_SECONDS = 1.0
# And what is too old to keep, this often.
_FORGET_SECONDS = 60.0
# How often a connection is looked at: on SQLite a look replaces it, on PostgreSQL it costs a round trip.
_LOOK_SECONDS = 5.0


@dataclass(slots=True)
class _Asked:
    """A caller's wish, None for a snapshot, and where the answer goes."""

    operation: Operation | Start | None
    answer: asyncio.Future[Outcome | Started | World] | None


# What a batch brings: the answer or the error of each wish.
_Answers = list[tuple[_Asked, object]]


class LedgerError(RuntimeError):
    """The writer met a fault of its own; nothing was stored."""


class Writer:
    """The one thread of a process that writes on the path of a call, with a database connection of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")
        self._lock = threading.Lock()
        self._waiting: list[_Asked] = []
        self._open = 0
        self._reaped_at = 0.0
        self._looked_at = 0.0
        self._forgot_at = time.monotonic()
        self._heart: threading.Thread | None = None

    def ask(self, operation: Operation | Start | None) -> asyncio.Future[Outcome | Started | World]:
        """The operation's outcome once it is stored, also if nobody waits for it. Raises what the database raises."""
        answer: asyncio.Future[Outcome | Started | World] = asyncio.get_running_loop().create_future()
        asked = _Asked(operation, answer)
        with self._lock:
            self._waiting.append(asked)
            is_first = len(self._waiting) == 1
        if is_first:
            self._thread.submit(self._drain).add_done_callback(_log_fault)
        return answer

    def call(self, function: Callable[[], T]) -> T:
        """Run something on the writer's thread and wait for it."""
        return self._thread.submit(function).result()

    def _drain(self) -> None:
        with self._lock:
            batch, self._waiting = self._waiting[:_MOST_TOGETHER], self._waiting[_MOST_TOGETHER:]
            more = bool(self._waiting)
        if more:
            self._thread.submit(self._drain).add_done_callback(_log_fault)
        answers: _Answers = [(asked, LedgerError("the ledger failed; the log says why")) for asked in batch]
        try:
            answers = self._answers(batch)
        except (DatabaseError, InterfaceError) as exc:
            answers = [(asked, exc) for asked in batch]
        finally:
            # Also after a fault of our own: nobody must wait for ever.
            _deliver(answers)

    def _answers(self, batch: list[_Asked]) -> _Answers:
        self._look_at_connections()
        starts = [(asked, asked.operation) for asked in batch if isinstance(asked.operation, Start)]
        snapshots = [asked for asked in batch if asked.operation is None]
        answers: _Answers = []
        decided: list[tuple[_Asked, Started, Begin]] = []
        if starts or snapshots:
            # Everyone who asked meanwhile sees the same world.
            seen = _seen()
            answers += [(asked, seen) for asked in snapshots]
            for asked, start in starts:
                started, begin = starting.decided(start, seen)
                if begin is None:
                    answers.append((asked, started))
                else:
                    decided.append((asked, started, begin))
        wishes = [(asked, asked.operation) for asked in batch if isinstance(asked.operation, Operation)]
        outcomes = self._stored([operation for _asked, operation in wishes] + [begin for *_, begin in decided])
        answers += [(asked, found) for (asked, _), found in zip(wishes, outcomes, strict=False)]
        for (asked, started, _begin), found in zip(decided, outcomes[len(wishes) :], strict=True):
            answers.append((asked, found if isinstance(found, Exception) else started.with_outcome(found)))
        return answers

    def _stored(self, operations: list[Operation]) -> list[Any]:
        if any(isinstance(operation, Begin) for operation in operations):
            self._reap_sometimes()
        outcomes = _together(operations)
        self._count(operations, outcomes)
        return outcomes

    def _look_at_connections(self) -> None:
        if time.monotonic() - self._looked_at >= _LOOK_SECONDS:
            close_old_connections()
            self._looked_at = time.monotonic()

    def _reap_sometimes(self) -> None:
        if time.monotonic() - self._reaped_at >= _REAP_SECONDS:
            self._reaped_at = time.monotonic()
            holding.reap(transaction.database_clock())
        if time.monotonic() - self._forgot_at >= _FORGET_SECONDS:
            self._forgot_at = time.monotonic()
            remembering.forget_old()

    def _count(self, operations: list[Operation], outcomes: list[object]) -> None:
        """Keep the heart beating while something is in flight."""
        self._open += sum(isinstance(outcome, Opened) for outcome in outcomes)
        self._open -= sum(isinstance(operation, Settle) for operation in operations)
        if self._open > 0 and self._heart is None:
            self._heart = threading.Thread(target=self._beat, name="ledger lease", daemon=True)
            self._heart.start()

    def _beat(self) -> None:
        while True:
            time.sleep(holding.beat_seconds())
            if self._open > 0:
                self._thread.submit(self._beat_once)

    def _beat_once(self) -> None:
        # A beat that fails is told by the next one; nobody waits for it.
        close_old_connections()
        if self._open > 0:
            transaction.run([Beat()])

    def give_back(self, opened: Opened) -> None:
        """Settle an attempt whose caller left before it went out."""
        settlement = Settlement(Attempt.Outcome.CANCELLED, 0, never_left=True)
        self._thread.submit(self._answers, [_Asked(Settle(opened, settlement), None)])

    def forget(self) -> None:
        """Close the connections and what is known of calls in flight."""
        self._open = 0
        live.forget()
        remembering.forget()
        holding.forget()
        connections.close_all()


def _seen() -> World:
    try:
        return live.world()
    except (DatabaseError, InterfaceError):
        # The connection may be what failed; a new one is worth a try.
        close_old_connections()
        return live.world()


def _together(operations: list[Operation]) -> list[object]:
    """The outcomes of one transaction; when it fails, each operation on its own, so that none spoils the others."""
    if not operations:
        return []
    try:
        return list(transaction.run(operations))
    except (DatabaseError, InterfaceError):
        # The connection may be what failed.
        close_old_connections()
        return [_alone(operation) for operation in operations]


def _alone(operation: Operation) -> object:
    try:
        return transaction.run([operation])[0]
    except (DatabaseError, InterfaceError) as exc:
        return exc


def _log_fault(done: Future[None]) -> None:
    fault = done.exception()
    if fault is not None:
        _logger.error("the ledger's writer met a fault of its own", exc_info=fault)


def _deliver(answered: _Answers) -> None:
    """Hand the answers to the loops that wait for them, once for each loop."""
    by_loop: dict[asyncio.AbstractEventLoop, _Answers] = defaultdict(list)
    for asked, found in answered:
        if asked.answer is not None:
            by_loop[asked.answer.get_loop()].append((asked, found))
    for loop, answers in by_loop.items():
        if loop.is_closed():
            _give_back(answers)
        else:
            loop.call_soon_threadsafe(_resolve, answers)


def _resolve(answers: _Answers) -> None:
    for asked, found in answers:
        if asked.answer is None or asked.answer.done():
            _give_back([(asked, found)])
        elif isinstance(found, Exception):
            asked.answer.set_exception(found)
        else:
            asked.answer.set_result(found)  # type: ignore[arg-type]  # as `ask` promises


def _give_back(answers: _Answers) -> None:
    """What was granted to callers that are gone: nothing left, nothing is used."""
    for _asked, found in answers:
        opened = found.outcome if isinstance(found, Started) else found
        if isinstance(opened, Opened):
            writer().give_back(opened)


_writers: dict[int, Writer] = {}
_writers_lock = threading.Lock()


def writer() -> Writer:
    """The writer of this process; a thread does not survive a fork, so a child makes its own."""
    with _writers_lock:
        pid = os.getpid()
        if pid not in _writers:
            _writers[pid] = Writer()
        return _writers[pid]
