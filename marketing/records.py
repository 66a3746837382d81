"""Releases and books of the catalogue as metadata records: what is known beside each, checking, exporting."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from django.conf import settings

from marketing.metadata import checking
from marketing.metadata.books import onix
from marketing.metadata.rules import NOTHING_KNOWN, Context
from marketing.models import Artist, Book, Release

KINDS: dict[str, type[Any]] = {"release": Release, "book": Book}
# The rules' own names for the kinds of record.
RULES_OF = {"release": "music", "book": "book"}


def known(kind: str) -> Context:
    """What a record of this kind (`music` or `book`) is held against: the names of the catalogue's acts."""
    if kind != "music":
        return NOTHING_KNOWN
    return Context(frozenset(Artist.objects.filter(kind=Artist.Kind.ARTIST).values_list("name", flat=True)))


def record_of(entry: Release | Book) -> dict[str, Any]:
    """An entry's record; one that came without gets what its columns say."""
    if entry.record:
        return dict(entry.record)
    if isinstance(entry, Release):
        artists = [{"name": entry.artist_line, "role": "primary"}] if entry.artist_line else []
        return {"title": entry.title, "artists": artists, "upc": entry.upc, "release_date": _iso(entry.release_date)}
    authors = [{"role": "A01", "name": entry.author_line}] if entry.author_line else []
    return {
        "title": entry.title,
        "contributors": authors,
        "isbn13": entry.isbn13,
        "publication_date": _iso(entry.publication_date),
    }


def report_of(kind: str, record: Mapping[str, Any], destination: Any = None) -> checking.Report:
    """The findings in a record of a release or a book."""
    rules = RULES_OF[kind]
    return checking.check(rules, record, known(rules), destination)


def as_onix(records: Iterable[Mapping[str, Any]]) -> bytes:
    """An ONIX 3.0 message. Raises ValueError with what the schema says when it is not valid."""
    message = onix.to_onix(records, settings.HOUSE_NAME)
    if found := onix.faults(message):
        raise ValueError(found[0])
    return message


def as_json(records: Iterable[Mapping[str, Any]]) -> str:
    """The records themselves, one a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def _iso(day: Any) -> str:
    return day.isoformat() if day else ""
