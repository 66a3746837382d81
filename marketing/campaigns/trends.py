"""What happened when: days unlike their neighbours, days from which the level is another, and ads that tire.

Everything works on logarithms of one more than the value, without the weekday's usual share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
LEAST_DAYS = 14
LEAST_SPAN = 7
_WEEK = 7
_ALPHA = 0.05
# From the median of absolute deviations to a standard deviation.
_MAD = 1.4826
# A change of less than this share is none that anybody would act upon.
_WORTH = 0.1


@dataclass(frozen=True, slots=True)
class Anomaly:
    """A day unlike the days around it: what came, and what was usual."""

    day: date
    value: float
    usual: float


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on the level is another: the daily means before and after."""

    day: date
    before: float
    after: float


def _worked(values: Values, days: Sequence[date]) -> tuple[Values, Values]:
    """The logarithms without the weekday's share, and that share."""
    logs = np.log1p(np.maximum(values, 0))
    share = np.zeros(len(values))
    if len(values) >= 4 * _WEEK:
        weekdays = np.array([one.weekday() for one in days])
        around = _median(logs, _WEEK)
        for weekday in range(_WEEK):
            of_it = weekdays == weekday
            if of_it.any():
                share[of_it] = np.median((logs - around)[of_it])
    return logs - share, share


def _median(values: Values, half: int) -> Values:
    return np.array([np.median(values[max(0, at - half) : at + half + 1]) for at in range(len(values))])


def _spread(values: Values) -> float:
    return float(_MAD * np.median(np.abs(values - np.median(values))))


def anomalies(days: Sequence[date], values: Sequence[float] | Values) -> list[Anomaly]:
    """Days that chance would hardly bring once in twenty such series."""
    series = np.asarray(values, dtype=float)
    if len(series) < LEAST_DAYS:
        return []
    worked, share = _worked(series, days)
    middle = _median(worked, _WEEK)
    left = worked - middle
    # Counts have a spread of their own: of a mean of 4 every second day is off by a fifth.
    own = 1 / np.sqrt(np.maximum(np.expm1(middle), 1))
    scale = np.maximum(max(_spread(left), 0.02), own)
    limit = NormalDist().inv_cdf(1 - _ALPHA / (2 * len(series)))
    # Real days have longer tails than the normal law.
    far = np.abs(left) / scale > limit * 1.3
    usual = np.expm1(middle + share)
    return [Anomaly(days[at], float(series[at]), float(max(usual[at], 0))) for at in map(int, np.flatnonzero(far))]


def changes(days: Sequence[date], values: Sequence[float] | Values) -> list[Change]:
    """Days from which the level is another, by PELT's optimum with a penalty that allows for days that resemble."""
    series = np.asarray(values, dtype=float)
    if len(series) < 2 * LEAST_SPAN:
        return []
    worked, _share = _worked(series, days)
    # A single wild day is an anomaly, no new level.
    middle = _median(worked, 3)
    limit = 3 * max(_spread(worked - middle), 0.02)
    tamed = np.clip(worked, middle - limit, middle + limit)
    steps = np.diff(tamed)
    noise = max(float(_MAD * np.median(np.abs(steps)) / np.sqrt(2)) ** 2, 1e-4)
    left = tamed - _median(tamed, _WEEK)
    # Without the first or the last day the rest may all be the same.
    varies = min(np.std(left[:-1]), np.std(left[1:])) > 1e-9  # noqa: PLR2004 - rounding
    alike = float(np.clip(np.corrcoef(left[:-1], left[1:])[0, 1], 0, 0.8)) if varies else 0.0
    penalty = 4 * noise * (1 + alike) / (1 - alike) * np.log(len(series))
    cuts = _best_cuts(tamed, penalty)
    bounds = [0, *cuts, len(series)]
    found = []
    for at, cut in enumerate(cuts, 1):
        before, after = series[bounds[at - 1] : cut].mean(), series[cut : bounds[at + 1]].mean()
        if abs(after - before) > _WORTH * max(before, after):
            found.append(Change(days[cut], float(before), float(after)))
    return found


def _best_cuts(series: Values, penalty: float) -> list[int]:
    """Where the sum of squared distances to the spans' means and the penalties is least (Killick et al. 2012)."""
    sums, squares = np.concatenate([[0], np.cumsum(series)]), np.concatenate([[0], np.cumsum(series**2)])
    number = len(series)
    best = np.full(number + 1, np.inf)
    best[0] = -penalty
    last = np.zeros(number + 1, dtype=int)
    candidates = np.array([0])
    for end in range(LEAST_SPAN, number + 1):
        spans = candidates[end - candidates >= LEAST_SPAN]
        cost = best[spans] + squares[end] - squares[spans] - (sums[end] - sums[spans]) ** 2 / (end - spans) + penalty
        at = int(np.argmin(cost))
        best[end], last[end] = cost[at], spans[at]
        worth = cost - penalty <= best[end]
        # By rounding alone even the best one might fall out.
        worth[at] = True
        kept = spans[worth]
        young = candidates[end - candidates < LEAST_SPAN]
        candidates = np.concatenate([kept, young, [end]])
    cuts: list[int] = []
    at = number
    while at > 0:
        at = int(last[at])
        if at:
            cuts.append(at)
    return sorted(cuts)


@dataclass(frozen=True, slots=True)
class Fatigue:
    """By what share a rate changes a week, with its 95 % interval."""

    weekly: float
    low: float
    high: float

    @property
    def tired(self) -> bool:
        """Whether it falls for certain, by at least a twentieth a week."""
        return self.high < 0 and self.weekly <= -0.05  # noqa: PLR2004 - said in the line above


def fatigue(hits: Sequence[float] | Values, tries: Sequence[float] | Values) -> Fatigue | None:
    """How a share moves over days: log odds on time, weighted, with a spread as wide as the days'. None when short."""
    top, bottom = np.asarray(hits, dtype=float), np.asarray(tries, dtype=float)
    good = bottom > 0
    few = good.sum() < LEAST_DAYS or top.sum() < 20  # noqa: PLR2004 - fewer hits show nothing
    if few or (top > bottom).any():
        return None
    when = np.flatnonzero(good) / _WEEK
    share = (top[good] + 0.5) / (bottom[good] + 1)
    odds = np.log(share / np.maximum(1 - share, 1e-9))
    weight = bottom[good] * share * (1 - share)
    centred = when - np.average(when, weights=weight)
    spread = float(np.sum(weight * centred**2))
    if spread <= 0:
        return None
    slope = float(np.sum(weight * centred * odds) / spread)
    left = odds - np.average(odds, weights=weight) - slope * centred
    excess = max(1.0, float(np.sum(weight * left**2) / max(1, good.sum() - 2)))
    half = 1.96 * float(np.sqrt(excess / spread))
    return Fatigue(float(np.expm1(slope)), float(np.expm1(slope - half)), float(np.expm1(slope + half)))
