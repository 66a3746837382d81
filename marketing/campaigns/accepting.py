"""Suggestions that a person accepted: the prediction is kept, and later days are measured by the same method.

The days that judge are the four weeks behind the data and behind the acceptance. A difference of rates is measured
anew there and multiplied by the volume of then, so that both are about the same money. Of a paused group that has no
later days its own last ones stand in. A fall that was to stop is compared with how it would have gone on. Moved money
is judged only when it was moved, by the channels' curves refitted with the later weeks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from marketing.campaigns import answers, budget, facts, performance, rates
from marketing.campaigns.performance import RATES, Sums
from marketing.models import AcceptedSuggestion, CampaignDay
from providers.access import Deed, record

Kind, State = AcceptedSuggestion.Kind, AcceptedSuggestion.State
# Fewer later days are no outcome.
LEAST_LATER = 14
# Money that went less than half the suggested way was not moved.
_MOVED = 0.5
_BUDGET_LEVEL = 0.8


def rows_of(currency: str) -> QuerySet[CampaignDay]:
    """The days of a currency, as all suggestions look at them."""
    return CampaignDay.objects.filter(currency__in={currency, ""}).exclude(day=None)


def grouped(rows: QuerySet[CampaignDay]) -> dict[str, list[Sums]]:
    """The sums of campaigns and of ads."""
    return {by: performance.summed(rows, by) for by in ("campaign", "ad")}


def digest_of(groups: Mapping[str, list[Sums]]) -> str:
    """Whether suggestions were made of the same data."""
    return facts.digest_of([one for by in sorted(groups) for one in groups[by]])


def accept(kind: str, group: str, key: str, *, currency: str, digest: str, by: User) -> AcceptedSuggestion | None:
    """Keep a suggestion as the data of this digest make it; the same one twice is one.

    None when the data have changed since or make no such suggestion. Nothing that was sent becomes a figure.
    """
    groups = grouped(rows_of(currency))
    if digest != digest_of(groups):
        return None
    days = [day for one in groups["campaign"] for day in one.days]
    known = _moved_money(groups["campaign"], currency) if kind == Kind.BUDGET else _changed(groups, kind, group, key)
    if known is None or not days:
        return None
    about = {"digest": digest, "currency": currency, "kind": kind, "group": group, "key": key}
    with transaction.atomic():
        kept, made = AcceptedSuggestion.objects.get_or_create(
            **about, defaults={**known, "by": by, "period_start": min(days), "period_end": max(days)}
        )
        if made:
            told = {"measure": kept.measure, "expected": kept.expected, "low": kept.low, "high": kept.high}
            record(Deed.ACCEPTED, kept, after={**told, "data": digest})
    return kept


def withdraw(number: int) -> bool:
    """Take an acceptance back, as long as nothing is told of it; whether there was one."""
    with transaction.atomic():
        found = AcceptedSuggestion.objects.select_for_update().filter(pk=number, state=State.WAITING).first()
        if found is None:
            return False
        record(Deed.DELETED, found, before={"expected": found.expected, "low": found.low, "high": found.high})
        found.delete()
    return True


def _changed(groups: Mapping[str, list[Sums]], kind: str, by: str, key: str) -> dict[str, Any] | None:
    offered = answers.changes_from(groups.__getitem__)
    wanted = (kind, by, key)
    found = next((one for one in offered if (one["kind"], one["group"], str(one["key"])) == wanted), None)
    if found is None:
        return None
    of_it = next(one for one in groups[by] if one.key == found["key"])
    gain = found["expected_gain"]
    if kind == Kind.REFRESH:
        daily, share = answers.lately(of_it)
        level, terms = rates.LEVEL, {"daily": daily, "share": share, "weekly": found["weekly_change"]["value"]}
    else:
        gap = found["difference"]
        level = gap["level"]
        size = answers.size_of(of_it, found["measure"])
        terms = {"judged": found["measure"], "size": size, "sign": 1 if gap["value"] > 0 else -1}
    return {**_predicted(gain, gain["measure"]), "name": found["name"], "level": level, "terms": terms}


def _moved_money(groups: list[Sums], currency: str) -> dict[str, Any] | None:
    found = answers.budget_of(groups, currency)
    if not found["told"]:
        return None
    terms = {
        "today": {one["campaign"]: one["today"] for one in found["a_week"]},
        "suggested": {one["campaign"]: one["suggested"] for one in found["a_week"]},
    }
    return {**_predicted(found["gain_a_week"], found["goal"]), "level": _BUDGET_LEVEL, "terms": terms}


def _predicted(gain: Mapping[str, float], measure: str) -> dict[str, Any]:
    return {"measure": measure, "expected": gain["value"], "low": gain["low"], "high": gain["high"]}


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The gain as it came with its bounds; `why` is set instead where it cannot be told."""

    value: float = 0.0
    low: float = 0.0
    high: float = 0.0
    why: str = ""


def judge(accepted: Iterable[AcceptedSuggestion] | None = None) -> int:
    """Compute the outcomes anew where later days have come or changed; how many were written."""
    written = 0
    for one in AcceptedSuggestion.objects.all() if accepted is None else accepted:
        start = _begins(one)
        later = rows_of(one.currency).filter(day__range=(start, start + timedelta(days=answers.AHEAD - 1)))
        groups = grouped(later)
        digest = digest_of(groups)
        days = [day for group in groups["campaign"] for day in group.days]
        if not days or digest == one.seen_digest:
            continue
        _write(one, _outcome(one, groups, days), start, max(days), digest)
        written += 1
    return written


def _begins(one: AcceptedSuggestion) -> date:
    """The first day that nobody knew when it was accepted, and on which it could be done."""
    return max(one.period_end, timezone.localdate(one.accepted_at)) + timedelta(days=1)


def _write(one: AcceptedSuggestion, found: _Outcome, start: date, end: date, digest: str) -> None:
    seen = {"seen_start": start, "seen_end": end, "seen_digest": digest, "judged_at": timezone.now(), "why": found.why}
    values: dict[str, Any] = {"state": State.WAITING, "actual": None, "actual_low": None, "actual_high": None}
    if not found.why:
        state = State.BELOW if found.value < one.low else State.ABOVE if found.value > one.high else State.INSIDE
        values = {"state": state, "actual": found.value, "actual_low": found.low, "actual_high": found.high}
    AcceptedSuggestion.objects.filter(pk=one.pk).update(**seen, **values)


def _outcome(one: AcceptedSuggestion, groups: Mapping[str, list[Sums]], days: list[date]) -> _Outcome:
    seen = (max(days) - _begins(one)).days + 1
    if seen < (LEAST_LATER if one.kind in {Kind.PAUSE, Kind.SCALE} else answers.AHEAD):
        return _Outcome(why="too_early")
    if one.kind == Kind.BUDGET:
        return _money(one, groups["campaign"])
    of_it = next((group for group in groups[one.group] if str(group.key) == one.key), None)
    if one.kind == Kind.REFRESH:
        return _stopped(one, of_it)
    return _difference(one, of_it, [group for group in groups[one.group] if group is not of_it])


def _difference(one: AcceptedSuggestion, of_it: Sums | None, rest: list[Sums]) -> _Outcome:
    judged = one.terms["judged"]
    above, below = RATES[judged]
    if not _enough(of_it, judged) and one.kind == Kind.PAUSE:
        # It was paused: what it would do is what it did.
        then = rows_of(one.currency).filter(day__range=(one.period_start, one.period_end))
        of_it = next((group for group in performance.summed(then, one.group) if str(group.key) == one.key), None)
    others = performance.together(rest)
    if of_it is None or not _enough(of_it, judged) or not _enough(others, judged):
        return _Outcome(why="too_few")
    gap = rates.difference((of_it.of(above), of_it.of(below)), (others.of(above), others.of(below)), one.level)
    if gap is None:
        return _Outcome(why="too_few")
    factor = one.terms["sign"] * one.terms["size"]
    low, high = sorted((gap.low * factor, gap.high * factor))
    return _Outcome(gap.value * factor, low, high)


def _enough(group: Sums | None, judged: str) -> bool:
    """Whether there are as many events as a suggestion itself must have."""
    above, below = RATES[judged]
    # A column that the later export lacks is no zero.
    if group is None or group.total.get(above) is None:
        return False
    total = group.total.get(below) or 0
    return total > 0 if judged == "roas" else total >= performance.LEAST_EVENTS


def _stopped(one: AcceptedSuggestion, of_it: Sums | None) -> _Outcome:
    if of_it is None or len(of_it.days) < LEAST_LATER or of_it.total.get("clicks") is None:
        return _Outcome(why="too_few")
    share = rates.share(of_it.of("clicks"), of_it.of("impressions"), one.level)
    if share is None:
        return _Outcome(why="too_few")
    fallen = one.terms["share"] * answers.fading(one.terms["weekly"], answers.AHEAD)
    seen = one.terms["daily"] * answers.AHEAD
    value, low, high = (seen * (bound - fallen) for bound in (share.value, share.low, share.high))
    return _Outcome(value, low, high)


def _money(one: AcceptedSuggestion, later: list[Sums]) -> _Outcome:
    today, suggested = one.terms["today"], one.terms["suggested"]
    weeks = answers.AHEAD / 7
    spent = {group.name: (group.total.get("spend") or 0.0) / weeks for group in later}
    planned = np.array([suggested[name] - today[name] for name in today])
    came = np.array([spent.get(name, 0.0) - today[name] for name in today])
    if not planned.any() or float(planned @ came) < _MOVED * float(planned @ planned):
        return _Outcome(why="not_done")
    end = _begins(one) + timedelta(days=answers.AHEAD - 1)
    try:
        mix, _today, goal = answers.mix_of(performance.summed(rows_of(one.currency).filter(day__lte=end), "campaign"))
    except ValueError:
        return _Outcome(why="too_few")
    if goal != one.measure:
        return _Outcome(why="too_few")

    def gain(curves: Iterable[budget.Curve]) -> float:
        return sum(
            curve.brings(spent.get(curve.name, 0.0)) - curve.brings(today[curve.name])
            for curve in curves
            if curve.name in today
        )

    low, high = np.quantile([gain(curves) for curves in mix.refits], [0.1, 0.9])
    return _Outcome(gain(mix.curves), float(low), float(high))


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often outcomes lay inside the predicted range; `share` with its 95 % bounds is None without an outcome."""

    told: int
    inside: int
    waiting: int
    share: rates.Estimate | None


def calibration() -> Calibration:
    """Of all accepted suggestions."""
    states = list(AcceptedSuggestion.objects.values_list("state", flat=True))
    told = [one for one in states if one != State.WAITING]
    inside = told.count(State.INSIDE)
    return Calibration(len(told), inside, len(states) - len(told), rates.wilson(inside, len(told)))


def latest(most: int) -> QuerySet[AcceptedSuggestion]:
    """The latest accepted ones."""
    return AcceptedSuggestion.objects.select_related("by").order_by(F("accepted_at").desc(), "-pk")[:most]
