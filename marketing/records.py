"""Releases and books of the catalogue as metadata records: what is known beside each, checking, fixing, exporting."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.conf import settings

from marketing.metadata import checking
from marketing.metadata.books import onix
from marketing.metadata.rules import NOTHING_KNOWN, Context
from marketing.models import Artist, Book, Release
from providers.access import csv_lines, defused

KINDS: dict[str, type[Any]] = {"release": Release, "book": Book}
# The rules' own names for the kinds of record.
RULES_OF = {"release": "music", "book": "book"}
_LIST = "; "
KDP = tuple(
    """Title|Subtitle|Series|Series number|Author|Contributors|Description|Keyword 1|Keyword 2|Keyword 3|Keyword 4
Keyword 5|Keyword 6|Keyword 7|BISAC 1|BISAC 2|BISAC 3|Language|Publication date|Publisher|ISBN|Adult content
List price|Currency""".replace("\n", "|").split("|")
)
TRACKS = tuple(
    """Release title|Release version|Release type|Primary artists|Label|UPC|Release date|Original release date|Genre
Title language|C line|P line|Track number|Track title|Track version|Track artists|Featured artists|ISRC|ISWC
Duration (s)|Composers|Lyricists|Lyrics language|Explicit|Instrumental|Track P line""".replace("\n", "|").split("|")
)
# Last, and not asked of tables that were written before they were there.
_LATER = ("Release explicit", "Territories")


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


def as_kdp(records: Iterable[Mapping[str, Any]]) -> str:
    """A sheet with the fields of KDP's form, in its order and with its seven keywords."""
    return _table(KDP, (_kdp_row(record) for record in records))


def as_tracks(records: Iterable[Mapping[str, Any]]) -> str:
    """A distributor's table: a row a track, with its release repeated."""
    return _table((*TRACKS, *_LATER), (row for record in records for row in _track_rows(record)))


def as_json(records: Iterable[Mapping[str, Any]]) -> str:
    """The records themselves, one a line."""
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


def from_tracks(table: str) -> list[dict[str, Any]]:
    """The releases of a distributor's table, as `as_tracks` writes it. Raises ValueError when columns are missing."""
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    missing = [name for name in TRACKS if rows and name not in rows[0]]
    if missing:
        text = f"Columns are missing: {', '.join(missing)}"
        raise ValueError(text)
    releases: dict[tuple[str, str], dict[str, Any]] = {}
    for row in rows:
        plain = {name: _undefused(value or "") for name, value in row.items()}
        release = releases.setdefault((plain["UPC"], plain["Release title"]), _release_of(plain))
        release["tracks"].append(_track_of(plain))
    return list(releases.values())


def _iso(day: Any) -> str:
    return day.isoformat() if day else ""


def _table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    return "".join(csv_lines([columns, *rows]))


def _undefused(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and defused(cell[1:]) == cell else cell


def _said(record: Mapping[str, Any], *names: str) -> list[str]:
    return [str(record.get(name) if record.get(name) is not None else "") for name in names]


def _filled(values: Sequence[Any], places: int) -> list[str]:
    return [*map(str, values[:places]), *[""] * (places - len(values))]


def _kdp_row(record: Mapping[str, Any]) -> list[str]:
    people = [one for one in record.get("contributors") or [] if isinstance(one, dict)]
    authors = [str(one.get("name") or "") for one in people if one.get("role") == "A01"]
    others = [f"{one.get('name')} ({one.get('role')})" for one in people if one.get("role") != "A01"]
    return [
        *_said(record, "title", "subtitle", "series", "series_number"),
        _LIST.join(authors),
        _LIST.join(others),
        *_said(record, "description"),
        *_filled(record.get("keywords") or [], 7),
        *_filled(record.get("bisac") or [], 3),
        *_said(record, "language", "publication_date", "publisher", "isbn13"),
        "yes" if record.get("adult") else "no",
        *_said(record, "price", "currency"),
    ]


def _names(record: Mapping[str, Any], *roles: str) -> str:
    given = [one for one in record.get("artists") or [] if isinstance(one, dict)]
    return _LIST.join(str(one.get("name") or "") for one in given if (one.get("role") or "primary") in roles)


def _track_rows(record: Mapping[str, Any]) -> Iterable[list[str]]:
    head = [
        *_said(record, "title", "version", "type"),
        _names(record, "primary"),
        *_said(record, "label", "upc", "release_date", "original_release_date", "genre", "title_language"),
        *_said(record, "c_line", "p_line"),
    ]
    for number, track in enumerate((one for one in record.get("tracks") or [] if isinstance(one, dict)), start=1):
        yield [
            *head,
            str(track.get("number") or number),
            *_said(track, "title", "version"),
            _names(track, "primary"),
            _names(track, "featuring", "with"),
            *_said(track, "isrc", "iswc", "duration_s"),
            _LIST.join(map(str, track.get("composers") or [])),
            _LIST.join(map(str, track.get("lyricists") or [])),
            *_said(track, "lyrics_language", "explicit"),
            "yes" if track.get("instrumental") else "no",
            *_said(track, "p_line"),
            *_said(record, "explicit"),
            _LIST.join(map(str, record.get("territories") or [])),
        ]


def _release_of(row: Mapping[str, str]) -> dict[str, Any]:
    names = {
        "title": "Release title",
        "version": "Release version",
        "type": "Release type",
        "label": "Label",
        "upc": "UPC",
        "release_date": "Release date",
        "original_release_date": "Original release date",
        "genre": "Genre",
        "title_language": "Title language",
        "c_line": "C line",
        "p_line": "P line",
    }
    people = [{"name": name, "role": "primary"} for name in _list(row["Primary artists"])]
    found = {**{name: row[column] for name, column in names.items()}, "artists": people, "tracks": []}
    explicit, territories = (row.get(name, "") for name in _LATER)
    later = {"explicit": explicit, "territories": _list(territories)}
    return found | {name: value for name, value in later.items() if value}


def _track_of(row: Mapping[str, str]) -> dict[str, Any]:
    seconds = row["Duration (s)"]
    people = [{"name": name, "role": "primary"} for name in _list(row["Track artists"])]
    people += [{"name": name, "role": "featuring"} for name in _list(row["Featured artists"])]
    return {
        "number": int(row["Track number"]) if row["Track number"].isdecimal() else 0,
        "title": row["Track title"],
        "version": row["Track version"],
        "artists": people,
        "isrc": row["ISRC"],
        "iswc": row["ISWC"],
        "duration_s": int(seconds) if seconds.isdecimal() else None,
        "composers": _list(row["Composers"]),
        "lyricists": _list(row["Lyricists"]),
        "lyrics_language": row["Lyrics language"],
        "explicit": row["Explicit"],
        "instrumental": row["Instrumental"] == "yes",
        "p_line": row["Track P line"],
    }


def _list(cell: str) -> list[str]:
    return [one for one in cell.split(_LIST) if one]
