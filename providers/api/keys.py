"""A client and its own key: what it may do and has left, and a new key in exchange for the old one."""

from __future__ import annotations

from datetime import datetime

from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from providers.access import Caller, exchange_key
from providers.access.lab import LabDoor, request_id, visitor_of

router = Router(tags=["Keys"])
# Any good key, whatever it is for; a person has none.
ANY_KEY = LabDoor(None, None)


class NewKey(Schema):
    """A key that was just made. It is shown this one time."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "key": "pk_lab_3f9a1c20_…",
                "key_id": "3f9a1c20",
                "old_key_works_until": "2026-12-03T09:00:00Z",
            }
        }
    )

    key: str = Field(description="Send it as `Authorization: Bearer …` from now on.")
    key_id: str
    old_key_works_until: datetime | None = Field(description="Until then the key that asked works on.")


class KeyFacts(Schema):
    """What a key may do, and what is left of its client's limits."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "client": "music",
                "key_id": "3f9a1c20",
                "scopes": ["content", "analysis"],
                "works_until": None,
                "left": {"requests_per_day": 412},
            }
        }
    )

    client: str
    key_id: str
    scopes: list[str]
    works_until: datetime | None
    left: dict[str, int]


@router.get("/keys/current", response=KeyFacts, auth=ANY_KEY, summary="What this key may do")
def current_key(request: HttpRequest) -> KeyFacts:
    """Whether a key is good, what it may do and what is left of its client's limits today."""
    visitor = visitor_of(request)
    caller = _caller(request)
    parts = visitor.allowance.parts if visitor.allowance else {}
    return KeyFacts(
        client=caller.name,
        key_id=caller.key_id,
        scopes=sorted(caller.scopes),
        works_until=caller.works_until,
        left={name: part.remaining for name, part in parts.items()},
    )


@router.post("/keys/rotate", response=NewKey, auth=ANY_KEY, summary="Exchange this key")
def rotate_key(request: HttpRequest) -> NewKey:
    """A new key; the one that asked works on through the grace period (409 when it was exchanged before)."""
    issued = exchange_key(_caller(request), address=request.META.get("REMOTE_ADDR"), request_id=request_id(request))
    old = issued.key.client.keys.exclude(pk=issued.key.pk).order_by("-pk").first()
    return NewKey(key=issued.secret, key_id=issued.key.key_id, old_key_works_until=old.works_until if old else None)


def _caller(request: HttpRequest) -> Caller:
    caller = visitor_of(request).client
    assert caller is not None, "the door lets only clients in"  # noqa: S101 - a fault of our own
    return caller
