"""Asynchronous work for synchronous callers, on one event loop a process."""

from __future__ import annotations

import asyncio
import os
import queue
import threading
from collections.abc import Coroutine, Iterator
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

from providers.orchestrator.answers import Answer, Event
from providers.orchestrator.calls import Check, complete
from providers.routing import Task
from providers.types import ChatRequest

T = TypeVar("T")


class BackgroundCall(Generic[T]):
    """`complete` for synchronous callers: it runs on the process's one event loop while the caller reads its events."""

    def __init__(self, task: Task, request: ChatRequest, check: Check[T]) -> None:
        self._events: queue.SimpleQueue[Event | None] = queue.SimpleQueue()
        self._future: Future[Answer[T]] = asyncio.run_coroutine_threadsafe(
            complete(task, request, check=check, watch=self._watch), _loop()
        )
        self._future.add_done_callback(lambda _: self._events.put(None))

    async def _watch(self, event: Event) -> None:
        self._events.put(event)

    def events(self) -> Iterator[Event]:
        """The events as they happen; ends when the call has ended."""
        return iter(self._events.get, None)

    def result(self) -> Answer[T]:
        """The answer. Raises what `complete` raises, or concurrent.futures.CancelledError after `cancel`."""
        return self._future.result()

    def cancel(self) -> None:
        """End the call wherever it is; may be called from any thread."""
        self._future.cancel()


def run(work: Coroutine[Any, Any, T], *, seconds: float) -> T:
    """The result of any coroutine, for a synchronous caller that waits `seconds` at most. Raises TimeoutError."""

    async def bounded() -> T:
        async with asyncio.timeout(seconds):
            return await work

    return asyncio.run_coroutine_threadsafe(bounded(), _loop()).result()


_loops: dict[int, asyncio.AbstractEventLoop] = {}
_loops_lock = threading.Lock()


def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process, made when first needed: one made before a fork would not run in the child."""
    with _loops_lock:
        pid = os.getpid()
        if pid not in _loops:
            loop = asyncio.new_event_loop()
            threading.Thread(target=loop.run_forever, name="orchestrator", daemon=True).start()
            _loops[pid] = loop
        return _loops[pid]
