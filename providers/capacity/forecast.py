"""When a quota will be used up, told from the weekdays and hours of its own past use. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import NormalDist

HOUR = timedelta(hours=1)
# So many days tell the pattern, and this much of a weekday's own hour is believed for each week that was seen.
PATTERN_DAYS = 28
_WEEKS_TO_BELIEVE = 2.0
# How much use says that today is not like other days.
_USE_TO_BELIEVE = 20.0
# The interval holds on eight of ten days.
_Z = NormalDist().inv_cdf(0.9)
# Requests of people come in bunches: their variance is larger than their mean.
_LEAST_DISPERSION = 1.5
WARN_AT = 0.5


@dataclass(frozen=True, slots=True)
class Outlook:
    """What will become of a quota until its reset.

    `expected` with `low` and `high`: further use until then, the interval for eight of ten days. `runs_out`: when it is
    used up, at the earliest (`earliest`) and latest, None where it lasts. `chance`: that it does not last.
    """

    expected: float
    low: float
    high: float
    chance: float
    earliest: datetime | None
    runs_out: datetime | None
    latest: datetime | None

    @property
    def warns(self) -> bool:
        """Whether it is rather used up before its reset."""
        return self.chance >= WARN_AT


@dataclass(frozen=True, slots=True)
class Pattern:
    """The mean use of each hour of the week and its variance, by (weekday, hour) in local time."""

    mean: Mapping[tuple[int, int], float]
    dispersion: float

    def at(self, moment: datetime) -> float:
        """What is expected of the hour of this moment."""
        return self.mean.get((moment.weekday(), moment.hour), 0.0)


def pattern(use: Sequence[tuple[datetime, float]], since: datetime, until: datetime) -> Pattern:
    """From the use of whole hours, in local time; hours without use may be missing.

    A weekday's own hour is believed the more, the more weeks were seen; else it is the hour of any day.
    """
    days: dict[int, int] = dict.fromkeys(range(7), 0)
    day = since.replace(hour=0, minute=0, second=0, microsecond=0)
    while day < until:
        days[day.weekday()] += 1
        day += timedelta(days=1)
    own: dict[tuple[int, int], float] = {}
    any_day: dict[int, float] = {}
    for moment, units in use:
        own[moment.weekday(), moment.hour] = own.get((moment.weekday(), moment.hour), 0.0) + units
        any_day[moment.hour] = any_day.get(moment.hour, 0.0) + units
    total_days = max(1, sum(days.values()))
    mean = {
        (weekday, hour): _shrunk(own.get((weekday, hour), 0.0), days[weekday], any_day.get(hour, 0.0) / total_days)
        for weekday in range(7)
        for hour in range(24)
    }
    return Pattern(mean, _dispersion(use, mean, total_days * 24))


def _shrunk(total: float, weeks: int, elsewhere: float) -> float:
    return (total + _WEEKS_TO_BELIEVE * elsewhere) / (weeks + _WEEKS_TO_BELIEVE)


def _dispersion(use: Sequence[tuple[datetime, float]], mean: Mapping[tuple[int, int], float], hours: int) -> float:
    """Variance over mean, pooled over all hours."""
    expected = sum(mean.values()) / len(mean) * hours
    if not use or expected <= 0:
        return _LEAST_DISPERSION
    seen = sum((units - mean[moment.weekday(), moment.hour]) ** 2 for moment, units in use)
    silent = sum(value**2 for value in mean.values()) / len(mean) * max(0, hours - len(use))
    return max(_LEAST_DISPERSION, (seen + silent) / expected)


def level(used_today: float, expected_today: float) -> float:
    """How much busier today is than such days are, drawn towards 1 while little was used."""
    return (used_today + _USE_TO_BELIEVE) / (expected_today + _USE_TO_BELIEVE)


def outlook(left: float, resets_at: datetime, now: datetime, usual: Pattern, today: float = 1.0) -> Outlook:
    """What will become of what is `left` until `resets_at`; all moments in local time. `today` is the level."""
    expected = variance = 0.0
    earliest = runs_out = latest = None
    moment = now
    while moment < resets_at:
        end = min(moment.replace(minute=0, second=0, microsecond=0) + HOUR, resets_at)
        mean = usual.at(moment) * today * ((end - moment) / HOUR)
        spread = usual.dispersion * mean
        earliest = earliest or _crossing(left, expected, variance, mean, spread, moment, end, _Z)
        runs_out = runs_out or _crossing(left, expected, variance, mean, spread, moment, end, 0.0)
        latest = latest or _crossing(left, expected, variance, mean, spread, moment, end, -_Z)
        expected, variance = expected + mean, variance + spread
        moment = end
    deviation = math.sqrt(variance)
    chance = 1 - NormalDist(expected, deviation).cdf(left) if deviation > 0 else float(left <= 0)
    return Outlook(
        expected, max(0.0, expected - _Z * deviation), expected + _Z * deviation, chance, earliest, runs_out, latest
    )


def _crossing(  # noqa: PLR0917 - sums before and within one hour
    left: float,
    expected: float,
    variance: float,
    mean: float,
    spread: float,
    start: datetime,
    end: datetime,
    z: float,
) -> datetime | None:
    """When the use so far, so many deviations from what is expected, reaches what is left; within this hour or not."""
    before = expected + z * math.sqrt(variance)
    after = expected + mean + z * math.sqrt(variance + spread)
    if after < left or after <= 0:
        return None
    share = 0.0 if after <= before else min(1.0, max(0.0, (left - before) / (after - before)))
    return start + share * (end - start)
