"""What an administrator does with prompts: change one, try it against stored briefs, switch it on, go back."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from marketing.content import prompting
from marketing.content.prompting import Prompt
from marketing.models import ChangedPrompt, Job
from providers.access import Deed, record

State = ChangedPrompt.State
BRIEFS_A_TRIAL = 3
_LOOKED_THROUGH = 60


def in_use() -> dict[tuple[str, str], Prompt]:
    """The changed prompts in use, for `prompting.using`. One that no longer fits its newer file is left out."""
    found = {}
    for one in ChangedPrompt.objects.filter(state=State.IN_USE):
        try:
            found[one.content_type, one.language] = prompting.changed(
                one.content_type, one.language, one.text, one.version
            )
        except ValueError:
            # An update brought a file that asks for more; the page says so, and texts go on being written.
            continue
    return found


def is_outdated(changed: ChangedPrompt) -> str:
    """Why a change can no longer stand in its file's place; empty when it can."""
    try:
        prompting.changed(changed.content_type, changed.language, changed.text, changed.version)
    except ValueError as why:
        return str(why)
    return ""


def text_in_use(kind: str, language: str) -> str:
    """The text that is in use now: a change's, else the newest file's."""
    found = ChangedPrompt.objects.filter(content_type=kind, language=language, state=State.IN_USE).first()
    return found.text if found else prompting.source(kind, language)


def propose(by: User, kind: str, language: str, text: str, note: str) -> ChangedPrompt:
    """Store a change that is not in use yet. Raises ValueError with a sentence when it cannot be used."""
    text = "\n".join(text.splitlines()).strip() + "\n"
    found = prompting.changed(kind, language, text, "")
    return ChangedPrompt.objects.create(
        content_type=kind,
        language=language,
        text=text,
        base=text_in_use(kind, language),
        note=note.strip()[:200],
        digest=found.digest,
        by=by,
    )


def stored_briefs(kind: str, language: str) -> list[Job]:
    """The latest finished jobs whose briefs a change is tried with, one a title; none that hides personal data."""
    jobs = Job.objects.filter(content_type=kind, brief__language=language, regenerates=None, state=Job.State.DONE)
    by_title: dict[str, Job] = {}
    for job in jobs.order_by("-created_at")[:_LOOKED_THROUGH]:
        if not job.options.get("mask"):
            by_title.setdefault(job.title, job)
    return list(by_title.values())[:BRIEFS_A_TRIAL]


@transaction.atomic
def switch_on(changed: ChangedPrompt) -> None:
    """Write with a change from now on; the one before it can come back. Raises ValueError when it no longer fits."""
    if why := is_outdated(changed):
        raise ValueError(why)
    same = ChangedPrompt.objects.select_for_update().filter(
        content_type=changed.content_type, language=changed.language
    )
    before = same.filter(state=State.IN_USE).first()
    same.filter(state=State.IN_USE).update(state=State.FORMER, decided_at=timezone.now())
    _decide(changed, State.IN_USE)
    _remember(changed, before.version if before else prompting.newest(changed.content_type), changed.version)


@transaction.atomic
def back_to_file(changed: ChangedPrompt) -> None:
    """Write with the file again instead of a change that is in use."""
    if changed.state == State.IN_USE:
        _decide(changed, State.FORMER)
        _remember(changed, changed.version, prompting.newest(changed.content_type))


@transaction.atomic
def drop(changed: ChangedPrompt) -> None:
    """A change that is not wanted; it stays to be read."""
    if changed.state == State.DRAFT:
        _decide(changed, State.DROPPED)
        record(Deed.REJECTED, changed, after={"prompt": changed.version, "sha256": changed.digest})


def _decide(changed: ChangedPrompt, state: str) -> None:
    changed.state, changed.decided_at = state, timezone.now()
    changed.save(update_fields=["state", "decided_at"])


def _remember(changed: ChangedPrompt, before: str, after: str) -> None:
    facts: dict[str, Any] = {"prompt": after, "sha256": changed.digest, "note": changed.note}
    record(Deed.CHANGED, changed, before={"prompt": before}, after=facts)
