"""Jobs and texts as the Lab API shows them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

from django.urls import reverse
from ninja import Field, Schema
from pydantic import ConfigDict

from marketing.longwork.registry import long_work
from marketing.models import Job, Variant
from providers.types import Value

State = Literal["waiting", "running", "done", "failed", "cancelled"]
_EXAMPLE_TEXT: dict[str, Any] = {
    "id": "5c2e2f5e-6a52-4c0e-8e0a-3a1a3f5c9d10",
    "platform": "bluesky",
    "position": 1,
    "language": "pl",
    "title": "",
    "text": "„Żółte światło”, drugi album Ćmy i Gęślarzy, ukaże się 15 stycznia.",
    "fields": {},
    "offline": False,
    "notes": [],
    "provenance": {
        "provider": "groq",
        "model": "openai/gpt-oss-20b",
        "attempts": [
            {
                "provider": "gemini",
                "model": "gemini-2.5-flash",
                "outcome": "failed",
                "http_status": 429,
                "error": "RateLimit",
                "latency_ms": 120,
            },
            {
                "provider": "groq",
                "model": "openai/gpt-oss-20b",
                "outcome": "answered",
                "http_status": None,
                "error": "",
                "latency_ms": 812,
            },
        ],
        "prompt_tokens": 420,
        "completion_tokens": 180,
    },
}
EXAMPLE_JOB: dict[str, Any] = {
    "id": "0f3e6a7e-5a1f-4a39-9a58-0c8a4f5b5a11",
    "kind": "social-posts",
    "title": "Żółte światło",
    "state": "done",
    "parts_total": 1,
    "parts_done": 1,
    "created_at": "2026-11-26T10:04:10Z",
    "started_at": "2026-11-26T10:04:10Z",
    "finished_at": "2026-11-26T10:04:12Z",
    "value": "normal",
    "due_at": None,
    "expected_at": None,
    "steps": [],
    "failure": None,
    "result": {"texts": [_EXAMPLE_TEXT]},
    "links": {"self": "/api/v1/jobs/0f3e6a7e-5a1f-4a39-9a58-0c8a4f5b5a11", "events": "/api/v1/jobs/…/events"},
}


class StepOut(Schema):
    """One thing that happened to a job."""

    kind: str = Field(description="asking, asking_again, checking, falling_back, written, offline, waiting, taken_over")
    at: datetime
    part: str = ""
    provider: str = ""
    model: str = ""
    reason: str = ""
    until: str = Field("", description="When that place returns, or the job goes on; empty where nobody knows.")


class Failure(Schema):
    """Why a job failed. `kind` is stable; `until` says when trying again makes sense."""

    kind: str
    detail: str = ""
    until: datetime | None = None


class JobOut(Schema):
    """A piece of work and, when it is done, what it brought."""

    model_config = ConfigDict(json_schema_extra={"example": EXAMPLE_JOB})

    id: UUID
    kind: str
    title: str
    state: State
    parts_total: int
    parts_done: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    value: Literal["low", "normal", "high"]
    due_at: datetime | None = Field(description="Until then the job may wait for capacity, if its asker said so.")
    expected_at: datetime | None = Field(description="When a waiting job goes on: capacity returns then.")
    steps: list[StepOut]
    failure: Failure | None
    result: dict[str, Any] = Field(description="Empty until something is finished. Content: `texts`.")
    links: dict[str, str]


class JobPage(Schema):
    """Some jobs, the newest first, without their results. `next` asks for those before them; null at the end."""

    items: list[JobOut]
    next: str | None


def shown(job: Job, *, whole: bool = True) -> JobOut:
    """A job as the API shows it; in a list without steps and result."""
    own = f"/api/v1/jobs/{job.pk}"
    return JobOut(
        id=job.pk,
        kind=job.content_type,
        title=job.title,
        state=cast("State", job.state),
        parts_total=job.parts_total,
        parts_done=job.parts_done,
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        value=cast("Any", Value(job.value).name.lower()),
        due_at=job.due_at,
        expected_at=getattr(job, "not_before", None),
        steps=[StepOut(**step) for step in job.steps] if whole else [],
        failure=Failure(**job.failure) if job.failure else None,
        result=_result(job) if whole else {},
        links={"self": own, "events": f"{own}/events", "page": reverse("job", args=[job.pk])},
    )


def as_json(job: Job) -> str:
    """A whole job as one line of JSON."""
    return shown(job).model_dump_json()


def _result(job: Job) -> dict[str, Any]:
    if long_work(job.content_type):
        return dict(job.result)
    texts = [_text(one) for one in job.variants.filter(replaced_by=None).order_by("created_at", "platform", "position")]
    return {"texts": texts} if texts else {}


def _text(variant: Variant) -> dict[str, Any]:
    return {
        "id": str(variant.pk),
        "platform": variant.platform,
        "position": variant.position,
        "language": variant.language,
        "title": variant.title,
        "text": variant.text,
        "fields": variant.fields,
        "offline": variant.offline,
        "notes": variant.notes,
        "provenance": variant.provenance,
    }
