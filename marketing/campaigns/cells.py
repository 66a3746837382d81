"""Cells as exports write them: numbers in either notation, days in several, and totals that are no rows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009'’]+")
_NOTHING = frozenset(("", "-", "--", "–", "—", "n/a", "na", "null", "none", "nan", "brak", "b/d"))
_MONEY = re.compile(r"^(?:[$€£]|zł|pln|usd|eur|gbp)|(?:[$€£%]|zł|pln|usd|eur|gbp)$", re.IGNORECASE)
_CURRENCY_AT_END = re.compile(r"\s*[(\[]([A-Za-z]{3})[)\]]\s*$")
_TOTAL = re.compile(
    r"(?:grand )?(?:totals?|suma|razem|łącznie|podsumowanie|ogółem)(?:\s*[:–-].*| of \d+ .*|)", re.IGNORECASE
)
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4}|\d{2})(?:[ T].*)?")
_DOTTED = re.compile(r"(\d{1,2})[.-](\d{1,2})[.-](\d{4})(?:[ T].*)?")
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[ T].*)?")
_WORDY = re.compile(r"(\d{1,2})\.? ([^\W\d]+)\.?,? (\d{4})(?:[ ,].*)?")
_AMERICAN = re.compile(r"([^\W\d]+)\.? (\d{1,2}),? (\d{4})(?:[ ,].*)?")
_MONTHS = {
    stem: number
    for number, stems in enumerate(
        (
            ("jan", "sty"),
            ("feb", "lut"),
            ("mar",),
            ("apr", "kwi"),
            ("may", "maj"),
            ("jun", "cze"),
            ("jul", "lip"),
            ("aug", "sie"),
            ("sep", "wrz"),
            ("oct", "paź"),
            ("nov", "lis"),
            ("dec", "gru"),
        ),
        1,
    )
    for stem in stems
}
_LIMIT = Decimal(10) ** 11


def plain(heading: str) -> str:
    """A heading as layouts write it."""
    return _CURRENCY_AT_END.sub("", _SPACES.sub(" ", heading.lstrip("\ufeff")).strip()).casefold()


def currency_in(heading: str) -> str:
    """The currency in brackets at a heading's end, or nothing."""
    found = _CURRENCY_AT_END.search(heading)
    return found[1].upper() if found and found[1].casefold() not in {"cvr", "cpm", "cpc", "ctr", "all"} else ""


def is_nothing(text: str) -> bool:
    """Whether a cell is missing rather than zero."""
    return text.strip().casefold() in _NOTHING


def is_total(first: str) -> bool:
    """Whether a row that begins like this sums up others."""
    return bool(_TOTAL.fullmatch(first.strip()))


def decimal_sign(cells: Iterable[str]) -> str:
    """Which sign parts the decimals in these cells: a comma or a dot; nothing when the cells do not tell."""
    votes = {",": 0, ".": 0}
    for cell in cells:
        bare = _bare(cell)
        comma, dot = bare.rfind(","), bare.rfind(".")
        if comma < 0 and dot < 0:
            continue
        sign = "," if comma > dot else "."
        other = dot if sign == "," else comma
        tail = len(bare) - 1 - max(comma, dot)
        if other >= 0 or tail != 3 or bare.startswith(f"0{sign}"):  # noqa: PLR2004 - three digits may be thousands
            repeated = bare.count(sign) > 1
            votes[{",": ".", ".": ","}[sign] if repeated else sign] += 1
    if not any(votes.values()):
        return ""
    return max(votes, key=lambda sign: votes[sign])


def _bare(text: str) -> str:
    bare = _SPACES.sub("", text).lstrip("<>≈~")
    return _MONEY.sub("", _MONEY.sub("", bare))


def number(text: str, sign: str) -> Decimal | None:
    """The number in a cell whose decimals are parted by `sign`; None where it is missing.

    Raises ValueError for what is no number, or too large to be one of ours.
    """
    if is_nothing(text):
        return None
    bare = _bare(text)
    if bare.startswith("(") and bare.endswith(")"):
        bare = f"-{bare[1:-1]}"
    thousands = "." if sign == "," else ","
    whole, _, rest = bare.replace("−", "-").partition(sign)
    grouped = rf"[+-]?\d{{1,3}}(?:{re.escape(thousands)}\d{{3}})+"
    if not re.fullmatch(rf"{grouped}|[+-]?\d*", whole, re.ASCII) or not re.fullmatch(r"\d*", rest, re.ASCII):
        raise ValueError(text)
    if not (whole.strip("+-") or rest):
        raise ValueError(text)
    digits = whole.replace(thousands, "")
    found = Decimal(f"{digits if digits.strip('+-') else digits + '0'}.{rest or '0'}")
    if abs(found) >= _LIMIT:
        raise ValueError(text)
    return found


def day_order(cells: Iterable[str]) -> str:
    """`dmy` or `mdy` for days such as 9/1/2026; nothing where all fit both, `none` where there are no such days."""
    seen = False
    for cell in cells:
        found = _SLASHED.fullmatch(cell.strip())
        if found:
            seen = True
            if int(found[1]) > 12:  # noqa: PLR2004 - no such month
                return "dmy"
            if int(found[2]) > 12:  # noqa: PLR2004
                return "mdy"
    return "" if seen else "none"


def day(text: str, order: str) -> date | None:
    """The day in a cell; a month is its first day. None where it is missing. Raises ValueError."""
    bare = _SPACES.sub(" ", text).strip()
    if is_nothing(bare):
        return None
    if found := _ISO.fullmatch(bare):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := re.fullmatch(r"(\d{4})-(\d{2})", bare):
        return date(int(found[1]), int(found[2]), 1)
    if found := re.fullmatch(r"(\d{4})(\d{2})(\d{2})", bare):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if found := _DOTTED.fullmatch(bare):
        return date(int(found[3]), int(found[2]), int(found[1]))
    if found := _SLASHED.fullmatch(bare):
        first, second, year = int(found[1]), int(found[2]), int(found[3])
        year += 2000 if year < 100 else 0  # noqa: PLR2004 - two digits
        return date(year, first, second) if order == "mdy" else date(year, second, first)
    if found := _WORDY.fullmatch(bare):
        return date(int(found[3]), _month(found[2]), int(found[1]))
    if found := _AMERICAN.fullmatch(bare):
        return date(int(found[3]), _month(found[1]), int(found[2]))
    return datetime.fromisoformat(bare).date()


def _month(word: str) -> int:
    """Raises ValueError for what is no month."""
    number_of = _MONTHS.get(word.casefold()[:3])
    if number_of is None:
        raise ValueError(word)
    return number_of
