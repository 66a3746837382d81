"""A record as a form shows it, and back: names are the rules' own places, such as `tracks.0.title`."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.datastructures import MultiValueDict

from marketing.metadata.checking import apply
from marketing.metadata.fields import Field, How, Rows, Section, sections
from marketing.metadata.rules import Finding
from marketing.safety.text import many_lines, one_line

MOST_ROWS = 200
# What a row has beside its fields, such as the mark that a name is meant like that.
_REST = "_rest"
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class Input:
    """One value on the page. `notes` are the messages of the rules that it breaks."""

    field: Field
    name: str
    value: str
    notes: tuple[str, ...] = ()

    @property
    def other(self) -> bool:
        """Whether it holds something that is not among the choices; then that is one of them too."""
        return bool(self.value) and self.value not in dict(self.field.choices)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a list. `rest` is kept unseen."""

    name: str
    number: int
    inputs: list[Any]
    rest: str


@dataclass(frozen=True, slots=True)
class Group:
    """A list of rows on the page."""

    rows: Rows
    name: str
    items: list[Row]


@dataclass(frozen=True, slots=True)
class Shown:
    """A section with what stands in it."""

    section: Section
    inputs: list[Any] = field(default_factory=list)


def shown(kind: str, record: Mapping[str, Any], findings: tuple[Finding, ...] = ()) -> list[Shown]:
    """The sections of a record's form, each value with what is wrong with it."""
    notes: dict[str, list[str]] = {}
    for finding in findings:
        notes.setdefault(finding.where, []).append(finding.message)
    return [Shown(one, list(_inputs(one.fields, record, "", notes))) for one in sections(kind)]


def read(kind: str, data: MultiValueDict[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The record that stands in a form. What the form does not show stays as it was `before`."""
    fields = [one for section in sections(kind) for one in section.fields]
    named = {one.name for one in fields}
    return {**{name: value for name, value in before.items() if name not in named}, **_read(fields, data, "")}


def changed(kind: str, record: dict[str, Any], wish: str, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """The record after `add:PLACE`, `remove:PLACE` or `fix:NUMBER` of its findings; anything else changes nothing."""
    what, _colon, where = wish.partition(":")
    if what == "fix" and where.isascii() and where.isdecimal() and int(where) < len(findings):
        fix = findings[int(where)].fault.fix
        if fix:
            apply(record, fix)
    elif what in {"add", "remove"} and where in set(_lists(kind, record, remove=what == "remove")):
        *path, last = where.split(".")
        place: Any = record
        for step in path:
            place = place[int(step)] if isinstance(place, list) else place[step]
        if what == "remove":
            del place[int(last)]
        elif len(place.setdefault(last, [])) < MOST_ROWS:
            place[last].append({})
    return record


def without_empty_rows(kind: str, record: dict[str, Any]) -> dict[str, Any]:
    """The record without rows that were added and never filled."""

    def walk(fields: Any, part: dict[str, Any]) -> bool:
        filled = False
        for one in fields:
            value = part.get(one.name)
            if isinstance(one, Rows):
                kept = [row for row in value or [] if isinstance(row, dict) and walk(one.fields, row)]
                part[one.name] = kept
                filled = filled or bool(kept)
            elif one.how is not How.CHOICE:
                filled = filled or bool(value)
        return filled

    for section in sections(kind):
        walk(section.fields, record)
    return record


def _inputs(fields: Any, record: Mapping[str, Any], base: str, notes: Mapping[str, list[str]]) -> Iterator[Any]:
    for one in fields:
        name = f"{base}{one.name}"
        value = record.get(one.name)
        if isinstance(one, Rows):
            rows = [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
            named = {inner.name for inner in one.fields}
            items = [
                Row(
                    f"{name}.{at}",
                    at + 1,
                    list(_inputs(one.fields, row, f"{name}.{at}.", notes)),
                    json.dumps({key: kept for key, kept in row.items() if key not in named}, ensure_ascii=False),
                )
                for at, row in enumerate(rows)
            ]
            yield Group(one, name, items)
        else:
            said = [
                *notes.get(name, ()),
                *(text for place in notes if place.startswith(f"{name}.") for text in notes[place]),
            ]
            yield Input(one, name, _written(one, value), tuple(said))


def _written(one: Field, value: Any) -> str:
    if one.how is How.LIST:
        return "\n".join(map(str, value)) if isinstance(value, list) else str(value or "")
    if one.how is How.YES:
        return "yes" if value else ""
    return "" if value is None else str(value)


def _read(fields: Any, data: MultiValueDict[str, str], base: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for one in fields:
        name = f"{base}{one.name}"
        if isinstance(one, Rows):
            found[one.name] = [row for row in (_row(one, data, f"{name}.{at}.") for at in _places(data, name)) if row]
        else:
            found[one.name] = _value(one, data.get(name, ""))
    return found


def _places(data: MultiValueDict[str, str], name: str) -> list[int]:
    start = f"{name}."
    numbers = {key[len(start) :].split(".")[0] for key in data if key.startswith(start)}
    return sorted(int(number) for number in numbers if number.isascii() and number.isdecimal())[:MOST_ROWS]


def _row(rows: Rows, data: MultiValueDict[str, str], base: str) -> dict[str, Any]:
    row = _read(rows.fields, data, base)
    try:
        rest = json.loads(data.get(f"{base}{_REST}", "") or "{}")
    except ValueError:
        rest = {}
    return {**(rest if isinstance(rest, dict) else {}), **row}


def _value(one: Field, typed: str) -> Any:
    if one.how is How.YES:
        return bool(typed)
    if one.how is How.LIST:
        return [line for line in (str(one_line(line)) for line in typed.splitlines()) if line]
    if one.how is How.TEXT:
        return str(many_lines(typed))
    text = str(one_line(typed))
    if one.how in {How.WHOLE, How.DECIMAL} and _NUMBER.fullmatch(text):
        number = float(text.replace(",", "."))
        return int(number) if number.is_integer() else number
    # What is no number stays as it was typed: the rules name it, and nothing is lost.
    return text or (None if one.how in {How.WHOLE, How.DECIMAL} else "")


def _lists(kind: str, record: Mapping[str, Any], *, remove: bool) -> Iterator[str]:
    """The places of a record where a row may be added, or those of the rows that may be removed."""

    def walk(fields: Any, part: Mapping[str, Any], base: str) -> Iterator[str]:
        for one in fields:
            if isinstance(one, Rows):
                if not remove:
                    yield f"{base}{one.name}"
                for at, row in enumerate(part.get(one.name) or []):
                    if remove:
                        yield f"{base}{one.name}.{at}"
                    yield from walk(one.fields, row, f"{base}{one.name}.{at}.")

    for section in sections(kind):
        yield from walk(section.fields, record, "")
