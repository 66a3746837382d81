"""What campaigns brought: sums by day and by group, figures made of them, and which differences are no noise.

Rates come from sums, never from rows' rates; currencies are never added; reach is never added at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import QuerySet, Sum

from marketing.campaigns import rates, trends
from marketing.campaigns.rates import Estimate
from marketing.models import CampaignDay

Values = npt.NDArray[np.float64]
SUMS = ("impressions", "clicks", "views", "spend", "conversions", "revenue")
GROUPS = ("campaign", "adset", "ad", "audience", "creative")
# Name: what is divided, by what.
RATES = {
    "ctr": ("clicks", "impressions"),
    "cpc": ("spend", "clicks"),
    "cpa": ("spend", "conversions"),
    "roas": ("revenue", "spend"),
}
LEAST_EVENTS = 30
# A line of more days than this is a slip in a date.
LONGEST = timedelta(days=3660)


@dataclass(slots=True)
class Sums:
    """What a group summed up to, and each day's sums; what no row had is None."""

    name: str
    key: Any
    total: dict[str, float | None] = field(default_factory=dict)
    days: dict[date, dict[str, float]] = field(default_factory=dict)

    def of(self, name: str) -> Values:
        """One column by day."""
        return np.array([self.days[day].get(name, 0.0) for day in sorted(self.days)])

    def add(self, day: date | None, values: dict[str, Any]) -> None:
        """One more row."""
        for name in SUMS:
            value = values[name]
            if value is None:
                continue
            self.total[name] = (self.total.get(name) or 0.0) + float(value)
            if day is not None:
                there = self.days.setdefault(day, {})
                there[name] = there.get(name, 0.0) + float(value)


def summed(rows: QuerySet[CampaignDay], by: str = "") -> list[Sums]:
    """The sums of each group, the largest spender first; without `by` all in one. The database adds up."""
    column = {"campaign": "campaign__name", "": None}.get(by, by)
    wanted = ["day", *([column] if column else []), *(["campaign_id"] if by == "campaign" else [])]
    groups: dict[Any, Sums] = {}
    found = rows.order_by().values(*wanted).annotate(**{f"sum_{name}": Sum(name) for name in SUMS})
    for row in found.iterator():
        name = row[column] if column else ""
        key = row["campaign_id"] if by == "campaign" else name
        if by and not name:
            continue
        group = groups.setdefault(key, Sums(name, key))
        group.add(row["day"], {one: row[f"sum_{one}"] for one in SUMS})
    return sorted(
        groups.values(), key=lambda one: (-(one.total.get("spend") or 0), -(one.total.get("impressions") or 0))
    )


def rate(group: Sums, name: str, level: float = rates.LEVEL) -> Estimate | None:
    """One rate of a group with its interval; None where a part of it is missing."""
    above, below = RATES[name]
    top, bottom = group.total.get(above), group.total.get(below)
    if top is None or not bottom:
        return None
    tops, bottoms = group.of(above), group.of(below)
    # Rows without a day cannot be drawn anew.
    whole = abs(float(tops.sum()) - top) < 1e-6 * max(1, abs(top)) if len(tops) else False
    if name == "ctr":
        return rates.share(tops, bottoms, level) if whole else rates.wilson(top, bottom, level)
    drawn = rates.ratio(tops, bottoms, level) if whole else None
    if drawn is None and name in {"cpc", "cpa"}:
        return rates.counted_cost(top, bottom, level)
    return drawn or Estimate(top / bottom, float("nan"), float("nan"), "")


def together(groups: Iterable[Sums]) -> Sums:
    """Several groups as one."""
    found = Sums("", None)
    for one in groups:
        for day, values in one.days.items():
            found.add(day, {name: values.get(name) for name in SUMS})
    return found


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a group compares with all others: better, worse, or a difference that may be chance."""

    group: Sums
    gap: Estimate | None
    said: str


def shared_level(comparisons: int) -> float:
    """The level of each of so many comparisons, so that all hold together."""
    return 1 - (1 - rates.LEVEL) / max(1, comparisons)


def compared(groups: Sequence[Sums], name: str) -> list[Verdict]:
    """Each group against all others together; the level is shared out among the comparisons (Bonferroni)."""
    above, below = RATES[name]
    able = [one for one in groups if one.total.get(above) is not None and one.total.get(below)]
    if len(able) < 2:  # noqa: PLR2004 - there is nobody to compare with
        return []
    level = shared_level(len(able))
    # A cost is better when it is lower.
    better = -1 if name in {"cpc", "cpa"} else 1
    found = []
    for one in able:
        others = together(other for other in able if other is not one)
        gap = rates.difference((one.of(above), one.of(below)), (others.of(above), others.of(below)), level)
        few = min(one.total.get(below) or 0, float(others.of(below).sum())) < LEAST_EVENTS and name != "roas"
        said = "noise"
        if gap is None or few:
            said = "too_few"
        elif gap.clear:
            said = "better" if gap.value * better > 0 else "worse"
        found.append(Verdict(one, gap, said))
    return found


@dataclass(frozen=True, slots=True)
class Line:
    """A measure by day without gaps: a day without a row counts as zero."""

    days: list[date]
    values: Values
    anomalies: list[trends.Anomaly]
    changes: list[trends.Change]


def line(group: Sums, name: str) -> Line | None:
    """The measure's line with its wild days and new levels; None without days, or with days ten years apart."""
    having = [day for day, values in group.days.items() if name in values]
    if not having:
        return None
    first, last = min(having), max(having)
    if last - first > LONGEST:
        return None
    days = [first + timedelta(days=at) for at in range((last - first).days + 1)]
    values = np.array([group.days.get(day, {}).get(name, 0.0) for day in days])
    return Line(days, values, trends.anomalies(days, values), trends.changes(days, values))


def tired(groups: Sequence[Sums]) -> list[tuple[Sums, trends.Fatigue]]:
    """The groups whose share of clicks falls for certain."""
    told = [(one, trends.fatigue(one.of("clicks"), one.of("impressions"))) for one in groups]
    return [(one, found) for one, found in told if found and found.tired]
