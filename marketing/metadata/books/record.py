"""A book as its rules read it: whatever is missing or of another kind reads as empty, never as a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from marketing.metadata.rules import BOOKS, Path, Record, RuleBook
from marketing.metadata.text import as_text

RULES = RuleBook(BOOKS)
AUTHOR, TRANSLATOR, NARRATOR = "A01", "B06", "E07"
AUDIO_FORMS = frozenset({"AC", "AE", "AI", "AJ", "AK", "AN", "AO", "AZ"})


def contributors(record: Record) -> list[tuple[Path, str, str]]:
    """Place, name and role of everybody named."""
    found = record.get("contributors")
    rows = found if isinstance(found, list) else []
    return [
        (("contributors", at), as_text(one.get("name")), as_text(one.get("role")))
        for at, one in enumerate(rows)
        if isinstance(one, dict)
    ]


def roles(record: Record) -> set[str]:
    """Every role that somebody has."""
    return {role for _, _, role in contributors(record)}


def named_texts(record: Record) -> Iterator[tuple[Path, str]]:
    """Title, subtitle, series and names: what a shop shows in its list."""
    for name in ("title", "subtitle", "series"):
        if text := as_text(record.get(name)):
            yield (name,), text
    for path, name, _role in contributors(record):
        yield (*path, "name"), name


def is_audio(record: Record) -> bool:
    """Whether it is heard rather than read."""
    return as_text(record.get("format")) in {"audio", "audiobook"} or as_text(record.get("product_form")) in AUDIO_FORMS


def day(value: object) -> date | None:
    """An ISO date, or None."""
    try:
        return date.fromisoformat(as_text(value))
    except ValueError:
        return None
