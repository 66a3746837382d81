"""One prediction from its start to its end: asked for once, waited for, remembered, and cancelled when nobody waits."""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from providers.adapters import replicate_account as account
from providers.adapters.replicate_account import Door
from providers.adapters.replicate_calls import asked
from providers.adapters.replicate_prediction import SUCCEEDED, Prediction, parsed, refuse_unsuccessful
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ModelUnavailableError,
    NetworkError,
    ProviderError,
    RateLimitError,
    UnavailableError,
)
from providers.types import Endpoint
from providers.vendor_runs import EarlierRun, RunRecord

# Replicate may hold the answer for a minute, but until it comes nobody knows the prediction's name, and what has no
# name can neither be cancelled nor found again after a crash.
LONGEST_HELD_SECONDS = 10
_SLACK_SECONDS = 10.0
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS, _PAUSE_GROWTH = 0.5, 5.0, 1.5
_FAULTS_IN_A_ROW = 5
_CANCELLING_SECONDS = 5.0
# How long a caller who gives up waits for the name of what was started, so that it can be cancelled at once.
_NAMING_SECONDS = 1.0
# The vendor's clock and ours.
_CLOCKS_APART = timedelta(seconds=60)

# What goes on after its caller has gone: a task that nobody holds may be collected before it ends.
_behind: set[asyncio.Task[Any]] = set()


@dataclass(slots=True)
class Run:
    """A prediction that was started. `now` is what the vendor told last."""

    endpoint: Endpoint
    inputs: Mapping[str, Any]
    record: RunRecord | None = None
    _now: Prediction | None = None
    _asking: asyncio.Task[Prediction] | None = None
    _hears: bool = field(default=False)

    @property
    def now(self) -> Prediction:
        """The prediction as it was last seen."""
        if self._now is None:
            raise BrokenAnswerError("a prediction that was never started")
        return self._now

    async def finished(self) -> Prediction:
        """The successful end, waited for without a bound. Raises ProviderError."""
        pause, faults = _FIRST_PAUSE_SECONDS, 0
        while not self.now.ended:
            await self._pause(pause)
            pause = min(pause * _PAUSE_GROWTH, _LONGEST_PAUSE_SECONDS)
            try:
                await self.look()
                faults = 0
            except (UnavailableError, RateLimitError, BrokenAnswerError):
                # The run goes on and is being paid for: a hiccup of the look does not end it.
                faults += 1
                if faults == _FAULTS_IN_A_ROW:
                    raise
        refuse_unsuccessful(self.now)
        return self.now

    async def look(self) -> Prediction:
        """Ask the vendor how it stands. Raises ProviderError."""
        self._now = await account.prediction(self.endpoint, self.now.id)
        await self._remember(self._now)
        return self._now

    async def _start(self, at: Door, *, seconds: float, held: int) -> None:
        """Ask for it once, or go on with what an earlier process has begun."""
        if self.record and self.record.earlier and await self._taken_over(self.record.earlier):
            return
        began = datetime.now(UTC)
        self._asking = asyncio.ensure_future(self._asked_for(at, seconds=seconds, held=held))
        try:
            self._now = await asyncio.shield(self._asking)
            await self._remember(self._now)
        except ProviderError as error:
            if not _may_have_arrived(error):
                raise
            # Asking again would run and bill it twice, so it is looked for instead.
            with suppress(ProviderError):
                if await self._found_again(began):
                    return
            error.retry_here = False
            raise

    async def _asked_for(self, at: Door, *, seconds: float, held: int) -> Prediction:
        # Whoever gives up before has the cancelling to do, so the request itself is the more patient one.
        patient = replace(self.endpoint, timeout_seconds=max(self.endpoint.timeout_seconds, held) + _SLACK_SECONDS)
        # The vendor's own deadline: nothing runs on for ever even when nobody is left to cancel it.
        headers = {"cancel-after": f"{math.ceil(seconds + 2 * _SLACK_SECONDS)}s"}
        if held:
            headers["prefer"] = f"wait={held}"
        body: dict[str, Any] = {"version": at.version} if at.version else {}
        body["input"] = dict(self.inputs)
        if self.endpoint.runs and self.endpoint.runs.webhook_url:
            self._hears = True
            body |= {"webhook": self.endpoint.runs.webhook_url, "webhook_events_filter": ["start", "completed"]}
        return parsed(Prediction, await asked(patient, "POST", at.path, body, headers))

    async def _taken_over(self, earlier: EarlierRun) -> bool:
        """Whether an earlier run of the same request is ours now: running still, or done with its output there."""
        if not earlier.run_id:
            return await self._found_again(earlier.begun_at)
        try:
            found = await account.prediction(self.endpoint, earlier.run_id)
        except (ModelUnavailableError, AuthenticationError):
            # Another account's, or long forgotten.
            return False
        return await self._adopted(found)

    async def _found_again(self, since: datetime) -> bool:
        """Whether the vendor lists what was asked for since then although its answer got lost. Raises ProviderError."""
        for listed in await account.predictions(self.endpoint):
            same = listed.input and all(listed.input.get(name) == value for name, value in self.inputs.items())
            fresh = listed.created_at is not None and listed.created_at > since - _CLOCKS_APART
            if same and fresh and await self._adopted(listed):
                await self.look()
                return True
        return False

    async def _adopted(self, prediction: Prediction) -> bool:
        """Whether a prediction of an earlier request brings or brought something, and nobody else waits for it."""
        if not _is_worth_waiting_for(prediction) or not await self._remember(prediction):
            return False
        self._now = prediction
        return True

    async def _remember(self, prediction: Prediction) -> bool:
        return await self.record.note(prediction.as_run()) if self.record else True

    async def _pause(self, seconds: float) -> None:
        """Wait, but not longer than until the webhook has reported the end."""
        if not (self._hears and self.record):
            await asyncio.sleep(seconds)
            return
        for _ in range(max(1, round(seconds / _FIRST_PAUSE_SECONDS))):
            await asyncio.sleep(_FIRST_PAUSE_SECONDS)
            if await self.record.has_ended():
                return

    async def _leave(self) -> None:
        """Whatever was started and has not ended is cancelled, so that nothing keeps billing."""
        if self._now is None and self._asking is not None:
            done, _ = await asyncio.wait({self._asking}, timeout=_NAMING_SECONDS)
            if not done:
                _spawn(self._leave_when_named(self._asking))
                return
            self._now = _result(self._asking)
        await self._end()

    async def _leave_when_named(self, asking: asyncio.Task[Prediction]) -> None:
        await asyncio.wait({asking})
        self._now = _result(asking)
        await self._end()

    async def _end(self) -> None:
        is_over = self._now is None or self._now.ended or await self._cancelled(self._now)
        if self.record:
            await self.record.close(resumable=not is_over)

    async def _cancelled(self, prediction: Prediction) -> bool:
        """Whether the vendor heard of the cancelling."""
        hurried = replace(self.endpoint, timeout_seconds=_CANCELLING_SECONDS)
        try:
            said = await account.cancel(hurried, prediction.id)
            with suppress(ProviderError):
                # The answer to a cancelling may still say that it runs.
                await self._remember(said if said.ended else await account.prediction(hurried, prediction.id))
        except ProviderError:
            return False
        return True


@asynccontextmanager
async def started(
    endpoint: Endpoint, at: Door, inputs: Mapping[str, Any], *, seconds: float, held: int = 0
) -> AsyncIterator[Run]:
    """A prediction that runs or is done; leaving before its end cancels it.

    `seconds`: how long it is wanted at most, told to the vendor. `held`: seconds for which the vendor may hold back
    its first answer in order to give the finished prediction at once. Raises ProviderError.
    """
    record = await endpoint.runs.begin(_fingerprint(endpoint, at, inputs)) if endpoint.runs else None
    run = Run(endpoint, inputs, record)
    try:
        await run._start(at, seconds=seconds, held=held)  # noqa: SLF001 - the run's own beginning
        yield run
    finally:
        # A caller who is being cancelled does not cut the cancelling short.
        await asyncio.shield(_spawn(run._leave()))  # noqa: SLF001 - and its end


@asynccontextmanager
async def within_timeout(endpoint: Endpoint) -> AsyncIterator[None]:
    """Bounds all the waiting inside by `endpoint.timeout_seconds`. Raises NetworkError."""
    try:
        async with asyncio.timeout(endpoint.timeout_seconds):
            yield
    except TimeoutError:
        raise NetworkError(f"no answer within {endpoint.timeout_seconds:g} s") from None


def held_seconds(endpoint: Endpoint) -> int:
    """For how long the vendor may hold its first answer: well within the endpoint's timeout, 1 s at least."""
    return max(1, min(LONGEST_HELD_SECONDS, int(endpoint.timeout_seconds / 2)))


def _spawn(work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
    task = asyncio.ensure_future(work)
    _behind.add(task)
    task.add_done_callback(_behind.discard)
    return task


def _result(asking: asyncio.Task[Prediction]) -> Prediction | None:
    """What an ended request brought, if anything."""
    return None if asking.cancelled() or asking.exception() else asking.result()


def _is_worth_waiting_for(prediction: Prediction) -> bool:
    return not prediction.ended or (prediction.status == SUCCEEDED and not prediction.data_removed)


def _may_have_arrived(error: ProviderError) -> bool:
    """Whether the vendor may have taken the request although no prediction came back."""
    return isinstance(error, UnavailableError | BrokenAnswerError) and not error.never_left


def _fingerprint(endpoint: Endpoint, at: Door, inputs: Mapping[str, Any]) -> str:
    """The same for the same request to the same model."""
    facts = [endpoint.provider, endpoint.base_url, at.path, at.version, dict(inputs)]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
