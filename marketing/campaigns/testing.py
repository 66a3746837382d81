"""A/B tests: how many people they take, and a verdict that stays honest however often somebody looks.

The guard is a mixture sequential ratio test (Robbins; Johari et al., "Always valid inference"): its probability of ever
naming a winner among equals is at most `ALPHA` over the whole life of the test, so looking every day costs nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from statistics import NormalDist

from marketing.campaigns.rates import Estimate, newcombe

ALPHA = 0.05
POWER = 0.8
# Below this many successes and failures on a side the normal law does not hold.
LEAST_EVENTS = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a test says now. `winner` is "a", "b" or empty; `p` is valid at every look; `gap` is B less A.

    `reason` is wins, too_early, too_few or no_difference.
    """

    winner: str
    p: float
    gap: Estimate | None
    reason: str
    better_b: float


def needed(base: float, lift: float, *, alpha: float = ALPHA, power: float = POWER) -> int:
    """How many tries each side takes to find a relative lift of a base rate with this power, looking once at the end.

    Raises ValueError for rates outside 0 to 1.
    """
    other = base * (1 + lift)
    if not 0 < base < 1 or not 0 < other < 1 or lift == 0:
        raise ValueError("The base rate and the rate with its lift lie between 0 and 1, and the lift is not 0.")
    normal = NormalDist()
    middle = (base + other) / 2
    first = normal.inv_cdf(1 - alpha / 2) * math.sqrt(2 * middle * (1 - middle))
    second = normal.inv_cdf(power) * math.sqrt(base * (1 - base) + other * (1 - other))
    return math.ceil((first + second) ** 2 / (base - other) ** 2)


def _always_valid(a: tuple[float, float], b: tuple[float, float], spread: float) -> float:
    """The p-value of this look alone; the least of all looks so far is valid at any time."""
    pooled = (a[0] + b[0]) / (a[1] + b[1])
    variance = pooled * (1 - pooled) * (1 / a[1] + 1 / b[1])
    if variance <= 0:
        return 1.0
    gap = b[0] / b[1] - a[0] / a[1]
    prior = spread * spread
    log_ratio = 0.5 * math.log(variance / (variance + prior)) + gap * gap * prior / (2 * variance * (variance + prior))
    return min(1.0, math.exp(-log_ratio)) if log_ratio < 700 else 0.0  # noqa: PLR2004 - beyond is no float


def verdict(looks: Iterable[tuple[tuple[float, float], tuple[float, float]]], *, lift: float = 0.2) -> Verdict:
    """The verdict after these looks, each the sums so far of A and B as hits and tries, the latest last.

    `lift` is the relative difference that would matter. Raises ValueError without a look or with hits beyond tries.
    """
    p, last = 1.0, None
    for a, b in looks:
        if min(a[1], b[1]) <= 0:
            continue
        if not (0 <= a[0] <= a[1] and 0 <= b[0] <= b[1]):
            raise ValueError("Hits lie between 0 and the tries.")
        last = (a, b)
        events = min(a[0], b[0], a[1] - a[0], b[1] - b[0])
        if events >= LEAST_EVENTS:
            # The prior's width from the pooled rate of all: of equals it knows nothing.
            p = min(p, _always_valid(a, b, max(lift * (a[0] + b[0]) / (a[1] + b[1]), 1e-6)))
    if last is None:
        raise ValueError("There is no look with tries on both sides.")
    a, b = last
    gap = newcombe(b, a)
    better = _better(a, b)
    if min(a[0], b[0], a[1] - a[0], b[1] - b[0]) < LEAST_EVENTS:
        return Verdict("", p, gap, "too_few", better)
    if p < ALPHA and gap:
        return Verdict("b" if gap.value > 0 else "a", p, gap, "wins", better)
    rate = (a[0] + b[0]) / (a[1] + b[1])
    planned = needed(min(max(rate, 1e-6), 0.8), lift)
    reason = "no_difference" if min(a[1], b[1]) >= 2 * planned else "too_early"
    return Verdict("", p, gap, reason, better)


def _better(a: tuple[float, float], b: tuple[float, float]) -> float:
    """The probability that B's rate is the higher one, from flat priors by the normal law of log odds."""
    means, spread = [], 0.0
    for hits, tries in (a, b):
        yes, no = hits + 1, tries - hits + 1
        means.append(math.log(yes / no))
        spread += 1 / yes + 1 / no
    return NormalDist().cdf((means[1] - means[0]) / math.sqrt(spread))
