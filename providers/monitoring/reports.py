"""The performance report: what was asked, who answered, how fast, and what it was worth, from rollups alone.

Whole days come from the rows by day and only the ends of a span from the rows by hour, so a report's time depends on
the length of its span and not on the number of attempts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from providers.clients import Client
from providers.models import Provider, Rollup
from providers.monitoring.rollups import COUNTS, DAY, HOUR, day_of, hour_of
from providers.monitoring.sketch import Sketch

BY = ("provider", "model", "feature", "client")
_SKETCHES = ("latency", "first_token")
_COLUMNS = {"provider": "provider_slug", "model": "model_id", "feature": "feature", "client": "client_id"}
MILLION = 1_000_000


@dataclass(slots=True)
class Figures:
    """Sums over attempts. Rates are shares from 0 to 1, None where nothing was counted; times are milliseconds."""

    requests: int = 0
    attempts: int = 0
    answered: int = 0
    answered_later: int = 0
    rejected: int = 0
    failed: int = 0
    limited: int = 0
    cancelled: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency: Sketch = field(default_factory=Sketch, repr=False)
    first_token: Sketch = field(default_factory=Sketch, repr=False)

    @property
    def ended(self) -> int:
        """Attempts that somebody waited for to the end."""
        return self.answered + self.rejected + self.failed

    @property
    def success_rate(self) -> float | None:
        """Attempts that brought a usable answer, of those that ended."""
        return self.answered / self.ended if self.ended else None

    @property
    def fallback_rate(self) -> float | None:
        """Answers that came only after another attempt had failed, of all answers."""
        return self.answered_later / self.answered if self.answered else None

    @property
    def waste_rate(self) -> float | None:
        """Attempts that brought nothing, of those that ended."""
        return (self.rejected + self.failed) / self.ended if self.ended else None

    @property
    def free_value(self) -> Decimal:
        """What the tokens would have cost at the reference price (settings.REFERENCE_PRICE), in its currency."""
        asked, answered = settings.REFERENCE_PRICE
        return (asked * self.prompt_tokens + answered * self.completion_tokens) / MILLION

    def percentile(self, share: float) -> float | None:
        """Latency of answers: `share` (0 to 1) of them came at least so fast, within 2 %."""
        return self.latency.quantile(share)

    def to_json(self) -> dict[str, Any]:
        """As the API, the CSV and the e-mail show it."""
        return {
            **{name: getattr(self, name) for name in COUNTS},
            "success_rate": _rounded(self.success_rate, 4),
            "fallback_rate": _rounded(self.fallback_rate, 4),
            "waste_rate": _rounded(self.waste_rate, 4),
            "latency_p50_ms": _rounded(self.percentile(0.5)),
            "latency_p95_ms": _rounded(self.percentile(0.95)),
            "latency_p99_ms": _rounded(self.percentile(0.99)),
            "first_token_p50_ms": _rounded(self.first_token.quantile(0.5)),
            "first_token_p95_ms": _rounded(self.first_token.quantile(0.95)),
            "free_value": float(round(self.free_value, 4)),
        }


@dataclass(slots=True)
class _Sum:
    """Figures while rows are added: buckets stay the strings that JSON has, for a year's report adds a million."""

    counts: list[int] = field(default_factory=lambda: [0] * len(COUNTS))
    latency: dict[str, int] = field(default_factory=dict)
    first_token: dict[str, int] = field(default_factory=dict)

    def add(self, counts: Sequence[int], latency: Mapping[str, int], first_token: Mapping[str, int]) -> None:
        """Count a row's attempts too; its sketches as they are stored."""
        self.counts = [one + more for one, more in zip(self.counts, counts, strict=True)]
        for into, sketch in ((self.latency, latency), (self.first_token, first_token)):
            for bucket, count in sketch.items():
                into[bucket] = into.get(bucket, 0) + count

    def figures(self) -> Figures:
        """What was added."""
        counts = dict(zip(COUNTS, self.counts, strict=True))
        return Figures(**counts, latency=Sketch.stored(self.latency), first_token=Sketch.stored(self.first_token))


@dataclass(frozen=True, slots=True)
class Line:
    """The figures of one provider, model, feature or client. `name` is what a person calls it."""

    key: str
    name: str
    figures: Figures


@dataclass(frozen=True, slots=True)
class Report:
    """One span's figures: in all, by something, and by day (or by hour where the span is at most two days)."""

    since: datetime
    until: datetime
    by: str
    total: Figures
    lines: tuple[Line, ...]
    steps: tuple[tuple[datetime, Figures], ...]
    step: timedelta

    def to_json(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
            "by": self.by,
            "currency": settings.REFERENCE_CURRENCY,
            "total": self.total.to_json(),
            "lines": [{"key": line.key, "name": line.name, **line.figures.to_json()} for line in self.lines],
            "steps": [{"starts_at": at.isoformat(), **figures.to_json()} for at, figures in self.steps],
        }


def report(
    days: float = 7, by: str = "provider", now: datetime | None = None, *, step_latencies: bool = True, **only: str
) -> Report:
    """The report over the last `days`. `only` keeps rows of a provider, model, feature or client.

    Without `step_latencies` the steps have no latencies, which takes half the time. Raises ValueError for an unknown
    `by` or filter.
    """
    if by not in BY or set(only) - set(BY):
        raise ValueError(f"Figures can be seen by {', '.join(BY)}.")
    now = now or timezone.now()
    since = hour_of(now - timedelta(days=days)) + HOUR
    step = HOUR if days <= 2 else DAY  # noqa: PLR2004 - what a chart can show
    kept = {_COLUMNS[name]: value for name, value in only.items() if value}
    lines: dict[str, _Sum] = defaultdict(_Sum)
    steps: dict[datetime, _Sum] = defaultdict(_Sum)
    rows = _rows(since, now, step).filter(**kept).values_list(_COLUMNS[by], "starts_at", *COUNTS, *_SKETCHES)
    for key, starts_at, *counts, latency, first_token in rows.iterator():
        lines[str(key)].add(counts, latency, first_token)
        at = day_of(starts_at) if step == DAY else starts_at
        steps[at].add(counts, *((latency, first_token) if step_latencies else ({}, {})))
    total = _Sum()
    for one in lines.values():
        total.add(one.counts, one.latency, one.first_token)
    names = _names(by, lines)
    ordered = sorted(
        ((key, one.figures()) for key, one in lines.items()), key=lambda pair: (-pair[1].attempts, pair[0])
    )
    return Report(
        since=since,
        until=now,
        by=by,
        total=total.figures(),
        lines=tuple(Line(key, names.get(key, key), figures) for key, figures in ordered),
        steps=tuple((at, steps[at].figures()) for at in _every(since, now, step)),
        step=step,
    )


def _rows(since: datetime, until: datetime, step: timedelta) -> Any:
    """The rollups that tile the span: days where whole ones fit, hours at its ends."""
    if step == HOUR:
        return Rollup.objects.filter(grain=Rollup.Grain.HOUR, starts_at__gte=since, starts_at__lte=until)
    whole = day_of(since) if since == day_of(since) else day_of(since) + DAY
    # The row of a span's last day holds nothing later only as long as the span ends now.
    last = until if until >= hour_of(timezone.now()) else day_of(until)
    ends = Q(starts_at__gte=since, starts_at__lt=whole) | Q(starts_at__gte=max(last, whole), starts_at__lte=until)
    days = Q(grain=Rollup.Grain.DAY, starts_at__gte=whole, starts_at__lt=last)
    return Rollup.objects.filter(Q(ends, grain=Rollup.Grain.HOUR) | days)


def _every(since: datetime, until: datetime, step: timedelta) -> Iterable[datetime]:
    at = day_of(since) if step == DAY else since
    while at <= until:
        yield at
        at += step


def _names(by: str, keys: Iterable[str]) -> dict[str, str]:
    if by == "provider":
        return dict(Provider.objects.filter(slug__in=keys).values_list("slug", "name"))
    if by == "client":
        numbers = [int(key) for key in keys if key != "0"]
        return {str(pk): name for pk, name in Client.objects.filter(pk__in=numbers).values_list("pk", "name")}
    return {}


def _rounded(value: float | None, places: int = 0) -> float | None:
    return None if value is None else round(value, places) if places else float(round(value))
