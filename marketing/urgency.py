"""How much an answer matters and until when it can wait: as people choose it, and as a job keeps it."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy

from providers.types import Value

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

    # A name of the stubs only.
    Label = str | _StrPromise

# The longest window a free tier has is a month.
LONGEST_WAIT = timedelta(days=31)
# When people come to work.
_MORNING = time(8)

VALUES: list[tuple[str, Label]] = [
    ("low", gettext_lazy("A first idea")),
    ("normal", gettext_lazy("Everyday work")),
    ("high", gettext_lazy("Important: take the best model")),
]
WAITS: list[tuple[str, Label]] = [
    ("now", gettext_lazy("At once")),
    ("hour", gettext_lazy("Within an hour")),
    ("morning", gettext_lazy("By tomorrow morning")),
]


def importance() -> forms.ChoiceField:
    """The choice of a text's value for a form; whoever chooses nothing does everyday work."""
    return forms.ChoiceField(
        label=gettext_lazy("How much it matters"),
        choices=VALUES,
        initial="normal",
        required=False,
        widget=forms.RadioSelect,
    )


def needed() -> forms.ChoiceField:
    """The choice of a deadline for a form; whoever chooses nothing sits waiting."""
    return forms.ChoiceField(
        label=gettext_lazy("When you need it"),
        help_text=gettext_lazy(
            "Later means: if no provider has room now, the job waits until one has, and goes on by itself."
        ),
        choices=WAITS,
        initial="now",
        required=False,
        widget=forms.RadioSelect,
    )


def value_of(chosen: str) -> Value:
    """The value in the router's terms."""
    return Value[chosen.upper()] if chosen in dict(VALUES) else Value.NORMAL


def due_of(chosen: str) -> datetime | None:
    """The moment of a chosen deadline; None for work that somebody sits waiting for."""
    if chosen == "hour":
        return timezone.now() + timedelta(hours=1)
    if chosen == "morning":
        tomorrow = timezone.localdate() + timedelta(days=1)
        return timezone.make_aware(datetime.combine(tomorrow, _MORNING))
    return None


def bounded(due_at: datetime | None) -> datetime | None:
    """A deadline from outside within what a job can wait: the past means now."""
    now = timezone.now()
    return min(max(due_at, now), now + LONGEST_WAIT) if due_at else None
