"""How an operation that makes a job answers: with the result, with the job, or with its events.

RFC 7240: `Prefer: respond-async` answers 202 at once, `Prefer: wait=N` answers 202 when it takes longer than N seconds.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from marketing import idempotency, live
from marketing.api import shapes
from marketing.api.problems import problem
from marketing.idempotency import KeyReusedError
from marketing.models import Job
from marketing.services import Asker, Options, retry
from providers.access import visitor_of

# Longer than any chain of free providers; then the job is handed over as if it had been asked for.
LONGEST_WAIT_SECONDS = 300
_WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?")
_ASYNC = re.compile(r"(?:^|[,;\s])respond-async(?:$|[,;\s])")
# Failures that trying again under the same key may mend: the key stands for the wish, not for the failure.
_PASSING = frozenset({"Exhausted", "FallbackExhausted", "Unavailable", "RateLimit", "Overloaded", "WorkerLost"})
_CALLERS_FAULT = {"InvalidRequest": 422, "ContentRefused": 422, "RequestTooLarge": 422, "BadInput": 422}


@dataclass(frozen=True, slots=True)
class Wish:
    """How the caller wants the answer. `wait_seconds` 0: the job at once."""

    wait_seconds: float
    preferred: str
    as_events: bool
    key: str

    @classmethod
    def of(cls, request: HttpRequest) -> Wish:
        """The wish in a request's headers."""
        prefer = request.headers.get("Prefer", "").lower()
        as_events = "text/event-stream" in request.headers.get("Accept", "")
        key = request.headers.get("Idempotency-Key", "")
        if _ASYNC.search(prefer):
            return cls(0, "respond-async", as_events, key)
        wait = _WAIT.search(prefer)
        if wait:
            return cls(min(int(wait[1]), LONGEST_WAIT_SECONDS), f"wait={wait[1]}", as_events, key)
        return cls(LONGEST_WAIT_SECONDS, "", as_events, key)

    @property
    def background(self) -> bool:
        """Whether nobody sits waiting."""
        return self.wait_seconds == 0 and not self.as_events


def asker_of(request: HttpRequest) -> Asker:
    """Whose job it becomes."""
    visitor = visitor_of(request)
    return Asker(person_id=visitor.person_id, client_id=visitor.client_id)


async def answer(request: HttpRequest, body: Any, make: Callable[[Asker, Wish], Job]) -> HttpResponseBase:
    """Make the job once, and answer as the caller wishes.

    `body` is the request's JSON, `make` stores the job and wakes a worker (it runs in a thread, perhaps inside a
    transaction).
    """
    wish, asker = Wish.of(request), asker_of(request)
    if len(wish.key) > idempotency.LONGEST_KEY:
        return problem(422, "idempotency-key-too-long", "The Idempotency-Key has more than 255 characters")
    try:
        job = await sync_to_async(_made)(request.path, body, wish, asker, make)
    except KeyReusedError:
        return problem(
            422, "idempotency-key-reused", "This Idempotency-Key came with another request before", "Take a new key."
        )
    if wish.as_events:
        return live.json_events(job.pk, -1, shapes.as_json)
    if wish.wait_seconds and await live.ended(job.pk, wish.wait_seconds):
        return await sync_to_async(_finished)(job)
    return await sync_to_async(_handed_over)(job, wish)


def _made(path: str, body: Any, wish: Wish, asker: Asker, make: Callable[[Asker, Wish], Job]) -> Job:
    if not wish.key:
        return make(asker, wish)
    wanted = idempotency.digest(path, body)
    job, new = idempotency.once(asker, wish.key, wanted, lambda: make(asker, wish))
    if not new and job.state == Job.State.FAILED and job.failure.get("kind") in _PASSING:
        retry(job)
        job.refresh_from_db()
    return job


def _finished(job: Job) -> HttpResponse:
    job.refresh_from_db()
    if job.state == Job.State.DONE:
        return _json(job, 200)
    if job.state == Job.State.CANCELLED:
        return problem(409, "job-cancelled", "The job was cancelled", job=str(job.pk))
    return _failed(job)


def _failed(job: Job) -> HttpResponse:
    """What a failed job amounts to for whoever waited for it."""
    kind, detail = str(job.failure.get("kind")), str(job.failure.get("detail") or "")
    if kind in _CALLERS_FAULT:
        return problem(_CALLERS_FAULT[kind], "refused", "It cannot be done as it was asked", detail, job=str(job.pk))
    if kind not in _PASSING:
        return problem(502, "source-failed", "The work failed", detail, kind=kind, job=str(job.pk))
    until = job.failure.get("until")
    wait = _seconds_until(datetime.fromisoformat(until)) if until else None
    when = f"The first one returns in {wait} seconds." if wait else "It is not known when one returns."
    told = problem(503, "no-capacity", "No provider can answer now", when, kind=kind, job=str(job.pk))
    told["Retry-After"] = str(wait or 60)
    return told


def _seconds_until(moment: datetime) -> int:
    return max(1, math.ceil((moment - timezone.now()) / timedelta(seconds=1)))


def _handed_over(job: Job, wish: Wish) -> HttpResponse:
    job.refresh_from_db()
    handed = _json(job, 202)
    handed["Location"] = f"/api/v1/jobs/{job.pk}"
    if wish.preferred:
        handed["Preference-Applied"] = wish.preferred
    return handed


def _json(job: Job, status: int) -> HttpResponse:
    told = HttpResponse(shapes.as_json(job), status=status, content_type="application/json")
    told["Cache-Control"] = "no-store"
    return told


def options_of(wish: Wish, **own: Any) -> Options:
    """The job's options from the wish and the request's own, by the names of `Options`."""
    return Options(background=wish.background, **own)
