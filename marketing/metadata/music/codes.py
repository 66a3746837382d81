"""Codes of recordings, products and works: M13 to M16."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import regex
from django.utils.translation import gettext_lazy as _
from stdnum import ean

from marketing.metadata.music.record import RULES, tracks
from marketing.metadata.rules import Context, Fault, Fix, Path, Record
from marketing.metadata.text import as_text, tidied

_ISRC = regex.compile(r"[A-Z]{2}[A-Z0-9]{3}\d{7}")
_ISWC = regex.compile(r"T-?\d{3}\.?\d{3}\.?\d{3}-?\d")


def compact(code: str) -> str:
    """A code without hyphens, dots and spaces, in capitals."""
    return regex.sub(r"[\s.\-]", "", code).upper()


@RULES.rule(
    "M13", _("“%(code)s” is no ISRC: 2 letters, 3 letters or digits, 7 digits, without hyphens."), source="ISO 3901"
)
def isrc_form(record: Record, _context: Context) -> Iterable[Fault]:
    """ISRC: 2 letters, 3 letters or digits, 2 digits of the year, 5 digits; stored without hyphens."""
    for path, track in tracks(record):
        code = as_text(track.get("isrc"))
        if not _ISRC.fullmatch(code):
            at = (*path, "isrc")
            yield Fault(at, {"code": code}, _if(at, compact(code), bool(_ISRC.fullmatch(compact(code)))))


# Digits of a UPC that lost its leading zeros.
_SHORTEST_CODE = 9


@RULES.rule("M14", _("“%(code)s” is no UPC or EAN: 12 or 13 digits with the right check digit."), source="GS1")
def upc_form(record: Record, _context: Context) -> Iterable[Fault]:
    """UPC of 12 or EAN of 13 digits with the right check digit, as text."""
    given = record.get("upc")
    code = as_text(given)
    if not is_barcode(code):
        digits = compact(str(given or ""))
        # Spreadsheets lose leading zeros, a few of them at most: out of nothing no code is made.
        candidates = (digits, digits.zfill(12)) if len(digits) >= _SHORTEST_CODE else ()
        padded = next((one for one in candidates if is_barcode(one)), "")
        yield Fault(("upc",), {"code": str(given or "")}, _if(("upc",), padded, bool(padded)))


def is_barcode(code: str) -> bool:
    """Whether it is a UPC or an EAN, to the last digit."""
    return code.isascii() and code.isdigit() and len(code) in {12, 13} and ean.is_valid(code.zfill(13))


@RULES.rule("M15", _("“%(code)s” is no ISWC: T, nine digits and the right check digit."), source="ISO 15707")
def iswc_form(record: Record, _context: Context) -> Iterable[Fault]:
    """ISWC `T` + 9 digits + check digit; a work without one needs none."""
    for path, track in tracks(record):
        code = as_text(track.get("iswc"))
        if code and not is_iswc(code):
            yield Fault((*path, "iswc"), {"code": code})


def is_iswc(code: str) -> bool:
    """Whether form and check digit are right: (10 - (1 + sum of i * digit i) mod 10) mod 10."""
    if not _ISWC.fullmatch(code):
        return False
    digits = [int(sign) for sign in code if sign.isdigit()]
    total = 1 + sum(at * digit for at, digit in enumerate(digits[:9], start=1))
    return (10 - total % 10) % 10 == digits[9]


@RULES.rule("M16", _("The ISRC %(code)s belongs to another recording."), source="ISO 3901")
def isrc_unique(record: Record, context: Context) -> Iterable[Fault]:
    """ISRC unique in the release; elsewhere in the catalogue only on the same recording."""
    codes = [compact(as_text(track.get("isrc"))) for _, track in tracks(record)]
    counted = Counter(code for code in codes if code)
    for (path, track), code in zip(tracks(record), codes, strict=True):
        elsewhere = context.isrcs.get(code)
        if counted[code] > 1 or (elsewhere and elsewhere != recording_of(track)):
            yield Fault((*path, "isrc"), {"code": code})


def recording_of(track: Record) -> tuple[str, str, str]:
    """What makes two tracks the same recording: title, version and artists."""
    names = ", ".join(
        sorted(tidied(as_text(one.get("name"))) for one in track.get("artists") or [] if isinstance(one, dict))
    )
    return (tidied(as_text(track.get("title"))), tidied(as_text(track.get("version"))), names)


def _if(path: Path, value: str, good: bool) -> Fix | None:  # noqa: FBT001 - read as a sentence
    return Fix(path, value) if good else None
