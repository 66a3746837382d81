"""The market of comparable titles as plain data: bands, formats, ratings, seasons, and where the own book stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketing.analysis import comparables
from marketing.analysis.comparables import Title


def market_of(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What these titles and sales tell. `asked` has `titles`, `sales`, `own` and `currency`."""
    own = asked.get("own") or {}
    titles = [Title(**one) for one in asked.get("titles") or ()]
    alike, shared = comparables.comparable(titles, own.get("format") or "", own.get("genre") or "")
    sold: dict[date, float] = {}
    for row in asked.get("sales") or ():
        day = date.fromisoformat(row["day"]) if isinstance(row["day"], str) else row["day"]
        sold[day] = sold.get(day, 0.0) + row["units"]
    months, why = comparables.seasons(sold) if sold else ([], "")
    prices = comparables.middle(one.price for one in alike)
    price = own.get("price")
    return {
        "currency": asked.get("currency") or "",
        "compared": len(alike),
        "of": len(titles),
        "alike_in": shared,
        "prices": asdict(prices) if prices else None,
        "bands": [asdict(one) for one in comparables.bands(alike)],
        "formats": [{"format": name, **asdict(one)} for name, one in comparables.by_format(titles).items()],
        "ratings": _middle(one.rating for one in alike if one.rating is not None),
        "reviews": _middle(one.reviews for one in alike if one.reviews is not None),
        "links": _links(alike),
        "cheaper_than_own": comparables.share_below(alike, price) if price else None,
        "seasons": [asdict(one) for one in months],
        "warnings": _warnings(titles, alike, shared, own, why),
    }


def _middle(values: Any) -> dict[str, Any] | None:
    found = comparables.middle(values)
    return asdict(found) if found else None


def _links(titles: list[Title]) -> dict[str, Any]:
    """Whether dear titles are read more, or rated better. Going together is not causing."""
    pairs = {
        "price_and_reviews": [(one.price, one.reviews) for one in titles if one.reviews is not None],
        "price_and_rating": [(one.price, one.rating) for one in titles if one.rating is not None],
    }
    return {name: asdict(found) if (found := comparables.linked(some)) else None for name, some in pairs.items()}


def _warnings(
    titles: list[Title], alike: list[Title], shared: str, own: Mapping[str, Any], no_seasons: str
) -> list[str]:
    found = []
    if len(alike) < comparables.LEAST_ALIKE:
        found.append(
            ngettext(
                "Only %(n)d comparable title: take the bounds seriously.",
                "Only %(n)d comparable titles: take the bounds seriously.",
                len(alike),
            )
            % {"n": len(alike)}
        )
    if titles and (own.get("format") or own.get("genre")) and not shared:
        found.append(_("Too few titles share the format or the genre, so all of them are compared."))
    if no_seasons:
        found.append(_("No seasons: they need three years of sales without gaps."))
    return found
