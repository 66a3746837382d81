"""Reading an export file as a stream: its encoding, its line of headings, what it is, and its rows one by one.

Nothing here holds more than the beginning of a file and one row. What is wrong with a row is a code; pages have words.
"""

from __future__ import annotations

import codecs
import csv
import io
import itertools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, cast

from marketing.campaigns import cells
from marketing.campaigns.layouts import DAYS, FIELDS, HEADINGS, LAYOUTS, MONEY, TEXTS, WHOLE, Layout, recognised

Pieces = Callable[[], Iterator[bytes]]
HEAD_BYTES = 200_000
HEAD_LINES = 30
SAMPLED_ROWS = 2000
_LONGEST_CELL = 10_000
_SEPARATORS = ",;\t|"
_LONGEST = {"audience": 200, "creative": 200, "conversion_type": 120, "account": 120}
csv.field_size_limit(_LONGEST_CELL * 10)


class UnreadableError(Exception):
    """The file as a whole cannot be used; `code` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Shape:
    """How the bytes become cells: `heading_line` counts from 0."""

    encoding: str
    separator: str
    heading_line: int
    headings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Choices:
    """What each column is (by its place), and what the file does not say itself."""

    source: str
    columns: tuple[str, ...]
    sign: str = "."
    order: str = "dmy"
    currency: str = ""
    title: str = ""
    account: str = ""

    @classmethod
    def of(cls, kept: dict[str, Any]) -> Choices:
        """The choices as `asdict` and JSON left them."""
        return cls(**{**kept, "columns": tuple(kept["columns"])})

    def kept(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "columns": list(self.columns)}


@dataclass(frozen=True, slots=True)
class Recognition:
    """What a file was taken for. `open` names the choices that the file does not settle."""

    shape: Shape
    layout: Layout | None
    choices: Choices
    open: tuple[str, ...]
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the file: values by field, or why it is left out (`code`, and the heading of the cell)."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    code: str = ""
    column: str = ""


def recognise(pieces: Pieces) -> Recognition:
    """What the file is and what must be asked. Raises UnreadableError."""
    shape = _shape(_beginning(pieces))
    names = [cells.plain(one) for one in shape.headings]
    layout = recognised(names)
    sample = [row for _line, row in itertools.islice(_cells(pieces, shape), SAMPLED_ROWS)]
    if not sample:
        raise UnreadableError("empty")
    columns = _columns(names, layout)
    sign = cells.decimal_sign(_column(sample, columns, {*MONEY, *WHOLE, "conversions"}))
    order = cells.day_order(_column(sample, columns, set(DAYS)))
    open_ones = []
    if not order and layout and layout.order:
        order = layout.order
    if not order:
        open_ones.append("order")
    spends = any(one in {*MONEY, "spend_micros"} for one in columns)
    currency = next((found for one in shape.headings if (found := cells.currency_in(one))), "")
    if spends and not currency and "currency" not in columns:
        open_ones.append("currency")
    if layout and not layout.titled:
        open_ones.append("title")
    if not layout:
        open_ones.append("columns")
    guessed = sign or ("," if shape.separator == ";" else ".")
    choices = Choices(
        layout.slug if layout else "other", columns, guessed, "dmy" if order in {"", "none"} else order, currency
    )
    unknown = tuple(one for one, name in zip(shape.headings, columns, strict=True) if not name and one.strip())
    return Recognition(shape, layout, choices, tuple(open_ones), unknown)


def _columns(names: list[str], layout: Layout | None) -> tuple[str, ...]:
    """What each column is; of two columns that would be the same number the first counts."""
    known = layout.columns if layout else {}
    found: list[str] = []
    for name in names:
        meant = known.get(name, "")
        several = meant in {"audience", "breakdown"}
        found.append(meant if meant and (several or meant not in found) else "")
    return tuple(found)


def guessed_columns(headings: Iterable[str]) -> tuple[str, ...]:
    """What the columns of an unknown file probably are: the mapping page's first suggestion."""
    found: list[str] = []
    for heading in headings:
        name = cells.plain(heading)
        meant = next((one.columns[name] for one in LAYOUTS if name in one.columns), "")
        meant = meant or (name.replace(" ", "_") if name.replace(" ", "_") in FIELDS else "")
        found.append(meant if meant and meant not in found else "")
    return tuple(found)


def _column(sample: list[list[str]], columns: tuple[str, ...], wanted: set[str]) -> Iterator[str]:
    places = [place for place, name in enumerate(columns) if name in wanted]
    return (row[place] for row in sample for place in places if place < len(row))


def _beginning(pieces: Pieces) -> bytes:
    head = b""
    for piece in pieces():
        head += piece
        if len(head) >= HEAD_BYTES:
            break
    return head[:HEAD_BYTES]


def _encoding(head: bytes) -> str:
    """UTF-16 and UTF-8 by their marks or their bytes, else what Polish spreadsheets write."""
    if head[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return "utf-16"
    if b"\x00" in head:
        raise UnreadableError("no_table")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        return "cp1250"
    return "utf-8-sig"


def _shape(head: bytes) -> Shape:
    if head[:4] in {b"PK\x03\x04", b"\xd0\xcf\x11\xe0"}:
        raise UnreadableError("workbook")
    encoding = _encoding(head)
    text = codecs.getincrementaldecoder(encoding)(errors="ignore").decode(head)
    best: tuple[int, int, str, list[str]] = (0, 0, "", [])
    for separator in _SEPARATORS:
        lines = _rows(io.StringIO(text, newline=""), separator)
        for place, (_line, row) in enumerate(itertools.islice(lines, HEAD_LINES)):
            known = sum(cells.plain(one) in HEADINGS for one in row)
            filled = sum(bool(one.strip()) for one in row)
            # A line of known headings; among strangers the first line of at least two words.
            score = known * 1000 + (min(filled, 99) if filled > 1 and not _numeric(row) else 0)
            if score > best[0]:
                best = (score, place, separator, row)
    if len(best[3]) < 2:  # noqa: PLR2004 - one column is no table
        raise UnreadableError("no_header")
    return Shape(encoding, best[2], best[1], tuple(one.strip().lstrip("\ufeff") for one in best[3]))


def _numeric(row: list[str]) -> bool:
    return any(one.strip()[:1].isdigit() for one in row)


def _rows(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """The rows with their line numbers. Raises UnreadableError where it is no table."""
    reader = csv.reader(lines, delimiter=separator)
    try:
        for row in reader:
            yield reader.line_num, row
    except csv.Error:
        raise UnreadableError("no_table") from None


def _lines(pieces: Pieces, encoding: str) -> Iterator[str]:
    """The file's lines with their ends. Bytes that are no text become a sign of replacement."""
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    rest = ""
    for piece in itertools.chain(pieces(), (b"",)):
        rest += decoder.decode(piece, final=not piece)
        if len(rest) > HEAD_BYTES * 100:
            raise UnreadableError("no_table")
        *whole, rest = rest.split("\n")
        for line in whole:
            yield f"{line}\n"
    if rest:
        yield rest


def _cells(pieces: Pieces, shape: Shape) -> Iterator[tuple[int, list[str]]]:
    """The rows under the headings."""
    rows = _rows(_lines(pieces, shape.encoding), shape.separator)
    return itertools.islice(rows, shape.heading_line + 1, None)


def rows(pieces: Pieces, shape: Shape, choices: Choices) -> Iterator[Row]:
    """Every row under the headings, read or with the reason why it is left out; blank lines are none."""
    for line, row in _cells(pieces, shape):
        if any(one.strip() for one in row):
            yield _read(line, row, shape, choices)


def _read(line: int, row: list[str], shape: Shape, choices: Choices) -> Row:
    if cells.is_total(next((one for one in row if one.strip()), "")):
        return Row(line, code="total")
    values: dict[str, Any] = {}
    texts: dict[str, list[str]] = {}
    for heading, name, cell in zip(shape.headings, choices.columns, row, strict=False):
        try:
            if name in TEXTS:
                if not cells.is_nothing(cell):
                    texts.setdefault(name, []).append(cell.strip())
            elif name in DAYS:
                values[name] = cells.day(cell, choices.order)
            elif name:
                values[name] = cells.number(cell, choices.sign)
        except ValueError:
            return Row(line, code="bad_day" if name in DAYS else "bad_number", column=heading)
    for name, found in texts.items():
        values[name] = " · ".join(found)[: _LONGEST.get(name, 300)]
    return _judged(line, values, choices)


def _judged(line: int, values: dict[str, Any], choices: Choices) -> Row:
    """The row's values completed from the choices, or why it cannot be used."""
    micros = values.pop("spend_micros", None)
    if micros is not None and values.get("spend") is None:
        values["spend"] = micros / Decimal(1_000_000)
    campaign = values.get("campaign") or values.get("campaign_id") or choices.title
    measured = [name for name in (*WHOLE, *MONEY, "conversions") if values.get(name) is not None]
    if not campaign:
        # Sums without a name: an account's total.
        return Row(line, code="total" if measured else "nameless")
    if not measured:
        return Row(line, code="no_numbers")
    for name in WHOLE:
        if values.get(name) is not None:
            if values[name] != values[name].to_integral_value():
                return Row(line, code="bad_number", column=name)
            values[name] = int(values[name])
    values["campaign"] = campaign
    values["currency"] = str(values.get("currency") or choices.currency).upper()[:3]
    if any(values.get(name) is not None for name in MONEY) and not values["currency"]:
        return Row(line, code="no_currency")
    start, end = cast("date | None", values.get("period_start")), values.get("period_end")
    if values.get("day") is None and start and start == end:
        values["day"] = start
    values.setdefault("day", None)
    if values["day"] is not None:
        values["period_start"] = values["period_end"] = None
    values.setdefault("account", choices.account)
    return Row(line, values)
