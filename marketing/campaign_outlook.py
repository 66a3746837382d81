"""What imported campaigns will bring and what to change, and A/B tests: computed answers as words and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from babel.dates import format_date
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from marketing.analysis.models import NAIVE, TOGETHER
from marketing.campaigns import accepting, answers, budget, facts, performance, testing
from marketing.campaigns.performance import Sums
from marketing.insight_shown import number, percent, picture
from marketing.models import AcceptedSuggestion

MOST_ACCEPTED = 50
_LEAST_P = 0.001
_COLUMNS = ["day", "point", "low", "high"]
KINDS: Mapping[str, str | Promise] = {
    "pause": gettext_lazy("Pause or change"),
    "scale": gettext_lazy("Give it more"),
    "refresh": gettext_lazy("Refresh"),
    "budget": gettext_lazy("Spread the money anew"),
}
MEASURES: Mapping[str, str | Promise] = {
    "revenue": gettext_lazy("revenue"),
    "conversions": gettext_lazy("conversions"),
    "clicks": gettext_lazy("clicks"),
    "cpa": gettext_lazy("for each conversion"),
}
MODELS: Mapping[str, str | Promise] = {
    NAIVE: gettext_lazy("the same weekday of the week before"),
    TOGETHER: gettext_lazy("weighted mean of several models"),
}
WHYS: Mapping[str, str | Promise] = {
    "": gettext_lazy("Later days are not imported yet."),
    "too_early": gettext_lazy("Too few days since: pausing and giving more take two weeks, the rest takes four."),
    "too_few": gettext_lazy("The later days have too little of it."),
    "not_done": gettext_lazy("The money was not moved like this."),
}
REASONS: Mapping[str, str | Promise] = {
    "too_early": gettext_lazy("Too early: keep it running, nothing can be said yet."),
    "too_few": gettext_lazy("Too few: each side needs at least ten successes and ten failures."),
    "no_difference": gettext_lazy("No difference that would matter: both ran long enough to show one."),
}


def outlook(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The next days, what more money would bring, and what to change."""
    rows = accepting.rows_of(asked["currency"])
    measure, currency = asked["measure"], asked["currency"]
    (whole, *_none) = performance.summed(rows) or [Sums("", None)]
    found = answers.forecast_from(whole, measure, asked["horizon"])
    groups = accepting.grouped(rows)
    told = answers.changes_from(groups.__getitem__)
    digest = accepting.digest_of(groups)
    unit = facts.UNITS.get(measure, "count")

    def say(value: float) -> str:
        return facts.written(value, unit, currency, _language())

    days = [(one, date.fromisoformat(one["day"])) for one in found["days"]]
    usual = sum(one["point"] for one, _day in days) / len(days) if days else 0.0
    spans = [
        (_short(day), one["point"], one["low"], one["high"], f"{_short(day)}: {say(one['point'])}", False)
        for one, day in days
    ]
    return {
        "warning": found["warning"],
        "model": MODELS.get(found["model"], found["model"]),
        "picture": picture(spans, usual, _("on average")) if spans else None,
        "days": [(day, say(one["point"]), say(one["low"]), say(one["high"])) for one, day in days],
        "suggestions": [_suggestion(one, currency, digest) for one in told],
        "budget": _budget(answers.budget_of(groups["campaign"], currency), currency, digest),
        "what_if": _what_if(groups["campaign"], asked["change"], currency),
        "table": [
            ["day", "point", "low", "high"],
            *([one["day"], one["point"], one["low"], one["high"]] for one, _d in days),
        ],
    }


def _suggestion(found: Mapping[str, Any], currency: str, digest: str) -> dict[str, Any]:
    gain = found["expected_gain"]
    change = found.get("weekly_change")
    shown: dict[str, Any] = {"kind": KINDS[found["kind"]], "slug": found["kind"], "name": found["name"]}
    shown["gain"] = [_amount(gain[name], gain["measure"], currency) for name in ("value", "low", "high")]
    shown["measure"] = MEASURES[gain["measure"]]
    shown["offer"] = f"{digest}:{found['kind']}:{found['group']}:{found['key']}"
    if change:
        shown["change"] = [percent(change[name], 1) for name in ("value", "low", "high")]
    return shown


def _budget(found: Mapping[str, Any], currency: str, digest: str) -> dict[str, Any]:
    if not found["told"]:
        return {"why": found["why"]}
    gain = found["gain_a_week"]
    return {
        "worth": found["worth"],
        "offer": f"{digest}:budget::",
        "gain": [_amount(gain[name], found["goal"], currency) for name in ("value", "low", "high")],
        "goal": MEASURES.get(found["goal"], found["goal"]),
        "rows": [
            (
                one["campaign"],
                _amount(one["today"], "revenue", currency),
                _amount(one["suggested"], "revenue", currency),
            )
            for one in found["a_week"]
        ],
    }


def _what_if(groups: list[Sums], change: float | None, currency: str) -> dict[str, Any] | None:
    if change is None:
        return None
    try:
        mix, today, goal = answers.mix_of(groups)
    except ValueError as error:
        return {"why": str(error)}
    values = budget.what_if(mix, today, change / 100)
    return {
        "change": percent(change / 100),
        "gain": [_amount(value, goal, currency) for value in values],
        "goal": MEASURES.get(goal, goal),
        "far": change > 150,  # noqa: PLR2004 - beyond half more nothing was seen
    }


def _amount(value: float, measure: str, currency: str) -> str:
    return facts.written(value, "money" if measure in {"revenue", "cpa"} else "count", currency, _language())


def accepted() -> dict[str, Any]:
    """The suggestions that were accepted, each with what was predicted and what came, and how often that agreed."""
    found = accepting.calibration()
    share = [percent(one) for one in (found.share.value, found.share.low, found.share.high)] if found.share else None
    rows = [_accepted(one) for one in accepting.latest(MOST_ACCEPTED)]
    more = found.told + found.waiting - len(rows)
    return {"rows": rows, "more": more, "told": found.told, "inside": found.inside, "share": share}


def _accepted(one: AcceptedSuggestion) -> dict[str, Any]:
    def say(*values: float | None) -> list[str]:
        return [_amount(value, one.measure, one.currency) for value in values if value is not None]

    return {
        "row": one,
        "kind": KINDS[one.kind],
        "measure": MEASURES[one.measure],
        "level": percent(one.level, 0 if round(one.level * 100) == round(one.level * 100, 1) else 1),
        "predicted": say(one.expected, one.low, one.high),
        "actual": say(one.actual, one.actual_low, one.actual_high),
        "why": WHYS.get(one.why, WHYS[""]),
        "chance": one.actual is not None
        and one.state != accepting.State.INSIDE
        and min(one.actual_high or 0.0, one.high) >= max(one.actual_low or 0.0, one.low),
    }


def tested(asked: Mapping[str, Any]) -> dict[str, Any]:
    """How many people the test takes, and what it says so far."""
    base, lift = asked["base"] / 100, asked["lift"] / 100
    shown: dict[str, Any] = {"table": [["looks", "p", "probability_b_better"]]}
    try:
        shown["needed"] = number(testing.needed(base, lift), 0)
    except ValueError:
        shown["fault"] = _("The usual rate and the rate with its difference must lie below 100%.")
        return shown
    shown |= {"base": percent(base, 1), "other": percent(base * (1 + lift), 2)}
    looks = [((one["a_hits"], one["a_tries"]), (one["b_hits"], one["b_tries"])) for one in asked["looks"]]
    if not looks:
        return shown
    try:
        found = testing.verdict(looks, lift=lift)
    except ValueError:
        shown["fault"] = _("In no row may there be more successes than tries, and some row needs tries on both sides.")
        return shown
    gap = found.gap
    return shown | {
        "winner": found.winner.upper(),
        "reason": REASONS.get(found.reason, ""),
        "p": f"p = {number(found.p, 3)}" if found.p >= _LEAST_P else f"p < {number(_LEAST_P, 3)}",
        "better": percent(found.better_b),
        "rates": [percent(hits / tries, 2) if tries else "–" for hits, tries in looks[-1]],
        "gap": [percent(one, 2) for one in (gap.value, gap.low, gap.high)] if gap else None,
        "table": [["looks", "p", "probability_b_better"], [len(looks), round(found.p, 6), round(found.better_b, 6)]],
    }


def _short(day: date) -> str:
    return format_date(day, "d MMM", locale=_language())


def _language() -> str:
    return (get_language() or "en").partition("-")[0]
