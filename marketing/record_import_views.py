"""Importing whole records: choose a file, see what storing it would do, store it, read the report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods

from marketing import services
from marketing.exchange import files, storing
from marketing.longwork.records_import import RecordsImport
from marketing.metadata.checking import BOOKS_OF_RULES
from marketing.metadata.fields import sections
from marketing.models import RecordFile
from marketing.records import RULES_OF
from marketing.views import DeskRequest, visible_jobs
from providers.access import Permission, requires

# As many records are judged while somebody waits; storing judges them all.
PREVIEWED_PARTS = 5
SHOWN_ROWS = 200
_FORGOTTEN_AFTER = timedelta(days=3)
FORMS: dict[str, str | Promise] = {
    "onix": "ONIX 3.0",
    "kdp": gettext_lazy("KDP sheet"),
    "tracks": gettext_lazy("Distributor’s table"),
    "json": "JSON",
}
KINDS: dict[str, str | Promise] = {"release": gettext_lazy("Releases"), "book": gettext_lazy("Books")}
_FILE_FAULTS: dict[str, str | Promise] = {
    "none": gettext_lazy("No file is chosen. Choose an ONIX, CSV or JSON file."),
    "too_large": gettext_lazy("The file is larger than 60 MB. Split it."),
    "too_many_records": gettext_lazy("The file has more than 20,000 records. Split it."),
    "no_table": gettext_lazy("This is neither ONIX nor CSV nor JSON. Export it as one of these and choose that file."),
    "empty": gettext_lazy("There are no records in the file."),
    "no_onix": gettext_lazy("This is no ONIX 3.0 message that can be read. %(said)s"),
    "no_json": gettext_lazy(
        "There is no record in this JSON. Write a list of records, or one record a line, in UTF-8."
    ),
    "unknown_kind": gettext_lazy(
        "It is not clear whether these are releases or books. Releases have tracks, books have isbn13."
    ),
    "unknown_table": gettext_lazy(
        "The columns are neither those of a KDP sheet nor of a distributor’s table. A short table of titles goes"
        " through “Import a table”."
    ),
    "columns": gettext_lazy("Columns of the distributor’s table are missing: %(said)s."),
}
_FAULTS: dict[str, str | Promise] = {
    "missing": gettext_lazy("is missing"),
    "too_long": gettext_lazy("is too long"),
    "bad_code": gettext_lazy("is no such code; compare it with the cover"),
    "too_large": gettext_lazy("the record is larger than 200 kB"),
    "no_list": gettext_lazy("must be a list"),
    "too_many_rows": gettext_lazy("has more than 200 rows"),
    "no_yes": gettext_lazy("must be true or false"),
    "no_text": gettext_lazy("must be text"),
    "bad_number": gettext_lazy("is no number that can be stored"),
    "too_deep": gettext_lazy("has lists within lists too deep"),
    "no_record": gettext_lazy("this is no record"),
    "repeated": gettext_lazy("comes again; the first one counts"),
    "deletes": gettext_lazy("a notice of deletion; delete the book by hand if that is meant"),
    "ambiguous": gettext_lazy("several entries have this title and these people; give the entry its code first"),
}
_OUTCOMES: dict[str, str | Promise] = {
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("changes"),
    "same": gettext_lazy("is there already"),
    "wrong": gettext_lazy("left out"),
}


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def upload(request: DeskRequest) -> HttpResponse:
    """Choose a file; it is read at once, and nothing is stored in the catalogue yet."""
    shown: dict[str, Any] = {"forms": FORMS}
    if request.method == "POST":
        try:
            kept = _kept(request, request.FILES.get("file"))
        except files.FileError as wrong:
            fault = str(_FILE_FAULTS[wrong.code])
            shown["fault"] = fault % {"said": wrong.said} if "%(said)s" in fault else fault
            return render(request, "catalogue/records_import.html", shown, status=422)
        return redirect("record_import_file", kept.pk)
    return render(request, "catalogue/records_import.html", shown)


def _kept(request: DeskRequest, file: object) -> RecordFile:
    """The uploaded file, read. Raises FileError for nothing, and for what cannot be used."""
    if not isinstance(file, UploadedFile):
        raise files.FileError("none")
    if (file.size or 0) > files.MOST_BYTES:
        raise files.FileError("too_large")
    content: bytes = file.read()
    reading = files.read(content)
    # What the same person uploaded days ago and never stored is of no more use.
    old = timezone.now() - _FORGOTTEN_AFTER
    RecordFile.objects.filter(owner=request.user, imported_at=None, created_at__lt=old).delete()
    return storing.keep_file(str(file.name or "")[:200], content, reading, request.user.pk)


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def preview(request: DeskRequest, number: int) -> HttpResponse:
    """What the file was taken for and what storing it would do; then store it, or drop it."""
    file = get_object_or_404(RecordFile, pk=number, owner=request.user, imported_at=None)
    if request.method == "POST":
        if request.POST.get("step") == "store":
            return _store(request, file)
        file.delete()
        return redirect("record_import")
    verdicts: list[storing.Verdict] = []
    for position, entries in storing.batches(file):
        if position == PREVIEWED_PARTS:
            break
        verdicts += storing.judge(file.kind, file.form, entries, store=False)
    shown = _told(file.kind, [asdict(one) for one in verdicts])
    shown |= {"file": file, "form_name": FORMS[file.form], "kind_name": KINDS[file.kind]}
    shown |= {"looked_at": len(verdicts), "whole": len(verdicts) == file.records}
    shown["usable"] = not shown["whole"] or any(one.outcome in {"new", "changed"} for one in verdicts)
    return render(request, "catalogue/records_preview.html", shown)


def _store(request: DeskRequest, file: RecordFile) -> HttpResponse:
    title = _("Import: %(name)s") % {"name": file.name}
    brief = {"file": file.pk, "form": file.form, "kind": file.kind}
    job = services.request_long_work(request.user, RecordsImport.slug, title, brief, total=max(1, file.records))
    return redirect("job", job.pk)


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def report(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """What became of the records, and which rules they break."""
    job = get_object_or_404(visible_jobs(request.user), pk=job_id, content_type=RecordsImport.slug)
    kind = job.brief["kind"]
    shown = _told(kind, job.result.get("told", []), Counter(job.result.get("counts", {})))
    shown |= {"job": job, "kind": kind, "form_name": FORMS[job.brief["form"]], "kind_name": KINDS[kind]}
    shown["rules"] = [(_rule(kind, rule), count) for rule, count in job.result.get("rules", [])]
    return render(request, "catalogue/records_report.html", shown)


def _told(kind: str, rows: list[dict[str, Any]], counts: Counter[str] | None = None) -> dict[str, Any]:
    """The sums and the records that fit on a page, those left out first."""
    sums = counts or Counter(row["outcome"] for row in rows)
    first = sorted(rows, key=lambda row: row["outcome"] != "wrong")[:SHOWN_ROWS]
    return {
        "rows": [_line(kind, row) for row in first],
        "counts": [(_OUTCOMES[name], name, sums[name]) for name in _OUTCOMES if sums[name]],
        "hidden": sum(sums.values()) - len(first),
    }


def _line(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """A record of the report in words."""
    fault = str(_FAULTS.get(row["code"], ""))
    return {
        **row,
        "said": _OUTCOMES[row["outcome"]],
        "fault": f"{_labels(kind, [row['column']])}: {fault}" if fault and row["column"] else fault,
        "fields": _labels(kind, row["changed"]),
        "rules": [_rule(kind, one) for one in row["rules"]],
    }


def _rule(kind: str, number: str) -> tuple[str, str]:
    """A rule's number, and its words without the places that a finding fills."""
    rule = BOOKS_OF_RULES[RULES_OF[kind]].rules[number]
    return number, str(rule.words) % _Dots() if "%(" in str(rule.words) else str(rule.words)


class _Dots(dict[str, str]):
    """Three dots for whatever a finding would say."""

    def __missing__(self, name: str) -> str:
        return "…"


def _labels(kind: str, names: Iterable[str]) -> str:
    """Fields as the form calls them; one that it does not show by its own name."""
    labels = {one.name: str(one.label) for section in sections(kind) for one in section.fields}
    return ", ".join(labels.get(name, name) for name in names)
