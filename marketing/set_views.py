"""The page of a whole campaign: one bar for all its jobs, and everything that they brought in one archive."""

from __future__ import annotations

from itertools import groupby
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketing import packing, sets
from marketing.forms import CampaignForm
from marketing.models import BriefSet, Job, Variant
from marketing.views import DeskRequest, draft_key, find_set
from providers.access import Permission, requires

_NAMES = {"pl": "Polski", "en": "English"}


def _texts(brief_set: BriefSet) -> Any:
    current = Variant.objects.filter(root__brief_set=brief_set, replaced_by=None)
    return current.select_related("root", "review").order_by("root__created_at", "platform", "position")


def _by_language(jobs: tuple[Job, ...]) -> list[tuple[str, str, list[tuple[Job, Any]]]]:
    """The jobs under their language, each with the name of its kind."""
    labels = {kind: CampaignForm.base_fields[name].label for name, kind in CampaignForm.channels.items()}
    return [
        (code, _NAMES[code], [(job, labels[job.content_type]) for job in group])
        for code, group in groupby(jobs, key=lambda job: str(job.brief["language"]))
    ]


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def brief_set(request: DeskRequest, set_id: UUID) -> HttpResponse:
    """A whole campaign; while it is written the page asks for its middle part again and again."""
    found = find_set(request, set_id)
    tally = sets.tally(found)
    shown = {
        "brief_set": found,
        "tally": tally,
        "languages": _by_language(tally.jobs),
        "texts": _texts(found).count(),
        "draft_key": draft_key(request.user, CampaignForm.kind),
    }
    return render(request, "marketing/set.html#progress" if request.htmx else "marketing/set.html", shown)


@requires(Permission.MAKE)
@require_POST
def cancel(request: DeskRequest, set_id: UUID) -> HttpResponse:
    """Stop everything that is not finished; what is written stays."""
    found = find_set(request, set_id)
    stopped = sets.cancel(found)
    messages.info(
        request, _("Stopping. Texts that are finished stay.") if stopped else _("This campaign had already ended.")
    )
    return redirect("brief_set", found.pk)


@requires(Permission.MAKE)
@require_POST
def retry(request: DeskRequest, set_id: UUID) -> HttpResponse:
    """Write what is missing."""
    found = find_set(request, set_id)
    if not sets.retry(found):
        messages.info(request, _("There is nothing to try again: this campaign runs or is done."))
    return redirect("brief_set", found.pk)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def archive(request: DeskRequest, set_id: UUID) -> HttpResponse:
    """All its texts as one archive."""
    found = find_set(request, set_id)
    texts = list(_texts(found))
    if not texts:
        raise Http404
    name = slugify(found.title) or "campaign"
    return HttpResponse(
        packing.packed(texts),
        content_type="application/zip",
        headers={"Content-Disposition": f'attachment; filename="{name}.zip"'},
    )
