"""What gives out next at 10, 100 and 1,000 times today's load, from measured costs and a simulation of a day.

Today is what the rollups of the last seven days say. A day is simulated minute by minute with the installation's own
hours of the day; the busiest minutes decide. `docs/operations.md` says what to do about each bottleneck.
"""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Avg, Sum
from django.db.models.functions import ExtractHour, Length
from django.utils import timezone

from providers.models import Attempt, Provider, Quota, Rollup

DAYS = 7
MINUTES_A_DAY = 24 * 60
PER_DAY = {"minute": MINUTES_A_DAY, "hour": 24, "day": 1}
# Measured by tests/bench on two busy cores, rounded to the worse: `jobs` (18 to 33 calls a second with checks, ledger
# and storing), `ledger` (reserved and settled calls), `history` (a file of ten million attempts without answers).
PROCESSOR_SECONDS_A_CALL = 0.1
LEDGER_CALLS_A_SECOND = 500.0
BYTES_AN_ATTEMPT = 250
STORED_GIGABYTES = {"sqlite": 50.0, "postgresql": 1000.0}
FULL = 0.8


@dataclass(frozen=True, slots=True)
class Today:
    """Calls of a mean day by hour of the day, the seconds a call takes, and what the limits of all providers allow."""

    by_hour: Mapping[int, float]
    seconds_a_call: float
    calls_allowed_a_day: float | None
    workers: int
    database: str
    keep_days: int
    processors: int = 2
    bytes_an_attempt: float = BYTES_AN_ATTEMPT

    @property
    def calls(self) -> float:
        """Calls of a mean day."""
        return sum(self.by_hour.values())


@dataclass(frozen=True, slots=True)
class Load:
    """How full each part is at so many times today's load: 1 is all it can do. `busiest` is calls in a minute."""

    times: int
    busiest: float
    full: Mapping[str, float]

    @property
    def bottleneck(self) -> str:
        """The fullest part."""
        return max(self.full, key=lambda name: self.full[name])

    @property
    def holds(self) -> bool:
        """Whether nothing is fuller than is wise."""
        return self.full[self.bottleneck] <= FULL


def measure(workers: int, database: str, keep_days: int) -> Today:
    """Today's load from the last seven days' rollups; half a call an hour where nothing was asked yet."""
    since = timezone.now() - timedelta(days=DAYS)
    rows = Rollup.objects.filter(grain=Rollup.Grain.HOUR, starts_at__gte=since).annotate(hour=ExtractHour("starts_at"))
    summed = rows.values_list("hour").annotate(calls=Sum("attempts")).order_by()
    by_hour = {int(hour): calls / DAYS for hour, calls in summed}
    lately = Attempt.objects.filter(started_at__gte=since, outcome=Attempt.Outcome.ANSWERED)
    means = lately.aggregate(ms=Avg("latency_ms"), answer=Avg(Length("raw")))
    return Today(
        by_hour or dict.fromkeys(range(24), 0.5),
        (means["ms"] or 2000.0) / 1000,
        allowed_a_day(),
        workers,
        database,
        keep_days,
        os.cpu_count() or 1,
        BYTES_AN_ATTEMPT + (means["answer"] or 0.0),
    )


def allowed_a_day() -> float | None:
    """Calls that the request limits of all enabled providers allow in a day; None when one of them has none."""
    total = 0.0
    for provider in Provider.objects.filter(enabled=True):
        limits = Quota.objects.filter(provider=provider, metric=Quota.Metric.REQUESTS, period__in=PER_DAY)
        allowed = [limit.limit * PER_DAY[limit.period] for limit in limits]
        if not allowed:
            return None
        total += min(allowed)
    return total or None


def simulate(today: Today, times: int, seed: int = 1) -> Load:
    """A day at so many times today's load. Calls come in bunches of four, as a form asks for several platforms."""
    chance = random.Random(seed)  # noqa: S311 - a simulation, and the same one at each call
    minutes = []
    for minute in range(MINUTES_A_DAY):
        mean = today.by_hour.get(minute // 60, 0.0) * times / 60
        minutes.append(4 * _poisson(chance, mean / 4))
    busiest = max(1.0, float(sorted(minutes)[-len(minutes) // 200]), max(today.by_hour.values()) * times / 60)
    calls = today.calls * times
    stored = calls * today.keep_days * today.bytes_an_attempt / 1e9
    full = {
        "worker slots": busiest / 60 * (today.seconds_a_call + PROCESSOR_SECONDS_A_CALL) / today.workers,
        "processors": busiest / 60 * PROCESSOR_SECONDS_A_CALL / today.processors,
        "the ledger in the database": busiest / 60 / LEDGER_CALLS_A_SECOND,
        "stored attempts": stored / STORED_GIGABYTES[today.database],
    }
    if today.calls_allowed_a_day:
        full["providers' limits"] = calls / today.calls_allowed_a_day
    return Load(times, busiest, full)


def _poisson(chance: random.Random, mean: float) -> float:
    """A draw; for large means the normal one that it then equals."""
    if mean > 50:  # noqa: PLR2004 - where both agree within a percent
        return max(0.0, chance.gauss(mean, mean**0.5))
    left, count = chance.expovariate(1.0), 0
    while left < mean:
        left, count = left + chance.expovariate(1.0), count + 1
    return float(count)
