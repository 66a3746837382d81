"""The library: the kept texts, searched and filtered, page by page; as fast with 100,000 as with ten."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from marketing import cards, finding
from marketing.content.places import Place, places
from marketing.models import Favourite, Review, Variant
from marketing.views import DeskRequest, visible_jobs
from providers.access import Permission, requires

CARDS_A_PAGE = 24
# Beyond this the library says "more than": counting on would walk through everything.
MOST_COUNTED = 1000
_LONGEST_SEARCH = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody looks for; whatever makes no sense counts as not said."""

    words: str
    platform: str
    language: str
    state: str
    starred: bool
    before: str

    @classmethod
    def of(cls, asked: QueryDict) -> Wish:
        """The wish behind an address."""
        words = unicodedata.normalize("NFC", asked.get("q", "").replace("\x00", "")).strip()[:_LONGEST_SEARCH]
        language, state = asked.get("language", ""), asked.get("state", "")
        return cls(
            words=words,
            platform=asked.get("platform", ""),
            language=language if language in dict(settings.LANGUAGES) else "",
            state=state if state in Review.State.values else "",
            starred=asked.get("starred") == "yes",
            before=asked.get("before", ""),
        )

    @property
    def narrows(self) -> bool:
        """Whether anything is left out."""
        return bool(self.words or self.platform or self.language or self.state or self.starred)

    def conditions(self, user: User) -> Q:
        """What a text must be, apart from its words."""
        wanted = Q(platform=self.platform) if self.platform else Q()
        if self.language:
            wanted &= Q(language=self.language)
        if self.state:
            wanted &= Q(review__state=self.state)
        if self.starred:
            wanted &= Q(pk__in=Favourite.objects.filter(owner=user).values("variant"))
        return wanted


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def library(request: DeskRequest) -> HttpResponse:
    """The kept texts that match, the latest first."""
    wish = Wish.of(request.GET)
    # A kept text stays also when a newer one took its place on the job's page.
    # Asked as "exists", so that databases walk along the index of kept texts and not through a person's jobs.
    own = Exists(visible_jobs(request.user).filter(pk=OuterRef("root_id")).order_by())
    kept = Variant.objects.filter(own, kept_at__isnull=False)
    # The list of platforms stands outside the part that a search replaces.
    present = [] if request.htmx else _present(request, kept)
    # One walk along the index gives the count, as far as it is worth knowing, and the page.
    found = list(_found(kept, wish, request.user)[: MOST_COUNTED + 1])
    page = [number for number, _place in found[:CARDS_A_PAGE]]
    shown_now = Variant.objects.select_related("root", "review").in_bulk(page)
    variants = [shown_now[number] for number in page if number in shown_now]
    asked = cards.newest_regenerations(variants)
    starred = Favourite.objects.filter(owner=request.user, variant__in=page).values_list("variant_id", flat=True)
    shown = {
        "wish": wish,
        "count": min(len(found), MOST_COUNTED),
        "uncounted": len(found) > MOST_COUNTED,
        "older": _place(*found[CARDS_A_PAGE - 1]) if len(found) > CARDS_A_PAGE else "",
        "cards": [cards.variant_card(variant, asked.get(variant.pk)) for variant in variants],
        "starred": set(starred),
        "platforms": present,
        "languages": settings.LANGUAGES,
        "states": Review.State.choices,
        "any": bool(found or present or kept.exists()),
    }
    return render(request, "marketing/library.html#found" if request.htmx else "marketing/library.html", shown)


def _found(kept: QuerySet[Variant], wish: Wish, user: User) -> QuerySet[Any, Any]:
    """Numbers of matching texts, each with its place among the others, the latest first."""
    found = kept.filter(wish.conditions(user))
    if not wish.words:
        before = _place_before(wish.before)
        return (found.filter(before) if before else found).order_by("-kept_at", "-pk").values_list("pk", "kept_at")
    entries = finding.entries(wish.words)
    if wish.before.isdigit():
        entries = entries.filter(pk__lt=min(int(wish.before), 2**63 - 1))
    return entries.filter(Exists(found.filter(pk=OuterRef("variant_id")).order_by())).values_list("variant_id", "pk")


def _place(number: UUID, place: datetime | int) -> str:
    """Where a text stands among those found, for the link to those behind it."""
    return f"{place:%Y-%m-%dT%H:%M:%S.%f}~{number}" if isinstance(place, datetime) else str(place)


def _place_before(typed: str) -> Q | None:
    """What stands behind this place; None for the beginning, and for a place that is none."""
    moment, _mark, number = typed.partition("~")
    try:
        kept_at, pk = datetime.strptime(moment, "%Y-%m-%dT%H:%M:%S.%f").replace(tzinfo=UTC), UUID(number)
    except ValueError:
        return None
    return Q(kept_at__lte=kept_at) & (Q(kept_at__lt=kept_at) | Q(pk__lt=pk))


def _present(request: DeskRequest, kept: QuerySet[Variant]) -> list[Place]:
    """The places that kept texts were written for. One query that looks once into the index for each place."""
    asked = {f"at_{number}": Exists(kept.filter(platform=one.slug).order_by()) for number, one in enumerate(places())}
    (found,) = User.objects.filter(pk=request.user.pk).annotate(**asked).values_list(*asked)
    return [one for one, there in zip(places(), found, strict=True) if there]
