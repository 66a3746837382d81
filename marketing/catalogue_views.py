"""The pages of the catalogue's own entries: a list with search, and a form for each that keeps what is typed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.datastructures import MultiValueDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketing import promoting, services
from marketing.catalogue_forms import ArtistForm, EventForm, VoiceForm
from marketing.forms import BRIEFS
from marketing.models import Artist, Book, BrandVoice, Brief, Event, Release
from marketing.records import RULES_OF, record_of, report_of
from marketing.safety.text import storable
from marketing.views import DeskRequest
from providers.access import Permission, requires

MOST_PICKS = 8
ROWS_A_PAGE = 30
_DRAFT = re.compile(r"entry-[a-z]{1,20}-(?:new|[0-9]{1,10})")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of entry. `searched` are the columns that search looks into, `facts` whether it has a facts sheet.

    One without a form has a record, which `record_views` shows.
    """

    slug: str
    many: str
    model: type[Any]
    form: type[Any] | None
    icon: str
    heading: str | Promise
    lead: str | Promise
    add: str | Promise
    searched: tuple[str, ...]
    joined: tuple[str, ...] = ()
    facts: bool = True


KINDS = {
    kind.slug: kind
    for kind in (
        Kind(
            "release",
            "releases",
            Release,
            None,
            "vinyl",
            gettext_lazy("Releases"),
            gettext_lazy("Singles, EPs and albums with everything that stores ask for."),
            gettext_lazy("Add a release"),
            ("title", "artist_line", "upc"),
            ("artist",),
        ),
        Kind(
            "book",
            "books",
            Book,
            None,
            "book",
            gettext_lazy("Books"),
            gettext_lazy("Editions with everything that shops and libraries ask for."),
            gettext_lazy("Add a book"),
            ("title", "author_line", "isbn13"),
            ("author",),
        ),
        Kind(
            "artist",
            "artists",
            Artist,
            ArtistForm,
            "users",
            gettext_lazy("Artists and authors"),
            gettext_lazy("Who stands on the covers, with the facts that texts may claim about them."),
            gettext_lazy("Add an artist or author"),
            ("name", "about"),
            ("voice",),
        ),
        Kind(
            "event",
            "events",
            Event,
            EventForm,
            "calendar-event",
            gettext_lazy("Events"),
            gettext_lazy("Concerts, readings and fairs, the latest first."),
            gettext_lazy("Add an event"),
            ("title", "venue", "city", "artist__name"),
            ("artist",),
        ),
        Kind(
            "voice",
            "voices",
            BrandVoice,
            VoiceForm,
            "message-2",
            gettext_lazy("Brand voices"),
            gettext_lazy("How the label, an imprint or an artist speaks; texts follow the voice of their entry."),
            gettext_lazy("Add a voice"),
            ("name", "tone"),
            facts=False,
        ),
    )
}


def search_words(request: DeskRequest) -> str:
    """What somebody looks for."""
    return request.GET.get("q", "").replace("\x00", "").strip()[:200]


def matching(rows: QuerySet[Any], columns: tuple[str, ...], words: str) -> QuerySet[Any]:
    """The rows that have every word in one of these columns."""
    for word in words.split():
        anywhere = Q()
        for column in columns:
            anywhere |= Q(**{f"{column}__icontains": word})
        rows = rows.filter(anywhere)
    return rows


def _kind(slug: str) -> Kind:
    if slug not in KINDS:
        raise Http404
    return KINDS[slug]


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def entries(request: DeskRequest, kind: str) -> HttpResponse:
    """The entries of a kind, searched, page by page."""
    known = _kind(kind)
    words = search_words(request)
    rows = matching(known.model.objects.select_related(*known.joined), known.searched, words)
    page = Paginator(rows, ROWS_A_PAGE).get_page(request.GET.get("page"))
    scores = {one.pk: report_of(kind, record_of(one)).score for one in page} if kind in RULES_OF else {}
    shown = {
        "kind": known,
        "rows": [(one, scores.get(one.pk)) for one in page],
        "has_records": kind in RULES_OF,
        "page": page,
        "words": words,
        "any": page.paginator.count > 0 or (bool(words) and known.model.objects.exists()),
        "draft_sent": _draft_sent(request),
    }
    return render(request, "catalogue/list.html#found" if request.htmx else "catalogue/list.html", shown)


@requires(Permission.MAKE)
@require_GET
@never_cache
def picks(request: DeskRequest) -> HttpResponse:
    """Entries of any kind to write about, by some of their words."""
    page = request.GET.get("page", "")
    shown = {
        "picks": promoting.find_entries(search_words(request), MOST_PICKS),
        "page": page if page in BRIEFS else "posts",
    }
    return render(request, "catalogue/picks.html", shown)


def _draft_sent(request: DeskRequest) -> str:
    """Which of the browser's drafts has been stored and may be forgotten."""
    sent = request.GET.get("saved", "")
    return f"prometheus-draft:{request.user.pk}:{sent}." if _DRAFT.fullmatch(sent) else ""


def draft_slug(kind: str, number: int | None) -> str:
    """Under which name an unsaved form is kept."""
    return f"entry-{kind}-{number or 'new'}"


def typed_into(form: type[Any], data: MultiValueDict[str, str]) -> dict[str, Any]:
    """What stands in a form now, valid or not, fit for a JSON column of either database."""
    names = form.base_fields
    return {name: storable(data.get(name, "")) for name in names}


def drop_draft(request: DeskRequest, slug: str) -> None:
    """Forget what was kept of a form: it has been stored, or it is not wanted any more."""
    Brief.objects.filter(owner=request.user, content_type=slug).delete()


def _find(known: Kind, number: int | None) -> Model | None:
    if number is None:
        return None
    found: Model = get_object_or_404(known.model, pk=number)
    return found


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def entry(request: DeskRequest, kind: str, number: int | None = None) -> HttpResponse:
    """One entry's form. What was typed and not stored is there again, whatever happened in between."""
    known = _kind(kind)
    if known.form is None:
        raise Http404
    found = _find(known, number)
    slug = draft_slug(kind, number)
    if request.method == "POST":
        form = known.form(request.POST, instance=found)
        if form.is_valid():
            form.save()
            drop_draft(request, slug)
            messages.success(request, _("Saved."))
            answer = redirect(known.many)
            answer["Location"] += f"?saved={slug}"
            return answer
        services.save_brief(request.user, slug, typed_into(known.form, request.POST))
        return _entry_page(request, known, form, slug)
    kept: Mapping[str, Any] = services.open_brief(request.user, slug)
    return _entry_page(request, known, known.form(instance=found, initial=dict(kept)), slug, restored=bool(kept))


def _entry_page(
    request: DeskRequest, known: Kind, form: forms.BaseModelForm[Any], slug: str, *, restored: bool = False
) -> HttpResponse:
    saved = Brief.objects.filter(owner=request.user, content_type=slug).first()
    shown = {
        "kind": known,
        "form": form,
        "entry": form.instance if form.instance.pk else None,
        "draft": slug,
        "saved_at": saved.updated_at if saved else None,
        "restored": restored,
    }
    return render(request, "catalogue/entry.html", shown, status=422 if form.errors else 200)


@requires(Permission.MAKE)
@require_POST
def entry_keep(request: DeskRequest, kind: str, number: int | None = None) -> HttpResponse:
    """Keep the form as it stands, without storing the entry."""
    known = _kind(kind)
    if known.form is None:
        raise Http404
    brief = services.save_brief(request.user, draft_slug(kind, number), typed_into(known.form, request.POST))
    return render(request, "catalogue/entry.html#saved", {"saved_at": brief.updated_at})


@requires(Permission.MAKE)
@require_POST
def entry_discard(request: DeskRequest, kind: str, number: int | None = None) -> HttpResponse:
    """Put the form back to what is stored."""
    slug = draft_slug(kind, number)
    drop_draft(request, slug)
    answer = redirect(_kind(kind).many)
    answer["Location"] += f"?saved={slug}"
    return answer


@requires(Permission.MAKE)
@require_POST
def entry_delete(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """Delete an entry with its facts; what hangs on it otherwise stays without it."""
    known = _kind(kind)
    found = _find(known, number)
    if found is None:
        raise Http404
    name = str(found)
    found.delete()
    drop_draft(request, draft_slug(kind, number))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": name})
    return redirect(known.many)
