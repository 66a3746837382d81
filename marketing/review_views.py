"""The pages of what happens to a text after it was written: history and comments, approvals, the calendar."""

from __future__ import annotations

import calendar as months
from collections import defaultdict
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketing import cards, reviewing, services
from marketing.models import PlannedPost, Review, Variant, VariantVersion
from marketing.variant_views import answer_with
from marketing.views import DeskRequest, visible_variants
from providers.access import Door, Permission, requires

_CARDS_A_PAGE = 30
_CALENDAR_DAYS = 400
_YEARS = range(2000, 2200)


def _find(request: DeskRequest, variant_id: UUID) -> Variant:
    return get_object_or_404(visible_variants(request.user).select_related("review", "planned"), pk=variant_id)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def history(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """A text's versions with what changed in each, and what was said of it."""
    variant = _find(request, variant_id)
    before = f"{variant.original_title}\n{variant.original_text}".strip()
    versions: list[dict[str, Any]] = [{"number": 1, "by": "", "at": variant.created_at, "pieces": [("same", before)]}]
    for number, one in enumerate(variant.versions.select_related("by"), start=2):
        after = f"{one.title}\n{one.text}".strip()
        pieces = list(reviewing.words_changed(before, after))
        versions.append({"number": number, "pk": one.pk, "by": one.by, "at": one.saved_at, "pieces": pieces})
        before = after
    shown = {
        "variant": variant,
        "card": cards.variant_card(variant),
        "versions": versions[::-1],
        "comments": variant.comments.select_related("by"),
        "review": getattr(variant, "review", None),
        "planned": getattr(variant, "planned", None),
    }
    return render(request, "marketing/history.html", shown)


@requires(Permission.MAKE)
@require_POST
def restore_version(request: DeskRequest, variant_id: UUID, number: int) -> HttpResponse:
    """Take an earlier version as the text; the present one stays in the history."""
    variant = _find(request, variant_id)
    version = get_object_or_404(VariantVersion, pk=number, variant=variant)
    services.edit_variant(variant, title=version.title, text=version.text, fields=version.fields)
    reviewing.keep_version(variant, request.user, anew=True)
    messages.success(request, _("The earlier version is back."))
    return redirect("variant_history", variant.pk)


@requires(Permission.USE_DESK)
@require_POST
def comment(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Say something about a text."""
    variant = _find(request, variant_id)
    if not reviewing.comment(variant, request.user, request.POST.get("text", "")):
        messages.error(request, _("The comment is empty. Write what you want to say."))
    return redirect(f"{reverse('variant_history', args=[variant.pk])}#comments")


@requires(Permission.MAKE)
@require_POST
def submit(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Ask for approval, or take the wish back."""
    variant = _find(request, variant_id)
    if request.POST.get("wish") == "withdraw":
        reviewing.withdraw(variant)
        return answer_with(request, _fresh(variant), _("Taken back."))
    card = cards.variant_card(variant)
    if card.over or card.marks.blocks:
        return answer_with(request, variant, _("Not submitted: the text does not fit, or a claim has no source yet."))
    reviewing.submit(variant, request.user)
    return answer_with(request, _fresh(variant), _("Submitted for approval."))


def _fresh(variant: Variant) -> Variant:
    return Variant.objects.select_related("root", "review", "planned").get(pk=variant.pk)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def approvals(request: DeskRequest) -> HttpResponse:
    """What waits for approval, and what was decided lately."""
    visible = visible_variants(request.user).select_related("review", "planned")
    waiting = visible.filter(review__state=Review.State.SUBMITTED).order_by("review__asked_at")[:_CARDS_A_PAGE]
    decided = visible.exclude(review=None).exclude(review__state=Review.State.SUBMITTED)
    shown = {
        "waiting": [cards.variant_card(one) for one in waiting],
        "decided": decided.select_related("review__decided_by").order_by("-review__decided_at")[:10],
    }
    return render(request, "marketing/approvals.html", shown)


@requires(Permission.APPROVE)
@require_POST
def decide(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Approve a text, or send it back with a reason."""
    variant = _find(request, variant_id)
    approved = request.POST.get("wish") == "approve"
    reason = request.POST.get("reason", "").replace("\x00", "").strip()
    if not approved and not reason:
        messages.error(request, _("Say why you send it back, so that it can be mended."))
    elif reviewing.decide(variant, request.user, approved=approved, reason=reason):
        messages.success(request, _("Approved.") if approved else _("Sent back."))
    else:
        messages.info(request, _("Somebody had already decided."))
    return redirect("approvals")


@requires(Permission.MAKE)
@require_POST
def plan(request: DeskRequest, variant_id: UUID) -> HttpResponse:
    """Say when a text goes out, or that it does not."""
    variant = _find(request, variant_id)
    typed = request.POST.get("at", "").strip()
    try:
        at = parse_datetime(typed) if ":" in typed else None
    except ValueError:
        at = None
    if typed and at is None:
        messages.error(request, _("This is no date with a time. Write it as 2026-07-03 19:00."))
    else:
        reviewing.plan(variant, timezone.make_aware(at) if at and timezone.is_naive(at) else at, request.user)
        messages.success(request, _("It stands in the calendar.") if at else _("Taken out of the calendar."))
    return redirect("variant_history", variant.pk)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def calendar(request: DeskRequest) -> HttpResponse:
    """The month with its planned posts."""
    first = _month(request.GET.get("month", ""))
    weeks = months.Calendar().monthdatescalendar(first.year, first.month)
    begin, end = (
        timezone.make_aware(datetime.combine(day, datetime.min.time())) for day in (weeks[0][0], weeks[-1][-1])
    )
    planned: dict[date, list[PlannedPost]] = defaultdict(list)
    for one in _planned(request).filter(at__gte=begin, at__lt=end + timedelta(days=1)):
        planned[timezone.localtime(one.at).date()].append(one)
    shown = {
        "first": first,
        "weeks": [[(day, planned.get(day, [])) for day in week] for week in weeks],
        "today": timezone.localdate(),
        "before": (first - timedelta(days=1)).strftime("%Y-%m"),
        "after": (first + timedelta(days=32)).strftime("%Y-%m"),
        "any": bool(planned),
    }
    return render(request, "marketing/calendar.html", shown)


def _month(typed: str) -> date:
    try:
        found = datetime.strptime(typed, "%Y-%m").date()  # noqa: DTZ007 - a month has no zone
    except ValueError:
        found = date.min
    # Nobody plans for the year 1, and the weeks around it would lie before all dates.
    return found if found.year in _YEARS else timezone.localdate().replace(day=1)


def _planned(request: DeskRequest) -> Any:
    mine = visible_variants(request.user).order_by()
    return PlannedPost.objects.filter(variant__in=mine).select_related("variant__root").order_by("at")


@requires(Permission.EXPORT)
@require_GET
@never_cache
def calendar_file(request: DeskRequest) -> HttpResponse:
    """The planned posts as a file for any calendar."""
    return _ics(_planned(request), request, "prometheus.ics")


@requires(Permission.EXPORT)
@require_POST
def calendar_address(request: DeskRequest) -> HttpResponse:
    """A new secret address under which calendars subscribe; shown once."""
    secret = reviewing.new_address(request.user)
    address = request.build_absolute_uri(reverse("calendar_feed", args=[secret]))
    messages.success(request, _("Your calendar’s address, shown once: %(address)s") % {"address": address})
    return redirect("calendar")


@requires(Door.SIGNED)
@require_GET
@never_cache
def calendar_feed(request: DeskRequest, secret: str) -> HttpResponse:
    """What a calendar program fetches; the address itself is the key."""
    owner = reviewing.owner_of(secret)
    if owner is None:
        raise Http404
    request.user = owner
    return _ics(_planned(request), request, "prometheus.ics")


def _ics(planned: Any, request: DeskRequest, name: str) -> HttpResponse:
    since = timezone.now() - timedelta(days=_CALENDAR_DAYS)
    content = reviewing.as_ics(list(planned.filter(at__gte=since)), request.build_absolute_uri("/").rstrip("/"))
    return HttpResponse(
        content,
        content_type="text/calendar; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )
