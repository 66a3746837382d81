"""What a configuration run did, one fact at a time, and how a row is brought to what is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.db.models import Model


class Action(StrEnum):
    """What happened. A notice changes nothing; it says what an operator should know."""

    CREATED = "created"
    CHANGED = "changed"
    REMOVED = "removed"
    SWITCHED_ON = "switched on"
    SWITCHED_OFF = "switched off"
    NOTICE = "notice"


@dataclass(frozen=True, slots=True)
class Change:
    """One change, fit for a line of output; it never holds a secret."""

    action: Action
    subject: str
    detail: str = ""

    def __str__(self) -> str:
        """The line that a command prints."""
        return f"{self.action} {self.subject}: {self.detail}" if self.detail else f"{self.action} {self.subject}"


def bring_to(row: Model, wanted: Mapping[str, Any]) -> str:
    """Save the fields of a row that differ from what is wanted; the answer words them, empty when none did."""
    differing = {field: value for field, value in wanted.items() if getattr(row, field) != value}
    if not differing:
        return ""
    words = ", ".join(f"{field} {_worded(getattr(row, field))} to {_worded(new)}" for field, new in differing.items())
    for field, value in differing.items():
        setattr(row, field, value)
    row.save(update_fields=list(differing))
    return words


def _worded(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "+".join(str(item) for item in value) or "nothing"
    return str(value) if value not in ("", None) else "nothing"
