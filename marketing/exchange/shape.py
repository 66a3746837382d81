"""A record from outside as the catalogue holds it: each field in its kind, its code in one spelling."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

from marketing.metadata.checking import BOOKS_OF_RULES
from marketing.metadata.fields import Field, How, Rows, sections
from marketing.metadata.rules import NOTHING_KNOWN
from marketing.records import RULES_OF
from marketing.safety.text import many_lines, one_line, storable

LONGEST_TITLE = 300
MOST_ROWS = 200
MOST_BYTES = 200_000
_DEEPEST = 12
_LARGEST = 10**12
# The code by which an entry is found again, and the rule that says whether it is one.
CODES = {"release": ("upc", "M14"), "book": ("isbn13", "B01")}


class ShapeError(Exception):
    """A record that cannot be held; `code` says why, `column` where, `rule` which rule of the trade says so."""

    def __init__(self, code: str, column: str, rule: str = "") -> None:
        super().__init__(f"{column}: {code}")
        self.code, self.column, self.rule = code, column, rule


def shaped(kind: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """The record with each field in its kind, as its form would have stored it. Raises ShapeError."""
    fields = {one.name: one for section in sections(kind) for one in section.fields}
    record = _part(fields, given, "")
    title = record.get("title") or ""
    if not title:
        raise ShapeError("missing", "title")
    if len(title) > LONGEST_TITLE:
        raise ShapeError("too_long", "title")
    name, rule = CODES[kind]
    if record.get(name):
        fault = next(iter(BOOKS_OF_RULES[RULES_OF[kind]].rules[rule].check(record, NOTHING_KNOWN)), None)
        if fault and not fault.fix:
            raise ShapeError("bad_code", name, rule)
        # An ISBN-10, hyphens, or zeros that a spreadsheet lost: the rule knows the code that is meant.
        record[name] = fault.fix.value if fault and fault.fix else record[name]
    if len(json.dumps(record)) > MOST_BYTES:
        raise ShapeError("too_large", "")
    return record


def _part(fields: Mapping[str, Field | Rows], given: Mapping[str, Any], base: str) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in given.items():
        known, place = fields.get(name), f"{base}{name}"
        if known is None:
            found[storable(str(name))[:100]] = _plain(value, place, 0)
        elif isinstance(known, Rows):
            found[name] = _rows(known, value, place)
        else:
            found[name] = _value(known, value, place)
    return found


def _rows(rows: Rows, value: Any, place: str) -> list[dict[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ShapeError("no_list", place)
    if len(value) > MOST_ROWS:
        raise ShapeError("too_many_rows", place)
    fields = {one.name: one for one in rows.fields}
    return [_part(fields, one, f"{place}.{at}.") for at, one in enumerate(value)]


def _value(known: Field, value: Any, place: str) -> Any:
    if known.how is How.YES:
        if value is not None and not isinstance(value, bool):
            raise ShapeError("no_yes", place)
        return bool(value)
    if known.how is How.LIST:
        texts = [] if value is None else value
        if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
            raise ShapeError("no_list", place)
        if len(texts) > MOST_ROWS:
            raise ShapeError("too_many_rows", place)
        return [line for line in (str(one_line(storable(one))) for one in texts) if line]
    if isinstance(value, bool | list | dict):
        raise ShapeError("no_text", place)
    if known.how in {How.WHOLE, How.DECIMAL}:
        return _number(value, place)
    text = storable("" if value is None else str(value))
    return str(many_lines(text) if known.how is How.TEXT else one_line(text))


def _number(value: Any, place: str) -> Any:
    if isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > _LARGEST:
            raise ShapeError("bad_number", place)
        return int(value) if float(value).is_integer() else value
    # What is no number stays as it was typed: the rules name it.
    return str(one_line(storable(value))) or None if value else None


def _plain(value: Any, place: str, depth: int) -> Any:
    """What no form shows, as a database can hold it."""
    if depth > _DEEPEST:
        raise ShapeError("too_deep", place)
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(str(name))[:100]: _plain(one, place, depth + 1) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one, place, depth + 1) for one in value]
    if isinstance(value, int | float) and not isinstance(value, bool):
        return _number(value, place)
    return value
