"""The insight pages: a person's own tables become prices, markets, channels and trends. Nothing of them is kept."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketing import campaign_outlook, insight_shown
from marketing.campaigns import accepting
from marketing.insight_forms import FORMS, NAMES, TrendsForm
from marketing.models import Release
from marketing.table_forms import InsightForm
from marketing.views import DeskRequest
from providers.access import Permission, defused, requires

MOST_RELEASES = 100
LEADS = {
    "outlook": gettext_lazy("What your imported campaigns will bring, what to change, and how sure that is."),
    "ab": gettext_lazy("How many people a test takes, and a verdict that stays honest however often you look."),
    "trends": gettext_lazy("Where tracks are in their lives, how likely they stay on the chart, and what to do when."),
    "market": gettext_lazy("What comparable titles cost, how they are read and rated, and when such books sell."),
    "prices": gettext_lazy("Whether another price would earn more, how sure that is, and when your data cannot tell."),
    "channels": gettext_lazy("Where a book fits by the channels’ own rules and by what it sold there, with reasons."),
}


@requires(Permission.SEE_REPORTS)
@require_http_methods(["GET", "POST"])
@never_cache
def insight(request: DeskRequest, what: str) -> HttpResponse:
    """The form, and below it the answer; `step=csv` gives its table as a file."""
    kind = FORMS[what]
    form = kind(request.POST, request.FILES) if request.method == "POST" else kind()
    answer: dict[str, Any] | None = None
    if form.is_bound and form.is_valid():
        answer = _ANSWERS[what](form)
        if request.POST.get("step") == "csv":
            return _table(what, answer["table"])
    shown = {"what": what, "title": NAMES[what], "lead": LEADS[what], "form": form, "answer": answer}
    if what == "outlook":
        shown["accepted"] = campaign_outlook.accepted()
    status = 422 if form.is_bound and answer is None else 200
    return render(request, f"insights/{what}.html", shown, status=status)


@requires(Permission.MAKE)
@require_POST
def accept(request: DeskRequest) -> HttpResponse:
    """Keep the suggestion that a button of the outlook named; what it predicts is computed again here."""
    # Names may have colons of their own, so the key stands last.
    digest, kind, group, key = (*request.POST.get("accept", "").split(":", 3), "", "", "", "")[:4]
    currency = request.POST.get("currency", "")
    if accepting.accept(kind, group, key, currency=currency, digest=digest, by=request.user):
        messages.success(request, _("Accepted. What came will stand beside it once later days are imported."))
    else:
        messages.error(request, _("The campaigns’ numbers have changed since. Compute anew, then accept."))
    return redirect(f"{reverse('outlook')}#accepted")


@requires(Permission.MAKE)
@require_POST
def withdraw(request: DeskRequest, number: int) -> HttpResponse:
    """Take an acceptance back while nothing is told of it."""
    if accepting.withdraw(number):
        messages.success(request, _("Taken back."))
    else:
        messages.info(request, _("Its outcome is known, so it stays."))
    return redirect(f"{reverse('outlook')}#accepted")


def _trends(form: InsightForm) -> dict[str, Any]:
    asked = form.cleaned_data
    releases = _releases() if asked["calendar"] else []
    today = form.today if isinstance(form, TrendsForm) else ""
    return insight_shown.trends(asked, releases, today)


def _releases() -> list[dict[str, Any]]:
    """The newest releases with a date; a track of the same name takes its release's calendar."""
    found = Release.objects.filter(release_date__isnull=False).select_related("artist").order_by("-release_date")
    return [
        {
            "track": one.title,
            "artist": one.artist_line or (one.artist.name if one.artist else ""),
            "date": one.release_date,
        }
        for one in found[:MOST_RELEASES]
    ]


_ANSWERS: Mapping[str, Callable[[InsightForm], dict[str, Any]]] = {
    "outlook": lambda form: campaign_outlook.outlook(form.cleaned_data),
    "ab": lambda form: campaign_outlook.tested(form.cleaned_data),
    "trends": _trends,
    "market": lambda form: insight_shown.market(form.cleaned_data),
    "prices": lambda form: insight_shown.prices(form.cleaned_data),
    "channels": lambda form: insight_shown.channels(form.cleaned_data),
}


def _table(what: str, rows: list[list[Any]]) -> HttpResponse:
    answer = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{what}.csv"'
    writer = csv.writer(answer)
    for row in rows:
        writer.writerow([defused(one) if isinstance(one, str) else "" if one is None else one for one in row])
    return answer
