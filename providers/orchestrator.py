"""The fallback loop: plan, begin, call, check, settle; the front door for everyone who wants an answer."""

from __future__ import annotations

import asyncio
import os
import queue
import random
import threading
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Generic, TypeVar

from django.utils import timezone

from providers import ledger, routing
from providers.adapters.base import adapter_for
from providers.errors import (
    AnswerRejectedError,
    AuthenticationError,
    Blame,
    FallbackExhaustedError,
    ProviderError,
    UnavailableError,
)
from providers.models import Attempt
from providers.routing import Place, Task
from providers.types import ChatRequest, Completion, Endpoint, Message, Role

__all__ = ["Answer", "BackgroundCall", "Event", "Exhausted", "Happening", "Task", "Tried", "complete"]

T = TypeVar("T")
Check = Callable[[str, bool], T]

# Two requests at one place: the second carries the reason why the first answer was refused.
TRIES_AT_ONE_PLACE = 2
# A retry at the same place is for hiccups; a place that took this long to fail gets no second chance.
SLOW_FAILURE_SECONDS = 5.0
LONGEST_JITTER_SECONDS = 1.0


class Happening(StrEnum):
    """What an event tells."""

    ASKING = "asking"
    ASKING_AGAIN = "asking_again"
    CHECKING = "checking"
    FALLING_BACK = "falling_back"


@dataclass(frozen=True, slots=True)
class Event:
    """Progress of a request. `reason` is an error's kind, `until` when that place returns, if known."""

    happening: Happening
    provider: str
    model_id: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt as the caller may see it."""

    provider: str
    provider_name: str
    model_id: str
    outcome: str
    http_status: int | None
    error: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A checked answer with its provenance."""

    value: T
    completion: Completion
    request_id: uuid.UUID
    provider: str
    provider_name: str
    tried: tuple[Tried, ...]


class Exhausted(FallbackExhaustedError):  # noqa: N818 - it is FallbackExhaustedError with the story attached
    """No place answered. `tried` tells which were asked; `until` when the first one returns, if any does."""

    def __init__(self, tried: tuple[Tried, ...], until: datetime | None) -> None:
        wait = max(0.0, (until - timezone.now()).total_seconds()) if until else None
        super().__init__("no provider can answer now", wait_seconds=wait)
        self.tried = tried
        self.until = until

    @property
    def kind(self) -> str:
        """The parent's stable word."""
        return "FallbackExhausted"


async def _unwatched(_event: Event) -> None:
    """Nobody looks on."""


async def complete(
    task: Task,
    request: ChatRequest,
    *,
    check: Check[T],
    watch: Callable[[Event], Awaitable[None]] = _unwatched,
) -> Answer[T]:
    """Ask the places of the plan in turn until an answer passes `check(text, last_try)`.

    `check` returns the value of the answer or raises AnswerRejectedError with words the model can act on.
    Raises Exhausted when no place answers, InvalidRequestError or ContentRefusedError at once.
    """
    request_id = uuid.uuid4()
    call = _Call(request_id, task, request, check, watch)
    try:
        async with asyncio.timeout(task.deadline_seconds):
            return await call.run()
    except TimeoutError:
        raise Exhausted(tuple(call.tried), None) from None


@dataclass(slots=True)
class _Call(Generic[T]):
    """One request on its way through the places of its plan."""

    request_id: uuid.UUID
    task: Task
    request: ChatRequest
    check: Check[T]
    watch: Callable[[Event], Awaitable[None]]
    tried: list[Tried] = field(default_factory=list)
    broken_providers: set[int] = field(default_factory=set)
    broken_keys: set[int] = field(default_factory=set)
    broken_models: set[tuple[int, str]] = field(default_factory=set)

    async def run(self) -> Answer[T]:
        """The first checked answer. Raises as `complete` says."""
        plan = routing.plan(
            await ledger.snapshot(), self.task, self.request, now=timezone.now(), seed=self.request_id.int
        )
        for place in plan.places:
            if self._is_broken(place):
                continue
            answer = await self._ask(place)
            if answer:
                return answer
        # What this very call learned about waiting counts too.
        afterwards = routing.plan(
            await ledger.snapshot(), self.task, self.request, now=timezone.now(), seed=self.request_id.int
        )
        raise Exhausted(tuple(self.tried), afterwards.next_chance())

    def _is_broken(self, place: Place) -> bool:
        candidate = place.candidate
        return (
            candidate.provider_id in self.broken_providers
            or place.key_id in self.broken_keys
            or (candidate.provider_id, candidate.model_id) in self.broken_models
        )

    async def _ask(self, place: Place) -> Answer[T] | None:
        """An answer from one place, or None when the next place should be asked."""
        request = self.request
        happening = Happening.ASKING
        for number in range(1, TRIES_AT_ONE_PLACE + 1):
            last = number == TRIES_AT_ONE_PLACE
            await self._tell(place, happening)
            started = time.monotonic()
            try:
                return await self._attempt(place, request, last_try=last)
            except ProviderError as error:
                if not error.try_next:
                    raise
                quick = time.monotonic() - started < SLOW_FAILURE_SECONDS
                rejected = isinstance(error, AnswerRejectedError)
                if last or not error.retry_here or not (quick or rejected):
                    self._set_aside(place, error)
                    await self._tell(place, Happening.FALLING_BACK, error)
                    return None
                if rejected:
                    request = _with_reason(self.request, error.detail)
                else:
                    # Full jitter: many callers that failed together do not come back together.
                    await asyncio.sleep(random.uniform(0, LONGEST_JITTER_SECONDS))  # noqa: S311 - not a secret
                happening = Happening.ASKING_AGAIN
        return None

    async def _attempt(self, place: Place, request: ChatRequest, *, last_try: bool) -> Answer[T]:
        """One recorded call. Raises ProviderError; a cancelled caller is recorded and blames nobody."""
        try:
            opened = await ledger.begin(self.request_id, len(self.tried) + 1, self.task.feature, place)
        except AuthenticationError as exc:
            self._remember(place, Attempt.Outcome.FAILED, 0, exc)
            raise
        if opened is None:
            raise _ProbedElsewhereError("another request is testing this provider")
        started = time.monotonic()
        outcome, completion = Attempt.Outcome.CANCELLED, None
        error: ProviderError | None = None
        try:
            endpoint = _endpoint(place, opened.secret)
            completion = await adapter_for(endpoint.protocol).chat(endpoint, _fitted(request, place))
            await self._tell(place, Happening.CHECKING)
            outcome = Attempt.Outcome.REJECTED
            value = self.check(completion.text, last_try)
            outcome = Attempt.Outcome.ANSWERED
        except ProviderError as exc:
            if completion is None:
                outcome = Attempt.Outcome.FAILED
            error = exc
            raise
        finally:
            latency = round((time.monotonic() - started) * 1000)
            self._remember(place, outcome, latency, error)
            settlement = ledger.Settlement(outcome, latency, completion, error)
            # The record is written even while the caller is being cancelled.
            await asyncio.shield(ledger.settle(opened.attempt_id, place, settlement))
        return Answer(
            value=value,
            completion=completion,
            request_id=self.request_id,
            provider=place.candidate.provider,
            provider_name=place.candidate.provider_name,
            tried=tuple(self.tried),
        )

    def _remember(self, place: Place, outcome: str, latency_ms: int, error: ProviderError | None) -> None:
        self.tried.append(
            Tried(
                provider=place.candidate.provider,
                provider_name=place.candidate.provider_name,
                model_id=place.candidate.model_id,
                outcome=str(outcome),
                http_status=error.http_status if error else None,
                error=error.kind if error else "",
                latency_ms=latency_ms,
            )
        )

    def _set_aside(self, place: Place, error: ProviderError) -> None:
        """Leave out what this failure blames for the rest of this call."""
        candidate = place.candidate
        if error.blame is Blame.PROVIDER or (error.blame is Blame.KEY and place.key_id is None):
            self.broken_providers.add(candidate.provider_id)
        elif error.blame is Blame.KEY and place.key_id is not None:
            self.broken_keys.add(place.key_id)
        else:
            self.broken_models.add((candidate.provider_id, candidate.model_id))

    async def _tell(self, place: Place, happening: Happening, error: ProviderError | None = None) -> None:
        wait = error.wait_seconds if error else None
        await self.watch(
            Event(
                happening=happening,
                provider=place.candidate.provider_name,
                model_id=place.candidate.model_id,
                reason=error.kind if error else "",
                until=timezone.now() + timedelta(seconds=wait) if wait is not None else None,
            )
        )


class _ProbedElsewhereError(UnavailableError):
    """Somebody else holds the half-open probe; nothing was sent."""

    retry_here = False

    @property
    def kind(self) -> str:
        """To people this is a provider that is not back yet."""
        return "Unavailable"


def _endpoint(place: Place, secret: str) -> Endpoint:
    candidate = place.candidate
    return Endpoint(
        provider=candidate.provider,
        protocol=candidate.protocol,
        base_url=candidate.base_url,
        model_id=candidate.model_id,
        api_key=secret,
        timeout_seconds=candidate.timeout_seconds,
        allow_private_address=candidate.allow_private_address,
        json_schema=candidate.json_schema,
        quirks=candidate.quirks,
    )


def _fitted(request: ChatRequest, place: Place) -> ChatRequest:
    """The request with no longer an answer asked than the model can give."""
    return replace(request, max_tokens=min(request.max_tokens, place.candidate.max_output_tokens))


def _with_reason(request: ChatRequest, reason: str) -> ChatRequest:
    """The request with a word on why the last answer was refused; the refused answer itself would only cost tokens."""
    note = Message(Role.USER, f"The previous answer was refused: {reason}. Answer again and mend exactly this.")
    return replace(request, messages=(*request.messages, note))


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
