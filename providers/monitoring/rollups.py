"""Attempts summed up by hour, hours by day, and what is old thrown away.

An hour is always made anew as a whole, in one transaction: doing it twice, or dying in the middle, changes nothing.
Attempts may end long after they began, so the latest hours are made again until nothing runs in them any more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, Count, F, Min, Q, QuerySet, Sum, Value, When
from django.db.models.fields import IntegerField
from django.db.models.functions import Ceil, Coalesce, Ln
from django.utils import timezone

from providers.models import Attempt, Rollup
from providers.monitoring.sketch import LOG_GAMMA, Sketch

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
# The longest call is far shorter: after this an hour does not change any more.
SETTLED_AFTER = timedelta(hours=3)
_PLACE = ("provider_slug", "model_id", "feature", "capability", "client_id")
# The columns of a rollup that add up.
COUNTS = (
    "requests",
    "attempts",
    "answered",
    "answered_later",
    "rejected",
    "failed",
    "limited",
    "cancelled",
    "prompt_tokens",
    "completion_tokens",
)
# Refusals that say: this limit is reached.
LIMIT_ERRORS = ("RateLimit", "QuotaExhausted", "NoCredit")
Key = tuple[Any, ...]


def hour_of(moment: datetime) -> datetime:
    """The full hour, in UTC, that a moment belongs to."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    """The day, in UTC, that a moment belongs to."""
    return hour_of(moment).replace(hour=0)


@dataclass(slots=True)
class _Sum:
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))
    latency: Sketch = field(default_factory=Sketch)
    first_token: Sketch = field(default_factory=Sketch)

    def row(self, grain: str, starts_at: datetime, key: Key) -> Rollup:
        """The row to store."""
        return Rollup(
            grain=grain,
            starts_at=starts_at,
            **dict(zip(_PLACE, key, strict=True)),
            **self.counts,
            latency=self.latency.to_json(),
            first_token=self.first_token.to_json(),
        )


def roll_up(since: datetime, now: datetime | None = None) -> datetime:
    """Make every hour from `since` to now, and the days they belong to. Returns from where the next call has to begin.

    The work grows with the attempts of these hours, not with all attempts.
    """
    now = now or timezone.now()
    days: set[datetime] = set()
    for hour in hours_with_attempts(since, now):
        days.add(day_of(hour))
        make_hour(hour)
    for day in sorted(days):
        make_day(day)
    return max(since, hour_of(now - SETTLED_AFTER))


def hours_with_attempts(since: datetime, until: datetime | None = None) -> Iterator[datetime]:
    """Every hour from `since` on that has attempts. One whose attempts were thrown away keeps its sums."""
    hour, last = hour_of(since), hour_of(until or timezone.now())
    while hour <= last:
        following = Attempt.objects.filter(started_at__gte=hour, started_at__lt=last + HOUR)
        first = following.order_by("started_at").values_list("started_at", flat=True).first()
        if first is None:
            return
        yield hour_of(first)
        hour = hour_of(first) + HOUR


def first_hour() -> datetime:
    """The hour of the oldest attempt; now when there is none."""
    oldest = Attempt.objects.aggregate(oldest=Min("started_at"))["oldest"]
    return hour_of(oldest or timezone.now())


def make_hour(starts_at: datetime) -> int:
    """Sum up one hour's attempts anew; returns the number of rows."""
    within = Attempt.objects.filter(started_at__gte=starts_at, started_at__lt=starts_at + HOUR)
    sums: dict[Key, _Sum] = defaultdict(_Sum)
    for found in _counted(within):
        sums[tuple(found[name] for name in _KEYS)].counts.update({name: found[name] or 0 for name in COUNTS})
    answered = within.filter(outcome=Attempt.Outcome.ANSWERED)
    for key, bucket, count in _buckets(answered, "latency_ms"):
        sums[key].latency.add(bucket, count)
    for key, bucket, count in _buckets(answered, "first_token_ms"):
        sums[key].first_token.add(bucket, count)
    return _replace(Rollup.Grain.HOUR, starts_at, sums)


def make_day(starts_at: datetime) -> int:
    """Sum up one day from its hours; returns the number of rows."""
    sums: dict[Key, _Sum] = defaultdict(_Sum)
    hours = Rollup.objects.filter(grain=Rollup.Grain.HOUR, starts_at__gte=starts_at, starts_at__lt=starts_at + DAY)
    for row in hours.iterator():
        into = sums[tuple(getattr(row, name) for name in _PLACE)]
        for name in COUNTS:
            into.counts[name] += getattr(row, name)
        into.latency.merge(Sketch.stored(row.latency))
        into.first_token.merge(Sketch.stored(row.first_token))
    return _replace(Rollup.Grain.DAY, starts_at, sums)


# The client's column may be empty; in a rollup nobody is 0.
_KEYS = ("provider_slug", "model_id", "feature", "capability", "by_client")


def _keyed(attempts: QuerySet[Attempt]) -> QuerySet[Attempt]:
    return attempts.order_by().annotate(by_client=Coalesce(F("client_id"), Value(0)))


def _counted(attempts: QuerySet[Attempt]) -> Iterable[Any]:
    outcome = Attempt.Outcome
    found: Iterable[Any] = (
        _keyed(attempts)
        .values(*_KEYS)
        .annotate(
            requests=Count("pk", filter=Q(place=1)),
            attempts=Count("pk"),
            answered=Count("pk", filter=Q(outcome=outcome.ANSWERED)),
            answered_later=Count("pk", filter=Q(outcome=outcome.ANSWERED, place__gt=1)),
            rejected=Count("pk", filter=Q(outcome=outcome.REJECTED)),
            failed=Count("pk", filter=Q(outcome=outcome.FAILED)),
            limited=Count("pk", filter=Q(error_class__in=LIMIT_ERRORS)),
            cancelled=Count("pk", filter=Q(outcome=outcome.CANCELLED)),
            prompt_tokens=Sum("prompt_tokens"),
            completion_tokens=Sum("completion_tokens"),
        )
    )
    return found


def _buckets(attempts: QuerySet[Attempt], column: str) -> Iterator[tuple[Key, int, int]]:
    """The column's values per place and bucket, counted by the database."""
    bucket = Case(
        When(**{f"{column}__lte": 1}, then=Value(0)),
        default=Ceil(Ln(F(column)) / Value(LOG_GAMMA) - Value(1e-9)),
        output_field=IntegerField(),
    )
    found = _keyed(attempts.exclude(**{column: None})).annotate(bucket=bucket)
    for row in found.values(*_KEYS, "bucket").annotate(times=Count("pk")):
        yield tuple(row[name] for name in _KEYS), int(row["bucket"]), row["times"]


@transaction.atomic
def _replace(grain: str, starts_at: datetime, sums: dict[Key, _Sum]) -> int:
    Rollup.objects.filter(grain=grain, starts_at=starts_at).delete()
    rows = [one.row(grain, starts_at, key) for key, one in sums.items()]
    # Another process may be making the same hour from the same attempts.
    Rollup.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)
