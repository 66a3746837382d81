"""Throwing away what is older than the settings keep it, in small bites that hold up nobody.

The audit log stays: nothing may delete from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import timezone

from providers.models import Attempt, ErrorGroup, ErrorHour, RemoteRun, Rollup

BITE = 2_000


@dataclass(frozen=True, slots=True)
class Thrown:
    """How many rows of a table were deleted."""

    table: str
    rows: int


def prune(now: datetime | None = None, *, most: int = 200_000) -> list[Thrown]:
    """Delete what is too old, at most `most` rows of each table; the next call goes on."""
    return [Thrown(table, delete_in_bites(rows, most)) for table, rows in _old(now or timezone.now()).items()]


def count_old(now: datetime | None = None) -> list[Thrown]:
    """What `prune` would delete."""
    return [Thrown(table, rows.count()) for table, rows in _old(now or timezone.now()).items()]


def _old(now: datetime) -> dict[str, QuerySet[Any]]:
    return {
        "attempts": Attempt.objects.filter(started_at__lt=now - _days("KEEP_ATTEMPTS_DAYS")),
        "rollups by hour": Rollup.objects.filter(grain=Rollup.Grain.HOUR, starts_at__lt=now - _days("KEEP_HOURS_DAYS")),
        "rollups by day": Rollup.objects.filter(grain=Rollup.Grain.DAY, starts_at__lt=now - _days("KEEP_ROLLUPS_DAYS")),
        "error hours": ErrorHour.objects.filter(starts_at__lt=now - _days("KEEP_HOURS_DAYS")),
        "error groups": ErrorGroup.objects.filter(last_seen__lt=now - _days("KEEP_ROLLUPS_DAYS")),
        "vendors' runs": RemoteRun.objects.filter(created_at__lt=now - _days("KEEP_ATTEMPTS_DAYS")),
    }


def delete_in_bites(rows: QuerySet[Model], most: int) -> int:
    """Delete at most this many rows, each bite in a short transaction of its own."""
    gone = 0
    while gone < most:
        bite = list(rows.order_by("pk").values_list("pk", flat=True)[: min(BITE, most - gone)])
        if not bite:
            break
        gone += rows.model._default_manager.filter(pk__in=bite).delete()[0]
    return gone


def _days(setting: str) -> timedelta:
    return timedelta(days=getattr(settings, setting))
