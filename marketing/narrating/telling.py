"""The sentences of the template: they speak when no model does, from the same placeholders and under the same guard."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from django.utils.translation import gettext as _

from marketing.narrating.sayable import PLACEHOLDER, Sayable

MOST_EVENTS = 2
_CHANGE = re.compile(r"[a-z]+-change\d+")
_ANOMALY = re.compile(r"[a-z]+-anomaly\d+")


def tell(offered: Mapping[str, Sayable]) -> list[str]:
    """What can be said of these figures, in the language in use here, as sentences with placeholders."""
    return [*_sums(offered), *_rates(offered), *_changes(offered), *_anomalies(offered), *_compared(offered)]


def _sums(offered: Mapping[str, Sayable]) -> Iterator[str]:
    if {"spend", "revenue"} <= offered.keys():
        yield _("Spend came to {spend} and revenue to {revenue}.")
    elif "spend" in offered:
        yield _("Spend came to {spend}.")
    if {"impressions", "clicks"} <= offered.keys():
        yield _("The ads had {impressions} impressions and {clicks} clicks.")
    elif "clicks" in offered:
        yield _("The ads had {clicks} clicks.")
    if "views" in offered:
        yield _("Views or streams: {views}.")


def _rates(offered: Mapping[str, Sayable]) -> Iterator[str]:
    if {"ctr", "ctr.low"} <= offered.keys():
        yield _("The CTR is {ctr}, between {ctr.low} and {ctr.high}.")
    if {"conversions", "cpa"} <= offered.keys():
        yield _("Conversions: {conversions}, at a cost of a conversion of {cpa}.")
    if {"roas", "roas.low"} <= offered.keys():
        yield _("Revenue per spend (ROAS) is {roas}, between {roas.low} and {roas.high}.")


def _changes(offered: Mapping[str, Sayable]) -> Iterator[str]:
    for name in [name for name in offered if _CHANGE.fullmatch(name)][:MOST_EVENTS]:
        way, about = offered[name].direction, offered[name].about
        words = {
            "up": {
                "spend": _("From {X} on, spend rose from {X-before} to {X-after} a day."),
                "clicks": _("From {X} on, clicks rose from {X-before} to {X-after} a day."),
                "impressions": _("From {X} on, impressions rose from {X-before} to {X-after} a day."),
                "conversions": _("From {X} on, conversions rose from {X-before} to {X-after} a day."),
                "views": _("From {X} on, views rose from {X-before} to {X-after} a day."),
            },
            "down": {
                "spend": _("From {X} on, spend fell from {X-before} to {X-after} a day."),
                "clicks": _("From {X} on, clicks fell from {X-before} to {X-after} a day."),
                "impressions": _("From {X} on, impressions fell from {X-before} to {X-after} a day."),
                "conversions": _("From {X} on, conversions fell from {X-before} to {X-after} a day."),
                "views": _("From {X} on, views fell from {X-before} to {X-after} a day."),
            },
        }[way]
        if about in words:
            yield words[about].replace("{X", f"{{{name}")


def _anomalies(offered: Mapping[str, Sayable]) -> Iterator[str]:
    words = {
        "spend": _("An unusual day was {X}, with a spend of {X-value}."),
        "clicks": _("An unusual day was {X}, with clicks at {X-value}."),
        "impressions": _("An unusual day was {X}, with impressions at {X-value}."),
        "conversions": _("An unusual day was {X}, with conversions at {X-value}."),
        "views": _("An unusual day was {X}, with views at {X-value}."),
    }
    for name in [name for name in offered if _ANOMALY.fullmatch(name)][:MOST_EVENTS]:
        if offered[name].about in words:
            yield words[offered[name].about].replace("{X", f"{{{name}")


def _compared(offered: Mapping[str, Sayable]) -> Iterator[str]:
    found = [one for one in offered.values() if one.subject and not one.is_name and "." not in one.name]
    words = {
        ("better", "roas"): _("{S} has a better ROAS: {X}."),
        ("worse", "roas"): _("{S} has a worse ROAS: {X}."),
        ("better", "cpa"): _("{S} has a better cost of a conversion: {X}."),
        ("worse", "cpa"): _("{S} has a worse cost of a conversion: {X}."),
        ("better", "ctr"): _("{S} has a better CTR: {X}."),
        ("worse", "ctr"): _("{S} has a worse CTR: {X}."),
    }
    for one in found[: 2 * MOST_EVENTS]:
        sentence = words.get((one.direction, one.about))
        if sentence:
            yield sentence.replace("{S}", f"{{{one.subject}}}").replace("{X}", f"{{{one.name}}}")


Piece = tuple[str, str]


def filled(sentences: Sequence[str], offered: Mapping[str, Sayable]) -> list[list[Piece]]:
    """Each sentence as pieces: words with nothing beside them, and figures with the fact that they lead to."""
    return [list(_pieces(sentence, offered)) for sentence in sentences]


def _pieces(sentence: str, offered: Mapping[str, Sayable]) -> Iterator[Piece]:
    at = 0
    for match in PLACEHOLDER.finditer(sentence):
        if match.start() > at:
            yield sentence[at : match.start()], ""
        one = offered[match[1]]
        yield (_("“%(name)s”") % {"name": one.shown} if one.is_name else one.shown), one.fact
        at = match.end()
    if at < len(sentence):
        yield sentence[at:], ""
