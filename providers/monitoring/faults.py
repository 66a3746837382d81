"""Errors grouped by cause: what providers refused, counted from attempts, and what broke in the product itself."""

from __future__ import annotations

import hashlib
import math
import re
import traceback
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum
from django.utils import timezone

from providers.models import Attempt, ErrorGroup, ErrorHour
from providers.monitoring.rollups import DAY, HOUR, day_of, hour_of

_PROJECT = Path(settings.BASE_DIR)
# What differs from case to case in the words for one cause: ids, numbers, times, quoted names.
_VARYING = re.compile(r"[\w.:/-]*\d[\w.:/-]*|\"[^\"]{1,80}\"|'[^']{1,80}'")
SAMPLE_LENGTH = 4_000
_LINES_OF_A_TRACE = 25


@dataclass(slots=True)
class _Cause:
    """One cause within one hour: how often, and its newest case."""

    facts: dict[str, Any]
    first: datetime
    last: datetime
    times: int = 0
    features: set[str] = field(default_factory=set)
    sample: str = ""
    request: UUID | None = None


def is_on() -> bool:
    """Whether errors are kept at all (`ENABLE_ERROR_TRACKING`)."""
    return bool(settings.ENABLE_ERROR_TRACKING)


def pattern(text: str) -> str:
    """The words of an error without what differs from case to case."""
    return " ".join(_VARYING.sub("…", text).split())[:200]


def fingerprint(*parts: object) -> str:
    """What all errors with one cause share."""
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()[:40]


def group_hour(starts_at: datetime) -> int:
    """Group one hour's failed attempts anew; doing it twice changes nothing. Returns the number of causes."""
    if not is_on():
        return 0
    causes: dict[str, _Cause] = {}
    failed = Attempt.objects.filter(
        started_at__gte=starts_at,
        started_at__lt=starts_at + HOUR,
        outcome__in=[Attempt.Outcome.FAILED, Attempt.Outcome.REJECTED],
    )
    columns = ("provider_slug", "error_class", "http_status", "detail", "feature", "started_at", "request_id", "raw")
    for row in failed.order_by("started_at", "pk").values(*columns).iterator():
        _count(causes, row)
    with transaction.atomic():
        ours = ErrorHour.objects.filter(starts_at=starts_at, group__source=ErrorGroup.Source.PROVIDER)
        touched = set(ours.values_list("group_id", flat=True))
        ours.delete()
        for mark, cause in causes.items():
            touched.add(_store(mark, ErrorGroup.Source.PROVIDER, cause))
            ErrorHour.objects.create(
                group=ErrorGroup.objects.get(fingerprint=mark), starts_at=starts_at, count=cause.times
            )
        _recount(touched)
    return len(causes)


def _count(causes: dict[str, _Cause], row: dict[str, Any]) -> None:
    words = pattern(row["detail"])
    mark = fingerprint("provider", row["provider_slug"], row["error_class"], row["http_status"], words)
    facts = {name: row[name] for name in ("provider_slug", "error_class", "http_status")}
    facts["title"] = (words or row["error_class"])[:300]
    cause = causes.setdefault(mark, _Cause(facts, row["started_at"], row["started_at"]))
    cause.times += 1
    cause.features.add(row["feature"])
    cause.last, cause.request = row["started_at"], row["request_id"]
    cause.sample = (row["raw"] or row["detail"])[:SAMPLE_LENGTH]


def _store(mark: str, source: str, cause: _Cause) -> int:
    """Create the group or bring it up to date, and open it again where it was thought resolved."""
    feature = next(iter(cause.features)) if len(cause.features) == 1 else ""
    group, made = ErrorGroup.objects.get_or_create(
        fingerprint=mark,
        defaults={
            **cause.facts,
            "source": source,
            "feature": feature,
            "sample": cause.sample,
            "sample_request": cause.request,
            "first_seen": cause.first,
            "last_seen": cause.last,
        },
    )
    if made:
        return group.pk
    rows = ErrorGroup.objects.filter(pk=group.pk)
    rows.filter(last_seen__lte=cause.last).update(
        last_seen=cause.last, sample=cause.sample, sample_request=cause.request
    )
    rows.filter(first_seen__gt=cause.first).update(first_seen=cause.first)
    # Another feature has met it too: it belongs to none of them.
    rows.exclude(feature__in=[feature, ""]).update(feature="")
    rows.filter(state=ErrorGroup.State.RESOLVED, resolved_at__lt=cause.last).update(
        state=ErrorGroup.State.OPEN, resolved_at=None, reopened=F("reopened") + 1, reopened_at=cause.last
    )
    return group.pk


def _recount(groups: set[int]) -> None:
    sums: dict[int, int] = defaultdict(int)
    found = ErrorHour.objects.filter(group__in=groups).values("group").annotate(total=Sum("count"))
    sums.update({row["group"]: row["total"] for row in found})
    for pk in groups:
        ErrorGroup.objects.filter(pk=pk).update(count=sums[pk])


@transaction.atomic
def record_own(error: BaseException, where: str, request_id: str = "") -> ErrorGroup | None:
    """Keep an error of the product itself, redacted: where it happened and its kind, no values.

    `where` is a page's name, a command or `job <kind>`. Returns None when error tracking is switched off.
    """
    if not is_on():
        return None
    now, trace = timezone.now(), _trace(error)
    kind = type(error).__name__
    place = trace[-1] if trace else where
    mark = fingerprint("own", kind, place)
    facts = {"error_class": kind[:80], "title": f"{kind}: {place}"[:300]}
    cause = _Cause(facts, now, now, features={where[:40]})
    cause.sample = "\n".join([where, *trace])[:SAMPLE_LENGTH]
    cause.request = _uuid(request_id)
    pk = _store(mark, ErrorGroup.Source.OWN, cause)
    hour, _made = ErrorHour.objects.get_or_create(group_id=pk, starts_at=hour_of(now))
    ErrorHour.objects.filter(pk=hour.pk).update(count=F("count") + 1)
    ErrorGroup.objects.filter(pk=pk).update(count=F("count") + 1)
    return ErrorGroup.objects.get(pk=pk)


def _trace(error: BaseException) -> list[str]:
    """Files, lines and functions of our own code and of libraries, never a value."""
    lines = []
    for frame in traceback.extract_tb(error.__traceback__)[-_LINES_OF_A_TRACE:]:
        path = Path(frame.filename)
        name = path.relative_to(_PROJECT) if path.is_relative_to(_PROJECT) else Path(*path.parts[-3:])
        lines.append(f"{name}:{frame.lineno} in {frame.name}")
    return lines


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def resolve(group: ErrorGroup, by: str) -> None:
    """Say that a cause is gone; its next case opens the group again."""
    ErrorGroup.objects.filter(pk=group.pk).update(
        state=ErrorGroup.State.RESOLVED, resolved_at=timezone.now(), resolved_by=by[:150]
    )


def reopen(group: ErrorGroup) -> None:
    """Say that a cause is not gone after all."""
    ErrorGroup.objects.filter(pk=group.pk).update(state=ErrorGroup.State.OPEN, resolved_at=None, resolved_by="")


@dataclass(frozen=True, slots=True)
class Change:
    """How often a cause arose lately against before: cases in the last `hours` and the usual number in as many."""

    group: ErrorGroup
    lately: int
    usually: float

    @property
    def is_new(self) -> bool:
        """Whether it never arose before."""
        return self.usually == 0


def what_changed(now: datetime | None = None, hours: int = 24, against_days: int = 7) -> list[Change]:
    """The causes that arise clearly more often than they did, the greatest rise first.

    A rise counts where a Poisson count with the usual rate would be that high in one of a thousand such spans.
    """
    now = now or timezone.now()
    since = hour_of(now - HOUR * hours)
    before = hour_of(since - HOUR * 24 * against_days)
    spans = 24 * against_days / hours
    lately = _sums(ErrorHour.objects.filter(starts_at__gte=since))
    usually = _sums(ErrorHour.objects.filter(starts_at__gte=before, starts_at__lt=since))
    groups = ErrorGroup.objects.in_bulk(lately)
    found = [
        Change(groups[pk], count, usually.get(pk, 0) / spans)
        for pk, count in lately.items()
        if _is_rise(count, usually.get(pk, 0) / spans)
    ]
    return sorted(found, key=lambda change: change.usually - change.lately)


def _sums(hours: Any) -> dict[int, int]:
    return {row["group"]: row["total"] for row in hours.order_by().values("group").annotate(total=Sum("count"))}


def _is_rise(count: int, rate: float) -> bool:
    """Whether `count` is above the 99.9 % bound of a Poisson count, by its normal approximation."""
    return count > rate + 3.1 * math.sqrt(max(rate, 1.0))


def daily(groups: Iterable[ErrorGroup], days: int = 14, now: datetime | None = None) -> dict[int, list[int]]:
    """Cases by day in UTC, oldest first, today last; by the group's number."""
    today = day_of(now or timezone.now())
    first = today - DAY * (days - 1)
    counts = {group.pk: [0] * days for group in groups}
    hours = ErrorHour.objects.filter(group__in=counts, starts_at__gte=first).order_by()
    for pk, starts_at, count in hours.values_list("group", "starts_at", "count").iterator():
        at = (day_of(starts_at) - first) // DAY
        if at < days:
            counts[pk][at] += count
    return counts


def trend(group: ErrorGroup, hours: int = 72, now: datetime | None = None) -> list[int]:
    """Cases by hour, oldest first, the present hour last."""
    last = hour_of(now or timezone.now())
    counted = dict(group.hours.filter(starts_at__gt=last - HOUR * hours).values_list("starts_at", "count"))
    return [counted.get(last - HOUR * back, 0) for back in range(hours - 1, -1, -1)]
