"""The pages of releases and books: a form that is checked live, fixes at one click, exports, a check of all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST, require_safe

from marketing import duplicates, record_forms, records, services
from marketing.catalogue_views import KINDS, draft_slug, drop_draft
from marketing.exchange.kdp import as_kdp
from marketing.exchange.tracks import as_tracks
from marketing.metadata.checking import Report, fixed
from marketing.metadata.rules import BOOKS, MUSIC, Destination
from marketing.models import Artist, Book, Brief, Job, Release
from marketing.views import DeskRequest, visible_jobs
from providers.access import Permission, requires

Entry = Release | Book
CHECK = "catalogue-check"
_DESTINATIONS: dict[Destination, str | Promise] = {
    Destination.APPLE: "Apple Music",
    Destination.SPOTIFY: "Spotify",
    Destination.DISTRIBUTORS: gettext_lazy("distributors"),
    Destination.KDP: "Amazon KDP",
    Destination.EMPIK: "Empik",
    Destination.LIBRARIES: gettext_lazy("libraries"),
}
_CSV, _XML, _JSON = "text/csv; charset=utf-8", "application/xml", "application/x-ndjson"
Writer = Callable[[list[dict[str, Any]]], str | bytes]
EXPORTS: dict[str, dict[str, tuple[str | Promise, Writer, str, str]]] = {
    "release": {
        "csv": (gettext_lazy("Distributor’s table"), as_tracks, _CSV, "csv"),
        "json": ("JSON", records.as_json, _JSON, "jsonl"),
    },
    "book": {
        "onix": ("ONIX 3.0", records.as_onix, _XML, "xml"),
        "kdp": (gettext_lazy("KDP sheet"), as_kdp, _CSV, "csv"),
        "json": ("JSON", records.as_json, _JSON, "jsonl"),
    },
}


def destinations(kind: str) -> list[tuple[str, str | Promise]]:
    """Where entries of a kind may go, with names."""
    wanted = MUSIC if kind == "release" else BOOKS
    return [(one.value, name) for one, name in _DESTINATIONS.items() if one in wanted]


def _destination(kind: str, typed: str) -> Destination | None:
    return Destination(typed) if typed in dict(destinations(kind)) else None


def _find(kind: str, number: int | None) -> Entry | None:
    if kind not in records.KINDS:
        raise Http404
    return get_object_or_404(records.KINDS[kind], pk=number) if number is not None else None


@requires(Permission.USE_DESK)
@require_safe
@never_cache
def record(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """One release or book; what was typed and not stored is there again."""
    return _open(request, kind, _find(kind, number))


@requires(Permission.MAKE)
@require_safe
@never_cache
def record_new(request: DeskRequest, kind: str) -> HttpResponse:
    """An empty form for a release or book, or what was typed last."""
    return _open(request, kind, _find(kind, None))


def _open(request: DeskRequest, kind: str, entry: Entry | None) -> HttpResponse:
    kept = services.open_brief(request.user, draft_slug(kind, entry.pk if entry else None))
    stored = records.record_of(entry) if entry else {}
    return _page(request, kind, entry, kept or stored, restored=bool(kept))


@requires(Permission.MAKE)
@require_POST
def record_change(request: DeskRequest, kind: str, number: int | None = None) -> HttpResponse:
    """Store it, or do what another button says. Each sends the whole form, so nothing that was typed is lost."""
    entry = _find(kind, number)
    slug = draft_slug(kind, number)
    typed = record_forms.read(kind, request.POST, records.record_of(entry) if entry else {})
    wish = request.POST.get("do", "")
    if wish == "save":
        return _save(request, kind, entry, typed)
    destination = _destination(kind, request.POST.get("destination", ""))
    if wish == "fix-all":
        typed, _made = fixed(records.RULES_OF[kind], typed, records.known(records.RULES_OF[kind]))
    else:
        typed = record_forms.changed(kind, typed, wish, records.report_of(kind, typed, destination).findings)
    services.save_brief(request.user, slug, typed)
    return _page(request, kind, entry, typed)


@requires(Permission.MAKE)
@require_POST
def record_check(request: DeskRequest, kind: str, number: int | None = None) -> HttpResponse:
    """What the rules say of the form as it stands; it is kept on the way."""
    entry = _find(kind, number)
    typed = record_forms.read(kind, request.POST, records.record_of(entry) if entry else {})
    services.save_brief(request.user, draft_slug(kind, number), typed)
    shown = _checked(kind, entry, typed, request.POST.get("destination", ""))
    return render(request, "catalogue/record.html#panel", shown)


def _save(request: DeskRequest, kind: str, entry: Entry | None, typed: dict[str, Any]) -> HttpResponse:
    typed = record_forms.without_empty_rows(kind, typed)
    if not str(typed.get("title") or "").strip():
        services.save_brief(request.user, draft_slug(kind, entry.pk if entry else None), typed)
        return _page(request, kind, entry, typed, error=_("The title is missing. Nothing was stored; fill it in."))
    kept = entry or records.KINDS[kind]()
    kept.record = typed
    kept.save()
    _join_artist(kept)
    drop_draft(request, draft_slug(kind, entry.pk if entry else None))
    messages.success(request, _("Saved."))
    if twins := _twins(kind, kept, typed):
        named = ", ".join(f"“{one}”" for one in twins)
        messages.warning(request, _("It looks like an entry that is there already: %(which)s.") % {"which": named})
    return redirect(kind, number=kept.pk)


def _join_artist(entry: Entry) -> None:
    """Tie an entry to the act or author of its name, where the catalogue has exactly that."""
    if isinstance(entry, Release) and entry.artist_line and not entry.artist:
        entry.artist = Artist.objects.filter(name=entry.artist_line, kind=Artist.Kind.ARTIST).first()
    elif isinstance(entry, Book) and entry.author_line and not entry.author:
        entry.author = Artist.objects.filter(name=entry.author_line, kind=Artist.Kind.AUTHOR).first()
    else:
        return
    entry.save()


def _page(
    request: DeskRequest,
    kind: str,
    entry: Entry | None,
    typed: Mapping[str, Any],
    *,
    restored: bool = False,
    error: str = "",
) -> HttpResponse:
    chosen = request.POST.get("destination", request.GET.get("destination", ""))
    slug = draft_slug(kind, entry.pk if entry else None)
    saved = Brief.objects.filter(owner=request.user, content_type=slug).first()
    checked = _checked(kind, entry, typed, chosen)
    shown = {
        **checked,
        "known": KINDS[kind],
        "sections": record_forms.shown(kind, typed, checked["report"].findings),
        "destinations": destinations(kind),
        "destination": chosen,
        "saved_at": saved.updated_at if saved else None,
        "draft": slug,
        "restored": restored,
        "error": error,
        "exports": [(form, export[0]) for form, export in EXPORTS[kind].items()],
    }
    part = "catalogue/record.html#form" if request.htmx and request.method == "POST" else "catalogue/record.html"
    return render(request, part, shown, status=422 if error else 200)


def _checked(kind: str, entry: Entry | None, typed: Mapping[str, Any], destination: str) -> dict[str, Any]:
    report: Report = records.report_of(kind, typed, _destination(kind, destination))
    costs = report.costs()
    first = next(iter(costs), "")
    return {
        "kind": kind,
        "entry": entry,
        "change_url": reverse("record_change", args=[kind, entry.pk] if entry else [kind]),
        "report": report,
        "fixable": any(one.fault.fix for one in report.findings),
        "best": next((one for one in report.findings if one.rule.id == first), None),
        "best_points": costs.get(first, 0),
        "twins": _twins(kind, entry, typed),
    }


def _twins(kind: str, entry: Entry | None, typed: Mapping[str, Any]) -> list[Entry]:
    """Entries that may be the same one: the same code, or nearly the same title by the same people."""
    return duplicates.twins_of(kind, typed, entry.pk if entry else None)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def export(request: DeskRequest, kind: str, form: str, number: int | None = None) -> HttpResponse:
    """One entry, or the whole catalogue of its kind, as a file. What a store's own schema refuses is not given out."""
    entry = _find(kind, number)
    if form not in EXPORTS[kind]:
        raise Http404
    _label, write, content_type, ending = EXPORTS[kind][form]
    entries = [entry] if entry else list(records.KINDS[kind].objects.order_by("pk"))
    try:
        content = write([records.record_of(one) for one in entries])
    except ValueError as refused:
        messages.error(request, _("Not exported: the schema refuses it (%(why)s).") % {"why": refused})
        return redirect(kind, number=entry.pk) if entry else redirect(KINDS[kind].many)
    name = f"{slugify(str(entry)) or kind}-{form}.{ending}" if entry else f"{KINDS[kind].many}-{form}.{ending}"
    return HttpResponse(
        content, content_type=content_type, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )


@requires(Permission.MAKE)
@require_POST
def check_all(request: DeskRequest, kind: str) -> HttpResponse:
    """Check every entry of a kind, as a job with one progress bar."""
    _find(kind, None)
    total = records.KINDS[kind].objects.count()
    destination = request.POST.get("destination", "")
    brief = {"kind": kind, "destination": destination if _destination(kind, destination) else ""}
    job = services.request_long_work(
        request.user, CHECK, _("Check: %(what)s") % {"what": KINDS[kind].heading}, brief, total=total
    )
    return redirect("job", job.pk)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def check_report(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """What the check of a whole catalogue found, the worst first."""
    job = get_object_or_404(visible_jobs(request.user), pk=job_id, content_type=CHECK, state=Job.State.DONE)
    kind = KINDS[job.brief["kind"]]
    return render(request, "catalogue/check_report.html", {"job": job, "kind": kind, **job.result})
