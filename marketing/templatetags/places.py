"""The places of the desk as one table: what stands in the side bar, for whom, and what a phone's bottom bar keeps."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django import template
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from providers.access import Permission

register = template.Library()


@dataclass(frozen=True, slots=True)
class Spot:
    """One link. `inside` are further address names at which it is the current one."""

    name: str
    icon: str
    label: str | Promise
    asks: Permission = Permission.USE_DESK
    inside: tuple[str, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Group:
    """Spots under one heading; a group without a heading stands alone."""

    heading: str | Promise
    spots: tuple[Spot, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A spot that its reader may open. `current` says whether they are there."""

    spot: Spot
    url: str
    current: bool


GROUPS = (
    Group(
        "",
        (Spot("start", "home", _("Start")),),
    ),
    Group(
        _("Create"),
        (
            Spot("posts", "pencil-plus", _("Posts"), Permission.MAKE),
            Spot("ads", "speakerphone", _("Ads"), Permission.MAKE),
            Spot("emails", "mail", _("E-mails"), Permission.MAKE),
            Spot("tags", "hash", _("Tags"), Permission.MAKE),
            Spot("briefs", "package", _("Whole campaigns"), Permission.MAKE, ("brief_set",)),
            Spot("comparisons", "arrows-exchange", _("Blind comparisons"), inside=("comparison",)),
        ),
    ),
    Group(
        _("Work"),
        (
            Spot("library", "bookmark", _("Library")),
            Spot("approvals", "thumb-up", _("Approvals")),
            Spot("calendar", "calendar", _("Calendar")),
        ),
    ),
    Group(
        _("Catalogue"),
        (
            Spot("releases", "vinyl", _("Releases"), inside=("release",)),
            Spot("books", "book", _("Books"), inside=("book",)),
            Spot("artists", "users", _("Artists and authors"), inside=("artist",)),
            Spot("events", "calendar-event", _("Events"), inside=("event",)),
            Spot("voices", "message-2", _("Brand voices"), inside=("voice",)),
        ),
    ),
    Group(
        _("Insights"),
        (
            Spot("campaigns", "chart-bar", _("Campaigns"), inside=("campaign",)),
            Spot("outlook", "chart-line", _("Outlook"), Permission.SEE_REPORTS),
            Spot("ab", "scale", _("A/B tests"), Permission.SEE_REPORTS),
            Spot("trends", "trending-up", _("Trends"), Permission.SEE_REPORTS),
            Spot("market", "building-store", _("Market"), Permission.SEE_REPORTS),
            Spot("prices", "coin", _("Prices"), Permission.SEE_REPORTS),
            Spot("channels", "route", _("Channels"), Permission.SEE_REPORTS),
        ),
    ),
    Group(
        _("Capacity"),
        (
            Spot("capacity", "gauge", _("Quotas"), inside=("capacity_policy",)),
            Spot("requests", "list-check", _("Requests"), Permission.SEE_REPORTS, ("request_story",)),
            Spot("reports", "report", _("Reports"), Permission.SEE_REPORTS),
            Spot("faults", "activity", _("Errors"), Permission.SEE_REPORTS, ("fault",)),
            Spot("status", "heartbeat", _("Status"), Permission.SEE_REPORTS),
            Spot("admin:providers_provider_changelist", "plug", _("Providers"), Permission.CONFIGURE),
            Spot("prompts", "message-2", _("Prompts"), Permission.CONFIGURE, ("prompt_edit", "prompt_change")),
            Spot("admin:index", "settings", _("Settings"), Permission.CONFIGURE),
        ),
    ),
)
# What a phone shows beside "More", most used first; of these the first four that exist and are allowed.
ON_A_PHONE = ("start", "posts", "library", "campaigns", "releases", "admin:providers_provider_changelist")
MOST_ON_A_PHONE = 4


def _shown(spot: Spot, may: Any, here: str) -> Shown | None:
    """A spot as the template needs it; None where it is not allowed, or no room for it is built."""
    if not may[spot.asks.value]:
        return None
    try:
        url = reverse(spot.name)
    except NoReverseMatch:
        return None
    return Shown(spot, url, here == spot.name or here in spot.inside)


@register.inclusion_tag("places.html", takes_context=True)
def places(context: dict[str, Any]) -> dict[str, Any]:
    """The side bar's links, in groups, and the few of a phone's bottom bar."""
    match = context["request"].resolver_match
    here = match.view_name if match else ""
    groups = []
    by_name: dict[str, Shown] = {}
    for group in GROUPS:
        found = [shown for spot in group.spots if (shown := _shown(spot, context["may"], here))]
        by_name.update({shown.spot.name: shown for shown in found})
        if found:
            groups.append((group.heading, found))
    few = [by_name[name] for name in ON_A_PHONE if name in by_name][:MOST_ON_A_PHONE]
    return {"groups": groups, "few": few, "elsewhere": not any(shown.current for shown in few)}
