"""A client's webhooks: where it wants to hear of its jobs, and what became of each message."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from ninja import Field, Query, Router, Schema, Status
from ninja.errors import HttpError
from pydantic import ConfigDict

from providers import notifying
from providers.access import LabDoor, visitor_of
from providers.models import WebhookEndpoint, WebhookMessage

# Any good key: a client configures its own.
router = Router(tags=["Webhooks"], auth=LabDoor(None, None))
Event = Literal["job.done", "job.failed", "job.cancelled", "alert.raised", "alert.ended"]
# Addresses of which every one is taken; names in other scripts are taken too.
_ADDRESS = r"^https://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(:[1-9][0-9]{0,3})?(/[!-~]*)?$"
_EVERY: list[Event] = ["job.done", "job.failed", "job.cancelled"]


class WebhookAsked(Schema):
    """An address to be told of events."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"example": {"url": "https://music.example.com/hooks", "events": ["job.done", "job.failed"]}},
    )

    url: str = Field(
        max_length=500,
        description="An https address that anybody could reach.",
        json_schema_extra={"pattern": _ADDRESS},
    )
    events: list[Event] = Field(default=_EVERY, min_length=1, max_length=10)


class WebhookOut(Schema):
    """A webhook. `failing_since` is set while nothing is taken there; after five days it is switched off."""

    id: UUID
    url: str
    events: list[str]
    enabled: bool
    failing_since: datetime | None
    created_at: datetime


class NewWebhook(WebhookOut):
    """A webhook with its secret, which is shown this one time."""

    secret: str = Field(description="`whsec_…`: what messages are signed with (Standard Webhooks).")


class DeliveryOut(Schema):
    """One message and what became of it."""

    id: UUID
    event: str
    created_at: datetime
    tries: int
    next_try_at: datetime | None
    delivered_at: datetime | None
    last_status: int | None
    last_error: str


class DeliveriesAsked(Schema):
    """How many."""

    limit: int = Field(50, ge=1, le=200)


def _mine(request: HttpRequest) -> QuerySet[WebhookEndpoint]:
    client_id = visitor_of(request).client_id
    assert client_id is not None, "the door lets only clients in"  # noqa: S101 - a fault of our own
    return WebhookEndpoint.objects.filter(client_id=client_id)


def _find(request: HttpRequest, webhook_id: UUID) -> WebhookEndpoint:
    found = _mine(request).filter(pk=webhook_id).first()
    if found is None:
        raise Http404
    return found


def _with_secret(made: notifying.Registered) -> dict[str, Any]:
    return {**WebhookOut.from_orm(made.endpoint).model_dump(), "secret": made.secret}


@router.get("/webhooks", response=list[WebhookOut], summary="Your webhooks")
def webhooks(request: HttpRequest) -> list[WebhookEndpoint]:
    """Every address of yours that is told of events."""
    return list(_mine(request))


@router.post("/webhooks", response={201: NewWebhook}, summary="Add a webhook")
def add_webhook(request: HttpRequest, asked: WebhookAsked) -> Status[dict[str, Any]]:
    """Be told of events at an address of yours; the answer carries the signing secret, once."""
    client_id = visitor_of(request).client_id
    assert client_id is not None, "the door lets only clients in"  # noqa: S101 - a fault of our own
    try:
        return Status(201, _with_secret(notifying.register(client_id, asked.url, asked.events)))
    except notifying.AddressError as error:
        raise HttpError(422, str(error)) from None
    except notifying.TooManyError as error:
        raise HttpError(409, str(error)) from None


@router.delete("/webhooks/{uuid:webhook_id}", response={204: None}, summary="Remove a webhook")
def remove_webhook(request: HttpRequest, webhook_id: UUID) -> Status[None]:
    """Tell this address nothing any more; messages on their way to it are dropped."""
    _find(request, webhook_id).delete()
    return Status(204, None)


@router.post("/webhooks/{uuid:webhook_id}/rotate-secret", response=NewWebhook, summary="A new secret")
def new_secret(request: HttpRequest, webhook_id: UUID) -> dict[str, Any]:
    """A new signing secret; for a day messages carry signatures under both."""
    return _with_secret(notifying.rotate_secret(_find(request, webhook_id)))


@router.get("/webhooks/{uuid:webhook_id}/deliveries", response=list[DeliveryOut], summary="What became of messages")
def deliveries(request: HttpRequest, webhook_id: UUID, asked: Query[DeliveriesAsked]) -> list[WebhookMessage]:
    """The newest messages to this address, with tries and the last answer."""
    return list(_find(request, webhook_id).messages.all()[: asked.limit])
