"""Files of whole records: what a file is, by what stands in it, and the records in it, each told apart when it is ill.

Nothing in a file is run, fetched or unpacked: no entities, no networks, no archives. What is wrong is a code; the page
has the words.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from marketing import importing
from marketing.exchange import kdp, tracks
from marketing.exchange.cells import undefused
from marketing.exchange.shape import CODES, ShapeError, shaped
from marketing.metadata.books import onix, onix_reading

MOST_BYTES = 60_000_000
MOST_RECORDS = 20_000
MOST_NOTES = 20
# Of a table, and of brackets in JSON: far more than the records that are taken could need.
MOST_ROWS, MOST_BRACKETS = 400_000, 3_000_000
_KEYS = {
    "release": frozenset({"upc", "tracks", "artists", "p_line"}),
    "book": frozenset({"isbn13", "contributors", "thema", "bisac"}),
}
_UTF16_XML = (b"\xff\xfe<\x00", b"\xfe\xff\x00<")


class FileError(Exception):
    """The file as a whole cannot be used; `code` says why, `said` what a reader of such files said."""

    def __init__(self, code: str, said: str = "") -> None:
        super().__init__(f"{code} {said}")
        self.code, self.said = code, said


@dataclass(frozen=True, slots=True)
class Entry:
    """A record of the file, or why there is none: `code`, the `column` and perhaps the `rule` that it breaks."""

    line: int
    record: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    column: str = ""
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a file was taken for. `notes` is what the official schema says of it, at most `MOST_NOTES`."""

    form: str
    kind: str
    entries: list[Entry]
    notes: list[str] = field(default_factory=list)


def read(content: bytes) -> Reading:
    """The records of a file. Raises FileError."""
    if len(content) > MOST_BYTES:
        raise FileError("too_large")
    start = content[:300].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise FileError("empty")
    if start.startswith((b"<", *_UTF16_XML)):
        found = _onix(content)
    elif start.startswith((b"{", b"[")):
        found = _json(content)
    else:
        found = _table(content)
    if not found.entries:
        raise FileError("empty")
    return Reading(found.form, found.kind, _each_once(found.kind, found.entries), found.notes)


def _bounded(entries: Iterable[Entry]) -> list[Entry]:
    kept = []
    for entry in entries:
        kept.append(entry)
        if len(kept) > MOST_RECORDS:
            raise FileError("too_many_records")
    return kept


def _entry(kind: str, line: int, record: dict[str, Any]) -> Entry:
    try:
        return Entry(line, shaped(kind, record))
    except ShapeError as wrong:
        # What it is called, so that a person finds it.
        named = {"title": str(record.get("title") or "")[:300]}
        return Entry(line, named, wrong.code, wrong.column, wrong.rule)


def _each_once(kind: str, entries: list[Entry]) -> list[Entry]:
    """The same with those left out that come again: the first counts."""
    seen: set[tuple[str, ...]] = set()
    kept = []
    for entry in entries:
        key = _key(kind, entry.record)
        if not entry.code and key in seen:
            kept.append(Entry(entry.line, {"title": entry.record["title"]}, "repeated", CODES[kind][0]))
            continue
        seen.add(key)
        kept.append(entry)
    return kept


def _key(kind: str, record: dict[str, Any]) -> tuple[str, ...]:
    if code := record.get(CODES[kind][0]):
        return (str(code),)
    people = record.get("artists" if kind == "release" else "contributors") or []
    return (
        str(record.get("title")),
        str(record.get("version") or ""),
        str(record.get("format") or ""),
        *(f"{one.get('role')}{one.get('name')}" for one in people),
    )


def _onix(content: bytes) -> Reading:
    try:
        entries = _bounded(_products(content))
        notes = onix.faults(content)[:MOST_NOTES]
    except ValueError as wrong:
        raise FileError("no_onix", str(wrong)) from wrong
    return Reading("onix", "book", entries, notes)


def _products(content: bytes) -> Iterator[Entry]:
    for product in onix_reading.products(content):
        if product.deletes:
            yield Entry(product.line, {"title": product.record["title"][:300]}, "deletes", "")
        else:
            yield _entry("book", product.line, product.record)


def _json(content: bytes) -> Reading:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as wrong:
        raise FileError("no_json") from wrong
    if text.count("{") + text.count("[") > MOST_BRACKETS:
        raise FileError("too_many_records")
    found = list(_json_rows(text))
    records = [one for _line, one in found if isinstance(one, dict)]
    votes = {kind: sum(len(keys & one.keys()) for one in records) for kind, keys in _KEYS.items()}
    if not records:
        raise FileError("no_json")
    if votes["release"] == votes["book"]:
        raise FileError("unknown_kind")
    kind = max(votes, key=lambda one: votes[one])
    entries = (
        _entry(kind, line, one) if isinstance(one, dict) else Entry(line, code="no_record") for line, one in found
    )
    return Reading("json", kind, _bounded(entries))


def _json_rows(text: str) -> Iterator[tuple[int, Any]]:
    """The values of a list, or one a line; what is no JSON is None. A line of labelled cases wraps its record."""
    whole = _parsed(text)
    if isinstance(whole, list):
        lines: Iterable[tuple[int, Any]] = enumerate(whole, start=1)
    elif whole is not None:
        lines = [(1, whole)]
    else:
        lines = ((at, _parsed(line)) for at, line in enumerate(text.split("\n"), start=1) if line.strip())
    for line, value in lines:
        wrapped = value.get("record") if isinstance(value, dict) and value.keys() <= {"id", "record", "expected"} else 0
        yield line, wrapped if isinstance(wrapped, dict) else value


def _parsed(text: str) -> Any:
    try:
        return json.loads(text, parse_constant=_refuse)
    except (ValueError, RecursionError):
        return None


def _refuse(name: str) -> Any:
    raise ValueError(name)


def _table(content: bytes) -> Reading:
    try:
        rows = _bounded_rows(content)
    except importing.UnreadableError as wrong:
        raise FileError(wrong.code) from wrong
    headings = set(rows[0][1]) if rows else set()
    if "Release title" in headings:
        if lacking := tracks.missing(headings):
            raise FileError("columns", ", ".join(lacking))
        found = (_entry("release", line, record) for line, record in tracks.releases_of(rows))
        return Reading("tracks", "release", _bounded(found))
    if headings.issuperset(kdp.KNOWN_BY):
        return Reading("kdp", "book", _bounded(_entry("book", line, kdp.book_of(row)) for line, row in rows))
    raise FileError("unknown_table")


def _bounded_rows(content: bytes) -> list[tuple[int, dict[str, str]]]:
    """The rows of a table by our names of columns, each with its line. Raises UnreadableError."""
    names = {one.casefold(): one for one in (*kdp.COLUMNS, *tracks.COLUMNS, *tracks.LATER)}
    lines = csv.reader(io.StringIO(importing.decoded(content), newline=""), importing.dialect(content))
    found: list[tuple[int, dict[str, str]]] = []
    try:
        headings = [names.get(" ".join(one.casefold().split()), "") for one in next(lines, [])]
        for values in lines:
            filled = [*values, *[""] * (len(headings) - len(values))]
            row = {name: undefused(value).strip() for name, value in zip(headings, filled, strict=False) if name}
            if any(row.values()):
                found.append((lines.line_num, row))
            if len(found) > MOST_ROWS:
                raise importing.UnreadableError("too_many_records")
    except csv.Error:
        raise importing.UnreadableError("no_table") from None
    return found
