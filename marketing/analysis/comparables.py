"""The market of comparable titles: price bands, formats, ratings and seasons, each with how sure it is.

Medians have distribution-free bounds (order statistics); a season's index has them over the years; nothing is said of
groups too small for any.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

LEAST = 6
LEAST_ALIKE = 12
BANDS = 4
LEAST_YEARS = 2
_Z = 1.959964
# Student's t for 95 % by degrees of freedom; from 30 on the normal's is near enough.
_T = (12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131)
_T_LATER = 2.1
_MONTHS = 12


@dataclass(frozen=True, slots=True)
class Title:
    """One book on the market."""

    title: str
    price: float
    format: str = ""
    genre: str = ""
    rating: float | None = None
    reviews: float | None = None


@dataclass(frozen=True, slots=True)
class Middle:
    """A median of `n` with 95 % bounds, and the tenths and quarters around it. None where `n` is too small."""

    n: int
    median: float
    low: float | None
    high: float | None
    tenth: float
    quarter: float
    three_quarters: float
    nine_tenths: float


@dataclass(frozen=True, slots=True)
class Band:
    """The titles between two prices. Ratings are weighted by how many people gave them."""

    low: float
    high: float
    n: int
    rating: float | None
    reviews: float | None


@dataclass(frozen=True, slots=True)
class Link:
    """How two things go together: Spearman's rank correlation with 95 % bounds over `n` titles."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Month:
    """A month's usual share of the year's level (1.1: a tenth above) with 95 % bounds; `clear`: 1 lies outside them."""

    month: int
    index: float
    low: float
    high: float
    clear: bool


def middle(values: Iterable[float]) -> Middle | None:
    """The middle of these values; None of none."""
    found = np.sort(np.array(list(values), dtype=float))
    number = len(found)
    if not number:
        return None
    low = high = None
    if number >= LEAST:
        reach = _Z * math.sqrt(number) / 2
        low = float(found[max(0, math.floor(number / 2 - reach) - 1 + number % 2)])
        high = float(found[min(number - 1, math.ceil(number / 2 + reach))])
    tenths = [float(one) for one in np.quantile(found, (0.5, 0.1, 0.25, 0.75, 0.9))]
    return Middle(number, tenths[0], low, high, *tenths[1:])


def comparable(titles: Sequence[Title], form: str, genre: str) -> tuple[list[Title], str]:
    """The titles of this format and genre, or of whichever leaves enough of them; and what they share."""
    for what, chosen in (
        ("format and genre", [one for one in titles if _same(one.format, form) and _same(one.genre, genre)]),
        ("genre", [one for one in titles if _same(one.genre, genre)]),
        ("format", [one for one in titles if _same(one.format, form)]),
    ):
        wanted = {"format and genre": form and genre, "genre": genre, "format": form}[what]
        if wanted and len(chosen) >= LEAST_ALIKE:
            return chosen, what
    return list(titles), ""


def _same(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def bands(titles: Sequence[Title]) -> list[Band]:
    """Price bands with about as many titles each; fewer of them where prices are the same."""
    prices = np.array([one.price for one in titles])
    if len(prices) < LEAST:
        return []
    edges = np.unique(np.quantile(prices, np.linspace(0, 1, BANDS + 1)))
    found = []
    for at, (low, high) in enumerate(itertools.pairwise(edges)):
        last = at == len(edges) - 2
        inside = [one for one in titles if low <= one.price and (one.price < high or last)]
        if inside:
            found.append(Band(float(low), float(high), len(inside), _rating(inside), _reviews(inside)))
    return found


def _rating(titles: Sequence[Title]) -> float | None:
    rated = [(one.rating, 1.0 if one.reviews is None else one.reviews) for one in titles if one.rating is not None]
    weight = sum(count for _rate, count in rated)
    return sum(rate * count for rate, count in rated) / weight if weight else None


def _reviews(titles: Sequence[Title]) -> float | None:
    found = middle(one.reviews for one in titles if one.reviews is not None)
    return found.median if found else None


def by_format(titles: Sequence[Title]) -> dict[str, Middle]:
    """Each format's prices, the most frequent first."""
    groups: dict[str, list[float]] = defaultdict(list)
    for one in titles:
        if one.format:
            groups[one.format].append(one.price)
    found = {name: told for name, prices in groups.items() if (told := middle(prices))}
    return dict(sorted(found.items(), key=lambda one: (-one[1].n, one[0])))


def share_below(titles: Sequence[Title], price: float) -> float | None:
    """The share of titles that cost less, those at the same price counted half."""
    if not titles:
        return None
    below = sum(one.price < price for one in titles) + sum(one.price == price for one in titles) / 2
    return below / len(titles)


def linked(pairs: Sequence[tuple[float, float]]) -> Link | None:
    """How two things go together; None for fewer than ten pairs or what never changes."""
    if len(pairs) < 10:  # noqa: PLR2004 - the bounds would say nothing
        return None
    one, other = (_ranks(np.array(values, dtype=float)) for values in zip(*pairs, strict=True))
    if not one.std() or not other.std():
        return None
    value = float(np.clip(np.corrcoef(one, other)[0, 1], -0.9999, 0.9999))
    # Fisher's z with the spread that Bonett and Wright give for ranks.
    reach = _Z * math.sqrt((1 + value**2 / 2) / (len(pairs) - 3))
    low, high = (math.tanh(math.atanh(value) + sign * reach) for sign in (-1, 1))
    return Link(value, low, high, len(pairs))


def _ranks(values: np.ndarray) -> np.ndarray:
    _unique, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    return np.asarray((ends - (counts - 1) / 2)[place])


def seasons(sold: Mapping[date, float]) -> tuple[list[Month], str]:
    """Each month's index from units by day or month; none of them and the reason where two whole years are missing."""
    months: dict[int, float] = defaultdict(float)
    for day, units in sold.items():
        months[day.year * _MONTHS + day.month - 1] += units
    if not months:
        return [], "There are no sales."
    first, last = min(months), max(months)
    series = np.array([months.get(at, 0.0) for at in range(first, last + 1)])
    if len(series) < LEAST_YEARS * _MONTHS + _MONTHS:
        return [], "Seasons need three years: two of them with half a year on each side."
    kernel = np.concatenate(([0.5], np.ones(_MONTHS - 1), [0.5])) / _MONTHS
    level = np.convolve(series, kernel, mode="valid")
    half = _MONTHS // 2
    if (level <= 0).any():
        return [], "In some years nothing was sold."
    ratios = series[half : half + len(level)] / level
    found = []
    for month in range(1, _MONTHS + 1):
        seen = np.array([one for at, one in enumerate(ratios) if (first + half + at) % _MONTHS == month - 1])
        if len(seen) < LEAST_YEARS:
            continue
        reach = _t(len(seen) - 1) * float(seen.std(ddof=1)) / math.sqrt(len(seen))
        index = float(seen.mean())
        found.append(Month(month, index, index - reach, index + reach, abs(index - 1) > reach))
    return found, ""


def _t(freedom: int) -> float:
    return _T[freedom - 1] if freedom <= len(_T) else _T_LATER
