"""Entries of the catalogue from a table: reading the file, judging each row, and storing it so that twice is once.

What is wrong with a row is a code; the page has the words, in its reader's language.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from marketing.models import Artist, Book, Event, Release
from marketing.safety.text import is_web_address, one_line

MOST_BYTES = 2_000_000
MOST_ROWS = 5000
_LONGEST = {"name": 200, "title": 300, "artist": 200, "author": 200, "venue": 200, "city": 120, "link": 500}
_OTHER_NAMES = {
    "nazwa": "name",
    "rodzaj": "kind",
    "opis": "about",
    "adres": "link",
    "url": "link",
    "tytuł": "title",
    "artysta": "artist",
    "wykonawca": "artist",
    "autor": "author",
    "data": "date",
    "release date": "date",
    "release_date": "date",
    "publication date": "date",
    "publication_date": "date",
    "data premiery": "date",
    "początek": "starts",
    "starts at": "starts",
    "starts_at": "starts",
    "miejsce": "venue",
    "miasto": "city",
    "ean": "upc",
    "isbn13": "isbn",
    "isbn-13": "isbn",
}
COLUMNS: dict[str, tuple[str, ...]] = {
    "artist": ("name", "kind", "about", "link"),
    "event": ("title", "starts", "venue", "city", "artist", "link"),
    "release": ("title", "artist", "upc", "date", "link"),
    "book": ("title", "author", "isbn", "date", "link"),
}
_DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y")


class UnreadableError(Exception):
    """The file as a whole cannot be used; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class RowError(Exception):
    """One row cannot be used; `code` says why, `column` where."""

    def __init__(self, code: str, column: str) -> None:
        super().__init__(f"{column}: {code}")
        self.code, self.column = code, column


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became, or would become, of a row. `outcome` is new, changed, same or wrong."""

    line: int
    name: str
    outcome: str
    code: str = ""
    column: str = ""


def read(content: bytes, kind: str) -> list[dict[str, str]]:
    """The rows of a CSV file by our names of columns, each with its `line`. Raises UnreadableError."""
    if len(content) > MOST_BYTES:
        raise UnreadableError("too_large")
    lines = csv.reader(io.StringIO(decoded(content), newline=""), dialect(content))
    try:
        named = [_column(name) for name in next(lines, [])]
        first = COLUMNS[kind][0]
        if first not in named:
            raise UnreadableError("no_header")
        rows = []
        for values in lines:
            row = {
                name: str(one_line(value)) for name, value in zip(named, values, strict=False) if name in COLUMNS[kind]
            }
            if any(row.values()):
                rows.append({**row, "line": str(lines.line_num)})
            if len(rows) > MOST_ROWS:
                raise UnreadableError("too_many_rows")
    except csv.Error:
        raise UnreadableError("no_table") from None
    if not rows:
        raise UnreadableError("empty")
    return rows


def decoded(content: bytes) -> str:
    """The text of the file: UTF-8, or what Polish spreadsheets write. Raises UnreadableError when it is no text."""
    if b"\x00" in content:
        raise UnreadableError("no_table")
    for encoding in ("utf-8-sig", "cp1250"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise UnreadableError("no_table")


def dialect(content: bytes) -> type[csv.Dialect]:
    """How the cells of a table are parted: by what stands most often in its first line."""
    first = content.split(b"\n", 1)[0]

    class Found(csv.excel):
        delimiter = max(";\t,", key=lambda mark: first.count(mark.encode()))

    return Found


def _column(name: str) -> str:
    plain = " ".join(name.strip().casefold().split())
    return _OTHER_NAMES.get(plain, plain)


def preview(rows: list[dict[str, str]], kind: str) -> list[Verdict]:
    """What storing these rows would do; nothing is stored."""
    return [_judged(row, kind, store=False) for row in rows]


def store(rows: list[dict[str, str]], kind: str) -> list[Verdict]:
    """Store these rows; one that is wrong is left out and told."""
    return [_judged(row, kind, store=True) for row in rows]


def _judged(row: Mapping[str, str], kind: str, *, store: bool) -> Verdict:
    line, name = int(row.get("line", 0)), row.get(COLUMNS[kind][0], "")
    try:
        found, wanted = _READERS[kind](row)
    except RowError as wrong:
        return Verdict(line, name, "wrong", wrong.code, wrong.column)
    changed = [field for field, value in wanted.items() if value not in (None, "", getattr(found, field))]
    fresh = found.pk is None
    if not fresh and not changed:
        return Verdict(line, name, "same")
    if store:
        for field in changed:
            setattr(found, field, wanted[field])
        _link_creator(found, row)
        _into_record(found)
        found.save()
    return Verdict(line, name, "new" if fresh else "changed")


def _link_creator(entry: Any, row: Mapping[str, str]) -> None:
    """Tie the entry to the act or author of this name; one that is not there yet is made."""
    if row.get("artist") and isinstance(entry, Event | Release):
        entry.artist = Artist.objects.get_or_create(name=row["artist"], kind=Artist.Kind.ARTIST)[0]
    if row.get("author") and isinstance(entry, Book):
        entry.author = Artist.objects.get_or_create(name=row["author"], kind=Artist.Kind.AUTHOR)[0]


def _into_record(entry: Any) -> None:
    """Where a record rules over the columns, what the table says goes into it."""
    record = entry.record if isinstance(entry, Release | Book) else None
    if not record:
        return
    record["title"] = entry.title
    if isinstance(entry, Release):
        record["upc"] = entry.upc or record.get("upc", "")
        record["release_date"] = _iso(entry.release_date) or record.get("release_date", "")
    else:
        record["isbn13"] = entry.isbn13 or record.get("isbn13", "")
        record["publication_date"] = _iso(entry.publication_date) or record.get("publication_date", "")


def _iso(day: date | None) -> str:
    return day.isoformat() if day else ""


def _artist(row: Mapping[str, str]) -> tuple[Artist, dict[str, Any]]:
    name = _text(row, "name", needed=True)
    kind = row.get("kind", "").casefold()
    known = {"": "artist", "artist": "artist", "artysta": "artist", "author": "author", "autor": "author"}
    if kind not in known:
        raise RowError("bad_kind", "kind")
    wanted = {"name": name, "kind": known[kind], "about": row.get("about", ""), "link": _link(row)}
    found = Artist.objects.filter(name=name, kind=known[kind]).first()
    return found or Artist(name=name, kind=known[kind]), wanted


def _event(row: Mapping[str, str]) -> tuple[Event, dict[str, Any]]:
    title, starts = _text(row, "title", needed=True), _moment(row)
    wanted = {
        "title": title,
        "starts_at": starts,
        "venue": _text(row, "venue"),
        "city": _text(row, "city"),
        "link": _link(row),
    }
    _text(row, "artist")
    found = Event.objects.filter(title=title, starts_at=starts).first()
    return found or Event(title=title, starts_at=starts), wanted


def _release(row: Mapping[str, str]) -> tuple[Release, dict[str, Any]]:
    title, artist = _text(row, "title", needed=True), _text(row, "artist")
    upc = _number(row, "upc", {12, 13, 14})
    wanted = {"title": title, "artist_line": artist, "upc": upc, "release_date": _day(row), "link": _link(row)}
    found = Release.objects.filter(upc=upc).first() if upc else None
    found = found or Release.objects.filter(title=title, artist_line=artist, **({"upc": ""} if upc else {})).first()
    return found or Release(title=title), wanted


def _book(row: Mapping[str, str]) -> tuple[Book, dict[str, Any]]:
    title, author = _text(row, "title", needed=True), _text(row, "author")
    isbn = _number(row, "isbn", {13})
    wanted = {"title": title, "author_line": author, "isbn13": isbn, "publication_date": _day(row), "link": _link(row)}
    found = Book.objects.filter(isbn13=isbn).first() if isbn else None
    found = found or Book.objects.filter(title=title, author_line=author, **({"isbn13": ""} if isbn else {})).first()
    return found or Book(title=title), wanted


_READERS: dict[str, Callable[[Mapping[str, str]], tuple[Any, dict[str, Any]]]] = {
    "artist": _artist,
    "event": _event,
    "release": _release,
    "book": _book,
}


def _text(row: Mapping[str, str], column: str, *, needed: bool = False) -> str:
    value = row.get(column, "")
    if needed and not value:
        raise RowError("missing", column)
    if len(value) > _LONGEST[column]:
        raise RowError("too_long", column)
    return value


def _link(row: Mapping[str, str]) -> str:
    link = _text(row, "link")
    if link and "://" not in link:
        link = f"https://{link}"
    if link and not is_web_address(link):
        raise RowError("bad_link", "link")
    return link


def _day(row: Mapping[str, str]) -> date | None:
    typed = row.get("date", "")
    for form in _DAYS if typed else ():
        try:
            return datetime.strptime(typed, form).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    if typed:
        raise RowError("bad_date", "date")
    return None


def _moment(row: Mapping[str, str]) -> datetime:
    typed = row.get("starts", "")
    if not typed:
        raise RowError("missing", "starts")
    try:
        found = parse_datetime(typed)
    except ValueError:
        found = None
    if found is None:
        try:
            found = datetime.strptime(typed, "%d.%m.%Y %H:%M")  # noqa: DTZ007 - the zone follows below
        except ValueError:
            raise RowError("bad_date", "starts") from None
    return timezone.make_aware(found) if timezone.is_naive(found) else found


def _number(row: Mapping[str, str], column: str, lengths: set[int]) -> str:
    """A number of the trade with its check digit right, without hyphens and spaces."""
    digits = row.get(column, "").replace("-", "").replace(" ", "")
    if not digits:
        return ""
    if not (digits.isascii() and digits.isdecimal()) or len(digits) not in lengths:
        raise RowError("bad_number", column)
    total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(digits)))
    if total % 10:
        raise RowError("bad_check_digit", column)
    return digits
