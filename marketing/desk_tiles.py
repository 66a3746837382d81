"""What the start page says beside the work itself: what needs this person, what goes out today, how campaigns do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.contrib.auth.models import User
from django.db.models import Exists, Max, OuterRef, Sum
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from marketing.models import CampaignDay, PlannedPost, Review, Variant
from providers.access import Permission, may

_WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure with its words and where it leads. `needs` says whether it waits for this person."""

    slug: str
    icon: str
    figure: str
    words: str | Promise
    url: str
    needs: bool = False


def tiles(user: User) -> list[Tile]:
    """What there is to say to this person, what needs them first. Nothing is said of what is not."""
    found = [*_reviews(user), *_planned(user)]
    if may(user, Permission.SEE_REPORTS):
        found += _campaigns()
    return sorted(found, key=lambda one: not one.needs)


def _reviews(user: User) -> list[Tile]:
    found = []
    if may(user, Permission.APPROVE):
        waiting = Review.objects.filter(state=Review.State.SUBMITTED).count()
        if waiting:
            words = ngettext("text waits for approval", "texts wait for approval", waiting)
            found.append(Tile("approvals", "thumb-up", str(waiting), words, reverse("approvals"), needs=True))
    if may(user, Permission.MAKE):
        # Asked as "exists", so that databases walk along the few reviews and not through a person's texts.
        own = Variant.objects.filter(pk=OuterRef("variant_id"), root__owner=user, replaced_by=None).order_by()
        returned = Review.objects.filter(Exists(own), state=Review.State.RETURNED)
        first = returned.order_by("decided_at").values_list("variant_id", flat=True).first()
        if first is not None:
            number = returned.count()
            words = ngettext("text was sent back to you", "texts were sent back to you", number)
            found.append(
                Tile("returned", "history", str(number), words, reverse("variant_history", args=[first]), needs=True)
            )
    return found


def _planned(user: User) -> list[Tile]:
    """What is to go out before midnight."""
    now = timezone.now()
    midnight = timezone.make_aware(datetime.combine(timezone.localdate() + timedelta(days=1), time.min))
    planned = PlannedPost.objects.filter(at__gte=now, at__lt=midnight)
    if not may(user, Permission.SEE_ALL_WORK):
        own = Variant.objects.filter(pk=OuterRef("variant_id"), root__owner=user).order_by()
        planned = planned.filter(Exists(own))
    number = planned.count()
    if not number:
        return []
    first = planned.order_by("at").values_list("at", flat=True)[0]
    words = ngettext("text goes out today, at %(time)s", "texts go out today, the first at %(time)s", number)
    told = words % {"time": date_format(timezone.localtime(first), "H:i")}
    return [Tile("planned", "calendar", str(number), told, reverse("calendar"))]


def _campaigns() -> list[Tile]:
    """Clicks of the last seven days that were imported, beside those of the seven before."""
    last = CampaignDay.objects.aggregate(day=Max("day"))["day"]
    if last is None:
        return []
    now = _clicks(last - _WEEK, last)
    before = _clicks(last - 2 * _WEEK, last - _WEEK)
    if now is None:
        return []
    words = _("clicks in the week to %(day)s") % {"day": date_format(last, "j E")}
    if before is not None:
        words += "; " + _("the week before: %(number)s") % {
            "number": number_format(before, use_l10n=True, force_grouping=True)
        }
    return [Tile("campaigns", "chart-bar", number_format(now, force_grouping=True), words, reverse("campaigns"))]


def _clicks(after: Any, until: Any) -> int | None:
    found: int | None = CampaignDay.objects.filter(day__gt=after, day__lte=until).aggregate(n=Sum("clicks"))["n"]
    return found
