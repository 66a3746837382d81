"""Forecasting models, each a function of (values, season, horizon): plain numpy, milliseconds a fit.

Smoothing parameters are searched over a grid, all of it at once: one pass through the series serves every choice.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
Model = Callable[[Values, int, int], Values]

_ALPHAS = (0.02, 0.06, 0.12, 0.2, 0.35, 0.5, 0.7, 0.9)
_BETAS = (0.0, 0.02, 0.08, 0.2)
_GAMMAS = (0.0, 0.05, 0.15, 0.35)
_PHIS = (0.85, 0.95, 1.0)
_MOST_HARMONICS = 6
_RIDGE = 1e-3
# A regression on the whole past follows a trend that ended long ago.
_TREND_SEASONS = 3


def seasonal_naive(values: Values, season: int, horizon: int) -> Values:
    """The value of one season before; the last value where a season is not there."""
    if len(values) < season:
        return np.full(horizon, values[-1])
    return np.resize(values[-season:], horizon)


def seasonal_drift(values: Values, season: int, horizon: int) -> Values:
    """Last season moved by what it was above the season before."""
    if len(values) < 2 * season:
        return seasonal_naive(values, season, horizon)
    growth = values[-season:].mean() - values[-2 * season : -season].mean()
    steps = 1 + np.arange(horizon) // season
    return np.asarray(seasonal_naive(values, season, horizon) + growth * steps)


def seasonal_level(values: Values, season: int, horizon: int) -> Values:
    """The usual shape of a season at the level of today."""
    shape, rest = _deseasonalised(values, season)
    return np.asarray(_smoothed_level(rest)[0] + _ahead(shape, len(values), horizon))


def theta(values: Values, season: int, horizon: int) -> Values:
    """The theta method: smoothed level plus half the slope of the whole, without the season, which is put back."""
    shape, rest = _deseasonalised(values, season)
    at = np.arange(len(rest))
    slope = np.polyfit(at, rest, 1)[0] if len(rest) > 1 else 0.0
    level, alpha = _smoothed_level(rest)
    steps = np.arange(1, horizon + 1)
    drift = 0.5 * slope * (steps - 1 + (1 - (1 - alpha) ** len(rest)) / alpha)
    return np.asarray(level + drift + _ahead(shape, len(values), horizon))


def decomposed(values: Values, season: int, horizon: int) -> Values:
    """A damped trend on the series without its season, whose recent shape is put back."""
    shape, rest = _deseasonalised(values, season, fading=0.6)
    return np.asarray(_holt(rest, horizon) + _ahead(shape, len(values), horizon))


def holt_winters(values: Values, season: int, horizon: int) -> Values:
    """Level, damped trend and season smoothed together, with the parameters that fitted one step ahead best."""
    if season < 2 or len(values) < 2 * season + 2:  # noqa: PLR2004 - two seasons begin it
        return _holt(values, horizon)
    grid = np.array(list(product(_ALPHAS, (0.0, 0.05, 0.2), _GAMMAS, _PHIS)))
    alpha, beta, gamma, phi = grid.T
    first, second = values[:season].mean(), values[season : 2 * season].mean()
    level, trend = np.full(len(grid), first), np.full(len(grid), (second - first) / season)
    shape = np.tile((values[:season] - first)[:, None], (1, len(grid)))
    errors = np.zeros(len(grid))
    for at, value in enumerate(values):
        place = at % season
        expected = level + phi * trend
        error = value - expected - shape[place]
        # The first season only sets the scene.
        if at >= season:
            errors += error**2
        new = expected + alpha * error
        trend = phi * trend + beta * error
        shape[place] += gamma * error
        level = new
    best = int(np.argmin(errors))
    damped = np.cumsum(phi[best] ** np.arange(1, horizon + 1))
    places = (len(values) + np.arange(horizon)) % season
    return np.asarray(level[best] + damped * trend[best] + shape[places, best])


def harmonics(values: Values, season: int, horizon: int) -> Values:
    """A line over the last seasons and waves over all, and what is left dies away as it did before."""
    number = len(values)
    most = min(_MOST_HARMONICS, season // 2, max(1, number // (4 * 2)))
    at, ahead = np.arange(number, dtype=float), np.arange(number, number + horizon, dtype=float)
    best: tuple[float, Values] = (np.inf, seasonal_naive(values, season, horizon))
    for waves in range(1, most + 1):
        inside, outside = _waves(at, number, season, waves), _waves(ahead, number, season, waves)
        normal = inside.T @ inside + _RIDGE * np.eye(inside.shape[1])
        weights = np.linalg.solve(normal, inside.T @ values)
        left = values - inside @ weights
        size = inside.shape[1] + 1
        if number <= size + 1:
            break
        variance = max(float(left @ left) / number, 1e-12)
        score = number * np.log(variance) + 2 * size * number / (number - size - 1)
        if score < best[0]:
            memory = float(np.clip((left[1:] @ left[:-1]) / max(float(left[:-1] @ left[:-1]), 1e-12), 0.0, 0.98))
            tail = left[-1] * memory ** np.arange(1, horizon + 1)
            best = (score, np.asarray(outside @ weights + tail))
    return best[1]


def _waves(at: Values, number: int, season: int, waves: int) -> Values:
    knee = max(0, number - _TREND_SEASONS * season)
    columns = [np.ones_like(at), np.clip(at - knee, 0, None) / max(season, 1), np.minimum(at, knee) / max(season, 1)]
    for wave in range(1, waves + 1):
        angle = 2 * np.pi * wave * at / season
        columns += [np.sin(angle), np.cos(angle)]
    return np.column_stack(columns)


def _deseasonalised(values: Values, season: int, fading: float = 0.85) -> tuple[Values, Values]:
    """The shape of a season (its sum is 0) and the series without it; the shape is flat where two seasons lack.

    `fading` is the weight of each season against the one after it.
    """
    if season < 2 or len(values) < 2 * season:  # noqa: PLR2004 - with one season nothing can be told apart
        return np.zeros(max(season, 1)), values
    kernel = np.ones(season) / season
    if season % 2 == 0:
        kernel = np.concatenate(([0.5], np.ones(season - 1), [0.5])) / season
    half = len(kernel) // 2
    smooth = np.convolve(values, kernel, mode="valid")
    detrended = values[half : half + len(smooth)] - smooth
    ages = (len(values) - 1 - np.arange(half, half + len(smooth))) // season
    weights = fading**ages
    places = np.arange(half, half + len(smooth)) % season
    shape = np.zeros(season)
    for place in range(season):
        chosen = places == place
        if chosen.any():
            shape[place] = np.average(detrended[chosen], weights=weights[chosen])
    shape -= shape.mean()
    return shape, values - shape[np.arange(len(values)) % season]


def _ahead(shape: Values, number: int, horizon: int) -> Values:
    return np.asarray(shape[(number + np.arange(horizon)) % len(shape)])


def _smoothed_level(values: Values) -> tuple[float, float]:
    """The level of today and the smoothing that fitted best."""
    alphas = np.array(_ALPHAS)
    level, errors = np.full(len(alphas), values[: min(len(values), 4)].mean()), np.zeros(len(alphas))
    for value in values:
        error = value - level
        errors += error**2
        level = level + alphas * error
    best = int(np.argmin(errors))
    return float(level[best]), float(alphas[best])


def _holt(values: Values, horizon: int) -> Values:
    """A level with a damped trend."""
    if len(values) < 4:  # noqa: PLR2004 - too few for a trend
        return np.full(horizon, values[-1])
    grid = np.array(list(product(_ALPHAS, _BETAS, _PHIS)))
    alpha, beta, phi = grid.T
    level, trend, errors = np.full(len(grid), values[0]), np.full(len(grid), 0.0), np.zeros(len(grid))
    for value in values:
        expected = level + phi * trend
        error = value - expected
        errors += error**2
        level, trend = expected + alpha * error, phi * trend + beta * error
    best = int(np.argmin(errors))
    return np.asarray(level[best] + np.cumsum(phi[best] ** np.arange(1, horizon + 1)) * trend[best])


MODELS: Mapping[str, Model] = MappingProxyType(
    {
        "seasonal naive": seasonal_naive,
        "seasonal drift": seasonal_drift,
        "seasonal level": seasonal_level,
        "theta": theta,
        "decomposed": decomposed,
        "Holt-Winters": holt_winters,
        "harmonics": harmonics,
    }
)
NAIVE = "seasonal naive"
TOGETHER = "weighted mean of models"
