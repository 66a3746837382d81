"""What the Lab API tells of the providers: their state, single attempts, errors by cause, and performance."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from pydantic import ConfigDict

from providers.access import Permission, Scope
from providers.access.lab import LabDoor
from providers.models import Attempt, ErrorGroup
from providers.monitoring import health, reports

router = Router(tags=["Monitoring"], auth=LabDoor(Scope.MONITORING, Permission.SEE_REPORTS))
MOST_DAYS = 366


class ProviderHealth(Schema):
    """A provider as it stands now."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "slug": "groq",
                "name": "Groq",
                "enabled": True,
                "state": "ok",
                "reason": "",
                "until": None,
                "models": 4,
                "keys": 1,
                "success_rate": 0.98,
                "latency_p50_ms": 640.0,
                "attempts_last_hour": 51,
                "last_answer_at": "2026-11-26T10:04:12Z",
            }
        }
    )

    slug: str
    name: str
    enabled: bool
    state: Literal["ok", "resting", "failing", "no_key", "no_model", "off", "idle"]
    reason: str = Field(description="An error's kind, where one is the cause.")
    until: datetime | None = Field(description="When it returns, where that is known.")
    models: int
    keys: int
    success_rate: float | None
    latency_p50_ms: float | None
    attempts_last_hour: int
    last_answer_at: datetime | None


class AttemptOut(Schema):
    """One call to a provider."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 4711,
                "request_id": "0f3e6a7e-5a1f-4a39-9a58-0c8a4f5b5a11",
                "place": 2,
                "feature": "social-posts",
                "capability": "text-generation",
                "provider": "groq",
                "model": "openai/gpt-oss-20b",
                "started_at": "2026-11-26T10:04:11Z",
                "outcome": "answered",
                "error": "",
                "http_status": None,
                "latency_ms": 812,
                "prompt_tokens": 420,
                "completion_tokens": 180,
                "client_id": None,
            }
        }
    )

    id: int
    request_id: UUID
    place: int
    feature: str
    capability: str
    provider: str = Field(alias="provider_slug")
    model: str = Field(alias="model_id")
    started_at: datetime
    outcome: str
    error: str = Field(alias="error_class")
    http_status: int | None
    latency_ms: int | None
    prompt_tokens: int | None
    completion_tokens: int | None
    client_id: int | None


class AttemptPage(Schema):
    """Some attempts, the newest first. `next` asks for those before them; null at the end."""

    items: list[AttemptOut]
    next: str | None


class AttemptsAsked(Schema):
    """Which attempts."""

    provider: str = Field("", max_length=50)
    outcome: Literal["", "running", "answered", "rejected", "failed", "cancelled", "abandoned"] = ""
    request_id: UUID | None = None
    limit: int = Field(50, ge=1, le=200)
    cursor: int | None = Field(None, ge=1, le=2**62, description="`next` of the page before.")


class ErrorOut(Schema):
    """Errors with one cause."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "id": 12,
                "state": "open",
                "source": "provider",
                "error": "RateLimit",
                "title": "Rate limit reached for model …",
                "provider": "groq",
                "feature": "social-posts",
                "http_status": 429,
                "count": 31,
                "first_seen": "2026-11-20T08:00:00Z",
                "last_seen": "2026-11-26T09:59:30Z",
                "reopened": 0,
            }
        }
    )

    id: int
    state: str
    source: str
    error: str = Field(alias="error_class")
    title: str
    provider: str = Field(alias="provider_slug")
    feature: str
    http_status: int | None
    count: int
    first_seen: datetime
    last_seen: datetime
    reopened: int


class ErrorPage(Schema):
    """Some causes, those seen last first."""

    items: list[ErrorOut]


class ErrorsAsked(Schema):
    """Which causes."""

    state: Literal["open", "resolved"] = "open"
    limit: int = Field(50, ge=1, le=200)


class HealthOut(Schema):
    """Whether texts can be had now, and each provider's state."""

    model_config = ConfigDict(json_schema_extra={"example": {"state": "ok", "providers": []}})

    state: Literal["ok", "degraded", "down"]
    providers: list[ProviderHealth]


class ReportAsked(Schema):
    """Which span, and by what."""

    days: int = Field(7, ge=1, le=MOST_DAYS)
    by: Literal["provider", "model", "feature", "client"] = "provider"


@router.get("/providers", response=list[ProviderHealth], summary="Each provider's state")
def providers(request: HttpRequest) -> list[health.ProviderState]:  # noqa: ARG001 - an operation's signature
    """Every configured provider in the order in which they are asked, judged by real traffic."""
    return health.provider_states()


@router.get("/health", response=HealthOut, summary="Whether texts can be had now")
def health_now(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001
    """`down` when no provider can be asked, `degraded` when some that are switched on cannot."""
    states = health.provider_states()
    return {"state": health.overall(states), "providers": states}


@router.get("/attempts", response=AttemptPage, summary="Calls to providers")
def attempts(request: HttpRequest, asked: Query[AttemptsAsked]) -> dict[str, Any]:  # noqa: ARG001
    """Single calls to providers, the newest first."""
    found: QuerySet[Attempt] = Attempt.objects.order_by("-pk")
    if asked.provider:
        found = found.filter(provider_slug=asked.provider)
    if asked.outcome:
        found = found.filter(outcome=asked.outcome)
    if asked.request_id:
        found = found.filter(request_id=asked.request_id)
    if asked.cursor:
        found = found.filter(pk__lt=asked.cursor)
    rows = list(found[: asked.limit + 1])
    page = rows[: asked.limit]
    return {"items": page, "next": str(page[-1].pk) if len(rows) > asked.limit else None}


@router.get("/errors", response=ErrorPage, summary="Errors by cause")
def errors(
    request: HttpRequest,  # noqa: ARG001
    asked: Query[ErrorsAsked],
) -> dict[str, Any]:
    """Causes of errors, those seen last first."""
    return {"items": list(ErrorGroup.objects.filter(state=asked.state)[: asked.limit])}


@router.get("/reports/performance", response=dict[str, Any], summary="Performance")
def performance(request: HttpRequest, asked: Query[ReportAsked]) -> dict[str, Any]:  # noqa: ARG001
    """Success, fallback and waste, latency percentiles, tokens and their worth: in all, by something, and over time."""
    return reports.report(days=asked.days, by=asked.by).to_json()
