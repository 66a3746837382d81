"""Importing a table into the catalogue: choose a file, see what it would do, store it, read the report."""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from marketing import importing, services
from marketing.catalogue_views import drop_draft
from marketing.importing import COLUMNS, UnreadableError, Verdict
from marketing.longwork.catalogue_import import CatalogueImport
from marketing.views import DeskRequest, visible_jobs
from providers.access import Permission, requires

SHOWN_ROWS = 200
DRAFT = "import"
KINDS: dict[str, str | Promise] = {
    "artist": gettext_lazy("Artists and authors"),
    "event": gettext_lazy("Events"),
    "release": gettext_lazy("Releases"),
    "book": gettext_lazy("Books"),
}
_FILE_FAULTS: dict[str, str | Promise] = {
    "none": gettext_lazy("No file is chosen. Choose a CSV file."),
    "too_large": gettext_lazy("The file is larger than 2 MB. Split it."),
    "too_many_rows": gettext_lazy("The file has more than 5,000 rows. Split it."),
    "no_table": gettext_lazy("This is no CSV file. Save the table as “CSV UTF-8” and choose that file."),
    "no_header": gettext_lazy("The first line must name the columns. Begin with the example file."),
    "empty": gettext_lazy("The file has no rows under its first line."),
}
_ROW_FAULTS: dict[str, str | Promise] = {
    "missing": gettext_lazy("is missing"),
    "too_long": gettext_lazy("is too long"),
    "bad_kind": gettext_lazy("must be “artist” or “author”"),
    "bad_link": gettext_lazy("is no web address"),
    "bad_date": gettext_lazy("is no date; write it as 2026-07-03, an event as 2026-07-03 19:00"),
    "bad_number": gettext_lazy("has the wrong number of digits"),
    "bad_check_digit": gettext_lazy("has a wrong check digit; compare it with the cover"),
}
_OUTCOMES: dict[str, str | Promise] = {
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changes"),
    "same": gettext_lazy("is there already"),
    "wrong": gettext_lazy("left out"),
}
_EXAMPLES = {
    "artist": "name,kind,about,link\nĆma i Gęślarze,artist,Kwartet z Łodzi,https://example.com/cma\n",
    "event": "title,starts,venue,city,artist,link\n"
    "Noc wydawców,2026-12-11 19:00,Zajezdnia,Wrocław,Ćma i Gęślarze,https://example.com/noc\n",
    "release": "title,artist,upc,date,link\n"
    "Żółte światło,Ćma i Gęślarze,5901234123457,2027-01-15,https://example.com/zolte-swiatlo\n",
    "book": "title,author,isbn,date,link\n"
    "The Lighthouse Keeper’s Index,Maria Zawada,9783161484100,2027-02-11,https://example.com/lighthouse\n",
}


def _line(verdict: Verdict) -> dict[str, Any]:
    """A row of the report in words."""
    fault = _ROW_FAULTS.get(verdict.code, "")
    return {
        "line": verdict.line,
        "name": verdict.name,
        "outcome": verdict.outcome,
        "said": _OUTCOMES[verdict.outcome],
        "fault": f"{verdict.column}: {fault}" if fault else "",
    }


def _told(verdicts: list[Verdict]) -> dict[str, Any]:
    """The sums and the rows that fit on a page, those left out first."""
    first = sorted(verdicts, key=lambda one: one.outcome != "wrong")[:SHOWN_ROWS]
    counts = Counter(one.outcome for one in verdicts)
    return {
        "rows": [_line(one) for one in first],
        "counts": [(_OUTCOMES[name], name, counts[name]) for name in _OUTCOMES if counts[name]],
        "hidden": len(verdicts) - len(first),
        "usable": counts["new"] + counts["changed"],
    }


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def upload(request: DeskRequest) -> HttpResponse:
    """Choose a file, then see what it would do. The read rows are kept until they are stored or dropped."""
    if request.method == "POST":
        answers = {"read": _read, "store": _store, "drop": _drop}
        return answers.get(request.POST.get("step", ""), _read)(request)
    kept = services.open_brief(request.user, DRAFT)
    shown: dict[str, Any] = {"kinds": KINDS, "chosen": request.GET.get("kind", "artist"), "columns": COLUMNS}
    if kept:
        shown |= {"kept": kept, "kind_name": KINDS[kept["kind"]]}
        shown |= _told(importing.preview(kept["rows"], kept["kind"]))
    return render(request, "catalogue/import.html", shown)


def _read(request: DeskRequest) -> HttpResponse:
    kind = request.POST.get("kind", "")
    if kind not in KINDS:
        raise Http404
    file = request.FILES.get("file")
    try:
        rows = importing.read(_content(file), kind)
    except UnreadableError as fault:
        shown = {"kinds": KINDS, "chosen": kind, "columns": COLUMNS, "fault": _FILE_FAULTS[fault.code]}
        return render(request, "catalogue/import.html", shown, status=422)
    name = str(getattr(file, "name", ""))[:120]
    services.save_brief(request.user, DRAFT, {"kind": kind, "name": name, "rows": rows})
    return redirect("catalogue_import")


def _content(file: object) -> bytes:
    """What was uploaded. Raises UnreadableError for nothing, and for more than is worth reading."""
    if not isinstance(file, UploadedFile):
        raise UnreadableError("none")
    if (file.size or 0) > importing.MOST_BYTES:
        raise UnreadableError("too_large")
    content: bytes = file.read()
    return content


def _store(request: DeskRequest) -> HttpResponse:
    kept = services.open_brief(request.user, DRAFT)
    if not kept:
        return redirect("catalogue_import")
    title = _("Import: %(name)s") % {"name": kept["name"]}
    brief = {"kind": kept["kind"], "rows": kept["rows"]}
    job = services.request_long_work(request.user, CatalogueImport.slug, title, brief, total=len(kept["rows"]))
    drop_draft(request, DRAFT)
    return redirect("job", job.pk)


def _drop(request: DeskRequest) -> HttpResponse:
    drop_draft(request, DRAFT)
    return redirect("catalogue_import")


@requires(Permission.USE_DESK)
@require_GET
def example(_request: DeskRequest, kind: str) -> HttpResponse:
    """A table to begin with, as spreadsheets open it."""
    if kind not in _EXAMPLES:
        raise Http404
    answer = HttpResponse("\ufeff" + _EXAMPLES[kind], content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{kind}.csv"'
    return answer


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def report(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """What became of every row."""
    job = get_object_or_404(visible_jobs(request.user), pk=job_id, content_type=CatalogueImport.slug)
    verdicts = [Verdict(*one) for one in job.result.get("told", [])]
    shown = {"job": job, "kind_name": KINDS[job.brief["kind"]], **_told(verdicts)}
    return render(request, "catalogue/import_report.html", shown)
