"""The pages for prompts: what is in use, a change with both sides of its trial, and the switch between them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from marketing import prompts, reviewing, services, wording
from marketing.content import prompting
from marketing.content.brief import LANGUAGES
from marketing.content.places import place
from marketing.models import ChangedPrompt, Job
from marketing.views import DeskRequest
from providers.access import Permission, requires

TRIAL = "prompt-trial"
_NAMES: dict[str, Promise] = {
    "social-posts": gettext_lazy("Posts"),
    "ad-copy": gettext_lazy("Ads"),
    "email-templates": gettext_lazy("E-mails"),
    "tags": gettext_lazy("Tags"),
}
_DECISIONS: dict[str, Callable[[ChangedPrompt], None]] = {
    "on": prompts.switch_on,
    "back": prompts.back_to_file,
    "drop": prompts.drop,
}


def _name(kind: str) -> str:
    return str(_NAMES.get(kind, kind))


@requires(Permission.CONFIGURE)
@require_GET
@never_cache
def overview(request: DeskRequest) -> HttpResponse:
    """Every prompt with what is in use, and the latest changes."""
    used = {
        (one.content_type, one.language): one
        for one in ChangedPrompt.objects.filter(state=ChangedPrompt.State.IN_USE).select_related("by")
    }
    rows = [
        {
            "kind": kind,
            "name": _name(kind),
            "language": language,
            "version": prompting.newest(kind),
            "digest": prompting.from_file(kind, language).digest,
            "changed": (found := used.get((kind, language))),
            "outdated": prompts.is_outdated(found) if found else "",
        }
        for kind in prompting.kinds()
        for language in LANGUAGES
    ]
    latest = [(one, _name(one.content_type)) for one in ChangedPrompt.objects.select_related("by")[:20]]
    return render(request, "prompts/overview.html", {"rows": rows, "latest": latest})


@requires(Permission.CONFIGURE)
@require_http_methods(["GET", "POST"])
@never_cache
def edit(request: DeskRequest, kind: str, language: str) -> HttpResponse:
    """A prompt's text to be changed; sent, the change is tried against stored briefs."""
    if kind not in prompting.kinds() or language not in LANGUAGES:
        raise Http404
    stored = prompts.stored_briefs(kind, language)
    shown: dict[str, Any] = {"kind": kind, "language": language, "name": _name(kind), "stored": stored}
    shown |= {"text": prompts.text_in_use(kind, language), "note": ""}
    if request.method == "POST":
        shown |= {"text": request.POST.get("text", ""), "note": request.POST.get("note", "")}
        try:
            changed = prompts.propose(request.user, kind, language, shown["text"], shown["note"])
        except ValueError as why:
            return render(request, "prompts/edit.html", {**shown, "fault": str(why)}, status=422)
        _try(request, changed, stored)
        return redirect("prompt_change", changed.pk)
    return render(request, "prompts/edit.html", shown)


def _try(request: DeskRequest, changed: ChangedPrompt, stored: list[Job]) -> None:
    if not stored:
        return
    brief = {"prompt": changed.pk, "jobs": [str(job.pk) for job in stored]}
    title = _("Trial of a prompt: %(name)s") % {"name": _name(changed.content_type)}
    changed.trial = services.request_long_work(request.user, TRIAL, title, brief, total=2 * len(stored))
    changed.save(update_fields=["trial"])


@requires(Permission.CONFIGURE)
@require_GET
@never_cache
def change(request: DeskRequest, number: int) -> HttpResponse:
    """A change: its words against those before, and what both wrote for the same briefs."""
    changed = get_object_or_404(ChangedPrompt.objects.select_related("trial", "by"), pk=number)
    shown = {
        "changed": changed,
        "name": _name(changed.content_type),
        "lines": _lines(changed),
        "trial": changed.trial,
        "pairs": _pairs(changed.trial),
        "outdated": prompts.is_outdated(changed),
        "file": prompting.newest(changed.content_type),
    }
    return render(request, "prompts/change.html", shown)


@requires(Permission.CONFIGURE)
@require_POST
def decide(request: DeskRequest, number: int) -> HttpResponse:
    """Switch a change on, drop it, go back to the file, or try it once more."""
    changed = get_object_or_404(ChangedPrompt, pk=number)
    wish = request.POST.get("wish", "")
    if wish == "again":
        _try(request, changed, prompts.stored_briefs(changed.content_type, changed.language))
    elif wish in _DECISIONS:
        try:
            _DECISIONS[wish](changed)
        except ValueError as why:
            messages.error(request, str(why))
        else:
            messages.success(request, _("Done: %(state)s.") % {"state": changed.get_state_display()})
    return redirect("prompt_change", changed.pk)


def _lines(changed: ChangedPrompt) -> list[tuple[str, str]]:
    """The difference of both texts, without the long stretches that are the same."""
    pieces = list(reviewing.words_changed(changed.base, changed.text))
    return [(kind, _shortened(piece) if kind == "same" else piece) for kind, piece in pieces]


def _shortened(piece: str) -> str:
    lines = piece.split("\n")
    return piece if len(lines) < 7 else "\n".join([*lines[:2], "…", *lines[-2:]])  # noqa: PLR2004 - two and two and one


def _pairs(trial: Job | None) -> list[dict[str, Any]]:
    """The answers of a trial, two a brief, as far as they are there."""
    rows = (trial.result or trial.checkpoint).get("rows", []) if trial else []
    pairs: dict[str, dict[str, Any]] = {}
    for row in rows:
        pair = pairs.setdefault(row["job"], {"title": row.get("title", ""), "sides": []})
        pair["place"] = place(row["platform"]).name if row.get("platform") else ""
        why = wording.attempt_lines(row) or [wording.advice({"kind": row.get("failure")}, []).happened]
        pair["sides"].append({**row, "why": why} if row.get("failure") else row)
    return list(pairs.values())
