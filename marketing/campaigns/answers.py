"""Performance, forecast and suggestions as plain data: what the Lab API answers and long work stores."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext as _

from marketing.analysis.forecasting import forecast
from marketing.campaigns import budget, facts, performance
from marketing.campaigns.performance import Sums
from marketing.campaigns.rates import Estimate
from marketing.campaigns.trends import Fatigue

LONGEST_HORIZON = 90
LEAST_DAYS = 14
# So many days ahead a suggestion is told for, and so many later days judge it.
AHEAD = 28
# What a difference of a rate brings.
GAINS = {"roas": "revenue", "ctr": "clicks", "cpa": "cpa"}
_OBSERVATIONAL = (
    "Observational: from history alone. Money that followed demand looks like money that made it; a lift test tells."
)


def answer_of(brief: Mapping[str, Any]) -> dict[str, Any]:
    """What a brief asks for (`what`: performance, forecast or suggestions), as data that JSON can hold."""
    rows = brief["rows"]
    if brief["what"] == "performance":
        found = performance_of(rows, brief["currency"])
    elif brief["what"] == "forecast":
        found = forecast_of(rows, brief["measure"], brief["horizon"])
    else:
        found = suggestions_of(rows, brief["currency"])
    plain: dict[str, Any] = _finite(found)
    return plain


def _finite(value: Any) -> Any:
    """A ratio beyond all numbers is no figure, so nothing stands in its place."""
    if isinstance(value, dict):
        return {name: _finite(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(one) for one in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def grouped(rows: Iterable[Mapping[str, Any]], by: str = "") -> list[Sums]:
    """Rows with a `day` and figures as sums of each group; without `by` all in one."""
    groups: dict[str, Sums] = {}
    for row in rows:
        name = str(row.get(by) or "") if by else ""
        if by and not name:
            continue
        group = groups.setdefault(name, Sums(name, name))
        group.add(_day(row.get("day")), {one: row.get(one) for one in performance.SUMS})
    return list(groups.values())


def _day(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def performance_of(rows: list[dict[str, Any]], currency: str) -> dict[str, Any]:
    """The facts of all together, and each group's figures with how it compares."""
    whole = (grouped(rows) or [Sums("", None)])[0]
    sections = {}
    for by in performance.GROUPS:
        groups = grouped(rows, by)
        judged = _judged(groups)
        verdicts = {one.group.key: one for one in performance.compared(groups, judged)}
        sections[by] = [
            {
                "name": one.name,
                "facts": [fact.as_json() for fact in facts.facts(one, currency) if fact.unit != "day"],
                "compared_by": judged if one.key in verdicts else "",
                "verdict": verdicts[one.key].said if one.key in verdicts else "",
            }
            for one in groups
        ]
    return {"facts": [one.as_json() for one in facts.facts(whole, currency)], "groups": sections}


def _judged(groups: list[Sums]) -> str:
    """With revenue what money brings decides, without conversions the clicks."""
    names = ("roas", "cpa", "ctr")
    return next((name for name in names if any(performance.rate(one, name) for one in groups)), "ctr")


def forecast_of(rows: list[dict[str, Any]], measure: str, horizon: int) -> dict[str, Any]:
    """The next days of a measure with 80 % intervals. None of them and a warning where nothing can be told."""
    whole = grouped(rows)
    return forecast_from(whole[0] if whole else Sums("", None), measure, horizon)


def forecast_from(whole: Sums, measure: str, horizon: int) -> dict[str, Any]:
    """`forecast_of` for sums that somebody has already."""
    line = performance.line(whole, measure)
    if line is None or len(line.days) < LEAST_DAYS:
        words = _("Fewer than %(days)d days have such numbers, or they lie more than ten years apart.")
        why = words % {"days": LEAST_DAYS}
        return {"measure": measure, "model": "", "warning": why, "days": []}
    found = forecast(line.values, 7, horizon)
    last = line.days[-1]
    return {
        "measure": measure,
        "model": found.model,
        "warning": found.warning,
        "days": [
            {
                "day": (last + timedelta(days=one.step)).isoformat(),
                "point": one.point,
                "low": one.low,
                "high": one.high,
            }
            for one in found.steps
        ],
    }


def suggestions_of(rows: list[dict[str, Any]], currency: str) -> dict[str, Any]:
    """What to pause, scale and refresh, and money better spread, each with its expected gain and range."""
    groups = {by: grouped(rows, by) for by in ("campaign", "ad")}
    # Of rows without numbers of their own the key is the name once more.
    told = [{name: one[name] for name in one if name != "key"} for one in changes_from(groups.__getitem__)]
    return {"suggestions": told, "budget": budget_of(groups["campaign"], currency)}


def changes_from(groups_by: Callable[[str], list[Sums]]) -> list[dict[str, Any]]:
    """What to pause, scale and refresh, of sums that somebody has already. `key` is the group's."""
    found: list[dict[str, Any]] = []
    for by in ("campaign", "ad"):
        groups = groups_by(by)
        judged = _judged(groups)
        verdicts = performance.compared(groups, judged)
        level = performance.shared_level(len(verdicts))
        found += [
            _suggestion(by, one.group, judged, one.gap, level, better=one.said == "better")
            for one in verdicts
            if one.said in {"better", "worse"} and one.gap
        ]
        found += [
            {
                "kind": "refresh",
                "group": by,
                "key": one.key,
                "name": one.name,
                "measure": "ctr",
                "weekly_change": {"value": told.weekly, "low": told.low, "high": told.high},
                "expected_gain": _kept(one, told),
                "basis": _OBSERVATIONAL,
            }
            for one, told in performance.tired(groups)
        ]
    return found


def fading(weekly: float, days: int) -> float:
    """What is left of a rate that changes by this share a week, on average over the days to come."""
    return math.fsum((1 + weekly) ** (at / 7) for at in range(1, days + 1)) / days


def lately(group: Sums) -> tuple[float, float]:
    """Impressions a day of a group's last four weeks, and the share of clicks of its last one."""
    days = sorted(group.days)
    month, week = days[-AHEAD:], days[-7:]
    seen = math.fsum(group.days[day].get("impressions", 0.0) for day in week)
    clicks = math.fsum(group.days[day].get("clicks", 0.0) for day in week)
    daily = math.fsum(group.days[day].get("impressions", 0.0) for day in month) / len(month)
    return daily, clicks / seen if seen else 0.0


def _kept(group: Sums, told: Fatigue) -> dict[str, Any]:
    """The clicks of the next four weeks that are kept when the fall stops at once."""
    daily, share = lately(group)
    stays = AHEAD * daily * share
    gains = [stays * (1 - fading(weekly, AHEAD)) for weekly in (told.weekly, told.high, told.low)]
    return {"measure": "clicks", "value": gains[0], "low": gains[1], "high": gains[2]}


def _suggestion(by: str, group: Sums, judged: str, gap: Estimate, level: float, *, better: bool) -> dict[str, Any]:
    """To pause what does worse and to give more to what does better.

    The gain is what the group's own money would have brought at the others' rate, or the others' rate at its own;
    of a cost it is the difference itself.
    """
    size = size_of(group, judged)
    bounds = sorted(abs(one) * size for one in (gap.low, gap.high))
    gain = {"measure": GAINS[judged], "value": abs(gap.value) * size, "low": bounds[0], "high": bounds[1]}
    return {
        "kind": "scale" if better else "pause",
        "group": by,
        "key": group.key,
        "name": group.name,
        "measure": judged,
        "difference": {
            "value": gap.value,
            "low": gap.low,
            "high": gap.high,
            "level": level,
            "method": gap.method,
        },
        "expected_gain": gain,
        "basis": _OBSERVATIONAL,
    }


def size_of(group: Sums, judged: str) -> float:
    """By what a difference of this rate becomes a gain: the group's own spend or impressions."""
    base = {"roas": "spend", "ctr": "impressions"}.get(judged)
    return group.total.get(base) or 0.0 if base else 1.0


def mix_of(groups: list[Sums]) -> tuple[budget.Mix, dict[str, float], str]:
    """What each campaign's money brought by week, today's weekly money of each, and what is brought.

    Raises ValueError with a sentence where that cannot be told.
    """
    spending = [one for one in groups if one.total.get("spend")]
    goal = "revenue" if any(one.total.get("revenue") for one in groups) else "conversions"
    if len(spending) < 2:  # noqa: PLR2004 - there is nothing to move
        raise ValueError(_("Money moves between at least two campaigns that spend."))
    days = sorted({day for one in groups for day in one.days})
    if not days or days[-1] - days[0] > performance.LONGEST:
        raise ValueError(_("The days lie more than ten years apart."))
    starts = [days[0] + timedelta(days=7 * week) for week in range(((days[-1] - days[0]).days + 1) // 7)]
    weeks = [[start + timedelta(days=at) for at in range(7)] for start in starts]

    def weekly(group: Sums, name: str) -> list[float]:
        return [math.fsum(group.days.get(day, {}).get(name, 0.0) for day in week) for week in weeks]

    target = [math.fsum(one) for one in zip(*(weekly(one, goal) for one in groups), strict=True)]
    channels = {one.name: weekly(one, "spend") for one in spending}
    mix = budget.fit(target, channels)
    return mix, {name: math.fsum(values[-8:]) / len(values[-8:]) for name, values in channels.items()}, goal


def budget_of(groups: list[Sums], currency: str) -> dict[str, Any]:
    """Weekly money by campaign, better spread; or why it cannot be told."""
    try:
        mix, today, goal = mix_of(groups)
    except ValueError as error:
        return {"told": False, "why": str(error)}
    plan = budget.plan(mix, today)
    return {
        "told": True,
        "goal": goal,
        "currency": currency,
        "a_week": [{"campaign": name, "today": today[name], "suggested": plan.spend[name]} for name in today],
        "gain_a_week": {"value": plan.gain, "low": plan.low, "high": plan.high},
        "worth": plan.worth,
        "explained": mix.explained,
        "basis": _OBSERVATIONAL,
    }
