"""Finding dates, months and weekdays in Polish and English."""

from __future__ import annotations

import datetime as dt
import functools
from dataclasses import dataclass

import regex

_MONTHS = (
    r"stycz(?:eń|nia|niu|niem)|january|jan\b",
    r"lut(?:y|ego|ym)\b|february|feb\b",
    r"mar(?:zec|ca|cu|cem)\b|march|mar\b",
    r"kwie(?:cień|tnia|tniu|tniem)|april|apr\b",
    r"maj(?:a|u|em)?\b|may\b",
    r"czerw(?:iec|ca|cu|cem)\b|june|jun\b",
    r"lip(?:iec|ca|cu|cem)\b|july|jul\b",
    r"sierp(?:ień|nia|niu|niem)|august|aug\b",
    r"wrze(?:sień|śnia|śniu|śniem)|september|sept?\b",
    r"październik(?:a|u|iem)?|october|oct\b",
    r"listopad(?:a|zie|em)?|november|nov\b",
    r"grud(?:zień|nia|niu|niem)|december|dec\b",
)
_WEEKDAYS = (
    r"poniedział(?:ek|ku|kiem)|monday",
    r"wtor(?:ek|ku|kiem)|tuesday",
    r"środ(?:a|ę|y|zie|ą)\b|wednesday",
    r"czwart(?:ek|ku|kiem)|thursday",
    r"piąt(?:ek|ku|kiem)\b|friday",
    r"sobot(?:a|ę|y|ą)\b|sobocie|saturday",
    r"niedziel(?:a|ę|i|ą)\b|sunday",
)
_MONTH = "(?:" + "|".join(f"(?P<m{number}>{names})" for number, names in enumerate(_MONTHS, 1)) + ")"
_S = r"[ \u00a0\u202f]+"
_YEAR = r"(?P<year>(?:1[5-9]|2[01])[0-9]{2})(?![0-9])"
_DAY = r"(?<![0-9])(?P<day>3[01]|[12][0-9]|0?[1-9])(?![0-9])"
_ISO = regex.compile(r"(?<![0-9])(?P<year>[0-9]{4})-(?P<month>0[1-9]|1[0-2])-(?P<day>[0-2][0-9]|3[01])(?![0-9])")
_FIGURES = regex.compile(r"(?<![0-9.])([0-9]{1,2})([./])([0-9]{1,2})\2((?:19|20)?[0-9]{2})(?![0-9])")
_WRITTEN = tuple(
    regex.compile(pattern, regex.IGNORECASE)
    for pattern in (
        rf"{_DAY}(?:st|nd|rd|th|\.)?(?:{_S}of)?{_S}{_MONTH}(?:,?{_S}{_YEAR})?",
        rf"\b{_MONTH}\.?{_S}{_DAY}(?:st|nd|rd|th)?(?:,?{_S}{_YEAR})?",
        rf"\b{_MONTH}{_S}{_YEAR}",
        # A month alone, where it cannot be another word.
        rf"(?<=\b(?:in|by|until|since|from|this|next|w|we|od|do|przed){_S}){_MONTH}",
    )
)
_WEEKDAY = regex.compile(
    r"\b(?:" + "|".join(f"(?P<w{number}>{names})" for number, names in enumerate(_WEEKDAYS)) + ")", regex.IGNORECASE
)
_SOON = regex.compile(r"\b(?:jutro|pojutrze|tomorrow)\b", regex.IGNORECASE)
_CENTURY, _MONTHS_A_YEAR, _LONGEST_MONTH = 100, 12, 31


@dataclass(frozen=True, slots=True)
class Day:
    """A date or a part of one; `weekday` 0 is Monday. Nothing known at all: tomorrow."""

    start: int
    end: int
    year: int | None = None
    month: int | None = None
    day: int | None = None
    weekday: int | None = None

    def is_borne_out_by(self, other: Day) -> bool:
        """Whether everything that this one says is said by the other."""
        if self.weekday is not None:
            return self.weekday in {other.weekday, other.falls_on}
        if self.month is None or self.month != other.month:
            return False
        return self.day in {None, other.day} and self.year in {None, other.year}

    @property
    def falls_on(self) -> int | None:
        """The weekday of a whole date."""
        if self.year is None or self.month is None or self.day is None:
            return None
        try:
            return dt.date(self.year, self.month, self.day).weekday()
        except ValueError:
            return None


@functools.lru_cache(maxsize=2048)
def find_dates(text: str) -> tuple[Day, ...]:
    """Every date in a text, in order, none overlapping; `04/05/2026` is read as the fourth of May."""
    found = [_iso(match) for match in _ISO.finditer(text)]
    found += [day for match in _FIGURES.finditer(text) if (day := _in_figures(match))]
    for pattern in _WRITTEN:
        found += [_written(match) for match in pattern.finditer(text)]
    for match in _WEEKDAY.finditer(text):
        name = next(name for name, group in match.groupdict().items() if group)
        found.append(Day(match.start(), match.end(), weekday=int(name[1:])))
    found += [Day(match.start(), match.end()) for match in _SOON.finditer(text)]
    kept: list[Day] = []
    for day in sorted(found, key=lambda day: (day.start, -day.end)):
        if not kept or day.start >= kept[-1].end:
            kept.append(day)
    return tuple(kept)


def _iso(match: regex.Match[str]) -> Day:
    return Day(match.start(), match.end(), int(match["year"]), int(match["month"]), int(match["day"]))


def _in_figures(match: regex.Match[str]) -> Day | None:
    day, month, year = int(match[1]), int(match[3]), int(match[4])
    if month > _MONTHS_A_YEAR >= day and match[2] == "/":
        day, month = month, day
    year += 2000 if year < _CENTURY else 0
    fits = 1 <= month <= _MONTHS_A_YEAR and 1 <= day <= _LONGEST_MONTH
    return Day(match.start(), match.end(), year, month, day) if fits else None


def _written(match: regex.Match[str]) -> Day:
    groups = match.groupdict()
    month = next(int(name[1:]) for name, found in groups.items() if found and name[0] == "m" and name[1:].isdigit())
    year, day = groups.get("year"), groups.get("day")
    return Day(match.start(), match.end(), int(year) if year else None, month, int(day) if day else None)
