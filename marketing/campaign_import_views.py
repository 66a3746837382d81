"""Importing export files: choose one, see what it was taken for, map what it does not say, store it."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
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
from marketing.campaigns import cells, reading
from marketing.campaigns.layouts import FIELDS, LAYOUTS
from marketing.campaigns.storing import Storing, keep_file, pieces_of
from marketing.longwork.campaign_import import MOST_TOLD, CampaignImport
from marketing.models import CampaignFile, CampaignFilePiece, CampaignLayout
from marketing.views import DeskRequest, visible_jobs
from providers.access import Permission, requires

MOST_BYTES = 300_000_000
SHOWN_ROWS = 12
_FORGOTTEN_AFTER = timedelta(days=3)
SHOWN_FAULTS = 200
SOURCES = {one.slug: one.name.partition(",")[0] for one in LAYOUTS}
FIELD_NAMES: dict[str, str | Promise] = {
    "campaign": gettext_lazy("Campaign"),
    "campaign_id": gettext_lazy("Campaign number"),
    "account": gettext_lazy("Account"),
    "adset": gettext_lazy("Ad set or group"),
    "ad": gettext_lazy("Ad"),
    "ad_id": gettext_lazy("Ad number"),
    "audience": gettext_lazy("Audience"),
    "creative": gettext_lazy("Creative or placement"),
    "breakdown": gettext_lazy("Other breakdown"),
    "currency": gettext_lazy("Currency"),
    "conversion_type": gettext_lazy("Kind of conversion"),
    "day": gettext_lazy("Day"),
    "period_start": gettext_lazy("Period from"),
    "period_end": gettext_lazy("Period to"),
    "impressions": gettext_lazy("Impressions"),
    "reach": gettext_lazy("Reach"),
    "clicks": gettext_lazy("Clicks"),
    "views": gettext_lazy("Views or streams"),
    "spend": gettext_lazy("Spend"),
    "revenue": gettext_lazy("Revenue"),
    "conversions": gettext_lazy("Conversions"),
    "spend_micros": gettext_lazy("Spend in millionths"),
}
_FILE_FAULTS: dict[str, str | Promise] = {
    "none": gettext_lazy("No file is chosen. Choose the export as CSV."),
    "too_large": gettext_lazy("The file is larger than 300 MB. Split it by months."),
    "no_table": gettext_lazy("This is no CSV file. Export the report as CSV and choose that file."),
    "workbook": gettext_lazy("This is an Excel workbook. Save its sheet as “CSV UTF-8” and choose that file."),
    "no_header": gettext_lazy("No line of the first thirty names columns. Export the report with its headings."),
    "empty": gettext_lazy("The file has no rows under its headings."),
}
_ROW_FAULTS: dict[str, str | Promise] = {
    "total": gettext_lazy("a total, not counted twice"),
    "bad_day": gettext_lazy("is no date"),
    "bad_number": gettext_lazy("is no number"),
    "nameless": gettext_lazy("names no campaign"),
    "no_numbers": gettext_lazy("has no numbers"),
    "no_currency": gettext_lazy("has money and no currency"),
    "repeated": gettext_lazy("comes again further down; the last one counts"),
}
_OUTCOMES: dict[str, str | Promise] = {
    "new": gettext_lazy("new"),
    "changed": gettext_lazy("updated"),
    "same": gettext_lazy("unchanged"),
    "total": gettext_lazy("totals"),
    "repeated": gettext_lazy("repeated"),
    "wrong": gettext_lazy("left out"),
}


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def upload(request: DeskRequest) -> HttpResponse:
    """Choose a file; what was uploaded and not stored is listed."""
    shown: dict[str, Any] = {"sources": dict.fromkeys(SOURCES.values())}
    if request.method == "POST":
        file = request.FILES.get("file")
        try:
            kept = _kept(request, file)
            reading.recognise(pieces_of(kept))
        except reading.UnreadableError as fault:
            return render(request, "campaigns/import.html", {**shown, "fault": _FILE_FAULTS[fault.code]}, status=422)
        return redirect("campaign_import_file", kept.pk)
    return render(request, "campaigns/import.html", shown)


def _kept(request: DeskRequest, file: object) -> CampaignFile:
    """The uploaded file, stored. Raises UnreadableError for nothing, and for more than is taken."""
    if not isinstance(file, UploadedFile):
        raise reading.UnreadableError("none")
    if (file.size or 0) > MOST_BYTES:
        raise reading.UnreadableError("too_large")
    # What the same person uploaded days ago and never stored is of no more use.
    old = timezone.now() - _FORGOTTEN_AFTER
    CampaignFile.objects.filter(owner=request.user, imported_at=None, created_at__lt=old).delete()
    return keep_file(str(file.name or "")[:200], file.chunks(), request.user.pk)


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def mapping(request: DeskRequest, number: int) -> HttpResponse:
    """What the file was taken for, a preview, and the questions it leaves open."""
    file = get_object_or_404(CampaignFile, pk=number, owner=request.user)
    if not file.pieces.exists():
        return redirect("campaign_import")
    found = reading.recognise(pieces_of(file))
    signature = _signature(found.shape)
    remembered = CampaignLayout.objects.filter(signature=signature).first()
    choices, missing = found.choices, list(found.open)
    if not found.layout:
        choices = replace(choices, columns=reading.guessed_columns(found.shape.headings))
    if not found.layout and remembered:
        choices, missing = reading.Choices.of(remembered.choices), [one for one in missing if one != "columns"]
    if "title" in missing:
        choices = replace(choices, title=_title_in(file.name))
    if request.method == "POST":
        choices = _asked(request, choices)
        missing = _open(choices, found)
        if not missing and request.POST.get("step") == "store":
            return _store(request, file, found, choices, signature)
    return render(request, "campaigns/mapping.html", _shown(file, found, choices, missing))


def _signature(shape: reading.Shape) -> str:
    names = sorted(cells.plain(one) for one in shape.headings)
    return hashlib.sha256("\0".join(names).encode()).hexdigest()


def _title_in(name: str) -> str:
    """The song's title as Spotify puts it into a file's name: `Title-timeline.csv`."""
    return name.rpartition(".")[0].removesuffix("-timeline").strip()[:200]


def _asked(request: DeskRequest, before: reading.Choices) -> reading.Choices:
    """The choices as the page sent them."""
    sent = request.POST
    columns = tuple(
        wanted if (wanted := sent.get(f"column-{place}", name)) in FIELDS else ""
        for place, name in enumerate(before.columns)
    )
    source = sent.get("source", before.source)
    currency = sent.get("currency", before.currency).strip().upper()
    return reading.Choices(
        source if source in {*SOURCES, "other"} else before.source,
        columns,
        "," if sent.get("sign", before.sign) == "," else ".",
        "mdy" if sent.get("order", before.order) == "mdy" else "dmy",
        currency if len(currency) == 3 and currency.isascii() and currency.isalpha() else "",  # noqa: PLR2004 - ISO 4217
        sent.get("title", before.title).strip()[:300],
        sent.get("account", before.account).strip()[:120],
    )


def _open(choices: reading.Choices, found: reading.Recognition) -> list[str]:
    """What must still be said before the file can be stored."""
    named = {"campaign", "campaign_id"} & set(choices.columns) or choices.title
    measured = {"impressions", "clicks", "views", "reach", "spend", "spend_micros", "revenue", "conversions"}
    missing = [] if named else ["title"]
    if not measured & set(choices.columns):
        missing.append("columns")
    if {"spend", "revenue", "spend_micros"} & set(choices.columns) and not choices.currency:
        missing += [] if "currency" in choices.columns else ["currency"]
    numbers = [one for one in choices.columns if one and one not in {"audience", "breakdown"}]
    if len(numbers) != len(set(numbers)):
        missing.append("twice")
    return missing if found.shape.headings else ["columns"]


def _store(
    request: DeskRequest, file: CampaignFile, found: reading.Recognition, choices: reading.Choices, signature: str
) -> HttpResponse:
    if not found.layout:
        kept = {"name": file.name[:120], "choices": replace(choices, title="").kept()}
        CampaignLayout.objects.update_or_create(signature=signature, defaults=kept)
    shape = found.shape
    brief = {
        "file": file.pk,
        "shape": {
            "encoding": shape.encoding,
            "separator": shape.separator,
            "heading_line": shape.heading_line,
            "headings": list(shape.headings),
        },
        "choices": choices.kept(),
    }
    title = _("Import: %(name)s") % {"name": file.name}
    job = services.request_long_work(request.user, CampaignImport.slug, title, brief, total=max(1, file.lines))
    return redirect("job", job.pk)


def _shown(
    file: CampaignFile, found: reading.Recognition, choices: reading.Choices, missing: list[str]
) -> dict[str, Any]:
    rows = list(islice(reading.rows(pieces_of(file), found.shape, choices), reading.SAMPLED_ROWS))
    told = Storing(choices.source, None).preview(rows)
    used = [name for name in FIELD_NAMES if any(row.values.get(name) not in {None, ""} for row in rows[:200])]
    return {
        "file": file,
        "found": found,
        "source_name": SOURCES.get(choices.source, ""),
        "choices": choices,
        "missing": missing,
        "sources": SOURCES,
        "columns": [
            (place, heading, name)
            for place, (heading, name) in enumerate(zip(found.shape.headings, choices.columns, strict=True))
        ],
        "field_names": FIELD_NAMES,
        "used": [FIELD_NAMES[name] for name in used],
        "rows": [(row.line, [row.values.get(name) for name in used]) for row in rows if not row.code][:SHOWN_ROWS],
        "faults": [_fault(*one) for one in told.left_out][:SHOWN_ROWS],
        "counts": _counts(told.counts),
        "sampled": len(rows),
        "whole": len(rows) < reading.SAMPLED_ROWS,
        "asks_order": "order" in found.open,
        "asks_title": "title" in missing or bool(choices.title),
        "dayless": not any(row.values.get("day") for row in rows),
    }


def _counts(counts: dict[str, int]) -> list[tuple[str | Promise, str, int]]:
    return [(_OUTCOMES[name], name, counts[name]) for name in _OUTCOMES if counts.get(name)]


def _fault(line: int, code: str, column: str) -> tuple[int, str]:
    words = str(_ROW_FAULTS[code])
    return line, f"{column}: {words}" if column else words


@requires(Permission.MAKE)
@require_http_methods(["POST"])
def drop(request: DeskRequest, number: int) -> HttpResponse:
    """Forget an uploaded file that was not stored."""
    file = get_object_or_404(CampaignFile, pk=number, owner=request.user, imported_at=None)
    CampaignFilePiece.objects.filter(file=file).delete()
    file.delete()
    messages.info(request, _("The file is dropped; nothing was stored."))
    return redirect("campaign_import")


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def report(request: DeskRequest, job_id: UUID) -> HttpResponse:
    """What became of the rows."""
    job = get_object_or_404(visible_jobs(request.user), pk=job_id, content_type=CampaignImport.slug)
    left_out = job.result.get("left_out", [])
    shown = {
        "job": job,
        "source_name": SOURCES.get(job.brief["choices"]["source"], ""),
        "counts": _counts(job.result.get("counts", {})),
        "faults": [_fault(*one) for one in left_out[:SHOWN_FAULTS]],
        "capped": len(left_out) >= MOST_TOLD,
        "hidden": max(0, len(left_out) - SHOWN_FAULTS),
    }
    return render(request, "campaigns/import_report.html", shown)
