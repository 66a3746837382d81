"""Tables for spreadsheets that run nothing: a cell that a program would take for a formula becomes plain text."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any

# What Excel, LibreOffice and Google Sheets read as the beginning of a formula, also behind white space (OWASP).
_DANGEROUS = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL = ("\t", "\r", "\n")


def defused(value: Any) -> str:
    """The cell's text; what could be a formula gets an apostrophe in front. A number stays a number."""
    text = "" if value is None else str(value)
    if isinstance(value, (int, float)):
        return text
    if text.startswith(_CONTROL) or text.lstrip().startswith(_DANGEROUS):
        return f"'{text}"
    return text


class _Echo:
    """Hands each line on instead of gathering them."""

    def write(self, line: str) -> str:
        """The line itself."""
        return line


def csv_lines(rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The lines of a CSV file in UTF-8 with a mark, as Excel wants it, every cell defused."""
    writer = csv.writer(_Echo())
    yield "\ufeff"
    for row in rows:
        yield writer.writerow([defused(cell) for cell in row])
