"""`/api/v1/jobs…`: a job's state, its events, a list of them, and ending or repeating one."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from asgiref.sync import sync_to_async
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from ninja import Field, Query, Router, Schema

from marketing import live, services
from marketing.api import shapes
from marketing.api.problems import problem
from marketing.models import Job
from providers.access import LabDoor, Permission, may, visitor_of

# Whoever may ask for anything may see what became of it; looking is not counted.
router = Router(tags=["Jobs"], auth=LabDoor(None, Permission.USE_DESK, counted=False))


class JobsAsked(Schema):
    """Which jobs."""

    state: Literal["", "waiting", "running", "done", "failed", "cancelled"] = ""
    kind: str = Field("", max_length=50, examples=["social-posts"])
    limit: int = Field(20, ge=1, le=100)
    cursor: str = Field("", max_length=100, description="`next` of the page before.")


def _mine(request: HttpRequest) -> QuerySet[Job]:
    """A client sees its own jobs, a person what the pages show them."""
    visitor = visitor_of(request)
    if visitor.client_id is not None:
        return Job.objects.filter(client_id=visitor.client_id)
    if visitor.person is not None and may(visitor.person, Permission.SEE_ALL_WORK):
        return Job.objects.all()
    return Job.objects.filter(owner_id=visitor.person_id)


def _find(request: HttpRequest, job_id: UUID) -> Job:
    found = _mine(request).filter(pk=job_id).first()
    if found is None:
        raise Http404
    return found


@router.get("/jobs", response=shapes.JobPage, summary="Your jobs")
def jobs(request: HttpRequest, asked: Query[JobsAsked]) -> dict[str, Any]:
    """Your own jobs, the newest first."""
    found = _mine(request).order_by("-created_at", "-pk")
    if asked.state:
        found = found.filter(state=asked.state)
    if asked.kind:
        found = found.filter(content_type=asked.kind)
    if asked.cursor:
        found = found.filter(_before(asked.cursor))
    rows = list(found[: asked.limit + 1])
    page = rows[: asked.limit]
    more = f"{page[-1].created_at.isoformat()}_{page[-1].pk}" if len(rows) > asked.limit else None
    return {"items": [shapes.shown(job, whole=False) for job in page], "next": more}


def _before(cursor: str) -> Q:
    """What stands below a row in the list. An unreadable cursor finds nothing."""
    moment, _, pk = cursor.rpartition("_")
    try:
        at, number = datetime.fromisoformat(moment), UUID(pk)
    except ValueError:
        return Q(pk__in=[])
    return Q(pk__in=[]) if at.tzinfo is None else Q(created_at__lt=at) | Q(created_at=at, pk__lt=number)


@router.get("/jobs/{uuid:job_id}", response=shapes.JobOut, summary="A job")
def job(request: HttpRequest, job_id: UUID) -> shapes.JobOut:
    """A job's state, its steps so far and, when it is done, its result."""
    return shapes.shown(_find(request, job_id))


@router.get("/jobs/{uuid:job_id}/events", summary="A job's events", response={200: None})
async def job_events(request: HttpRequest, job_id: UUID) -> HttpResponseBase:
    """The job after each change as server-sent events `job`, and `done` at its end.

    `Last-Event-ID` goes on where a broken connection ended.
    """
    found = await sync_to_async(_find)(request, job_id)
    last = request.headers.get("Last-Event-ID", "")
    known = int(last) if last.isdecimal() and len(last) < len(str(2**62)) else -1
    return live.json_events(found.pk, known, shapes.as_json)


@router.post("/jobs/{uuid:job_id}/cancel", response=shapes.JobOut, summary="Stop a job")
def cancel_job(request: HttpRequest, job_id: UUID) -> shapes.JobOut | HttpResponse:
    """Stop a job; what it has finished stays. 409 when it has ended already."""
    found = _find(request, job_id)
    if not services.cancel(found):
        return problem(409, "job-ended", "The job has ended already")
    found.refresh_from_db()
    return shapes.shown(found)


@router.post("/jobs/{uuid:job_id}/retry", response=shapes.JobOut, summary="Try a job again")
def retry_job(request: HttpRequest, job_id: UUID) -> shapes.JobOut | HttpResponse:
    """Run a failed or cancelled job again; what it had finished stays. 409 in any other state."""
    found = _find(request, job_id)
    if not services.retry(found):
        return problem(409, "job-not-ended", "Only a failed or cancelled job can be tried again")
    found.refresh_from_db()
    return shapes.shown(found)
