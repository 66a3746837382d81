"""KDP's sheet, out and in: a row a book with the fields of KDP's form, in its order and with its seven keywords."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from marketing.exchange.cells import LIST, listed, number, people, read_people, said, table, yes

COLUMNS = tuple(
    """Title|Subtitle|Series|Series number|Author|Contributors|Description|Keyword 1|Keyword 2|Keyword 3|Keyword 4
Keyword 5|Keyword 6|Keyword 7|BISAC 1|BISAC 2|BISAC 3|Language|Publication date|Publisher|ISBN|Adult content
List price|Currency""".replace("\n", "|").split("|")
)
# A table with these is such a sheet.
KNOWN_BY = ("Title", "Author", "Description", "Keyword 1")
_PLAIN = {
    "title": "Title",
    "subtitle": "Subtitle",
    "series": "Series",
    "series_number": "Series number",
    "description": "Description",
    "language": "Language",
    "publication_date": "Publication date",
    "publisher": "Publisher",
    "currency": "Currency",
}


def as_kdp(records: Iterable[Mapping[str, Any]]) -> str:
    """A sheet with the fields of KDP's form, in its order and with its seven keywords."""
    return table(COLUMNS, (_row(record) for record in records))


def book_of(row: Mapping[str, str]) -> dict[str, Any]:
    """The book in a row; what the sheet has no column for is not in it."""
    found: dict[str, Any] = {name: row[column] for name, column in _PLAIN.items() if column in row}
    if "Author" in row or "Contributors" in row:
        authors = [{"role": "A01", "name": name} for name in listed(row.get("Author", ""))]
        found["contributors"] = authors + read_people(row.get("Contributors", ""), "Z99")
    for name, start, most in (("keywords", "Keyword", 7), ("bisac", "BISAC", 3)):
        columns = [f"{start} {at}" for at in range(1, most + 1)]
        if any(column in row for column in columns):
            found[name] = [row[column] for column in columns if row.get(column)]
    if "ISBN" in row:
        found["isbn13"] = row["ISBN"].replace("-", "").replace(" ", "")
    if "Adult content" in row:
        found["adult"] = yes(row["Adult content"])
    if "List price" in row:
        found["price"] = number(row["List price"])
    return found


def _filled(values: Sequence[Any], places: int) -> list[str]:
    return [*map(str, values[:places]), *[""] * (places - len(values))]


def _row(record: Mapping[str, Any]) -> list[str]:
    given = [one for one in record.get("contributors") or [] if isinstance(one, dict)]
    authors = [str(one.get("name") or "") for one in given if one.get("role") == "A01"]
    return [
        *said(record, "title", "subtitle", "series", "series_number"),
        LIST.join(authors),
        people(one for one in given if one.get("role") != "A01"),
        *said(record, "description"),
        *_filled(record.get("keywords") or [], 7),
        *_filled(record.get("bisac") or [], 3),
        *said(record, "language", "publication_date", "publisher", "isbn13"),
        "yes" if record.get("adult") else "no",
        *said(record, "price", "currency"),
    ]
