"""Rates and what they may be: Wilson's interval, Newcombe's for a difference, and the bootstrap over days.

Days are the unit that is drawn anew, as clicks of one day resemble each other: counting each as its own draw makes
intervals far too narrow.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
LEVEL = 0.95
LEAST_DAYS = 8
DRAWS = 2000
_SEED = 20261126


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure with the bounds in which it lies with this level; `method` says how they came about."""

    value: float
    low: float
    high: float
    method: str

    @property
    def clear(self) -> bool:
        """For a difference: whether zero lies outside."""
        return self.low > 0 or self.high < 0


def z_of(level: float = LEVEL) -> float:
    """How many standard errors the two-sided level takes."""
    return NormalDist().inv_cdf(0.5 + level / 2)


def wilson(hits: float, tries: float, level: float = LEVEL) -> Estimate | None:
    """A share and its interval; None where there is no share (no tries, or more hits than tries)."""
    if tries <= 0 or hits < 0 or hits > tries:
        return None
    z = z_of(level)
    share = hits / tries
    middle = (share + z * z / (2 * tries)) / (1 + z * z / tries)
    half = z / (1 + z * z / tries) * math.sqrt(share * (1 - share) / tries + z * z / (4 * tries * tries))
    return Estimate(share, max(0.0, middle - half), min(1.0, middle + half), "Wilson")


def newcombe(first: tuple[float, float], second: tuple[float, float], level: float = LEVEL) -> Estimate | None:
    """The first share less the second, each as hits and tries (Newcombe 1998, method 10)."""
    one, two = wilson(*first, level), wilson(*second, level)
    if one is None or two is None:
        return None
    gap = one.value - two.value
    low = gap - math.hypot(one.value - one.low, two.high - two.value)
    high = gap + math.hypot(one.high - one.value, two.value - two.low)
    return Estimate(gap, low, high, "Newcombe")


def _draws(days: int) -> npt.NDArray[np.int64]:
    """Which days each draw takes: blocks, so that neighbours that resemble each other stay together."""
    chance = np.random.default_rng(_SEED)
    size = max(1, round(days ** (1 / 3)))
    starts = chance.integers(0, days, size=(DRAWS, math.ceil(days / size)))
    return np.asarray((starts[:, :, None] + np.arange(size)).reshape(DRAWS, -1)[:, :days] % days)


def _widened(bound: float, middle: float, days: int, level: float) -> float:
    """The bound as far out as so few blocks of days warrant: Student's quantile for the normal one (Efron)."""
    blocks = max(2.0, days / max(1, round(float(days) ** (1 / 3))))
    z = z_of(level)
    wider: float = math.sqrt(blocks / (blocks - 1)) * (1 + (z * z + 1) / (4 * (blocks - 1)))
    return middle + (bound - middle) * wider


def ratio(above: Sequence[float] | Values, below: Sequence[float] | Values, level: float = LEVEL) -> Estimate | None:
    """The ratio of two sums over days with its bootstrap interval; None below eight days, or for no denominator."""
    top, bottom = np.asarray(above, dtype=float), np.asarray(below, dtype=float)
    if len(top) < LEAST_DAYS or bottom.sum() <= 0:
        return None
    taken = _draws(len(top))
    tops, bottoms = top[taken].sum(axis=1), bottom[taken].sum(axis=1)
    found = tops[bottoms > 0] / bottoms[bottoms > 0]
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    value = float(top.sum() / bottom.sum())
    low, high = (_widened(float(bound), value, len(top), level) for bound in (low, high))
    return Estimate(value, max(0.0, low) if top.min() >= 0 else low, high, "bootstrap over days")


_LEAST_EVENTS = 0.001


def counted_cost(spend: float, events: float, level: float = LEVEL) -> Estimate | None:
    """Cost of one event where there are too few days to draw from: the events as a Poisson count.

    Garwood's bounds by Wilson and Hilferty's approximation.
    """
    # Conversions come in fractions, but not in such small ones.
    if events < _LEAST_EVENTS or spend <= 0:
        return None
    z = z_of(level)
    least = events * (1 - 1 / (9 * events) - z / (3 * math.sqrt(events))) ** 3
    most = (events + 1) * (1 - 1 / (9 * (events + 1)) + z / (3 * math.sqrt(events + 1))) ** 3
    return Estimate(spend / events, spend / most, spend / max(least, 1e-9), "Poisson")


def share(hits: Sequence[float] | Values, tries: Sequence[float] | Values, level: float = LEVEL) -> Estimate | None:
    """A share over days: the wider of Wilson's interval and the bootstrap, as days differ more than coins do."""
    plain = wilson(float(np.sum(hits)), float(np.sum(tries)), level)
    drawn = ratio(hits, tries, level)
    if plain is None or drawn is None or drawn.high - drawn.low < plain.high - plain.low:
        return plain
    return Estimate(plain.value, max(0.0, drawn.low), min(1.0, drawn.high), drawn.method)


def difference(first: tuple[Values, Values], second: tuple[Values, Values], level: float = LEVEL) -> Estimate | None:
    """A ratio less another, each as what is divided and by what, by day; with too few days for shares Newcombe's."""
    sums = [(float(top.sum()), float(bottom.sum())) for top, bottom in (first, second)]
    if any(bottom <= 0 for _top, bottom in sums):
        return None
    if min(len(first[0]), len(second[0])) < LEAST_DAYS:
        return newcombe(sums[0], sums[1], level)
    tails: list[Values] = []
    for top, bottom in (first, second):
        # Each side draws with its own chance.
        taken = _draws(len(top))
        order = np.random.default_rng(_SEED + len(tails) + 1).permutation(DRAWS)
        below = bottom[taken].sum(axis=1)[order]
        tails.append(np.where(below > 0, top[taken].sum(axis=1)[order] / np.maximum(below, 1e-12), np.nan))
    gaps = tails[0] - tails[1]
    low, high = np.nanquantile(gaps, [(1 - level) / 2, (1 + level) / 2])
    gap = sums[0][0] / sums[0][1] - sums[1][0] / sums[1][1]
    fewer = min(len(first[0]), len(second[0]))
    low, high = (_widened(float(bound), gap, fewer, level) for bound in (low, high))
    drawn = Estimate(gap, low, high, "bootstrap over days")
    plain = newcombe(sums[0], sums[1], level)
    return plain if plain and plain.high - plain.low > drawn.high - drawn.low else drawn
