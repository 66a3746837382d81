"""Subjects, prices and tax: B12 to B15, B19, B23, B26."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.books.record import RULES
from marketing.metadata.codelists import QUALIFIERS, thema
from marketing.metadata.rules import Context, Destination, Fault, Fix, Level, Record
from marketing.metadata.text import as_text, texts

MOST_SUBJECTS = 5
MOST_BISAC = 3
POLISH_VAT = 5
_BISAC = regex.compile(r"[A-Z]{3}\d{6}")
_JUVENILE = frozenset({"JUV", "JNF", "YAF", "YAN"})
_ROYALTY = (Decimal("2.99"), Decimal("9.99"))
_SECTIONS = frozenset(
    [
        "ANT",
        "ARC",
        "ART",
        "BIB",
        "BIO",
        "OCC",
        "BUS",
        "CGN",
        "COM",
        "CKB",
        "CRA",
        "DES",
        "DRA",
        "EDU",
        "FAM",
        "FIC",
        "FOR",
        "GAM",
        "GAR",
        "HEA",
        "HIS",
        "HOM",
        "HUM",
        "JUV",
        "JNF",
        "LAN",
        "LAW",
        "LCO",
        "LIT",
        "MAT",
        "MED",
        "MUS",
        "NAT",
        "PER",
        "PET",
        "PHI",
        "PHO",
        "POE",
        "POL",
        "PSY",
        "REF",
        "REL",
        "SCI",
        "SEL",
        "SOC",
        "SPO",
        "STU",
        "TEC",
        "TRA",
        "TRV",
        "TRU",
        "YAF",
        "YAN",
    ]
)


def _codes(record: Record) -> list[str]:
    return texts(record.get("thema"))


def _is_subject(code: str) -> bool:
    return code[:1] not in QUALIFIERS and code in thema()


@RULES.rule("B12", _("One main subject of Thema from A to Y, and about five codes in all."), source="Thema, ONIX")
def main_subject(record: Record, _context: Context) -> Iterable[Fault]:
    """One Thema main subject, never a qualifier; up to about 5 subjects and qualifiers in all."""
    codes = _codes(record)
    if not any(_is_subject(code) for code in codes) or len(codes) > MOST_SUBJECTS:
        yield Fault(("thema",))


@RULES.rule("B13", _("%(code)s is no Thema code, or stands beside its own narrower code."), source="Thema")
def thema_codes(record: Record, _context: Context) -> Iterable[Fault]:
    """Each Thema code exists, once, and not together with its own parent."""
    codes = _codes(record)
    for at, code in enumerate(codes):
        narrower = any(other != code and _is_above(code, other) for other in codes)
        if code not in thema() or narrower or code in codes[:at]:
            yield Fault(("thema", at), {"code": code})


def _is_above(code: str, other: str) -> bool:
    """Whether `other` lies somewhere below `code`."""
    found = thema().get(other)
    while found and found.parent:
        if found.parent == code:
            return True
        found = thema().get(found.parent)
    return False


@RULES.rule("B14", _("Qualifiers come after at least one subject."), level=Level.WARN, source="Thema")
def qualifiers_last(record: Record, _context: Context) -> Iterable[Fault]:
    """Qualifiers come after at least one subject."""
    codes = _codes(record)
    if codes and codes[0][:1] in QUALIFIERS:
        ordered = sorted(codes, key=lambda code: code[:1] in QUALIFIERS)
        yield Fault(("thema", 0), fix=Fix(("thema",), ordered) if ordered != codes else None)


@RULES.rule(
    "B15", _("BISAC: AAA999999, at most three, the main one first, children’s and adult codes apart."), source="BISG"
)
def bisac(record: Record, _context: Context) -> Iterable[Fault]:
    """BISAC codes in form, at most 3, no NON000000, juvenile and adult not mixed."""
    codes = texts(record.get("bisac"))
    if len(codes) > MOST_BISAC:
        yield Fault(("bisac",))
    for at, code in enumerate(codes):
        if not _BISAC.fullmatch(code) or code[:3] not in _SECTIONS:
            right = code.strip().upper()
            good = bool(_BISAC.fullmatch(right)) and right[:3] in _SECTIONS
            yield Fault(("bisac", at), fix=Fix(("bisac", at), right) if good else None)
    juvenile = {code[:3].upper() in _JUVENILE for code in codes if len(code) > 3}  # noqa: PLR2004
    if len(juvenile) > 1:
        yield Fault(("bisac",))


def amount(value: object) -> Decimal | None:
    """A price as a number; text with a decimal comma too."""
    try:
        found = Decimal(str(value).replace(",", ".")) if value is not None and value != "" else None
    except (InvalidOperation, TypeError):
        return None
    return found if found is None or found.is_finite() else None


@RULES.rule(
    "B19", _("In Poland a book’s price includes 5 % VAT: price type 02, tax rate 5."), source="Polish VAT Act, ONIX"
)
def polish_tax(record: Record, _context: Context) -> Iterable[Fault]:
    """Poland: VAT 5 %, price type 02, and the parts of the price add up to a grosz."""
    if as_text(record.get("country")).upper() != "PL" or as_text(record.get("currency")).upper() not in {"PLN", ""}:
        return
    rate = amount(record.get("tax_rate"))
    if rate != POLISH_VAT:
        yield Fault(("tax_rate",), fix=Fix(("tax_rate",), POLISH_VAT))
    if as_text(record.get("price_type")) not in {"02", "42"}:
        yield Fault(("price_type",), fix=Fix(("price_type",), "02"))
    price = amount(record.get("price"))
    if price is None or price < 0:
        yield Fault(("price",))
    net, tax = amount(record.get("taxable_amount")), amount(record.get("tax_amount"))
    if price is not None and net is not None and tax is not None and net + tax != price:
        yield Fault(("tax_amount",))


@RULES.rule("B23", _("An erotic book is flagged as adult content."), level=Level.WARN, source="ONIX list 203")
def adult(record: Record, _context: Context) -> Iterable[Fault]:
    """Adult content flagged when the subject is erotica."""
    if any(code.startswith("FP") for code in _codes(record)) and not record.get("adult"):
        yield Fault(("adult",), fix=Fix(("adult",), value=True))


@RULES.rule(
    "B26",
    _("KDP pays 70 % only between 2.99 and 9.99 USD, otherwise 35 %."),
    level=Level.WARN,
    source="Amazon KDP",
    only=[Destination.KDP],
)
def royalty(record: Record, _context: Context) -> Iterable[Fault]:
    """An e-book's price in dollars within the bounds of the higher royalty."""
    if as_text(record.get("currency")).upper() != "USD" or as_text(record.get("format")) not in {
        "epub",
        "pdf",
        "mobi",
        "ebook",
    }:
        return
    price = amount(record.get("price"))
    if price is not None and not _ROYALTY[0] <= price <= _ROYALTY[1]:
        yield Fault(("price",))
