"""The facts sheet of any entry: what texts may claim about it, who says so, and until when it holds."""

from __future__ import annotations

import re
from typing import Any

from django.contrib import messages
from django.db.models import Max
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from marketing import services
from marketing.catalogue_forms import FactForm
from marketing.catalogue_views import drop_draft, typed_into
from marketing.models import Artist, Book, Brief, Event, Fact, Release
from marketing.views import DeskRequest
from providers.access import Permission, requires

MOST_FACTS = 100
_NUMBER = re.compile(r"[0-9]{1,10}")
_MODELS: dict[str, type[Any]] = {"artist": Artist, "release": Release, "book": Book, "event": Event}


def _entry(kind: str, number: int) -> Any:
    if kind not in _MODELS:
        raise Http404
    return get_object_or_404(_MODELS[kind], pk=number)


def _edited(entry: Any, number: str) -> Fact | None:
    """The fact of the sheet that is to be changed; None when a new one is written."""
    if not number:
        return None
    if not _NUMBER.fullmatch(number):
        raise Http404
    found: Fact = get_object_or_404(entry.facts, pk=int(number))
    return found


def _slug(kind: str, number: int) -> str:
    return f"fact-{kind}-{number}"


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def facts(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """The sheet: every fact, and a form that adds one or changes the one that `edit` names."""
    entry = _entry(kind, number)
    edited = _edited(entry, request.GET.get("edit", ""))
    slug = _slug(kind, number)
    if request.method == "POST":
        form = FactForm(request.POST, instance=edited or Fact(**{kind: entry}))
        if edited is None and entry.facts.count() >= MOST_FACTS:
            form.add_error(None, _("The sheet is full: %(most)d facts fit. Delete some first.") % {"most": MOST_FACTS})
        if form.is_valid():
            _store(form, entry)
            drop_draft(request, slug)
            messages.success(request, _("Saved."))
            return redirect(f"{reverse('facts', args=[kind, number])}?saved=1")
    else:
        form = FactForm(instance=edited, initial={} if edited else services.open_brief(request.user, slug))
    saved = Brief.objects.filter(owner=request.user, content_type=slug).first()
    shown = {
        "kind": kind,
        "entry": entry,
        "facts": list(entry.facts.all()),
        "form": form,
        "edited": edited,
        "today": timezone.localdate(),
        "draft": f"{slug}-{edited.pk}" if edited else slug,
        "saved_at": saved.updated_at if saved and not edited else None,
        "back": reverse(kind, args=[number]) if kind in {"artist", "event"} else "",
    }
    return render(request, "catalogue/facts.html", shown, status=422 if form.errors else 200)


def _store(form: FactForm, entry: Any) -> None:
    fact = form.save(commit=False)
    if fact.pk is None:
        fact.position = (entry.facts.aggregate(last=Max("position"))["last"] or 0) + 1
    fact.save()


@requires(Permission.MAKE)
@require_POST
def facts_keep(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """Keep a new fact as it is typed."""
    _entry(kind, number)
    brief = services.save_brief(request.user, _slug(kind, number), typed_into(FactForm, request.POST))
    return render(request, "catalogue/entry.html#saved", {"saved_at": brief.updated_at})


@requires(Permission.MAKE)
@require_POST
def fact_delete(request: DeskRequest, kind: str, number: int, fact: int) -> HttpResponse:
    """Take a fact off the sheet."""
    get_object_or_404(_entry(kind, number).facts, pk=fact).delete()
    messages.success(request, _("The fact is deleted."))
    return redirect("facts", kind, number)
