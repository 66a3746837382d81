"""Music trends as plain data: what the Lab API answers, long work stores and the page shows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from marketing.analysis import survival, trends
from marketing.analysis.survival import Chart, Entry
from marketing.insights import moments
from marketing.insights.moments import Moment

MOST_TRACKS = 200
Key = tuple[str, str]


def trends_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What these rows tell of each track. `asked` has `chart`, `plays`, `sounds`, `releases` and `today`."""
    today = _day(asked["today"])
    chart = Chart(
        (Entry(**{**row, "week": _day(row["week"])}) for row in asked.get("chart") or ()), asked.get("chart_size") or 0
    )
    told, lives = _chart(chart, asked.get("kind") or "singles")
    played: dict[Key, dict[date, float]] = defaultdict(dict)
    for row in asked.get("plays") or ():
        day, key = _day(row["day"]), _key(row)
        played[key][day] = played[key].get(day, 0.0) + row["plays"]
    released = {_key(row): _day(row["date"]) for row in asked.get("releases") or ()}
    sounds = {_key(row): row["numbers"] for row in asked.get("sounds") or ()}
    keys = list(dict.fromkeys([*played, *released, *_by_interest(lives), *sounds]))
    found = [
        _track(key, lives.get(key), played.get(key), released.get(key), today) | {"alike": _alike(key, sounds)}
        for key in keys[:MOST_TRACKS]
    ]
    return {"chart": told, "tracks": found, "left_out": max(0, len(keys) - MOST_TRACKS)}


def _by_interest(lives: Mapping[Key, trends.OnChart]) -> Iterable[Key]:
    """What is on the chart by rank, then what has left it, the latest first."""
    here = sorted((key for key, one in lives.items() if one.rank is not None), key=lambda key: lives[key].rank or 0)
    gone = [key for key, one in lives.items() if one.rank is None]
    return [*here, *gone]


def _chart(chart: Chart, kind: str) -> tuple[dict[str, Any] | None, dict[Key, trends.OnChart]]:
    if not chart.runs:
        return None, {}
    model, told, own = survival.chosen(chart, kind)
    lives = {key: trends.on_chart(chart, key, model) for key in chart.runs}
    warning = ""
    if told is None:
        warning = _("The odds were learned from other charts; these rows are too few to check them.")
    elif told.brier >= told.base_brier:
        # Odds that tell less than the share that stays are none.
        warning = _("On this chart the odds did no better than the share that stays, so none are given.")
        lives = {key: _without_odds(one) for key, one in lives.items()}
    last = max(one.week for run in chart.runs.values() for one in run.values())
    return {
        "weeks": chart.last + 1,
        "last_week": last.isoformat(),
        "learned_here": own,
        "checked": asdict(told) if told else None,
        "warning": warning,
    }, lives


def _without_odds(life: trends.OnChart) -> trends.OnChart:
    return trends.OnChart(**{**asdict(life), "odds": None})


def _track(
    key: Key, life: trends.OnChart | None, days: Mapping[date, float] | None, release: date | None, today: date
) -> dict[str, Any]:
    acts: list[Moment] = []
    if release:
        acts += moments.of_release(release, today)
    if life:
        acts += moments.of_chart(life, today)
    plays = trends.plays(days) if days else None
    if plays:
        acts += moments.of_plays(plays, today)
    return {
        "track": key[0],
        "artist": key[1],
        "chart": _plain(asdict(life), ("track", "artist")) if life else None,
        "plays": _plain(asdict(plays)) if plays else None,
        "moments": [
            {
                "kind": one.kind,
                "what": str(moments.WORDS[one.kind]),
                "start": max(one.start, today).isoformat(),
                "end": one.end.isoformat(),
                "reason": one.reason,
            }
            for one in sorted(acts, key=lambda act: (max(act.start, today), act.end))
        ],
    }


def _plain(told: dict[str, Any], without: tuple[str, ...] = ()) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in told.items()
        if name not in without
    }


def _alike(key: Key, sounds: Mapping[Key, Mapping[str, float]]) -> list[dict[str, Any]]:
    if key not in sounds:
        return []
    others = [(*one, numbers) for one, numbers in sounds.items() if one != key]
    try:
        return [asdict(one) for one in trends.alike(sounds[key], others)]
    except ValueError:
        return []


def _key(row: Mapping[str, Any]) -> Key:
    return row["track"], row.get("artist") or ""


def _day(value: Any) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value
