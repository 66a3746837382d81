"""One request on its way through the places of its plan: begin, call, check, settle, and on to the next."""

from __future__ import annotations

import asyncio
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar

from django.utils import timezone

from providers import ledger, prompted, routing, tracing
from providers.adapters.base import adapter_for
from providers.adapters.limits import Heard, listening
from providers.errors import AnswerRejectedError, AuthenticationError, ModelUnavailableError, ProviderError
from providers.ledger import Full, Opened
from providers.models import Attempt
from providers.orchestrator import spans
from providers.orchestrator.answers import Answer, Event, Exhausted, Happening, Tried
from providers.orchestrator.retrying import SetAside, pause_before_retry
from providers.orchestrator.streaming import Forward, passed_on
from providers.orchestrator.waiting import Patience, wake
from providers.remote_runs import RemoteRuns
from providers.routing import Place, Plan, Task
from providers.types import ChatRequest, Completion, Endpoint, Request, Result

T = TypeVar("T")
# What the caller makes of a text; the second argument tells that no other try follows at this place.
Check = Callable[[str, bool], T]
_ResultCheck = Callable[[Result, bool], T]

# Two requests at one place: the second carries the reason why the first answer was refused.
TRIES_AT_ONE_PLACE = 2
NOTICED = timedelta(seconds=1)


_logger = logging.getLogger(__name__)


def _facts(place: Place, error: ProviderError) -> dict[str, str | int | None]:
    """What a line of the log says of a failed call; no word of a vendor or a person."""
    candidate = place.candidate
    told = {"provider": candidate.provider, "model": candidate.model_id, "error": error.kind}
    return {**told, "http_status": error.http_status}


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
    aside: SetAside = field(default_factory=SetAside)
    told_of_waiting: bool = False
    reserve: float = 0.0
    span: tracing.Span = tracing.NOTHING

    async def within_deadline(self) -> Answer[T]:
        """The first checked answer. Raises as `complete` says."""
        with spans.of_request(self.task, self.request_id) as self.span:
            try:
                async with asyncio.timeout(self.task.deadline_seconds):
                    return await self._run(Patience.of(self.task))
            except TimeoutError:
                raise Exhausted(tuple(self.tried), None) from None
            finally:
                spans.answered(self.span, self.tried)

    async def _run(self, patience: Patience) -> Answer[T]:
        """Plan, go through the places, and wait for capacity as long as there is patience."""
        started = await ledger.start(ledger.Start(self.request_id, self.task, self.request))
        plan, opened, self.reserve = started.plan, started.outcome, started.reserve
        while True:
            if self.task.wanted and not plan.knows_wanted():
                raise ModelUnavailableError(f"no provider in use has the model {self.task.wanted!r} for this")
            answer, full_until = await self._ask_in_turn(plan.places, opened)
            if answer:
                return answer
            chances = [one for one in (full_until, self._next_chance(plan), self.aside.next_return()) if one]
            until = min(chances, default=None)
            if until is None or not patience.reaches(until):
                raise await self._exhausted(plan, full_until, chances)
            await self._tell_of_waiting(until)
            await patience.wait(until)
            plan, opened = await self._plan(), None

    async def _plan(self) -> Plan:
        seen = await ledger.world()
        self.reserve = seen.policy.interactive_reserve
        return routing.plan(
            seen.candidates, self.task, self.request, now=timezone.now(), seed=self.request_id.int, policy=seen.policy
        )

    async def _exhausted(self, plan: Plan, full_until: datetime | None, chances: list[datetime]) -> Exhausted:
        """What the caller is told. Those that failed this request return too, though nobody waits for them here."""
        afterwards = await self._plan() if self.tried else plan
        told = [*chances, *(one for one in (plan.next_chance(), afterwards.next_chance()) if one)]
        rooms = [one for one in (full_until, afterwards.next_room()) if one]
        return Exhausted(tuple(self.tried), min(told, default=None), min(rooms, default=None))

    async def _tell_of_waiting(self, until: datetime) -> None:
        """Once, and only of a wait that a person would notice."""
        if not self.told_of_waiting and until - timezone.now() > NOTICED:
            self.told_of_waiting = True
            self.span.happened("waiting", {})
            await self.watch(Event(Happening.WAITING, "", "", until=until))

    def _next_chance(self, plan: Plan) -> datetime | None:
        """When the first of those left out returns by itself, but for those that already failed this request."""
        return min(
            (one.until for one in plan.skipped if one.until and one.candidate.provider_id not in self.aside.failed()),
            default=None,
        )

    async def _ask_in_turn(
        self, places: tuple[Place, ...], opened: Opened | Full | None
    ) -> tuple[Answer[T] | None, datetime | None]:
        """An answer from the first place that gives one; else when the first full one may have room.

        `opened` is what the first attempt came to, if it was begun already.
        """
        while True:
            if opened is None:
                left = tuple(place for place in places if place not in self.aside)
                if not left:
                    return None, None
                opened = await self._begin(left)
            if isinstance(opened, Full):
                return None, opened.until
            answer = await self._ask(opened)
            if answer:
                return answer, None
            opened = None

    async def _begin(self, places: tuple[Place, ...]) -> Opened | Full:
        number = len(self.tried) + 1
        return await ledger.begin(ledger.Begin(self.request_id, number, self.task, self.request, places, self.reserve))

    async def _ask(self, opened: Opened) -> Answer[T] | None:
        """An answer from one place, or None when the next place should be asked."""
        place, happening, mend = opened.place, Happening.ASKING, ""
        for number in range(1, TRIES_AT_ONE_PLACE + 1):
            last = number == TRIES_AT_ONE_PLACE
            started = time.monotonic()
            try:
                return await self._attempt(opened, mend, happening, last_try=last)
            except ProviderError as error:
                if not error.try_next:
                    raise
                seconds = None if last else pause_before_retry(error, time.monotonic() - started)
                again = await self._open_again(place, seconds) if seconds is not None else None
                if again is None:
                    self.aside.add(place, error)
                    spans.fell_back(self.span, place, error)
                    await self._tell(place, Happening.FALLING_BACK, error)
                    return None
                mend = error.detail if isinstance(error, AnswerRejectedError) else ""
                opened, happening = again, Happening.ASKING_AGAIN
        return None

    async def _open_again(self, place: Place, seconds: float) -> Opened | None:
        """The same place once more after a pause, if it still has room."""
        await asyncio.sleep(seconds)
        opened = await self._begin((place,))
        return opened if isinstance(opened, Opened) else None

    async def _attempt(self, opened: Opened, mend: str, happening: Happening, *, last_try: bool) -> Answer[T]:
        """One recorded call. Raises ProviderError; a cancelled caller is recorded and blames nobody.

        `mend` tells the model why its last answer was refused.
        """
        place, number = opened.place, len(self.tried) + 1
        with spans.of_attempt(place, self.task, self.request, number, prompted=self._is_prompted(place)) as span:
            return await self._recorded(opened, mend, happening, span, last_try=last_try)

    async def _recorded(
        self, opened: Opened, mend: str, happening: Happening, span: tracing.Span, *, last_try: bool
    ) -> Answer[T]:
        place, started = opened.place, time.monotonic()
        outcome, result = Attempt.Outcome.CANCELLED, None
        error: ProviderError | None = None
        left, heard = False, Heard()
        try:
            await self._tell(place, happening)
            endpoint = _endpoint(place, _secret(place), self.request_id)
            left = True
            with listening(heard):
                result = await self._call(place, endpoint, mend)
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
            _logger.info("%s could not answer: %s", place.candidate.provider, exc.kind, extra=_facts(place, exc))
            raise
        finally:
            latency = round((time.monotonic() - started) * 1000)
            self._remember(place, outcome, latency, error)
            spans.attempted(span, outcome, result, error)
            settlement = ledger.Settlement(outcome, latency, result, error, not left, heard.readings)
            # The record is written even while the caller is being cancelled.
            await asyncio.shield(_settling(opened, settlement))
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

    async def _tell(self, place: Place, happening: Happening, error: ProviderError | None = None) -> None:
        if self.watch is _unwatched:
            return
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


def _settling(opened: Opened, settlement: ledger.Settlement) -> asyncio.Future[None]:
    stored = ledger.settling(opened, settlement)
    # Requests that were counted come back by the clock; of anything else those who wait need not sleep on.
    if settlement.gives_back or any(limit.metric != "requests" for limit in opened.place.key.limits):
        stored.add_done_callback(lambda _stored: wake())
    return stored


def _secret(place: Place) -> str:
    """The key in clear. Raises AuthenticationError, which says that nothing was sent."""
    try:
        return ledger.secret(place)
    except AuthenticationError as exc:
        exc.never_left = True
        raise


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
    most = place.candidate.max_output_tokens
    return request if request.max_tokens <= most else replace(request, max_tokens=most)
