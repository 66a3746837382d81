"""Moments to act for a track: from its life on charts, its plays and its release's calendar, with reasons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.analysis.trends import OnChart, Plays

WORDS: dict[str, str | Promise] = {
    "pitch": gettext_lazy("Offer the track to playlist editors"),
    "presave": gettext_lazy("Open pre-saves"),
    "release": gettext_lazy("Release day"),
    "second_push": gettext_lazy("Second push"),
    "judge": gettext_lazy("Judge the release"),
    "anniversary": gettext_lazy("Anniversary"),
    "push": gettext_lazy("Push now"),
    "extend": gettext_lazy("Give it something new"),
    "refresh": gettext_lazy("Refresh or let go"),
    "season": gettext_lazy("Comes back with the season"),
}
_SURE = 0.5
_WEEK = timedelta(days=7)
_LONG_AGO = timedelta(days=300)
_BEFORE_ANNIVERSARY = timedelta(days=30)
_SEASON_STARTS, _SEASON_ENDS = (11, 15), (12, 24)
_YEAR = 52


@dataclass(frozen=True, slots=True)
class Moment:
    """What to do between two days, and why."""

    kind: str
    start: date
    end: date
    reason: str


def of_release(release: date, today: date) -> list[Moment]:
    """The days of a release's calendar that are not over, the next first."""
    month, day = 4 * _WEEK, timedelta(days=1)
    found = [
        Moment(
            "pitch", release - month, release - _WEEK, _("Editors take tracks until seven days before the release.")
        ),
        Moment("presave", release - month, release - day, _("Everyone who pre-saves counts on the first day.")),
        Moment("release", release, release, _("The first day’s plays decide what is recommended next.")),
        Moment("second_push", release + _WEEK, release + 2 * _WEEK, _("The first week’s figures are in.")),
        Moment("judge", release + month, release + month + _WEEK, _("Four weeks tell whether it stays.")),
    ]
    if today - release > _LONG_AGO:
        turn = _next_turn(release, today)
        found.append(
            Moment(
                "anniversary",
                turn - _BEFORE_ANNIVERSARY,
                turn,
                _("Years since the release: %(years)d.") % {"years": turn.year - release.year},
            )
        )
    return [one for one in found if one.end >= today]


def of_chart(life: OnChart, today: date) -> list[Moment]:
    """What a track's place on a chart asks for."""
    week = today + _WEEK
    odds = life.odds or 0.0
    share = {"odds": f"{odds:.0%}", "weeks": life.horizon}
    found = []
    if life.phase == "rising":
        found.append(
            Moment("push", today, week, _("It rises; the odds of staying %(weeks)d weeks are %(odds)s.") % share)
        )
    elif life.phase == "new" and odds < _SURE:
        found.append(
            Moment("push", today, week, _("It is new; the odds of staying %(weeks)d weeks are only %(odds)s.") % share)
        )
    elif life.phase == "peak":
        found.append(Moment("extend", today, today + 2 * _WEEK, _("It stands at its best place, where rises end.")))
    elif life.phase == "falling" and odds < _SURE:
        found.append(
            Moment("refresh", today, week, _("It falls; the odds of staying %(weeks)d weeks are %(odds)s.") % share)
        )
    if life.phase == "gone" and life.wintry:
        start = date(today.year, *_SEASON_STARTS)
        end = date(today.year, *_SEASON_ENDS)
        if today <= end:
            found.append(
                Moment(
                    "season", max(start, today), end, _("It was on the chart in more than one winter, and then only.")
                )
            )
    return found


def of_plays(life: Plays, today: date) -> list[Moment]:
    """What a track's plays ask for."""
    if life.phase == "rising":
        return [Moment("push", today, today + 2 * _WEEK, _("Plays rise beyond doubt."))]
    if life.phase == "falling" and life.half_life:
        days = max(1, round(life.half_life.value))
        words = _("Plays fade; at this pace they halve in %(days)d days.") % {"days": days}
        return [Moment("refresh", today, today + timedelta(days=min(days, _YEAR * 7)), words)]
    if life.phase == "peak":
        return [Moment("extend", today, today + 2 * _WEEK, _("The best week is hardly over."))]
    return []


def _next_turn(release: date, today: date) -> date:
    for year in (today.year, today.year + 1):
        # Who was born on 29 February has a party on the 28th.
        leap = (release.month, release.day) == (2, 29)
        turn = date(year, 2, 28) if leap else date(year, release.month, release.day)
        if turn >= today:
            return turn
    return today
