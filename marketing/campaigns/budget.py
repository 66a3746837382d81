"""What each channel brought and how its money would do better: adstock, saturation, a seasonal base, least squares.

Sales = base (trend, yearly waves, marked weeks) + for each channel its size times the saturation of its adstocked
spend. Adstock and saturation of all channels are searched, the sizes solved with no channel below zero. From history
alone this is observational: money that followed demand looks like money that made it. Bounds come from refits with the
residuals drawn anew in blocks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _

Values = npt.NDArray[np.float64]
LAGS = 8
LEAST_PERIODS = 40
REFITS = 30
_SEED = 7
_ALPHAS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
_LAMBDAS = (0.5, 1.0, 1.5, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, 6.0, 8.0)
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Curve:
    """A channel's answer to money. `peak` is the spend that counts as 1; `size` is what full saturation brings."""

    name: str
    alpha: float
    lam: float
    size: float
    peak: float

    def brings(self, spend: float) -> float:
        """What a period brings in the long run when it always spends this much."""
        return self.size * float(_saturated(np.array([spend / self.peak]), self.lam)[0])


@dataclass(frozen=True, slots=True)
class Mix:
    """The fitted channels, what each brought altogether with 80 % bounds, and how well it all fits."""

    curves: tuple[Curve, ...]
    brought: tuple[tuple[float, float, float], ...]
    explained: float
    refits: tuple[tuple[Curve, ...], ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Money by channel, and what it would bring more than today's with 80 % bounds. `worth` : whether that is sure."""

    spend: dict[str, float]
    today: dict[str, float]
    gain: float
    low: float
    high: float

    @property
    def worth(self) -> bool:
        """Whether even the lower bound is a gain."""
        return self.low > 0


def adstocked(spend: Values, alpha: float) -> Values:
    """Spend that goes on working: geometric weights over eight periods, made to add up to one."""
    weights = alpha ** np.arange(LAGS)
    return np.asarray(np.convolve(spend, weights / weights.sum())[: len(spend)])


def _saturated(spend: Values, lam: float) -> Values:
    return np.asarray((1 - np.exp(-lam * spend)) / (1 + np.exp(-lam * spend)))


def _base(periods: int, season: int, marked: Sequence[Sequence[float]]) -> Values:
    at = np.arange(periods)
    columns = [np.ones(periods), at / max(1, periods - 1)]
    for wave in (1, 2):
        if season > 2 * wave and periods >= season:
            columns += [np.sin(2 * np.pi * wave * at / season), np.cos(2 * np.pi * wave * at / season)]
    return np.column_stack([*columns, *(np.asarray(one, dtype=float) for one in marked)])


def fit(
    sales: Sequence[float] | Values,
    channels: Mapping[str, Sequence[float] | Values],
    *,
    season: int = 52,
    marked: Sequence[Sequence[float]] = (),
) -> Mix:
    """What the channels brought. `marked` are columns of weeks with something else going on.

    Raises ValueError with a sentence where the data cannot tell.
    """
    target = np.asarray(sales, dtype=float)
    spends = {name: np.asarray(values, dtype=float) for name, values in channels.items()}
    if len(target) < LEAST_PERIODS:
        words = _("%(n)d weeks cannot part channels from season; %(least)d are the least.")
        raise ValueError(words % {"n": len(target), "least": LEAST_PERIODS})
    if not spends or any(one.max() <= 0 or one.min() < 0 or np.ptp(one) == 0 for one in spends.values()):
        raise ValueError(_("Every channel needs spend that varies and is never negative."))
    base = _base(len(target), season, marked)
    names, stacked = list(spends), np.array([one / one.max() for one in spends.values()])
    shapes, weights = _search(target, stacked, base)
    peaks = [float(one.max()) for one in spends.values()]

    def curves(found: list[tuple[float, float]], sizes: Values) -> tuple[Curve, ...]:
        return tuple(
            Curve(name, alpha, lam, float(size), peak)
            for name, (alpha, lam), size, peak in zip(names, found, sizes, peaks, strict=True)
        )

    fitted = _design(stacked, shapes, base) @ weights
    left = target - fitted
    chance = np.random.default_rng(_SEED)
    refits, sums = [], []
    for _turn in range(REFITS):
        again = fitted + _drawn(left, chance)
        other, sizes = _search(again, stacked, base, start=shapes, rounds=1)
        refits.append(curves(other, sizes[: len(names)]))
        sums.append(_contributions(stacked, other, sizes))
    middle = _contributions(stacked, shapes, weights)
    low, high = np.quantile(np.array(sums), [0.1, 0.9], axis=0)
    brought = tuple((float(m), float(a), float(b)) for m, a, b in zip(middle, low, high, strict=True))
    explained = 1 - float(left.var() / target.var()) if target.var() else 0.0
    return Mix(curves(shapes, weights[: len(names)]), brought, explained, tuple(refits))


def _design(stacked: Values, shapes: list[tuple[float, float]], base: Values) -> Values:
    worked = [_saturated(adstocked(one, alpha), lam) for one, (alpha, lam) in zip(stacked, shapes, strict=True)]
    return np.column_stack([*worked, base])


def _contributions(stacked: Values, shapes: list[tuple[float, float]], weights: Values) -> Values:
    worked = [_saturated(adstocked(one, alpha), lam).sum() for one, (alpha, lam) in zip(stacked, shapes, strict=True)]
    return np.asarray(np.array(worked) * weights[: len(worked)])


def _solved(design: Values, target: Values, channels: int) -> tuple[Values, float]:
    """Least squares with no channel below zero: a negative one is left out and the rest solved again."""
    kept = np.ones(design.shape[1], dtype=bool)
    weights = np.zeros(design.shape[1])
    for _turn in range(channels + 1):
        found = np.linalg.lstsq(design[:, kept], target, rcond=None)[0]
        weights[:] = 0
        weights[kept] = found
        below = (weights < 0) & (np.arange(len(weights)) < channels)
        if not below.any():
            break
        kept &= ~below
    left = target - design @ weights
    return weights, float(left @ left)


def _search(
    target: Values,
    stacked: Values,
    base: Values,
    *,
    start: list[tuple[float, float]] | None = None,
    rounds: int = _ROUNDS,
) -> tuple[list[tuple[float, float]], Values]:
    """Adstock and saturation, one channel after the other on a grid, then finer around what was found."""
    channels = len(stacked)
    shapes = list(start or [(0.3, 3.0)] * channels)
    weights, best = _solved(_design(stacked, shapes, base), target, channels)
    for turn in range(rounds):
        for at in range(channels):
            alpha, lam = shapes[at]
            fine = bool(start) or turn >= rounds // 2
            alphas = [min(0.95, max(0.0, alpha + step)) for step in (-0.1, -0.05, 0, 0.05, 0.1)] if fine else _ALPHAS
            lambdas = [max(0.2, lam * step) for step in (0.7, 0.85, 1, 1.15, 1.4)] if fine else _LAMBDAS
            design = _design(stacked, shapes, base)
            for one in alphas:
                stock = adstocked(stacked[at], one)
                for other in lambdas:
                    design[:, at] = _saturated(stock, other)
                    found, error = _solved(design, target, channels)
                    if error < best - 1e-9:
                        best, weights, shapes[at] = error, found, (one, other)
    return shapes, weights


def _drawn(left: Values, chance: np.random.Generator) -> Values:
    size = max(2, round(float(len(left)) ** (1 / 3)))
    starts = chance.integers(0, len(left), math.ceil(len(left) / size))
    places = (starts[:, None] + np.arange(size)).ravel()[: len(left)] % len(left)
    return np.asarray(left[places])


def what_if(mix: Mix, today: Mapping[str, float], factor: float) -> tuple[float, float, float]:
    """What a period would bring more with `factor` times today's money in every channel, with 80 % bounds."""

    def gain(curves: Sequence[Curve]) -> float:
        return sum(one.brings(today[one.name] * factor) - one.brings(today[one.name]) for one in curves)

    low, high = np.quantile([gain(curves) for curves in mix.refits], [0.1, 0.9])
    return gain(mix.curves), float(low), float(high)


def allocated(
    curves: Sequence[Curve], total: float, low: dict[str, float], high: dict[str, float], *, steps: int = 400
) -> dict[str, float]:
    """The money by channel that brings most: each further piece goes where it brings most (the curves bend down)."""
    spend = {one.name: low.get(one.name, 0.0) for one in curves}
    piece = max(0.0, total - sum(spend.values())) / steps
    for _turn in range(steps if piece else 0):
        open_ones = [one for one in curves if spend[one.name] + piece <= high.get(one.name, math.inf) + 1e-9]
        if not open_ones:
            break
        best = max(open_ones, key=lambda one: one.brings(spend[one.name] + piece) - one.brings(spend[one.name]))
        spend[best.name] += piece
    return spend


def plan(mix: Mix, today: dict[str, float], *, most_change: float = 0.5) -> Plan:
    """Today's money, spent better, no channel changed by more than this share: beyond, nobody has seen anything."""
    low = {name: value * (1 - most_change) for name, value in today.items()}
    # No channel beyond what it has ever spent.
    high = {one.name: max(min(today[one.name] * (1 + most_change), one.peak), today[one.name]) for one in mix.curves}
    spend = allocated(mix.curves, sum(today.values()), low, high)

    def gain(curves: Sequence[Curve]) -> float:
        return sum(one.brings(spend[one.name]) - one.brings(today[one.name]) for one in curves)

    gains = [gain(curves) for curves in mix.refits]
    bounds = np.quantile(gains, [0.1, 0.9])
    return Plan(spend, dict(today), gain(mix.curves), float(bounds[0]), float(bounds[1]))
