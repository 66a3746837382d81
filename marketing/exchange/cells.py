"""What cells of our own tables hold: lists, people with their roles, and texts that a spreadsheet must not run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from providers.access import csv_lines, defused

LIST = "; "
_PERSON = re.compile(r"(?P<name>.+) \((?P<role>[A-Za-z0-9]{1,12})\)")
_NUMBER = re.compile(r"-?\d+(?:[.,]\d+)?")


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV file as Excel wants it."""
    return "".join(csv_lines([columns, *rows]))


def undefused(cell: str) -> str:
    """The cell without the apostrophe that we put before what looks like a formula."""
    return cell[1:] if cell.startswith("'") and defused(cell[1:]) == cell else cell


def said(record: Mapping[str, Any], *names: str) -> list[str]:
    """These values of a record as cells."""
    return [str(record.get(name) if record.get(name) is not None else "") for name in names]


def listed(cell: str) -> list[str]:
    """The parts of a list in a cell; a semicolon without its space parts too, as people type it."""
    return [one.strip() for one in cell.split(";") if one.strip()]


def number(cell: str) -> int | float | str | None:
    """A number; what is none stays as it was typed, for the rules to name."""
    if not _NUMBER.fullmatch(cell):
        return cell or None
    found = float(cell.replace(",", "."))
    return int(found) if found.is_integer() else found


def yes(cell: str) -> bool:
    """Whether a cell says yes, as tables in Polish and English do."""
    return cell.casefold() in {"yes", "true", "1", "y", "tak", "t", "prawda"}


def people(rows: Iterable[Mapping[str, Any]]) -> str:
    """Names with their roles in one cell, as in `Anna Lind (B06)`."""
    return LIST.join(f"{one.get('name')} ({one.get('role')})" for one in rows)


def read_people(cell: str, otherwise: str) -> list[dict[str, str]]:
    """Who stands in such a cell; a name without a role has this one."""
    found = [(name, _PERSON.fullmatch(name)) for name in listed(cell)]
    return [
        {"name": match["name"].strip(), "role": match["role"]} if match else {"name": name, "role": otherwise}
        for name, match in found
    ]
