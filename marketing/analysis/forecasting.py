"""Forecasts with calibrated intervals: models weighted by how they did on the series' own past, and how far off.

Every model forecasts from several earlier moments of the series (rolling origin). They speak together, each with the
weight that its errors there earned, and are drawn towards the seasonal naive forecast: the farther, the less they beat
it there, and all the way where they do not. The interval is as wide as the chosen forecast's own errors there (split
conformal). Nothing behind a moment is used for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from marketing.analysis.models import MODELS, NAIVE, TOGETHER, Values, seasonal_naive

COVERAGE = 0.8
# How much of the way from the seasonal naive forecast to the models' is tried on the past.
_WAYS = (0.0, 0.25, 0.5, 0.75, 1.0)
# The past flatters what was chosen by it: a part of the seasonal naive forecast always stays in.
_KEPT_NAIVE = 0.15
# A model that is off half as far counts four times as much.
WEIGHING = 2
MOST_ORIGINS = 10
# How much less an error counts for each origin farther back: a series changes its nature.
_FADING = 0.75
LEAST_VALUES = 4
_SHIFT = 3.5


@dataclass(frozen=True, slots=True)
class Step:
    """One step ahead (1 is the next): the middle and the bounds within which four of five values should lie."""

    step: int
    point: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Forecast:
    """A series' forecast. `warning` is empty, or says in a sentence why it should be doubted."""

    model: str
    steps: tuple[Step, ...]
    warning: str


@dataclass(frozen=True, slots=True)
class Backtest:
    """How forecasts made earlier turned out. MASE: error in units of the in-sample seasonal naive error.

    `coverage` is the share of the `points` that lay inside the interval.
    """

    mase: float | None
    seasonal_naive_mase: float | None
    coverage: float | None
    points: int
    warning: str


@dataclass(frozen=True, slots=True)
class _Past:
    """How each model did from earlier moments: one row of errors an origin, in the scale in which models work."""

    errors: dict[str, Values]

    def score(self, errors: Values) -> float:
        """The mean absolute error; each origin farther back counts less."""
        fading = _FADING ** np.arange(len(errors))
        return float(np.average(np.mean(np.abs(errors), axis=1), weights=fading))

    def weighted(self, parts: dict[str, Values]) -> Values:
        """What the models say together, each with the inverse of its squared error as weight."""
        scores = {name: max(self.score(errors), 1e-12) for name, errors in self.errors.items()}
        weights = {name: scores[name] ** -WEIGHING for name in parts}
        return np.asarray(sum(weights[name] * parts[name] for name in parts) / sum(weights.values()))

    def way(self) -> float:
        """How much of the way from the seasonal naive forecast to the models' to go: 0 is none of it."""
        naive, together = self.errors[NAIVE], self.weighted(self.errors)
        best = min(_WAYS, key=lambda way: self.score(_between(naive, together, way)))
        return best * (1 - _KEPT_NAIVE)

    def chosen(self, parts: dict[str, Values], way: float) -> Values:
        """Of these parts (forecasts, or errors) what lies so far on the way."""
        return _between(parts[NAIVE], self.weighted(parts), way)


def _between(naive: Values, together: Values, way: float) -> Values:
    return np.asarray((1 - way) * naive + way * together)


def forecast(values: Sequence[float] | Values, season: int, horizon: int) -> Forecast:
    """The next `horizon` values of a regular series, oldest first; `season` is the length of its cycle (1: none).

    Raises ValueError for fewer than four values or a horizon below one.
    """
    series = np.asarray(values, dtype=float)
    if len(series) < LEAST_VALUES:
        raise ValueError(f"A forecast needs at least {LEAST_VALUES} values; there are {len(series)}.")
    if horizon < 1:
        raise ValueError("The horizon is at least 1.")
    season = max(1, season)
    logged = _fits_logs(series, season)
    worked = np.log(series) if logged else series
    past = _past(worked, season, horizon)
    points = _points(worked, season, horizon)
    name, point, width = NAIVE, points[NAIVE], _guessed_widths(worked, season, horizon)
    if past:
        way = past.way()
        name, point = TOGETHER if way else NAIVE, past.chosen(points, way)
        width = _widths(past.chosen(past.errors, way), horizon)
    low, high = point - width, point + width
    if logged:
        point, low, high = np.exp(point), np.exp(low), np.exp(high)
    elif series.min() >= 0:
        # What was never negative will not be.
        point, low, high = np.maximum(point, 0), np.maximum(low, 0), np.maximum(high, 0)
    steps = tuple(
        Step(at + 1, float(middle), float(least), float(most))
        for at, (middle, least, most) in enumerate(zip(point, low, high, strict=True))
    )
    return Forecast(name, steps, _warning(series, worked, season, horizon))


def backtest(values: Sequence[float] | Values, season: int, horizon: int, folds: int) -> Backtest:
    """Forecast `folds` spans of `horizon` values at the series' end, each from what lay before it.

    Each span begins half a horizon after the one before.
    """
    series = np.asarray(values, dtype=float)
    season = max(1, season)
    scaled: list[float] = []
    naive: list[float] = []
    inside = points = 0
    warning = ""
    for fold in range(folds, 0, -1):
        cut = len(series) - horizon - (fold - 1) * max(1, horizon // 2)
        if cut < max(LEAST_VALUES, season + 1):
            warning = "Too short for all folds."
            continue
        before, after = series[:cut], series[cut : cut + horizon]
        scale = float(np.mean(np.abs(before[season:] - before[:-season])))
        if not scale:
            warning = "The series does not vary."
            continue
        found = forecast(before, season, horizon)
        middle = np.array([step.point for step in found.steps])
        scaled.append(float(np.mean(np.abs(after - middle))) / scale)
        naive.append(float(np.mean(np.abs(after - seasonal_naive(before, season, horizon)))) / scale)
        inside += sum(step.low <= value <= step.high for step, value in zip(found.steps, after, strict=True))
        points += horizon
        warning = warning or found.warning
    if not points:
        return Backtest(None, None, None, 0, warning or "Too short to be tested.")
    return Backtest(float(np.mean(scaled)), float(np.mean(naive)), inside / points, points, warning)


def _points(series: Values, season: int, horizon: int) -> dict[str, Values]:
    return {name: model(series, season, horizon) for name, model in MODELS.items()}


def _past(series: Values, season: int, horizon: int) -> _Past | None:
    """Every model from earlier moments, the latest ones first; None where the series is too short for one."""
    least = max(LEAST_VALUES + 1, min(2 * season + 2, len(series) - horizon))
    stride = max(1, min(horizon, (len(series) - horizon - least) // MOST_ORIGINS or 1))
    cuts = list(range(len(series) - horizon, least - 1, -stride))[:MOST_ORIGINS]
    if not cuts:
        return None
    errors: dict[str, list[Values]] = {}
    for cut in cuts:
        after = series[cut : cut + horizon]
        for name, point in _points(series[:cut], season, horizon).items():
            errors.setdefault(name, []).append(after - point)
    return _Past({name: np.array(rows) for name, rows in errors.items()})


def _widths(errors: Values, horizon: int) -> Values:
    """Half the interval of each step: the conformal quantile of the errors at that step and its neighbours."""
    around = max(1, horizon // 6)
    widths = np.empty(horizon)
    for step in range(horizon):
        near = np.abs(errors[:, max(0, step - around) : step + around + 1])
        weights = np.repeat(_FADING ** np.arange(len(errors)), near.shape[1])
        widths[step] = np.quantile(near.ravel(), COVERAGE, weights=weights, method="inverted_cdf")
    return widths


def _guessed_widths(series: Values, season: int, horizon: int) -> Values:
    """Without a past to learn from: the usual change, growing with the root of the distance."""
    lag = min(season, len(series) - 1)
    change = np.abs(series[lag:] - series[:-lag])
    spread = float(np.std(series)) if not len(change) else float(np.mean(change))
    return np.asarray(1.6 * spread * np.sqrt(np.arange(1, horizon + 1)))


def _fits_logs(series: Values, season: int) -> bool:
    """Whether swings grow with the level, as they do where growth multiplies."""
    if series.min() <= 0:
        return False
    size = max(season, 4)
    blocks = [series[at : at + size] for at in range(len(series) % size, len(series) - size + 1, size)]
    if len(blocks) < 3:  # noqa: PLR2004 - two say nothing about a tendency
        return bool(series.max() > 3 * series.min())
    means = np.array([block.mean() for block in blocks])
    spreads = np.array([block.std() for block in blocks])
    if not means.std() or not spreads.std():
        return False
    return bool(np.corrcoef(means, spreads)[0, 1] > 0.4)  # noqa: PLR2004 - a clear tendency


def _warning(series: Values, worked: Values, season: int, horizon: int) -> str:
    if len(series) < 2 * season + horizon:
        return _("Too short for its season: fewer than two seasons and the horizon. Take the interval seriously.")
    if np.ptp(series) == 0:
        return _("The series does not vary.")
    if _has_shifted(worked, season):
        return _("The level has shifted lately; the past before it says little.")
    return ""


def _has_shifted(series: Values, season: int) -> bool:
    """Whether the latest span lies far from where the spans before it moved."""
    size = max(season, 4)
    if len(series) < 4 * size:
        return False
    steps = np.diff([series[at : at + size].mean() for at in range(len(series) % size, len(series) - size + 1, size)])
    middle = np.median(steps[:-1])
    spread = 1.4826 * np.median(np.abs(steps[:-1] - middle))
    return bool(abs(steps[-1] - middle) > _SHIFT * max(spread, 1e-9))
