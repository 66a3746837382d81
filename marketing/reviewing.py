"""What people do with a text after it was written: versions with their differences, comments, approval, planning."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import SequenceMatcher

import regex
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone
from icalendar import Calendar, Event

from marketing import judging
from marketing.content.places import place
from marketing.models import CalendarAddress, Comment, PlannedPost, Review, Variant, VariantVersion
from providers.access import Deed, record

# Edits of one person that follow so closely are one sitting.
SITTING = timedelta(minutes=10)
LONGEST_COMMENT = 2000
LONGEST_REASON = 500
# How long a post "lasts" in a calendar: enough to be seen.
_SLOT = timedelta(minutes=15)
_WORDS = regex.compile(r"\s+|[\p{L}\p{M}\p{Nd}_#@]+|.", regex.DOTALL)


@transaction.atomic
def keep_version(variant: Variant, by: User | None, *, anew: bool = False) -> None:
    """Remember the text as it stands; called after each edit. What was approved is open again.

    `anew`: never into the version of this sitting, as when an earlier one comes back.
    """
    now = timezone.now()
    last = VariantVersion.objects.filter(variant=variant).order_by("-created_at", "-pk").first()
    said = {"title": variant.title, "text": variant.text, "fields": variant.fields}
    if last and (last.title, last.text, last.fields) == (variant.title, variant.text, variant.fields):
        return
    if last and not anew and last.by_id == (by.pk if by else None) and now - last.saved_at < SITTING:
        VariantVersion.objects.filter(pk=last.pk).update(saved_at=now, **said)
    else:
        VariantVersion.objects.create(variant=variant, by=by, **said)
    Review.objects.filter(variant=variant, state=Review.State.APPROVED).delete()


def words_changed(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The pieces of two texts in order, as `("same" | "gone" | "new", piece)`."""
    one, two = _WORDS.findall(before), _WORDS.findall(after)
    for kind, from_, to, start, end in SequenceMatcher(None, one, two, autojunk=False).get_opcodes():
        if kind == "equal":
            yield "same", "".join(one[from_:to])
            continue
        if to > from_:
            yield "gone", "".join(one[from_:to])
        if end > start:
            yield "new", "".join(two[start:end])


def comment(variant: Variant, by: User, text: str) -> Comment | None:
    """Add a comment; None for one without words."""
    text = text.replace("\x00", "").strip()[:LONGEST_COMMENT]
    return Comment.objects.create(variant=variant, by=by, text=text) if text else None


def submit(variant: Variant, by: User) -> Review:
    """Ask for approval, once more after it was sent back."""
    known = {"state": Review.State.SUBMITTED, "asked_by": by, "asked_at": timezone.now(), "decided_by": None}
    found, _made = Review.objects.update_or_create(
        variant=variant, defaults={**known, "decided_at": None, "reason": ""}
    )
    return found


def withdraw(variant: Variant) -> None:
    """Take the wish for approval back."""
    Review.objects.filter(variant=variant, state=Review.State.SUBMITTED).delete()


@transaction.atomic
def decide(variant: Variant, by: User, *, approved: bool, reason: str = "") -> bool:
    """Approve or send back what waits; False when it no longer does. The router learns from it."""
    state = Review.State.APPROVED if approved else Review.State.RETURNED
    waiting = Review.objects.filter(variant=variant, state=Review.State.SUBMITTED)
    now = timezone.now()
    if not waiting.update(state=state, decided_by=by, decided_at=now, reason=reason.strip()[:LONGEST_REASON]):
        return False
    if approved:
        judging.kept(variant)
    else:
        judging.discarded(variant)
    record(Deed.APPROVED if approved else Deed.REJECTED, variant)
    return True


def plan(variant: Variant, at: datetime | None, by: User) -> None:
    """Put a text into the calendar, or take it out."""
    if at is None:
        PlannedPost.objects.filter(variant=variant).delete()
    else:
        PlannedPost.objects.update_or_create(variant=variant, defaults={"at": at, "by": by})


def new_address(owner: User) -> str:
    """A new secret for a person's calendar address; the one before stops working. It is shown once."""
    secret = secrets.token_urlsafe(24)
    CalendarAddress.objects.update_or_create(
        owner=owner, defaults={"digest": _digest(secret), "created_at": timezone.now()}
    )
    return secret


def owner_of(secret: str) -> User | None:
    """Whose calendar address ends like this."""
    found = CalendarAddress.objects.select_related("owner").filter(digest=_digest(secret)).first()
    owner = found.owner if found else None
    return owner if isinstance(owner, User) and owner.is_active else None


def _digest(secret: str) -> str:
    return hashlib.sha256(f"calendar:{secret}".encode()).hexdigest()


def as_ics(posts: Iterator[PlannedPost] | list[PlannedPost], link: str) -> bytes:
    """The planned posts as an iCalendar file (RFC 5545). `link` is the desk's address before a job's path."""
    calendar = Calendar()
    calendar.add("prodid", "-//HardbanRecords Lab//Prometheus AI//PL")
    calendar.add("version", "2.0")
    calendar.add("x-wr-calname", "Prometheus AI")
    for one in posts:
        variant = one.variant
        event = Event()
        event.add("uid", f"{variant.pk}@prometheus-ai")
        event.add("dtstamp", timezone.now())
        event.add("dtstart", one.at)
        event.add("dtend", one.at + _SLOT)
        event.add("summary", f"{place(variant.platform).name}: {variant.root.title}")
        event.add("description", f"{variant.title}\n\n{variant.text}".strip())
        event.add("url", f"{link}/jobs/{variant.root_id}/#variant-{variant.pk}")
        calendar.add_component(event)
    return bytes(calendar.to_ical())
