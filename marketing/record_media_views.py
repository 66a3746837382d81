"""A release's audio files and a cover beside the record: read, compared, and taken over where a person says so."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from marketing import records, services
from marketing.catalogue_views import KINDS, drop_draft
from marketing.exchange import recordings
from marketing.metadata import covers
from marketing.metadata.covers import UnreadableCoverError
from marketing.metadata.music.audio import Audio, UnreadableAudioError, read_audio
from marketing.models import Book, Release
from marketing.views import DeskRequest
from providers.access import Permission, requires

MOST_FILES = 60
# What a cover says in words is kept when its picture is another one.
_WORDS = frozenset({"title", "author"})
_FIELDS: dict[str, str | Promise] = {
    "title": gettext_lazy("Title"),
    "isrc": "ISRC",
    "duration_s": gettext_lazy("Length in seconds"),
    "artists": gettext_lazy("Artists"),
    "composers": gettext_lazy("Composers"),
}
_AUDIO_FAULTS: dict[str, str | Promise] = {
    "unknown": gettext_lazy("is no audio file that can be read; send MP3, M4A, FLAC, Ogg, WAV or AIFF"),
    "broken": gettext_lazy("breaks off or is damaged; export it again"),
}
_COVER_FAULTS: dict[str, str | Promise] = {
    "none": gettext_lazy("No picture is chosen. Choose a JPG or PNG."),
    "too_large": gettext_lazy("The picture is larger than 50 MB. Save it smaller."),
    "too_many_pixels": gettext_lazy("The picture has more than 100 million pixels. Save it smaller."),
    "unknown": gettext_lazy("This is no picture that can be read. Save it as JPG or PNG."),
    "broken": gettext_lazy("The picture breaks off or is damaged. Export it again."),
}
_REFUSED: dict[str, str | Promise] = {
    "small": gettext_lazy("It must have at least 3,000 × 3,000 pixels; make it from the original, not by stretching."),
    "not_square": gettext_lazy("It must be square."),
    "colour": gettext_lazy("It must be in RGB; convert it, CMYK is for print."),
    "format": gettext_lazy("It must be a JPG or PNG."),
    "small_book": gettext_lazy("It must have at least 1,000 × 625 pixels; 2,560 × 1,600 are best."),
    "too_wide": gettext_lazy("No side may be longer than 10,000 pixels."),
    "format_book": gettext_lazy("It must be a JPG or TIFF."),
}


@requires(Permission.MAKE)
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
def media(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """The page of an entry's files."""
    if kind not in records.KINDS:
        raise Http404
    entry: Release | Book = get_object_or_404(records.KINDS[kind], pk=number)
    if request.method != "POST":
        return render(request, "catalogue/media.html", _shown(request, kind, entry))
    step = request.POST.get("step", "")
    if step in {"cover", "no-cover"}:
        return _cover(request, kind, entry, step)
    if kind == "release" and step == "read":
        return _read(request, entry)
    if kind == "release" and step == "accept":
        return _accept(request, entry)
    drop_draft(request, _slug(entry))
    return redirect("record_media", kind, number)


def _slug(entry: Release | Book) -> str:
    return f"audio-{entry.pk}"


def _files(request: DeskRequest, entry: Release | Book) -> list[Audio]:
    kept = services.open_brief(request.user, _slug(entry)).get("files", [])
    return [Audio(**{**one, "composers": tuple(one["composers"])}) for one in kept]


def _shown(request: DeskRequest, kind: str, entry: Release | Book, **more: Any) -> dict[str, Any]:
    record = records.record_of(entry)
    found = record.get("cover")
    cover = found if isinstance(found, dict) and found.get("width") else None
    faults = (covers.release_faults if kind == "release" else covers.kdp_faults)(cover) if cover else []
    shown: dict[str, Any] = {
        "kind": KINDS[kind],
        "entry": entry,
        "cover": covers.said(cover) if cover else "",
        "cover_faults": [_REFUSED[one] for one in faults],
    }
    if kind == "release":
        shown |= _compared(request, entry, record)
    return shown | more


def _compared(request: DeskRequest, entry: Release | Book, record: dict[str, Any]) -> dict[str, Any]:
    kept = services.open_brief(request.user, _slug(entry))
    found = recordings.compare(record, _files(request, entry))
    tracks = [one for one in record.get("tracks") or [] if isinstance(one, dict)]
    titles = [str(one.get("title") or "–") for one in tracks]
    rows = [
        {
            "number": at + 1,
            "title": titles[at],
            "file": file,
            "differences": [(one, _FIELDS[one.field]) for one in found.differences if one.track == at],
        }
        for at, file in found.pairs
    ]
    return {
        "read": bool(kept),
        "rows": rows,
        "takeable": any(one.value is not None for one in found.differences),
        "strangers": found.strangers,
        "silent": [f"{at + 1}. {titles[at]}" for at in found.silent],
        "unread": [(name, _AUDIO_FAULTS[code]) for name, code in kept.get("unread", [])],
    }


def _read(request: DeskRequest, entry: Release | Book) -> HttpResponse:
    given = [one for one in request.FILES.getlist("files") if isinstance(one, UploadedFile)]
    fault = _("No audio file is chosen.") if not given else ""
    if len(given) > MOST_FILES:
        fault = _("More than 60 files at once. Send them in parts.")
    if fault:
        return render(request, "catalogue/media.html", _shown(request, "release", entry, audio_fault=fault), status=422)
    read: dict[str, Audio] = {one.name: one for one in _files(request, entry)}
    unread = []
    for one in given:
        name = str(one.name or "")[:200]
        try:
            found = read_audio(name, one)  # type: ignore[arg-type]  # an upload reads and seeks as a binary file does
        except UnreadableAudioError as wrong:
            unread.append((name, wrong.code))
        else:
            read[found.name] = found
    kept = {"files": [asdict(one) for one in list(read.values())[:200]], "unread": unread}
    services.save_brief(request.user, _slug(entry), kept)
    return redirect("record_media", "release", entry.pk)


def _accept(request: DeskRequest, entry: Release | Book) -> HttpResponse:
    files = _files(request, entry)
    entry.record = recordings.accepted(records.record_of(entry), files, request.POST.getlist("take"))
    entry.save()
    drop_draft(request, _slug(entry))
    messages.success(request, _("Saved."))
    return redirect("release", entry.pk)


def _cover(request: DeskRequest, kind: str, entry: Release | Book, step: str) -> HttpResponse:
    """Describe the cover in the record, or forget it; what the cover says in words stays."""
    record = records.record_of(entry)
    before = record.get("cover")
    words = {key: value for key, value in (before if isinstance(before, dict) else {}).items() if key in _WORDS}
    try:
        words |= _described(request.FILES.get("file")) if step == "cover" else {}
    except UnreadableCoverError as wrong:
        shown = _shown(request, kind, entry, cover_fault=_COVER_FAULTS[wrong.code])
        return render(request, "catalogue/media.html", shown, status=422)
    entry.record = {**record, "cover": words}
    entry.save()
    return redirect("record_media", kind, entry.pk)


def _described(file: object) -> dict[str, Any]:
    if not isinstance(file, UploadedFile):
        raise UnreadableCoverError("none")
    return covers.describe(file, file.size or 0)  # type: ignore[arg-type]  # an upload reads and seeks as well
