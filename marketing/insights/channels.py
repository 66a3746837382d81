"""Which channels fit a book, and why: rules of the channels, and what its own sales there say.

Channels' shares are contracts: none is assumed here.
"""

from __future__ import annotations

import functools
import math
import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

_FILE = Path(__file__).with_name("channels.toml")
SENTENCES: dict[str, str | Promise] = {
    "polish_readers": _("Readers of Polish buy there."),
    "every_form": _("It takes paper, e-book and audiobook."),
    "self_service": _("A small publisher can open an account there without a distributor."),
    "sold_by_copy": _("It sells by the copy, so the price is yours to try out."),
    "many_shops_at_once": _("One delivery reaches many Polish shops."),
    "world_readers": _("It reaches readers in many countries."),
    "listeners": _("Its customers listen more than they read."),
    "deal_readers": _("Its readers look for English e-books at a discount."),
    "seen_where_bought": _("The ad stands where the book is bought."),
    "paid_by_reading": _("It pays by what is read or heard, not by the copy: count it apart from sales."),
    "subscription_too": _("Its subscription is a contract of its own and pays by reading."),
    "share_of_the_middleman": _("The middleman’s share comes off as well: look into the contract."),
    "kdp_royalty": _("The higher royalty (70%) holds from 2.99 to 9.99 USD only; check it for your stores."),
    "no_polish_kindle": _("There is no Polish Kindle store; Polish e-books sell in the other stores."),
    "deal_rules": _("At least half off the usual recent price, and no lower price lately."),
    "three_titles": _("At least three different titles are needed."),
    "sells_already": _("It already sells there."),
    "sells_best": _("No other channel sells more of it, beyond chance."),
    "sells_little": _("It sells clearly less there than where it sells best."),
    "deal_is_deep_enough": _("The planned price is deep enough below the usual one."),
    "half_off_missing": _("The planned price is not half off the usual one."),
    "was_lower_lately": _("The price was lower lately than the planned one."),
    "no_history": _("Without the usual price nobody can tell whether a deal is allowed."),
    "exclusive": _("KDP Select asks for the e-book alone: it may stand nowhere else."),
    "not_this_form": _("It does not take this form of the book."),
    "not_these_readers": _("Its readers read in another language, or elsewhere."),
    "too_few_titles": _("There are fewer than three titles."),
    "outside_royalty": _("The price lies outside 2.99 to 9.99 USD, so the royalty halves."),
}
_LEAST_TITLES = 3
_HALF = 0.5
_Z = 1.959964
_KDP = (2.99, 9.99)


@dataclass(frozen=True, slots=True)
class Channel:
    """One place to sell or promote, as `channels.toml` has it."""

    slug: str
    name: str
    forms: tuple[str, ...]
    way: str
    languages: tuple[str, ...]
    countries: tuple[str, ...]
    reasons: tuple[str, ...]
    terms: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Told:
    """What is said of a channel: `use`, `consider` or `leave`, with the names of its sentences."""

    channel: Channel
    advice: str
    reasons: tuple[str, ...]
    terms: tuple[str, ...]
    units: float | None
    share: float | None


@functools.cache
def channels() -> tuple[Channel, ...]:
    """All channels in the file's order."""
    rows: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["channel"]
    return tuple(_channel(row) for row in rows)


def _channel(row: Mapping[str, Any]) -> Channel:
    lists = {name: tuple(row.get(name, ())) for name in ("forms", "languages", "countries", "reasons", "terms")}
    return Channel(slug=row["slug"], name=row["name"], way=row["way"], **lists)


def channels_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """Each channel with advice and reasons, what fits best first. `asked` tells of the book (as the API has it)."""
    sold = _sold(asked.get("sales") or ())
    found = sorted((_told(one, asked, sold) for one in channels()), key=_order)
    return {
        "channels": [
            {
                "channel": one.channel.slug,
                "name": one.channel.name,
                "way": one.channel.way,
                "advice": one.advice,
                "reasons": [{"id": name, "text": str(SENTENCES[name])} for name in one.reasons],
                "terms": [{"id": name, "text": str(SENTENCES[name])} for name in one.terms],
                "units": one.units,
                "share_of_units": one.share,
            }
            for one in found
        ]
    }


def _order(told: Told) -> tuple[int, float, int]:
    return ("use", "consider", "leave").index(told.advice), -(told.units or 0.0), -len(told.reasons)


def _sold(rows: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """Copies by channel. What subscriptions count in readings is another unit, so it is not among them."""
    found: dict[str, float] = defaultdict(float)
    for row in rows:
        found[str(row["channel"]).strip().casefold()] += row["units"]
    return dict(found)


def _told(channel: Channel, asked: Mapping[str, Any], sold: Mapping[str, float]) -> Told:
    against = _against(channel, asked)
    units = sold.get(channel.slug, sold.get(channel.name.casefold()))
    evidence, clear = _evidence(units, sold)
    total = math.fsum(sold.values())
    share = units / total if units is not None and total else None
    if against:
        return Told(channel, "leave", tuple(against), (), units, share)
    deal, possible = _deal(channel, asked)
    reasons = (*evidence, *deal, *channel.reasons)
    if channel.slug == "amazon" and _outside(asked):
        reasons = (*reasons, "outside_royalty")
    sure = possible and channel.way in {"sale", "aggregator"} and clear >= 0
    if channel.slug == "bookbub":
        sure = "deal_is_deep_enough" in deal
    advice = "use" if sure else "consider" if possible else "leave"
    return Told(channel, advice, reasons, channel.terms, units, share)


def _against(channel: Channel, asked: Mapping[str, Any]) -> list[str]:
    """What closes a channel to this book."""
    found = []
    forms = set(asked.get("forms") or ())
    usable = forms & set(channel.forms)
    if not usable:
        found.append("not_this_form")
    elif asked.get("kdp_select") and usable == {"ebook"} and channel.way != "promotion" and channel.slug != "amazon":
        found.append("exclusive")
    countries = set(asked.get("countries") or ())
    if (channel.languages and asked["language"] not in channel.languages) or (
        channel.countries and countries and not countries & set(channel.countries)
    ):
        found.append("not_these_readers")
    if "three_titles" in channel.terms and asked.get("titles", 1) < _LEAST_TITLES:
        found.append("too_few_titles")
    return found


def _deal(channel: Channel, asked: Mapping[str, Any]) -> tuple[list[str], bool]:
    """Whether the planned price may be a deal; for what asks for none it is possible anyway."""
    if "deal_rules" not in channel.terms:
        return [], True
    usual, planned, lowest = (asked.get(name) for name in ("usual_price", "planned_price", "lowest_lately"))
    if not usual or not planned:
        return ["no_history"], True
    against = []
    if planned > usual * _HALF:
        against.append("half_off_missing")
    if lowest is not None and lowest < planned:
        against.append("was_lower_lately")
    return against or ["deal_is_deep_enough"], not against


def _outside(asked: Mapping[str, Any]) -> bool:
    price = asked.get("planned_price") or asked.get("usual_price")
    return bool(price and asked.get("currency") == "USD" and not _KDP[0] <= price <= _KDP[1])


def _evidence(units: float | None, sold: Mapping[str, float]) -> tuple[list[str], int]:
    """What own sales say: 1 for the best channel, -1 for one that sells clearly less, else 0."""
    if not units:
        return [], 0
    best = max(sold.values())
    if units == best:
        others = list(sold.values())
        others.remove(best)
        alone = all(_clearly_more(best, one) for one in others)
        return (["sells_best"], 1) if alone and others else (["sells_already"], 1)
    return (["sells_little"], -1) if _clearly_more(best, units) else (["sells_already"], 0)


def _clearly_more(one: float, other: float) -> bool:
    """Whether two counts differ by more than chance does (both Poisson, square roots have a spread of a half)."""
    return 2 * (math.sqrt(one) - math.sqrt(other)) > _Z * math.sqrt(2)
