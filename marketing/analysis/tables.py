"""Tables as people export them, read into numbers: separators, decimal commas, dates, and regular series."""

from __future__ import annotations

import csv
import io
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

_ENCODINGS = ("utf-8-sig", "cp1250")
_DATES = ("%Y-%m-%d", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y")
_MORE_DATES = (
    "%Y/%m/%d",
    "%Y-%m",
    "%d-%m-%Y",
    "%Y%m%d",
    "%Y.%m.%d",
    "%m/%d/%y",
    "%d %b %Y",
    "%b %d, %Y",
    "%b-%y",
    "%b %Y",
    "%B %Y",
    "%m-%Y",
    "%Y",
)
_NOTHING = frozenset({"", "na", "n/a", "nan", "null", "none", "-", "–", "."})
_SPACES = re.compile(r"[\s\u00a0\u202f']")
# Days between the rows of a series that is daily, weekly, monthly, quarterly or yearly.
_STEPS = (1, 7, 30.4, 91.3, 365.25)


def rows_of(file: Path) -> list[dict[str, str]]:
    """The rows of a CSV file by their headings. Raises ValueError with a sentence for the person."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise ValueError(f"{file} cannot be read: {error.strerror or error}") from error
    rows = rows_in(decoded(raw))
    if not rows:
        raise ValueError(f"{file} has no rows.")
    return rows


def rows_in(text: str) -> list[dict[str, str]]:
    """The rows of a table by their headings; commas, semicolons, tabs or bars part its columns."""
    heading = text.lstrip()[:20_000].partition("\n")[0]
    separator = max(",;\t|", key=heading.count)
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff\r\n ")), delimiter=separator)
    return [
        {(name or "").strip(): value or "" for name, value in row.items() if isinstance(value, str)} for row in rows
    ]


def decoded(raw: bytes) -> str:
    """A file's text in whichever of the usual encodings it is."""
    if raw[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        return raw.decode("utf-16")
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def need(rows: list[dict[str, str]], *columns: str | None) -> None:
    """Raises ValueError for a column that is not there."""
    for column in columns:
        if column and column not in rows[0]:
            raise ValueError(f"There is no column “{column}”; there are: {', '.join(rows[0])}.")


def number(text: str) -> float | None:
    """A number as any of us writes it (1 234,56 or 1,234.56, a currency before or behind it), or None."""
    plain = _SPACES.sub("", text).strip("$€£%").removesuffix("zł").removesuffix("PLN")
    if plain.casefold() in _NOTHING:
        return None
    comma, dot = plain.rfind(","), plain.rfind(".")
    if comma > dot:
        # The last sign parts the decimals, unless it parts thousands: 1,234 or 1,234,567.
        thousands = re.fullmatch(r"-?\d{1,3}(,\d{3})+", plain)
        plain = plain.replace(",", "") if thousands else plain.replace(".", "").replace(",", ".")
    elif comma >= 0:
        plain = plain.replace(",", "")
    elif plain.count(".") > 1:
        plain = plain.replace(".", "")
    try:
        found = float(plain)
    except ValueError:
        return None
    return found if np.isfinite(found) else None


def day(text: str) -> date | None:
    """A date in one of the usual forms, or None."""
    plain = text.strip()
    for form in (*_DATES, *_MORE_DATES):
        try:
            return datetime.strptime(plain, form).date()  # noqa: DTZ007 - a calendar day has no zone
        except ValueError:
            continue
    return None


@dataclass(frozen=True, slots=True)
class Series:
    """A regular series, oldest first, without gaps. `warning` says what had to be filled or added up."""

    name: str
    values: tuple[float, ...]
    warning: str


def series_of(rows: list[dict[str, str]], value: str, when: str, by: str | None, season: int) -> Iterable[Series]:
    """Each group's series in the order of its first row. Raises ValueError where nothing can be read."""
    need(rows, value, when, by)
    groups: dict[str, dict[date, list[float | None]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        at = day(row[when])
        if at is not None:
            groups[row[by] if by else ""][at].append(number(row[value]))
    if not groups:
        raise ValueError(f"No date in the column “{when}” can be read; write them like 2026-11-26.")
    for name, found in groups.items():
        yield _regular(name, found, season)


def _regular(name: str, found: Mapping[date, list[float | None]], season: int) -> Series:
    days = sorted(found)
    seen = {
        at: sum(one for one in found[at] if one is not None) if any(one is not None for one in found[at]) else None
        for at in days
    }
    grid = _grid(days)
    places = np.array([float("nan") if (one := seen.get(at)) is None else one for at in grid])
    missing = int(np.isnan(places).sum())
    notes = []
    if any(len(found[at]) > 1 for at in days):
        notes.append("Several rows a date were added up.")
    if missing:
        notes.append(f"{missing} of {len(grid)} values were missing and filled in.")
    return Series(name, tuple(float(one) for one in _filled(places, season)), " ".join(notes))


def _grid(days: list[date]) -> list[date]:
    """Every date that a series of this rhythm has; months and odd rhythms are taken as they come."""
    if len(days) < 3:  # noqa: PLR2004 - no rhythm yet
        return days
    gaps = np.diff([one.toordinal() for one in days])
    rhythm = min(_STEPS, key=lambda step: abs(step - float(np.median(gaps))))
    if rhythm > 7 or abs(rhythm - float(np.median(gaps))) > 0.5:  # noqa: PLR2004 - beyond weeks the calendar is uneven
        return days
    step, last = timedelta(days=int(rhythm)), days[-1]
    known, grid, at = set(days), [], days[0]
    while at <= last:
        grid.append(at)
        at += step
    # Dates beside the grid mean that the rhythm changed: then the rows are the series.
    return grid if known <= set(grid) and len(grid) < 3 * len(days) else days


def _filled(values: np.ndarray, season: int) -> np.ndarray:
    """Gaps filled by the same place of the seasons before and after where both are there, else along a line."""
    filled = values.copy()
    known = np.flatnonzero(~np.isnan(values))
    if not len(known):
        return np.zeros(0)
    for at in np.flatnonzero(np.isnan(values)):
        around = [values[near] for near in (at - season, at + season) if 0 <= near < len(values)]
        good = [one for one in around if not np.isnan(one)]
        if season > 1 and len(good) == 2:  # noqa: PLR2004 - before and after
            filled[at] = np.mean(good)
    known = np.flatnonzero(~np.isnan(filled))
    return np.asarray(np.interp(np.arange(known[-1] + 1), known, filled[known])[known[0] :])
