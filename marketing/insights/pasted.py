"""Tables that people paste or drop: columns found by their usual Polish and English names, cells read into values."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from marketing.analysis import tables
from marketing.letters import plain

MOST_ROWS = 10_000
_MOST_TOLD = 3
_LONGEST = 300


class PastedError(ValueError):
    """A table that cannot be read; the words say what to change."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a table may have. `kind` is number, day or text; `names` are its usual headings."""

    field: str
    kind: str
    title: str | Promise
    names: tuple[str, ...]
    needed: bool = False
    least: float = 0.0
    most: float = 1e12


def read(text: str, columns: Sequence[Column], *, others: bool = False) -> list[dict[str, Any]]:
    """The rows with a value for each column that is there; an empty cell leaves its field out.

    With `others` the numbers of every further column stand under `numbers`. Raises PastedError.
    """
    try:
        found = tables.rows_in(text)
    except csv.Error as error:
        raise PastedError(_("This is no table: %(why)s.") % {"why": error}) from error
    if not found:
        raise PastedError(_("The table has no rows under its headings."))
    if len(found) > MOST_ROWS:
        words = _("The table has %(n)d rows; at most %(most)d are taken.")
        raise PastedError(words % {"n": len(found), "most": MOST_ROWS})
    places = _places(list(found[0]), columns)
    rest = [name for name in found[0] if name not in places.values() and name] if others else []
    rows, faults = [], []
    for line, row in enumerate(found, 2):
        if not any(value.strip() for value in row.values()):
            continue
        values, wrong = _values(row, columns, places)
        faults += [(line, *one) for one in wrong]
        numbers = {name: known for name in rest if (known := tables.number(row.get(name, ""))) is not None}
        rows.append({**values, "numbers": numbers} if others else values)
    if faults:
        raise PastedError(_told(faults))
    return rows


def _places(headings: list[str], columns: Sequence[Column]) -> dict[str, str]:
    """The heading of each column that is there."""
    known = {_plain(heading): heading for heading in headings}
    places = {}
    for column in columns:
        heading = next((known[name] for one in column.names if (name := _plain(one)) in known), None)
        if heading is not None:
            places[column.field] = heading
        elif column.needed:
            words = _("No column is called “%(names)s” (%(what)s). The headings are: %(there)s.")
            there = ", ".join(name for name in headings if name) or "–"
            told = {"names": "” / “".join(column.names[:2]), "what": column.title, "there": there}
            raise PastedError(words % told)
    return places


def _values(
    row: Mapping[str, str], columns: Sequence[Column], places: Mapping[str, str]
) -> tuple[dict[str, Any], list[tuple[str, str, str]]]:
    values: dict[str, Any] = {}
    wrong: list[tuple[str, str, str]] = []
    for column in columns:
        heading = places.get(column.field)
        cell = row.get(heading, "").strip() if heading else ""
        if not cell:
            if heading and column.needed:
                wrong.append((heading, cell, _("is empty")))
            continue
        value, why = _value(cell, column)
        if why:
            wrong.append((str(heading), cell, why))
        else:
            values[column.field] = value
    return values, wrong


def _value(cell: str, column: Column) -> tuple[float | date | str | None, str]:
    if column.kind == "text":
        return cell[:_LONGEST], ""
    if column.kind == "day":
        day = tables.day(cell)
        return day, "" if day else _("is no date")
    number = tables.number(cell)
    if number is None:
        return None, _("is no number")
    if not column.least <= number <= column.most:
        words = _("lies outside %(least)g to %(most)g")
        return None, words % {"least": column.least, "most": column.most}
    return number, ""


def _told(faults: list[tuple[int, str, str, str]]) -> str:
    words = _("Line %(line)d, column “%(heading)s”: “%(cell)s” %(why)s.")
    told = [
        words % {"line": line, "heading": heading, "cell": cell[:40], "why": why}
        for line, heading, cell, why in faults[:_MOST_TOLD]
    ]
    more = len(faults) - _MOST_TOLD
    return " ".join([*told, *([_("And %(n)d more.") % {"n": more}] if more > 0 else [])])


def _plain(heading: str) -> str:
    """As it sounds: without case, accents and signs."""
    return "".join(sign for sign in plain(heading) if sign.isalnum())
