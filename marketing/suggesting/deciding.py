"""Suggestions at rest: stored for an entry, accepted or rejected field by field, never over what was not seen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from marketing.metadata.text import texts
from marketing.models import Book, Job, Release, Suggestion
from marketing.records import record_of
from marketing.suggesting.proposing import Proposed
from marketing.suggesting.shapes import FEATURE, Source, value_at, with_value
from providers import orchestrator
from providers.access import Deed, record

Entry = Release | Book
# How many values a list may have: KDP's keywords (B06), Thema's codes (B12); for tags a sensible bound.
MOST = {"thema": 5, "keywords": 7, "tags": 20}


class ChangedSinceError(Exception):
    """The field is not what the person saw. `now` is what stands there."""

    def __init__(self, now: Any) -> None:
        super().__init__("the field changed since it was looked at")
        self.now = now


class TooManyError(ValueError):
    """More values were chosen than the field may have. `most` says how many."""

    def __init__(self, most: int) -> None:
        super().__init__(f"at most {most}")
        self.most = most


def digest(value: Any) -> str:
    """A short mark of a value: what a person saw when deciding."""
    written = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(written.encode()).hexdigest()[:16]


def all_for(entry: Entry) -> QuerySet[Suggestion]:
    """Everything that was ever suggested for an entry."""
    return (
        Suggestion.objects.filter(release=entry)
        if isinstance(entry, Release)
        else Suggestion.objects.filter(book=entry)
    )


def open_for(entry: Entry) -> list[Suggestion]:
    """The suggestions for an entry that nobody decided on, in the order they were made."""
    return list(all_for(entry).filter(state=Suggestion.State.OPEN))


@transaction.atomic
def store(entry: Entry, job: Job | None, proposed: Proposed, language: str) -> list[Suggestion]:
    """Keep what is proposed; what was open before is replaced by it."""
    all_for(entry).filter(state=Suggestion.State.OPEN).update(
        state=Suggestion.State.REPLACED, decided_at=timezone.now()
    )
    today = record_of(entry)
    name = "release" if isinstance(entry, Release) else "book"
    return Suggestion.objects.bulk_create(
        Suggestion(
            **{name: entry},
            job=job,
            field=one.field,
            before=value_at(today, one.field),
            value=one.value,
            items=[{"value": item.value, "reason": item.reason} for item in one.items],
            reason=one.reason[:500],
            source=one.source.value,
            language=language,
            provenance=proposed.provenance if one.source is Source.MODEL else {},
        )
        for one in proposed.proposals
    )


@transaction.atomic
def accept(suggestion: Suggestion, by: AbstractBaseUser, *, seen: str, chosen: Iterable[str] | None = None) -> bool:
    """Put the suggested value into the entry's record; False when it was decided before.

    `seen` is the `digest` of what the person saw in the field, `chosen` which values of a list are wanted; what was
    never offered and does not stand there already cannot be chosen. Raises ChangedSinceError when the field is
    something else by now, TooManyError when a list would be too long.
    """
    entry = _locked(suggestion)
    suggestion.refresh_from_db()
    if suggestion.state != Suggestion.State.OPEN:
        return False
    today = record_of(entry)
    now = value_at(today, suggestion.field)
    if digest(now) != seen:
        raise ChangedSinceError(now)
    value = suggestion.value if chosen is None or not suggestion.items else _chosen(suggestion, now, chosen)
    try:
        entry.record = with_value(today, suggestion.field, value)
    except LookupError as gone:
        # The row that it is about was taken out.
        raise ChangedSinceError(now) from gone
    entry.save()
    _decided(suggestion, by, Suggestion.State.ACCEPTED, value)
    told = {"suggestion": suggestion.pk, "source": suggestion.source}
    record(Deed.CHANGED, entry, before={suggestion.field: now}, after={suggestion.field: value, **told})
    return True


def accept_all(entry: Entry, by: AbstractBaseUser, seen: Mapping[int, str]) -> tuple[int, list[Suggestion]]:
    """Accept every open suggestion as it was made; how many, and those whose field changed, which stay open."""
    done, changed = 0, []
    for one in open_for(entry):
        now = value_at(record_of(_fresh(entry)), one.field)
        if now != one.before:
            changed.append(one)
            continue
        try:
            done += accept(one, by, seen=seen.get(one.pk, ""))
        except ChangedSinceError:
            changed.append(one)
    return done, changed


def reject(suggestion: Suggestion, by: AbstractBaseUser) -> bool:
    """Say no; the entry stays as it is. False when it was decided before."""
    with transaction.atomic():
        _locked(suggestion)
        suggestion.refresh_from_db()
        if suggestion.state != Suggestion.State.OPEN:
            return False
        _decided(suggestion, by, Suggestion.State.REJECTED, None)
    return True


def _chosen(suggestion: Suggestion, now: Any, chosen: Iterable[str]) -> list[str]:
    """The chosen values in the order of the suggestion: those suggested, other choices, then what stood there."""
    wanted = set(chosen)
    offered = [*texts(suggestion.value), *(str(one["value"]) for one in suggestion.items), *texts(now)]
    value = [one for one in dict.fromkeys(offered) if one in wanted]
    most = MOST.get(suggestion.field)
    if most and len(value) > most:
        raise TooManyError(most)
    return value


def _fresh(entry: Entry) -> Entry:
    return type(entry).objects.get(pk=entry.pk)


def _locked(suggestion: Suggestion) -> Entry:
    """The entry, locked against another decision at the same moment."""
    if suggestion.book_id:
        return Book.objects.select_for_update().get(pk=suggestion.book_id)
    return Release.objects.select_for_update().get(suggestions=suggestion)


def _decided(suggestion: Suggestion, by: AbstractBaseUser, state: Suggestion.State, value: Any) -> None:
    suggestion.state, suggestion.accepted = state, value
    suggestion.decided_by_id, suggestion.decided_at = by.pk, timezone.now()
    suggestion.save(update_fields=["state", "accepted", "decided_by", "decided_at"])
    attempts = suggestion.provenance.get("attempts") or []
    if suggestion.source == Source.MODEL and attempts:
        orchestrator.rate(
            f"suggestion:{suggestion.pk}",
            provider=attempts[-1]["provider"],
            model_id=attempts[-1]["model_id"],
            feature=FEATURE,
            language=suggestion.language,
            score=_worth(suggestion, value) if state == Suggestion.State.ACCEPTED else 0.0,
        )


def _worth(suggestion: Suggestion, value: Any) -> float:
    """How much of it was taken, from 0 to 1."""
    if not isinstance(suggestion.value, list) or not isinstance(value, list):
        return 1.0
    suggested, taken = set(map(str, suggestion.value)), set(map(str, value))
    return len(suggested & taken) / max(1, len(suggested | taken))
