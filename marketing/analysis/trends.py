"""Where a track is in its life: rising, at its peak, falling, gone; how fast plays fade; and what sounds like it.

Ranks are compared as logs of their distance from a place above the first: from 80 to 40 is far, from 2 to 1 is not. A
direction is named only where the recent weeks leave little doubt about it; else a track holds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from django.utils.translation import gettext as _

from marketing.analysis.forecasting import forecast
from marketing.analysis.models import Values
from marketing.analysis.survival import Chart, Survival, features

Phase = Literal["new", "rising", "peak", "holding", "falling", "gone", "unknown"]
LEAST_DAYS = 28
AHEAD = 28
_WINDOW = 4
# How far above the first place distances are measured from.
_ABOVE = 10
# By how much of that distance a track moves a week, both ways, without anybody calling it a direction.
_STILL = 0.12
_NEAR_PEAK = 1.15
_CERTAIN = 2.0
_WINTER = (11, 12, 1)
_MOSTLY = 0.8
_Z = 1.959964
_MOST_HALF_LIFE = 3650.0


@dataclass(frozen=True, slots=True)
class OnChart:
    """A track's life on a chart. `odds`: of being there `horizon` weeks on; None for what is not there now.

    `wintry`: it was there in more than one winter and hardly ever else.
    """

    track: str
    artist: str
    phase: Phase
    rank: int | None
    change: int | None
    peak: int
    peak_week: date
    weeks: int
    odds: float | None
    horizon: int
    wintry: bool


@dataclass(frozen=True, slots=True)
class Span:
    """A value with the bounds that hold it (95 % for a rate, 80 % for a forecast)."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Plays:
    """A track's plays by day. `weekly` is the change a week (0.1: a tenth more); `half_life` is in days.

    `ahead` is the sum of the next `AHEAD` days; `before` that of the last ones. None where the days cannot tell.
    """

    phase: Phase
    peak_day: date
    weekly: Span | None
    half_life: Span | None
    ahead: Span | None
    before: float
    warning: str


@dataclass(frozen=True, slots=True)
class Alike:
    """A track like the asked one: 1 is the same, 0.5 as far as two usually are. `by`: where they are closest."""

    track: str
    artist: str
    likeness: float
    by: tuple[str, ...]


def on_chart(chart: Chart, key: tuple[str, str], model: Survival) -> OnChart:
    """The life of one track on this chart up to its last week."""
    run = chart.runs[key]
    last = max(run)
    here = last == chart.last
    previous = chart.before(run, last)
    best = min(run, key=lambda week: (run[week].rank, week))
    odds = float(model.odds(np.array([features(chart, key, last)]))[0]) if here else None
    return OnChart(
        *key,
        _phase(chart, key),
        run[last].rank if here else None,
        previous - run[last].rank if here and previous is not None else None,
        chart.peak(key, last),
        run[best].week,
        chart.age(key, last),
        odds,
        model.horizon,
        _wintry([one.week for one in run.values()]),
    )


def _wintry(weeks: Sequence[date]) -> bool:
    winters = [(week + timedelta(days=60)).year for week in weeks if week.month in _WINTER]
    return len(set(winters)) > 1 and len(winters) >= _MOSTLY * len(weeks)


def _phase(chart: Chart, key: tuple[str, str]) -> Phase:
    run = chart.runs[key]
    last = max(run)
    if last < chart.last:
        return "gone"
    age, rank = chart.age(key, last), run[last].rank
    if age <= 1:
        return "new"
    weeks = sorted(week for week in run if week > last - _WINDOW)
    heights = {week: math.log(run[week].rank + _ABOVE) for week in weeks}
    before = chart.before(run, last)
    if before is not None:
        heights[last - 1] = math.log(before + _ABOVE)
    if len(heights) < 2:  # noqa: PLR2004 - one point has no direction
        return "holding"
    slope = float(np.polyfit(list(heights), list(heights.values()), 1)[0])
    if slope < -_STILL and rank > 1:
        return "rising"
    if rank + _ABOVE <= (chart.peak(key, last) + _ABOVE) * _NEAR_PEAK:
        return "peak"
    return "falling" if slope > _STILL else "holding"


def plays(days: Mapping[date, float]) -> Plays:
    """The life of a track by its plays a day; missing days count as none. Raises ValueError for no days."""
    if not days:
        raise ValueError("There are no days.")
    first, last = min(days), max(days)
    series = np.array([days.get(first + timedelta(days=at), 0.0) for at in range((last - first).days + 1)])
    peak_day = first + timedelta(days=_peak(series))
    before = float(series[-AHEAD:].sum())
    if len(series) < LEAST_DAYS:
        words = _("Fewer than %(days)d days: no direction can be told.") % {"days": LEAST_DAYS}
        return Plays("unknown", peak_day, None, None, None, before, words)
    logs = np.log1p(series)
    slope, error = _slope(logs[-LEAST_DAYS:])
    weekly = Span(*(math.expm1(7 * one) for one in (slope, slope - _Z * error, slope + _Z * error)))
    since_peak = (last - peak_day).days
    half_life = _half_life(slope, error) if since_peak >= AHEAD // 2 else None
    found = forecast(series, 7, AHEAD)
    total = [sum(getattr(step, name) for step in found.steps) for name in ("point", "low", "high")]
    sure = abs(slope) > _CERTAIN * error
    phase: Phase = "rising" if sure and slope > 0 else "falling" if sure else "holding"
    if since_peak < AHEAD // 2 and phase != "rising":
        phase = "peak"
    if not series[-7:].any():
        phase = "gone"
    return Plays(phase, peak_day, weekly, half_life, Span(*total), before, found.warning)


def _peak(series: Values) -> int:
    """The middle of the best week, so that one wild day is no peak."""
    if len(series) < 7:  # noqa: PLR2004 - days of a week
        return int(np.argmax(series))
    return int(np.argmax(np.convolve(series, np.ones(7), mode="valid"))) + 3


def _slope(logs: Values) -> tuple[float, float]:
    """The change of the log a day without weekdays, and its standard error where days resemble their neighbours."""
    at = np.arange(len(logs), dtype=float)
    design = np.column_stack([at - at.mean(), *((at % 7 == day).astype(float) for day in range(7))])
    weights, *_rest = np.linalg.lstsq(design, logs, rcond=None)
    left = logs - design @ weights
    free = max(1, len(logs) - design.shape[1])
    energy = float(left @ left)
    memory = float(np.clip((left[1:] @ left[:-1]) / energy, 0.0, 0.9)) if energy > 0 else 0.0
    spread = energy / free * (1 + memory) / (1 - memory)
    rest = design[:, 0] - design[:, 1:] @ np.linalg.lstsq(design[:, 1:], design[:, 0], rcond=None)[0]
    return float(weights[0]), math.sqrt(spread / float(rest @ rest))


def _half_life(slope: float, error: float) -> Span | None:
    """Days until plays halve at this pace; None where they may as well not fade."""
    if slope + _Z * error >= 0:
        return None
    days = [min(_MOST_HALF_LIFE, math.log(0.5) / one) for one in (slope, slope - _Z * error, slope + _Z * error)]
    return Span(*days)


def alike(
    wanted: Mapping[str, float], others: Sequence[tuple[str, str, Mapping[str, float]]], most: int = 5
) -> list[Alike]:
    """The tracks nearest in the numbers that are known of all: each measured by how much tracks usually differ in it.

    Raises ValueError where fewer than two numbers are known of all.
    """
    names = sorted(set(wanted).intersection(*(one for _track, _artist, one in others))) if others else []
    if len(names) < 2:  # noqa: PLR2004 - in one number anything is alike
        raise ValueError("At least two numbers, such as tempo and energy, have to be known of every track.")
    table = np.array([[one[name] for name in names] for _track, _artist, one in others], dtype=float)
    asked = np.array([wanted[name] for name in names], dtype=float)
    spread = np.vstack([table, asked]).std(axis=0)
    varied = spread > 1e-9  # noqa: PLR2004 - what is the same of all says nothing
    apart = np.abs(table - asked) / np.where(varied, spread, 1.0) * varied
    # Two independent tracks are on average so far apart, in squares, that 2 a number is usual.
    far = np.sqrt((apart**2).sum(axis=1) / max(1, int(varied.sum())) / 2)
    found = []
    for at in np.argsort(far, kind="stable")[:most]:
        nearest = [int(one) for one in np.argsort(apart[at], kind="stable") if varied[one]][:3]
        track, artist, _numbers = others[at]
        found.append(Alike(track, artist, float(0.5 ** far[at]), tuple(names[one] for one in nearest)))
    return found
