"""Storing records so that twice is once: an entry is found again by its code, and a file erases nothing by silence."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from marketing import records
from marketing.exchange.files import Entry, Reading
from marketing.exchange.shape import CODES
from marketing.metadata import checking
from marketing.models import Artist, Book, RecordFile, RecordFilePart, Release

PART_RECORDS = 100
# Rules of a record that are told with it; the rest is on its page.
MOST_RULES = 8
# Which field tells the rows of a list apart.
_ROWS = {"tracks": "isrc", "artists": "name", "contributors": "name"}


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became, or would become, of a record. `outcome` is new, changed, same or wrong.

    `changed` names the fields that would be others; `rules` the rules that the entry then breaks, or that refused it.
    """

    line: int
    name: str
    outcome: str
    code: str = ""
    column: str = ""
    rules: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)


@transaction.atomic
def keep_file(name: str, content: bytes, reading: Reading, owner_id: int | None) -> RecordFile:
    """Store a read file until its owner decides."""
    file = RecordFile.objects.create(
        name=name[:200],
        form=reading.form,
        kind=reading.kind,
        sha256=hashlib.sha256(content).hexdigest(),
        size=len(content),
        records=len(reading.entries),
        notes=reading.notes,
        owner_id=owner_id,
    )
    rows = [asdict(entry) for entry in reading.entries]
    parts = [rows[at : at + PART_RECORDS] for at in range(0, len(rows), PART_RECORDS)]
    RecordFilePart.objects.bulk_create(
        (RecordFilePart(file=file, position=at, rows=part) for at, part in enumerate(parts)), batch_size=10
    )
    return file


def finish(file: RecordFile) -> None:
    """The records are stored; what is kept of the file is its name and digest."""
    file.imported_at = timezone.now()
    file.save(update_fields=["imported_at"])
    RecordFilePart.objects.filter(file=file).delete()


def part_of(file: RecordFile, position: int) -> list[Entry]:
    """The entries of one part; none behind the last."""
    part = RecordFilePart.objects.filter(file=file, position=position).first()
    return [Entry(**row) for row in part.rows] if part else []


def judge(kind: str, form: str, entries: Sequence[Entry], *, store: bool) -> list[Verdict]:
    """What storing these would do; with `store` it is done, inside the caller's transaction."""
    known = _Known(kind, [entry for entry in entries if not entry.code])
    context = records.known(records.RULES_OF[kind])
    return [_judged(kind, form, entry, known, context, store=store) for entry in entries]


def merged(form: str, before: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """The record after an import: what the file says counts, what it does not say stays.

    Only JSON carries whole records, so only there an empty value says that a field is empty. Rows of a list are those
    of the file; what the file does not say of a row stays with it.
    """
    found = dict(before)
    for name, value in new.items():
        if form != "json" and name in before and _silent(value):
            continue
        found[name] = _rows(form, name, before.get(name), value) if name in _ROWS else value
    return found


def _silent(value: Any) -> bool:
    return value is None or value is False or value in ("", [])


def _other(value: Any, before: Any) -> bool:
    return bool(value != before and not (_silent(value) and _silent(before)))


def _rows(form: str, name: str, before: Any, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    old = [one for one in before if isinstance(one, dict)] if isinstance(before, list) else []
    kept = []
    for row in rows:
        match = next((one for one in old if _same_row(name, one, row)), {})
        kept.append(merged(form, match, row))
    return kept


def _same_row(name: str, one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    key = _ROWS[name]
    if one.get(key) and other.get(key):
        return bool(one[key] == other[key] and one.get("role") == other.get("role"))
    return name == "tracks" and (one.get("title"), one.get("version")) == (other.get("title"), other.get("version"))


class _Known:
    """The entries of the catalogue that a batch may mean, by code and by title and people."""

    def __init__(self, kind: str, entries: Sequence[Entry]) -> None:
        self.kind = kind
        self.code_name = CODES[kind][0]
        codes = {one.record.get(self.code_name) for one in entries} - {"", None}
        titles = {one.record["title"] for one in entries}
        query = Q(**{f"{self.code_name}__in": codes}) | Q(title__in=titles)
        self._found: list[Release | Book] = list(records.KINDS[kind].objects.filter(query).order_by("pk"))

    def meant(self, record: Mapping[str, Any]) -> list[Release | Book]:
        """The entry of this code; else those of its title and people that have no other code or format."""
        code = record.get(self.code_name)
        if code:
            same = [one for one in self._found if getattr(one, self.code_name) == code]
            if same:
                return same[:1]
        line = _line_of(self.kind, record)
        return [one for one in self._found if self._may_be(one, record, line, coded=bool(code))]

    def _may_be(self, one: Release | Book, record: Mapping[str, Any], line: str, *, coded: bool) -> bool:
        if one.title != record["title"] or (coded and getattr(one, self.code_name)):
            return False
        there = records.record_of(one)
        for name in ("format", "version"):
            if record.get(name) and there.get(name) and record[name] != there[name]:
                return False
        return line == _line_of(self.kind, there)

    def add(self, entry: Release | Book) -> None:
        """One that was just stored; a later record may mean it."""
        if entry not in self._found:
            self._found.append(entry)


def _line_of(kind: str, record: Mapping[str, Any]) -> str:
    """Main artists or authors as the entry's own line has them."""
    name, role = ("artists", "primary") if kind == "release" else ("contributors", "A01")
    people = [one for one in record.get(name) or [] if isinstance(one, dict)]
    return ", ".join(str(one.get("name") or "") for one in people if (one.get("role") or role) == role)


def _judged(kind: str, form: str, entry: Entry, known: _Known, context: Any, *, store: bool) -> Verdict:
    name = str(entry.record.get("title") or "")
    if entry.code:
        return Verdict(entry.line, name, "wrong", entry.code, entry.column, [entry.rule] if entry.rule else [])
    meant = known.meant(entry.record)
    if len(meant) > 1:
        return Verdict(entry.line, name, "wrong", "ambiguous", CODES[kind][0])
    before = records.record_of(meant[0]) if meant else {}
    record = merged(form, before, entry.record)
    changed = [key for key in record if _other(record[key], before.get(key))] if meant else []
    if meant and not changed:
        return Verdict(entry.line, name, "same")
    report = checking.check(records.RULES_OF[kind], record, context)
    if store:
        stored = meant[0] if meant else records.KINDS[kind]()
        stored.record = record
        _save(stored)
        known.add(stored)
    return Verdict(
        entry.line, name, "changed" if meant else "new", rules=report.rule_ids[:MOST_RULES], changed=sorted(changed)
    )


def _save(entry: Release | Book) -> None:
    """Store it, tied to the act or author of its name; one that is not there yet is made."""
    entry.save()
    if isinstance(entry, Release) and entry.artist_line and not entry.artist:
        entry.artist = _creator(entry.artist_line, Artist.Kind.ARTIST)
    elif isinstance(entry, Book) and entry.author_line and not entry.author:
        entry.author = _creator(entry.author_line, Artist.Kind.AUTHOR)
    else:
        return
    entry.save()


def _creator(line: str, kind: str) -> Artist | None:
    # A line of several people is no single act; only one that is there under exactly that name is meant.
    if ", " in line:
        return Artist.objects.filter(name=line, kind=kind).first()
    return Artist.objects.get_or_create(name=line[:200], kind=kind)[0]


def batches(file: RecordFile, start: int = 0) -> Iterator[tuple[int, list[Entry]]]:
    """The parts of a file from one on, each with its position."""
    position = start
    while entries := part_of(file, position):
        yield position, entries
        position += 1


def counts_of(verdicts: Iterable[Verdict]) -> dict[str, int]:
    """How many of each outcome."""
    found: dict[str, int] = {}
    for one in verdicts:
        found[one.outcome] = found.get(one.outcome, 0) + 1
    return found
