"""The page of an entry's suggestions: today's value beside the suggested one, decided field by field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from marketing import records, services
from marketing.catalogue_views import KINDS, draft_slug
from marketing.longwork.suggestions import MetadataSuggestions
from marketing.metadata.fields import Field, Rows, sections
from marketing.metadata.text import texts
from marketing.models import Book, Release, Suggestion
from marketing.suggesting import (
    ChangedSinceError,
    TooManyError,
    accept,
    accept_all,
    all_for,
    digest,
    label_of,
    open_for,
    reject,
    value_at,
)
from marketing.suggesting.shapes import with_value
from marketing.views import DeskRequest
from providers.access import Permission, requires

Entry = Release | Book


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a list: whether it stands there today, is suggested, and why."""

    value: str
    label: str
    reason: str
    today: bool
    suggested: bool

    @property
    def change(self) -> str:
        """What accepting as suggested would do to it."""
        if self.today:
            return "kept" if self.suggested else "gone"
        return "new" if self.suggested else "offered"


@dataclass(frozen=True, slots=True)
class Line:
    """One suggestion as the page shows it."""

    suggestion: Suggestion
    label: str
    today: str
    today_label: str
    value: str
    value_label: str
    choices: tuple[Choice, ...]
    seen: str
    changed: bool


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def suggestions(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """What is suggested for one release or book and not decided yet."""
    entry = _find(kind, number)
    today = records.record_of(entry)
    shown = {
        "entry": entry,
        "known": KINDS[kind],
        "kind": kind,
        "lines": [_line(kind, one, today) for one in open_for(entry)],
        "decided": all_for(entry)
        .exclude(state__in=[Suggestion.State.OPEN, Suggestion.State.REPLACED])
        .select_related("decided_by")
        .order_by("-decided_at")[:20],
        "draft": bool(services.open_brief(request.user, draft_slug(kind, number))),
    }
    return render(request, "catalogue/suggestions.html", shown)


@requires(Permission.MAKE)
@require_POST
def suggest(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """Ask for suggestions for the stored entry, as a job."""
    entry = _find(kind, number)
    brief = {"kind": kind, "number": number, "language": _language()}
    title = _("Suggestions: %(what)s") % {"what": entry}
    job = services.request_long_work(request.user, MetadataSuggestions.slug, title, brief)
    return redirect("job", job.pk)


@requires(Permission.MAKE)
@require_POST
def suggestion_decide(request: DeskRequest, kind: str, number: int) -> HttpResponse:
    """`do` is `accept:ID`, `reject:ID` or `all`. What changed since it was shown is never overwritten."""
    entry = _find(kind, number)
    what, _colon, mark = request.POST.get("do", "").partition(":")
    if what == "all":
        seen = {one.pk: request.POST.get(f"seen-{one.pk}", "") for one in open_for(entry)}
        done, changed = accept_all(entry, request.user, seen)
        _tell_all(request, done, len(changed))
    elif what in {"accept", "reject"} and mark.isascii() and mark.isdecimal():
        found = get_object_or_404(all_for(entry), pk=int(mark))
        if what == "reject":
            reject(found, request.user)
        else:
            _accept(request, found)
    else:
        raise Http404
    _into_draft(request, kind, entry)
    return redirect("suggestions", kind, number)


def _accept(request: DeskRequest, found: Suggestion) -> None:
    chosen = request.POST.getlist(f"choose-{found.pk}") if found.items else None
    try:
        done = accept(found, request.user, seen=request.POST.get(f"seen-{found.pk}", ""), chosen=chosen)
    except ChangedSinceError:
        messages.warning(
            request, _("Not accepted: the field changed in the meantime. Look at it below and decide again.")
        )
    except TooManyError as many:
        messages.error(
            request,
            ngettext(
                "Not accepted: at most %(most)d value fits. Untick some.",
                "Not accepted: at most %(most)d values fit. Untick some.",
                many.most,
            )
            % {"most": many.most},
        )
    else:
        messages.success(request, _("Accepted.") if done else _("Somebody had decided on this already."))


def _tell_all(request: DeskRequest, done: int, changed: int) -> None:
    if done:
        messages.success(
            request, ngettext("%(n)d suggestion accepted.", "%(n)d suggestions accepted.", done) % {"n": done}
        )
    if changed:
        messages.warning(
            request,
            ngettext(
                "%(n)d field changed in the meantime and was left alone.",
                "%(n)d fields changed in the meantime and were left alone.",
                changed,
            )
            % {"n": changed},
        )


def _into_draft(request: DeskRequest, kind: str, entry: Entry) -> None:
    """Bring what was just accepted into the person's unsaved form, which would put the old value back."""
    slug = draft_slug(kind, entry.pk)
    draft = services.open_brief(request.user, slug)
    if not draft:
        return
    for one in all_for(entry).filter(state=Suggestion.State.ACCEPTED, decided_by=request.user):
        # What was typed over it meanwhile stays.
        if value_at(draft, one.field) == one.before:
            draft = with_value(draft, one.field, one.accepted)
    services.save_brief(request.user, slug, draft)


def _find(kind: str, number: int) -> Entry:
    if kind not in records.KINDS:
        raise Http404
    found: Entry = get_object_or_404(records.KINDS[kind], pk=number)
    return found


def _language() -> str:
    return "pl" if (get_language() or "").startswith("pl") else "en"


def _line(kind: str, one: Suggestion, record: dict[str, Any]) -> Line:
    now = value_at(record, one.field)
    today, value = _written(now), _written(one.value)
    return Line(
        suggestion=one,
        label=_field_label(kind, one.field),
        today=today,
        today_label=label_of(one.field, today),
        value=value,
        value_label=label_of(one.field, value),
        choices=_choices(one, now) if one.items else (),
        seen=digest(now),
        changed=now != one.before,
    )


def _choices(one: Suggestion, now: Any) -> tuple[Choice, ...]:
    stands, suggested = texts(now), texts(one.value)
    reasons = {str(item["value"]): str(item["reason"]) for item in one.items}
    return tuple(
        Choice(value, label_of(one.field, value), reasons.get(value, ""), value in stands, value in suggested)
        for value in dict.fromkeys([*suggested, *reasons, *stands])
    )


def _written(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, bool):
        return str(_("yes")) if value else str(_("no"))
    return "" if value is None else str(value)


def _field_label(kind: str, field: str) -> str:
    """The field's name as the form has it, with the row that it stands in."""
    fields: Any = tuple(one for section in sections(kind) for one in section.fields)
    labels: list[str] = []
    for step in field.split("."):
        if step.isdecimal():
            labels[-1] = f"{labels[-1]} {int(step) + 1}" if labels else step
            continue
        found = next((one for one in fields if one.name == step), None)
        labels.append(str(found.one if isinstance(found, Rows) else found.label if isinstance(found, Field) else step))
        fields = found.fields if isinstance(found, Rows) else ()
    return ", ".join(labels)
