"""A release as its rules read it: whatever is missing or of another kind reads as empty, never as a fault of ours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from marketing.metadata.rules import MUSIC, Path, Record, RuleBook
from marketing.metadata.text import as_text

RULES = RuleBook(MUSIC)
# A person says that a name is meant exactly like that: an act with "&" in it, a title in capitals, a track "Untitled".
FLAGS = ("stylised", "stylized", "one_act", "single_act", "real_title", "as_intended")


@dataclass(frozen=True, slots=True)
class Title:
    """A title with its version, of the release or of a track."""

    path: Path
    title: str
    version: str
    artists: tuple[tuple[Path, str, str], ...]
    flagged: bool

    @property
    def fields(self) -> Iterator[tuple[Path, str]]:
        """Title and version with their places, where they are filled."""
        if self.title:
            yield (*self.path, "title"), self.title
        if self.version:
            yield (*self.path, "version"), self.version


def rows(record: Record, name: str) -> list[tuple[Path, Record]]:
    """The dictionaries of a list with their places."""
    found = record.get(name)
    return (
        [((name, at), one) for at, one in enumerate(found) if isinstance(one, dict)] if isinstance(found, list) else []
    )


def tracks(record: Record) -> list[tuple[Path, Record]]:
    """The tracks with their places."""
    return rows(record, "tracks")


def artists(record: Record, base: Path = ()) -> tuple[tuple[Path, str, str], ...]:
    """Place, name and role of each artist of the release or of a track."""
    return tuple(
        ((*base, *path, "name"), as_text(one.get("name")), as_text(one.get("role")) or "primary")
        for path, one in rows(record, "artists")
    )


def titles(record: Record) -> list[Title]:
    """The release's title and then each track's."""
    every = [((), record), *tracks(record)]
    return [
        Title(path, as_text(one.get("title")), as_text(one.get("version")), artists(one, path), is_flagged(one))
        for path, one in every
    ]


def every_artist(record: Record) -> Iterator[tuple[Path, str, str, bool]]:
    """Place, name, role and "as intended" of every artist anywhere in the release."""
    for base, owner in [((), record), *tracks(record)]:
        for path, one in rows(owner, "artists"):
            role = as_text(one.get("role")) or "primary"
            yield (*base, *path, "name"), as_text(one.get("name")), role, is_flagged(one)


def is_flagged(one: Record) -> bool:
    """Whether a person said that it is meant like that."""
    return any(bool(one.get(flag)) for flag in FLAGS)


def day(value: Any) -> date | None:
    """An ISO date, or None."""
    try:
        return date.fromisoformat(as_text(value))
    except ValueError:
        return None
