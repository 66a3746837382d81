"""What the insight pages show: answers of the analysis as words, figures and pictures in the reader's language."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.dates import get_month_names
from babel.numbers import format_currency, format_decimal, format_percent
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from marketing.analysis.elasticity import Observation, elasticity
from marketing.analysis.pricing import LADDER, Terms, advise
from marketing.insights.answers import answer_of

WIDTH, LABEL, ROW, EDGE = 720, 150, 30, 14
PHASES: Mapping[str, str | Promise] = {
    "new": gettext_lazy("new"),
    "rising": gettext_lazy("rising"),
    "peak": gettext_lazy("at its peak"),
    "holding": gettext_lazy("steady"),
    "falling": gettext_lazy("falling"),
    "gone": gettext_lazy("gone"),
    "unknown": gettext_lazy("cannot be told"),
}
ADVICE: Mapping[str, str | Promise] = {
    "use": gettext_lazy("Use"),
    "consider": gettext_lazy("Consider"),
    "leave": gettext_lazy("Leave"),
}
WAYS: Mapping[str, str | Promise] = {
    "sale": gettext_lazy("sells by the copy"),
    "subscription": gettext_lazy("subscription"),
    "aggregator": gettext_lazy("many shops at once"),
    "promotion": gettext_lazy("promotion"),
}
ALIKE_IN: Mapping[str, str | Promise] = {
    "format and genre": gettext_lazy("the format and the genre"),
    "genre": gettext_lazy("the genre"),
    "format": gettext_lazy("the format"),
}


@dataclass(frozen=True, slots=True)
class Span:
    """A row of a picture: where its point and bounds lie, and all of it in words."""

    label: str
    y: float
    x: float
    low: float
    high: float
    words: str
    strong: bool


@dataclass(frozen=True, slots=True)
class Picture:
    """Rows with bounds beside one line that stands for `base`."""

    spans: list[Span]
    base: float
    base_words: str
    height: float
    width: int = WIDTH


def picture(rows: Sequence[tuple[str, float, float, float, str, bool]], base: float, base_words: str) -> Picture:
    """Each row is label, value, low, high, words and whether it stands out."""
    values = [base, *(one for row in rows for one in row[1:4])]
    least, most = min(values), max(values)
    reach = (most - least) or 1.0

    def across(value: float) -> float:
        return round(LABEL + (WIDTH - LABEL - EDGE) * (value - least) / reach, 1)

    spans = [
        Span(label, (at + 0.5) * ROW + ROW, across(value), across(low), across(high), words, strong)
        for at, (label, value, low, high, words, strong) in enumerate(rows)
    ]
    return Picture(spans, across(base), base_words, ROW * (len(rows) + 1) + EDGE)


def money(value: float, currency: str = "PLN") -> str:
    """An amount as the reader's language writes it."""
    return format_currency(value, currency, locale=_language())


def percent(value: float, digits: int = 0) -> str:
    """A share of 1 in per cent."""
    places = "." + "0" * digits if digits else ""
    space = "\u00a0" if _language() == "pl" else ""
    return format_percent(value, f"#,##0{places}{space}%", locale=_language()).replace("-", "\u2212")


def number(value: float, digits: int = 2) -> str:
    """A number as the reader's language writes it."""
    return format_decimal(round(value, digits), locale=_language()).replace("-", "\u2212")


def _language() -> str:
    return (get_language() or "en").partition("-")[0]


def prices(asked: Mapping[str, Any]) -> dict[str, Any]:
    """A better price, or the reason to leave it."""
    found = elasticity([Observation(**one) for one in asked["sold"]])
    terms = Terms(asked["share"] / 100, asked["fee"] or 0.0, asked["vat"] if asked["vat"] is not None else 0.0)
    present = asked["present_price"]
    try:
        advice = advise(found, [one["price"] for one in asked["sold"]], present, terms, LADDER)
    except ValueError as error:
        return {"reason": str(error), "present": money(present), "rows": found.n}
    best = advice.best
    rows = [(money(one.price), one.earnings, one.low, one.high, _earns(one), one is best) for one in advice.offers]
    return {
        "present": money(present),
        "best": {
            "price": money(best.price),
            "sure": percent(best.better),
            "low": percent(best.low - 1, 1),
            "high": percent(best.high - 1, 1),
        }
        if best
        else None,
        "reason": advice.reason,
        "warning": found.warning if found.warning != advice.reason else "",
        "elasticity": [number(one) for one in (found.elasticity, found.low, found.high)]
        if found.elasticity is not None and found.low is not None and found.high is not None
        else None,
        "rows": found.n,
        "picture": picture(rows, 1.0, _("today")) if rows else None,
        "offers": [_offer(one, best=one is best) for one in advice.offers],
        "table": _price_table(advice.offers),
    }


def _offer(one: Any, *, best: bool) -> dict[str, Any]:
    """One price of the ladder as its row shows it."""
    shares = {name: percent(getattr(one, name)) for name in ("units", "earnings", "low", "high", "better")}
    return {"price": money(one.price), "margin": money(one.margin), **shares, "best": best}


def _price_table(offers: Sequence[Any]) -> list[list[Any]]:
    """The same for a file."""
    rows = [(one.price, one.margin, one.units, one.earnings, one.low, one.high, one.better) for one in offers]
    heading = ["price", "margin", "units_ratio", "earnings_ratio", "low", "high", "probability_better"]
    return [heading, *([price, *(round(one, 4) for one in others)] for price, *others in rows)]


def _earns(offer: Any) -> str:
    words = _("%(price)s: %(value)s of today’s earnings, between %(low)s and %(high)s")
    told = {"value": percent(offer.earnings), "low": percent(offer.low), "high": percent(offer.high)}
    return words % {"price": money(offer.price), **told}


def market(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Where the own book stands among comparable titles."""
    own = {name: asked[name] for name in ("price", "format", "genre") if asked[name]}
    brief = {"titles": asked["titles"], "sales": asked["sales"], "own": own, "currency": asked["currency"]}
    found = answer_of({**brief, "what": "publishing/market", "spoken": _language()})
    currency = asked["currency"]
    months = get_month_names(locale=_language(), context="stand-alone")
    seasons = [
        (months[one["month"]], one["index"], one["low"], one["high"], percent(one["index"]), one["clear"])
        for one in found["seasons"]
    ]
    return {
        **found,
        "shared": ALIKE_IN.get(found["alike_in"], ""),
        "own": money(asked["price"], currency) if asked["price"] else "",
        "cheaper": percent(found["cheaper_than_own"]) if found["cheaper_than_own"] is not None else "",
        "middle": _middle(found["prices"], currency),
        "stars": _middle(found["ratings"]),
        "read": _middle(found["reviews"]),
        "band_rows": [
            [
                f"{money(one['low'], currency)} – {money(one['high'], currency)}",
                one["n"],
                number(one["rating"]) if one["rating"] is not None else "–",
                number(one["reviews"], 0) if one["reviews"] is not None else "–",
            ]
            for one in found["bands"]
        ],
        "format_rows": [[one["format"] or "–", one["n"], *_bounded(one, currency)] for one in found["formats"]],
        "link_rows": [_link(name, one) for name, one in found["links"].items() if one],
        "picture": picture(seasons, 1.0, _("the year’s level")) if seasons else None,
        "season_rows": [
            [name, percent(value), f"{percent(low)} – {percent(high)}", clear]
            for name, value, low, high, _words, clear in seasons
        ],
        "table": [
            ["band_from", "band_to", "titles", "rating", "reviews"],
            *([one["low"], one["high"], one["n"], one["rating"], one["reviews"]] for one in found["bands"]),
        ],
    }


def _middle(found: Mapping[str, Any] | None, currency: str = "") -> dict[str, str] | None:
    if found is None:
        return None
    value, bounds = _bounded(found, currency)
    return {"value": value, "bounds": bounds, "n": str(found["n"])}


def _bounded(found: Mapping[str, Any], currency: str) -> tuple[str, str]:
    def say(value: float) -> str:
        return money(value, currency) if currency else number(value)

    bounds = f"{say(found['low'])} – {say(found['high'])}" if found["low"] is not None else ""
    return say(found["median"]), bounds


def _link(name: str, found: Mapping[str, float]) -> list[str]:
    words = {
        "price_and_reviews": _("Price and number of reviews"),
        "price_and_rating": _("Price and rating"),
    }[name]
    apart = found["low"] <= 0 <= found["high"]
    said = _("no link beyond chance") if apart else _("go up together") if found["value"] > 0 else _("one up, one down")
    return [words, said, f"{number(found['value'])} ({number(found['low'])} – {number(found['high'])})"]


def channels(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Where to sell and promote, by advice."""
    names = (
        "language",
        "countries",
        "kdp_select",
        "titles",
        "usual_price",
        "planned_price",
        "lowest_lately",
        "currency",
    )
    brief = {name: asked[name] for name in names} | {"forms": asked["forms_"], "sales": asked["sales"]}
    found = answer_of({**brief, "what": "channels", "spoken": _language()})
    groups = [
        (slug, ADVICE[slug], [_channel(one) for one in found["channels"] if one["advice"] == slug]) for slug in ADVICE
    ]
    return {
        "groups": [group for group in groups if group[2]],
        "table": [
            ["channel", "advice", "units", "share_of_units", "reasons"],
            *(
                [
                    one["name"],
                    one["advice"],
                    one["units"],
                    one["share_of_units"],
                    " ".join(r["text"] for r in one["reasons"]),
                ]
                for one in found["channels"]
            ),
        ],
    }


def _channel(found: Mapping[str, Any]) -> dict[str, Any]:
    share = found["share_of_units"]
    return {**found, "way": WAYS[found["way"]], "share": percent(share) if share is not None else ""}


def trends(asked: Mapping[str, Any], releases: Sequence[Mapping[str, Any]], today: str) -> dict[str, Any]:
    """Where tracks are in their lives, how likely they stay, what to do when."""
    whole = ("rank", "peak", "weeks")
    chart = [{**one, **{name: int(one[name]) for name in whole if name in one}} for one in asked["chart"]]
    brief = {name: asked[name] for name in ("kind", "plays", "sounds")} | {"chart": chart, "releases": releases}
    found = answer_of({**brief, "what": "music/trends", "spoken": _language(), "today": today})
    tracks = [_track(one) for one in found["tracks"]]
    acts = sorted(
        ({**act, "track": one["track"], "artist": one["artist"]} for one in tracks for act in one["moments"]),
        key=lambda act: (act["start"], act["end"]),
    )
    return {
        "tracks": [one for one in tracks if one["chart"] or one["plays"] or one["alike"]],
        "moments": acts,
        "left_out": found["left_out"],
        "checked": _checked(found["chart"]),
        "table": [
            ["track", "artist", "rank", "phase", "odds", "plays_phase", "change_a_week", "do_from", "do_to", "do"],
            *_lines(tracks),
        ],
    }


def _checked(chart: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if chart is None:
        return None
    told = chart["checked"]
    return {
        "warning": chart["warning"],
        "auc": number(told["auc"]) if told else "",
        "brier": number(told["brier"], 3) if told else "",
        "base": number(told["base_brier"], 3) if told else "",
    }


def _track(found: Mapping[str, Any]) -> dict[str, Any]:
    chart, plays = found["chart"], found["plays"]
    return {
        **found,
        "phase": PHASES.get(chart["phase"], chart["phase"]) if chart else "",
        "odds": percent(chart["odds"]) if chart and chart["odds"] is not None else "",
        "plays_phase": PHASES.get(plays["phase"], plays["phase"]) if plays else "",
        "weekly": _spanned(plays, "weekly", percent),
        "half_life": number(plays["half_life"]["value"], 0) if plays and plays["half_life"] else "",
        "ahead": _spanned(plays, "ahead", lambda value: number(value, 0)),
        "moments": [
            {**one, "start": date.fromisoformat(one["start"]), "end": date.fromisoformat(one["end"])}
            for one in found["moments"]
        ],
        "near": [{**one, "likeness": percent(one["likeness"])} for one in found["alike"]],
    }


def _spanned(plays: Mapping[str, Any] | None, name: str, say: Callable[[float], str]) -> list[str] | None:
    """A value and its bounds, if they are known."""
    found = plays[name] if plays else None
    return [say(found[part]) for part in ("value", "low", "high")] if found else None


def _lines(tracks: Sequence[Mapping[str, Any]]) -> list[list[Any]]:
    lines: list[list[Any]] = []
    for one in tracks:
        chart, plays = one["chart"] or {}, one["plays"] or {}
        weekly = (plays.get("weekly") or {}).get("value")
        head = [
            one["track"],
            one["artist"],
            chart.get("rank"),
            chart.get("phase"),
            chart.get("odds"),
            plays.get("phase"),
            weekly,
        ]
        acts = one["moments"] or [None]
        lines += [[*head, *((act["start"], act["end"], act["what"]) if act else ("", "", ""))] for act in acts]
    return lines
