"""Decisions are stored with the first reservation of their request, in its transaction, and kept for a month."""

from __future__ import annotations

import os
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.utils import timezone

from providers.ledger import configuration
from providers.ledger.books import Books, stored
from providers.ledger.operations import Decided
from providers.models import ConfigurationSnapshot, RoutingDecision
from providers.routing import Task, World
from providers.routing.records import decision_bytes
from providers.types import Request

KEPT_FOR = timedelta(days=31)
# Old ones are deleted so many at a time, so that no caller waits long for it.
_MOST_FORGOTTEN = 1000

# The configurations that this process has stored already.
_known: dict[int, set[uuid.UUID]] = {}


def decision(request_id: uuid.UUID, world: World, task: Task, request: Request, now: datetime) -> Decided | None:
    """The row for a decision; None where it was taken in a world that is not stored."""
    if world.configuration is None:
        return None
    packed = decision_bytes(world, task, request, now)
    return Decided(request_id, world.configuration, now, packed)


def remember(books: Books, decisions: Sequence[Decided]) -> None:
    """Store decisions and, before the first one that refers to it, the configuration."""
    if not decisions:
        return
    current = configuration.kept()
    known = _known.setdefault(os.getpid(), set())
    if current.name not in known:
        ConfigurationSnapshot.objects.bulk_create(
            [ConfigurationSnapshot(id=current.name, packed=current.packed)], ignore_conflicts=True
        )
        known.add(current.name)
    # One that was taken under settings that changed meanwhile could not be read again.
    books.later(
        "INSERT INTO providers_routingdecision (request_id, configuration, decided_at, packed) VALUES (%s, %s, %s, %s)",
        [tuple(stored(value) for value in one) for one in decisions if one.configuration in known],
    )


def forget_old() -> int:
    """Delete some of the decisions that are too old; how many."""
    old = RoutingDecision.objects.filter(decided_at__lt=timezone.now() - KEPT_FOR).order_by("decided_at")
    ids = list(old.values_list("pk", flat=True)[:_MOST_FORGOTTEN])
    return RoutingDecision.objects.filter(pk__in=ids).delete()[0] if ids else 0


def forget() -> None:
    """Another database, or the same one emptied: store configurations again."""
    _known.clear()
