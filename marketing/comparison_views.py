"""The pages of blind comparisons: two texts without names, the choice between them, and who won how often."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketing import cards, comparing
from marketing.forms import BRIEFS
from marketing.models import Comparison
from marketing.views import DeskRequest
from providers.access import Permission, may, requires

MOST_SHOWN = 50


def _find(request: DeskRequest, number: UUID) -> Comparison:
    mine = {} if may(request.user, Permission.SEE_ALL_WORK) else {"owner": request.user}
    return get_object_or_404(Comparison.objects.select_related("owner"), pk=number, **mine)


def _kinds() -> dict[str, Any]:
    return {form.kind: form.heading for form in BRIEFS.values()}


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def comparison(request: DeskRequest, number: UUID) -> HttpResponse:
    """Two models at one brief; while they write the page asks for its middle part again and again."""
    found = _find(request, number)
    covered = comparing.is_covered(found)
    ready = comparing.can_choose(found)
    shown = []
    for letter, place, choice, job in zip(
        "AB", (found.first, found.second), ("first", "second"), comparing.sides(found), strict=True
    ):
        # Half a comparison would be judged before the other half is there.
        places = cards.places(job) if job and (ready or not covered) else []
        shown.append({"letter": letter, "name": place, "won": found.choice == choice, "job": job, "places": places})
    page = {
        "comparison": found,
        "covered": covered,
        "ready": ready,
        "sides": shown,
        "mine": found.owner_id == request.user.pk,
    }
    return render(request, "marketing/comparison.html#sides" if request.htmx else "marketing/comparison.html", page)


@requires(Permission.MAKE)
@require_POST
def choose(request: DeskRequest, number: UUID) -> HttpResponse:
    """The author's choice; only the first one counts, as afterwards the names are known."""
    found = get_object_or_404(Comparison, pk=number, owner=request.user)
    choice = request.POST.get("choice", "")
    if choice not in comparing.SCORES:
        messages.error(request, _("Choose A, B, both or neither."))
    elif comparing.choose(found, choice):
        messages.info(request, _("Noted. Routing learns from it."))
    else:
        messages.info(request, _("Nothing changed: this comparison is decided already, or not written yet."))
    return redirect("comparison", found.pk)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def comparisons(request: DeskRequest) -> HttpResponse:
    """One's own comparisons, and for administrators how often each model won."""
    kinds = _kinds()
    administrates = may(request.user, Permission.CONFIGURE)
    decided = Comparison.objects.filter(choice__in=list(comparing.SCORES)) if administrates else ()
    shown = {
        "own": [(one, kinds.get(one.content_type, "")) for one in request.user.comparisons.all()[:MOST_SHOWN]],
        "administrates": administrates,
        "standings": [(row, kinds.get(row.content_type, row.content_type)) for row in comparing.standings(decided)],
    }
    return render(request, "marketing/comparisons.html", shown)
