"""A distributor's table, out and in: a row a track, with its release repeated."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from marketing.exchange.cells import LIST, listed, number, people, read_people, said, table, yes

COLUMNS = tuple(
    """Release title|Release version|Release type|Primary artists|Label|UPC|Release date|Original release date|Genre
Title language|C line|P line|Track number|Track title|Track version|Track artists|Featured artists|ISRC|ISWC
Duration (s)|Composers|Lyricists|Lyrics language|Explicit|Instrumental|Track P line""".replace("\n", "|").split("|")
)
# Last, and not asked of tables that were written before they were there.
LATER = ("Release explicit", "Territories", "Other release artists", "Other track artists")
_RELEASE = {
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
_TRACK = {
    "title": "Track title",
    "version": "Track version",
    "isrc": "ISRC",
    "iswc": "ISWC",
    "lyrics_language": "Lyrics language",
    "explicit": "Explicit",
    "p_line": "Track P line",
}


def as_tracks(records: Iterable[Mapping[str, Any]]) -> str:
    """A distributor's table; a release without tracks has one row with no track in it."""
    return table((*COLUMNS, *LATER), (row for record in records for row in _rows(record)))


def missing(headings: Iterable[str]) -> list[str]:
    """The columns that a table must have and these headings lack."""
    there = set(headings)
    return [name for name in COLUMNS if name not in there]


def releases_of(rows: Iterable[tuple[int, Mapping[str, str]]]) -> Iterator[tuple[int, dict[str, Any]]]:
    """The releases of numbered rows, each with the number of its first row."""
    releases: dict[tuple[str, ...], tuple[int, dict[str, Any]]] = {}
    for line, row in rows:
        key = (row["UPC"],) if row["UPC"] else (row["Release title"], row["Release version"], row["Primary artists"])
        _line, release = releases.setdefault(key, (line, _release_of(row)))
        if row["Track title"] or row["ISRC"]:
            release["tracks"].append(_track_of(row))
    yield from releases.values()


def _names(given: Iterable[Mapping[str, Any]], *roles: str) -> str:
    return LIST.join(str(one.get("name") or "") for one in given if (one.get("role") or "primary") in roles)


def _artists(record: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [one for one in record.get("artists") or [] if isinstance(one, dict)]


def _others(given: list[dict[str, Any]], *roles: str) -> str:
    return people(one for one in given if (one.get("role") or "primary") not in roles)


def _rows(record: Mapping[str, Any]) -> Iterator[list[str]]:
    artists = _artists(record)
    head = [
        *said(record, "title", "version", "type"),
        _names(artists, "primary"),
        *said(record, "label", "upc", "release_date", "original_release_date", "genre", "title_language"),
        *said(record, "c_line", "p_line"),
    ]
    tracks = [one for one in record.get("tracks") or [] if isinstance(one, dict)]
    for at, track in enumerate(tracks or [{}], start=1):
        heard = _artists(track)
        yield [
            *head,
            str(track.get("number") or at) if track else "",
            *said(track, "title", "version"),
            _names(heard, "primary"),
            _names(heard, "featuring", "with"),
            *said(track, "isrc", "iswc", "duration_s"),
            LIST.join(map(str, track.get("composers") or [])),
            LIST.join(map(str, track.get("lyricists") or [])),
            *said(track, "lyrics_language", "explicit"),
            ("yes" if track.get("instrumental") else "no") if track else "",
            *said(track, "p_line"),
            *said(record, "explicit"),
            LIST.join(map(str, record.get("territories") or [])),
            _others(artists, "primary"),
            _others(heard, "primary", "featuring"),
        ]


def _release_of(row: Mapping[str, str]) -> dict[str, Any]:
    main = [{"name": name, "role": "primary"} for name in listed(row["Primary artists"])]
    others = read_people(row.get("Other release artists", ""), "featuring")
    found = {**{name: row[column] for name, column in _RELEASE.items()}, "artists": main + others, "tracks": []}
    later = {"explicit": row.get("Release explicit", ""), "territories": listed(row.get("Territories", ""))}
    return found | {name: value for name, value in later.items() if value}


def _track_of(row: Mapping[str, str]) -> dict[str, Any]:
    others = read_people(row.get("Other track artists", ""), "featuring")
    # A "with" guest stands in both columns: shops show it like any other, and only the later one has the role.
    told = {one["name"] for one in others if one["role"] == "with"}
    artists = [{"name": name, "role": "primary"} for name in listed(row["Track artists"])]
    artists += [{"name": name, "role": "featuring"} for name in listed(row["Featured artists"]) if name not in told]
    return {
        "number": number(row["Track number"]) or 0,
        **{name: row[column] for name, column in _TRACK.items()},
        "artists": artists + others,
        "duration_s": number(row["Duration (s)"]),
        "composers": listed(row["Composers"]),
        "lyricists": listed(row["Lyricists"]),
        "instrumental": yes(row["Instrumental"]),
    }
