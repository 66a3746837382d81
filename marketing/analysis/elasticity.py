"""Price elasticity: by how many percent units change when the price changes by one, with an honest interval.

Log units on log price by least squares; effects of units (shops, regions) and of times taken out by demeaning; errors
clustered by unit where there is one (else by time, else robust to unequal spread, HC1).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

Values = npt.NDArray[np.float64]
LEAST_ROWS = 10
LEAST_CLUSTERS = 10
# Below this spread of log prices there is hardly anything to learn from.
LEAST_SPREAD = 0.02
_ROUNDS = 200
_DONE = 1e-10
_Z = 1.959964


@dataclass(frozen=True, slots=True)
class Observation:
    """One price and what was sold at it. `unit` and `time` name the effects to take out; empty: none."""

    price: float
    units: float
    unit: str = ""
    time: str = ""
    advertised: float | None = None


@dataclass(frozen=True, slots=True)
class Elasticity:
    """The elasticity with its standard error and 95 % interval over `n` rows; None where it cannot be told."""

    elasticity: float | None
    standard_error: float | None
    low: float | None
    high: float | None
    n: int
    warning: str


def elasticity(rows: Sequence[Observation]) -> Elasticity:
    """The elasticity in these rows. Rows without a positive price and positive units are left out."""
    good = [row for row in rows if row.price > 0 and row.units > 0]
    if len(good) < LEAST_ROWS:
        return Elasticity(None, None, None, None, len(good), _too_few(len(good)))
    price, units = np.log([row.price for row in good]), np.log([row.units for row in good])
    if np.ptp(price) == 0:
        return Elasticity(None, None, None, None, len(good), _("The price never changed."))
    columns = [price]
    promoted = np.array([row.advertised or 0.0 for row in good])
    if any(row.advertised is not None for row in good) and np.ptp(promoted) > 0:
        # An advertised price works on other people: it has a level and a slope of its own.
        columns += [promoted, promoted * (price - price.mean())]
    effects = [
        codes for codes in (_codes([row.unit for row in good]), _codes([row.time for row in good])) if codes is not None
    ]
    design, target, lost = _without_effects(np.column_stack(columns), units, effects)
    spread = float(np.std(design[:, 0]))
    if spread < 1e-9 or np.linalg.matrix_rank(design) < design.shape[1]:  # noqa: PLR2004 - nothing is left
        return Elasticity(None, None, None, None, len(good), "Within units and times the price never changed.")
    clusters = _codes([row.unit for row in good])
    if clusters is None or len(set(clusters)) < 2:  # noqa: PLR2004 - one cluster is none
        clusters = None
    slope, error = _fit(design, target, clusters, lost)
    warning = _warning(slope, error, spread, clusters)
    return Elasticity(slope, error, slope - _Z * error, slope + _Z * error, len(good), warning)


def _codes(names: Sequence[str]) -> npt.NDArray[np.int64] | None:
    """Numbers for names; None where they are all the same."""
    _, codes = np.unique(np.array(names), return_inverse=True)
    return codes if codes.max(initial=0) > 0 else None


def _without_effects(
    design: Values, target: Values, effects: Sequence[npt.NDArray[np.int64]]
) -> tuple[Values, Values, int]:
    """Both sides less the means of each effect's groups, taken out in turn until nothing moves; and what that cost."""
    both = np.column_stack([design, target])
    if not effects:
        return both[:, :-1] - both[:, :-1].mean(axis=0), both[:, -1] - both[:, -1].mean(), 1
    counts = [np.bincount(codes) for codes in effects]
    for _round in range(_ROUNDS):
        moved = 0.0
        for codes, sizes in zip(effects, counts, strict=True):
            means = np.column_stack([np.bincount(codes, weights=column) / sizes for column in both.T])
            both = both - means[codes]
            moved = max(moved, float(np.abs(means).max()))
        if moved < _DONE:
            break
    lost = sum(len(sizes) for sizes in counts) - len(effects) + 1
    return both[:, :-1], both[:, -1], lost


def _fit(design: Values, target: Values, clusters: npt.NDArray[np.int64] | None, lost: int) -> tuple[float, float]:
    """The price's slope and its standard error: clustered, or HC1 without clusters."""
    inverse = np.linalg.inv(design.T @ design)
    weights = inverse @ (design.T @ target)
    left = target - design @ weights
    number, size = design.shape
    scores: Values = design * left[:, None]
    correction = number / max(1, number - size - lost)
    if clusters is not None:
        groups = len(set(clusters))
        scores = np.column_stack([np.bincount(clusters, weights=column) for column in scores.T])
        correction = groups / (groups - 1) * (number - 1) / max(1, number - size - 1)
    spread = correction * inverse @ (scores.T @ scores) @ inverse
    return float(weights[0]), float(np.sqrt(spread[0, 0]))


def _too_few(usable: int) -> str:
    words = ngettext(
        "Only %(n)d usable row; %(least)d are the least.", "Only %(n)d usable rows; %(least)d are the least.", usable
    )
    return words % {"n": usable, "least": LEAST_ROWS}


def _warning(slope: float, error: float, spread: float, clusters: npt.NDArray[np.int64] | None) -> str:
    if spread < LEAST_SPREAD:
        return _("The price hardly changed; the interval is all that can be said.")
    if slope > 0:
        return _("Units rise with the price here: something else moves both, so this is no effect of the price.")
    if clusters is not None and len(set(clusters)) < LEAST_CLUSTERS:
        return _("Few units to cluster by; the interval may be too narrow.")
    if slope + _Z * error > 0:
        return _("The data cannot tell the sign.")
    return ""
