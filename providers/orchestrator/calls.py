"""One request on its way through the places of its plan: begin, call, check, settle, and on to the next."""

from __future__ import annotations

import asyncio
import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from typing import Generic, TypeVar

from django.utils import timezone

from providers import ledger, prompted, routing
from providers.adapters.base import adapter_for
from providers.errors import (
    AnswerRejectedError,
    AuthenticationError,
    Blame,
    ModelUnavailableError,
    ProviderError,
    UnavailableError,
)
from providers.models import Attempt
from providers.orchestrator.answers import Answer, Event, Exhausted, Happening, Tried
from providers.orchestrator.streaming import Forward, passed_on
from providers.remote_runs import RemoteRuns
from providers.routing import Place, Task
from providers.types import ChatRequest, Completion, Endpoint, Request, Result

T = TypeVar("T")
# What the caller makes of a text; the second argument tells that no other try follows at this place.
Check = Callable[[str, bool], T]
_ResultCheck = Callable[[Result, bool], T]

# Two requests at one place: the second carries the reason why the first answer was refused.
TRIES_AT_ONE_PLACE = 2
# A retry at the same place is for hiccups; a place that took this long to fail gets no second chance.
SLOW_FAILURE_SECONDS = 5.0
LONGEST_JITTER_SECONDS = 1.0


async def _unwatched(_event: Event) -> None:
    """Nobody looks on."""


async def complete(
    task: Task,
    request: ChatRequest,
    *,
    check: Check[T],
    watch: Callable[[Event], Awaitable[None]] = _unwatched,
    request_id: uuid.UUID | None = None,
) -> Answer[T]:
    """Ask the places of the plan in turn until an answer passes `check(text, last_try)`.

    `check` returns the value of the answer or raises AnswerRejectedError with words the model can act on.
    Raises Exhausted when no place answers, InvalidRequestError or ContentRefusedError at once.
    """

    def check_text(result: Result, last_try: bool) -> T:  # noqa: FBT001 - the caller's signature
        return check(result.text if isinstance(result, Completion) else "", last_try)

    return await _Call(request_id or uuid.uuid4(), task, request, check_text, watch).within_deadline()


async def stream(
    task: Task, request: ChatRequest, *, forward: Forward, request_id: uuid.UUID | None = None
) -> Answer[Result]:
    """A text passed on in pieces while it arrives; the answer at the end holds the whole.

    Until the first piece with content the next place takes over unseen, as in `complete`; after it nothing is asked
    again. `forward` gets each piece with the place it comes from. Raises StreamBrokenError when an answer that had
    begun broke off, and what `complete` raises.
    """
    call = _Call(request_id or uuid.uuid4(), task, request, _as_it_came, _unwatched, forward=forward)
    return await call.within_deadline()


async def perform(
    task: Task,
    request: Request,
    *,
    watch: Callable[[Event], Awaitable[None]] = _unwatched,
    request_id: uuid.UUID | None = None,
) -> Answer[Result]:
    """The result of any capability (`task.capability`), natively where a model has it, by prompt where it can chat.

    `request` is the capability's own kind, and so is the answer's `value`: Embeddings, Images, Classification,
    Moderation, or a Completion for text and summaries. Raises as `complete` does.
    """
    return await _Call(request_id or uuid.uuid4(), task, request, _as_it_came, watch).within_deadline()


def _as_it_came(result: Result, _last_try: bool) -> Result:  # noqa: FBT001 - a check's signature
    return result


@dataclass(slots=True)
class _Call(Generic[T]):
    """One request on its way through the places of its plan."""

    request_id: uuid.UUID
    task: Task
    request: Request
    check: _ResultCheck[T]
    watch: Callable[[Event], Awaitable[None]]
    forward: Forward | None = None
    tried: list[Tried] = field(default_factory=list)
    broken_providers: set[int] = field(default_factory=set)
    broken_keys: set[int] = field(default_factory=set)
    broken_models: set[tuple[int, str]] = field(default_factory=set)

    async def within_deadline(self) -> Answer[T]:
        """The first checked answer. Raises as `complete` says."""
        try:
            async with asyncio.timeout(self.task.deadline_seconds):
                return await self._run()
        except TimeoutError:
            raise Exhausted(tuple(self.tried), None) from None

    async def _run(self) -> Answer[T]:
        plan = routing.plan(
            await ledger.snapshot(), self.task, self.request, now=timezone.now(), seed=self.request_id.int
        )
        if self.task.wanted and not plan.knows_wanted():
            raise ModelUnavailableError(f"no provider in use has the model {self.task.wanted!r} for this")
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
        happening, mend = Happening.ASKING, ""
        for number in range(1, TRIES_AT_ONE_PLACE + 1):
            last = number == TRIES_AT_ONE_PLACE
            await self._tell(place, happening)
            started = time.monotonic()
            try:
                return await self._attempt(place, mend, last_try=last)
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
                    mend = error.detail
                else:
                    # Full jitter: many callers that failed together do not come back together.
                    await asyncio.sleep(random.uniform(0, LONGEST_JITTER_SECONDS))  # noqa: S311 - not a secret
                happening = Happening.ASKING_AGAIN
        return None

    async def _attempt(self, place: Place, mend: str, *, last_try: bool) -> Answer[T]:
        """One recorded call. Raises ProviderError; a cancelled caller is recorded and blames nobody.

        `mend` tells the model why its last answer was refused.
        """
        try:
            opened = await ledger.begin(self.request_id, len(self.tried) + 1, self.task, place)
        except AuthenticationError as exc:
            self._remember(place, Attempt.Outcome.FAILED, 0, exc)
            raise
        if opened is None:
            raise _ProbedElsewhereError("another request is testing this provider")
        started = time.monotonic()
        outcome, result = Attempt.Outcome.CANCELLED, None
        error: ProviderError | None = None
        try:
            result = await self._call(place, _endpoint(place, opened.secret, self.request_id), mend)
            await self._tell(place, Happening.CHECKING)
            outcome = Attempt.Outcome.REJECTED
            if isinstance(result, Completion) and self._is_prompted(place):
                result = prompted.read(self.task.capability, self.request, result)
            value = self.check(result, last_try)
            outcome = Attempt.Outcome.ANSWERED
        except ProviderError as exc:
            if result is None:
                outcome = Attempt.Outcome.FAILED
            error = exc
            raise
        finally:
            latency = round((time.monotonic() - started) * 1000)
            self._remember(place, outcome, latency, error)
            settlement = ledger.Settlement(outcome, latency, result, error)
            # The record is written even while the caller is being cancelled.
            await asyncio.shield(ledger.settle(opened.attempt_id, place, settlement))
        return Answer(
            value=value,
            result=result,
            request_id=self.request_id,
            provider=place.candidate.provider,
            provider_name=place.candidate.provider_name,
            tried=tuple(self.tried),
        )

    async def _call(self, place: Place, endpoint: Endpoint, mend: str) -> Result:
        """What the place answers: natively, or to the capability put into words."""
        capability, adapter = self.task.capability, adapter_for(endpoint.protocol)
        if self._is_prompted(place):
            return await adapter.chat(endpoint, _fitted(prompted.chat_request(capability, self.request, mend), place))
        if isinstance(self.request, ChatRequest):
            request = _fitted(prompted.with_reason(self.request, mend) if mend else self.request, place)
            if self.forward:
                return await passed_on(adapter, endpoint, request, partial(self.forward, place))
            return await adapter.chat(endpoint, request)
        return await adapter.perform(endpoint, capability, self.request)

    def _is_prompted(self, place: Place) -> bool:
        return self.task.capability not in place.candidate.capabilities

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


def _endpoint(place: Place, secret: str, request_id: uuid.UUID) -> Endpoint:
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
        runs=RemoteRuns(candidate.provider_id, candidate.provider, request_id),
    )


def _fitted(request: ChatRequest, place: Place) -> ChatRequest:
    """The request with no longer an answer asked than the model can give."""
    return replace(request, max_tokens=min(request.max_tokens, place.candidate.max_output_tokens))
