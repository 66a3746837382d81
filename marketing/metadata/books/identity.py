"""What a book is: ISBN, formats, contributors, languages, status: B01-B03, B16-B18, B20-B22, B24, B25, B27."""

from __future__ import annotations

from collections.abc import Iterable

import regex
from django.utils.translation import gettext_lazy as _
from stdnum import isbn

from marketing.metadata.books.record import NARRATOR, RULES, TRANSLATOR, contributors, day, is_audio, named_texts, roles
from marketing.metadata.codelists import bibliographic_codes, contributor_roles
from marketing.metadata.rules import Context, Destination, Fault, Fix, Level, Record
from marketing.metadata.text import as_text, same, tidied

_POLISH_GROUP = "97883"
# Form and, where one is needed, detail that go with what people call the format.
_FORMS: dict[str, tuple[frozenset[str], frozenset[str]]] = {
    "epub": (frozenset({"ED", "EA"}), frozenset({"E101"})),
    "pdf": (frozenset({"ED", "EA"}), frozenset({"E107"})),
    "mobi": (frozenset({"ED", "EA"}), frozenset({"E116", "E127"})),
    "audio": (frozenset({"AJ", "AC", "AK", "AN"}), frozenset({"A103", "A101", "A104", "A105", "A106", "A107", "A109"})),
    "paperback": (frozenset({"BC"}), frozenset()),
    "hardback": (frozenset({"BB"}), frozenset()),
}
_ALIASES = {"audiobook": "audio", "softcover": "paperback", "hardcover": "hardback", "ebook": "epub", "mp3": "audio"}
_PLACEHOLDER = regex.compile(
    r"unknown|n/?\.?a\.?|none|null|nil|blank|brak(?: danych)?|nieznan[yae]|nie dotyczy|nd\.?|undefined|tb[ad]|todo|test"
    r"|xxx+"
    r"|empty|puste|bez tytułu|untitled|lorem ipsum.*|\?+|[\p{P}\p{S}\s]+",
    regex.IGNORECASE,
)


@RULES.rule("B01", _("“%(code)s” is no ISBN-13: 978 or 979, 13 digits, right check digit."), source="ISO 2108")
def isbn_form(record: Record, _context: Context) -> Iterable[Fault]:
    """ISBN-13 of 13 digits with the right check digit, stored without hyphens; an ISBN-10 can be converted."""
    code = as_text(record.get("isbn13"))
    if not (code.isascii() and code.isdigit() and len(code) == 13 and isbn.is_valid(code)):  # noqa: PLR2004
        right = isbn.to_isbn13(isbn.compact(code)) if isbn.is_valid(code) else ""
        yield Fault(("isbn13",), {"code": code}, Fix(("isbn13",), isbn.compact(right)) if right else None)


@RULES.rule("B02", _("A publisher in Poland has ISBNs that begin with 978-83."), level=Level.WARN, source="ISO 2108")
def isbn_group(record: Record, _context: Context) -> Iterable[Fault]:
    """Polish publisher and ISBN not in the group 83."""
    code = as_text(record.get("isbn13"))
    polish = as_text(record.get("country")).upper() == "PL"
    whole = len(code) == 13 and isbn.is_valid(code)  # noqa: PLR2004
    if polish and whole and not code.startswith(_POLISH_GROUP):
        yield Fault(("isbn13",))


@RULES.rule("B03", _("The ISBN stands on another format too (%(format)s)."), source="ISO 2108")
def isbn_per_format(record: Record, _context: Context) -> Iterable[Fault]:
    """Each format has its own ISBN. Checked where the record names its other formats."""
    others = record.get("related_formats")
    for one in others if isinstance(others, list) else []:
        if isinstance(one, dict) and one.get("isbn13") == record.get("isbn13") and one.get("isbn13"):
            yield Fault(("isbn13",), {"format": as_text(one.get("format"))})


@RULES.rule(
    "B16", _("“%(code)s” is no ISO 639-2/B code of a language, such as pol, eng or ger."), source="ONIX list 74"
)
def languages(record: Record, _context: Context) -> Iterable[Fault]:
    """Language of text and original as ISO 639-2/B."""
    code, original = as_text(record.get("language")), as_text(record.get("original_language"))
    if code not in bibliographic_codes():
        yield Fault(("language",), {"code": code}, _language_fix("language", code))
    if original and original not in bibliographic_codes():
        yield Fault(("original_language",), {"code": original}, _language_fix("original_language", original))


def _language_fix(name: str, code: str) -> Fix | None:
    """The right code where the given one is a code of another standard."""
    import pycountry

    found = pycountry.languages.get(**{"alpha_2" if len(code) == 2 else "alpha_3": code}) if code else None  # noqa: PLR2004
    right = (getattr(found, "bibliographic", None) or found.alpha_3) if found else ""
    return Fix((name,), right) if right else None


@RULES.rule("B17", _("A translation credits its translator (B06) and names the original title."), source="ONIX")
def translation(record: Record, _context: Context) -> Iterable[Fault]:
    """Translation must credit a translator and the original title."""
    original = as_text(record.get("original_language"))
    translated = bool(original) and original != as_text(record.get("language"))
    if not translated and not (as_text(record.get("original_title")) and not original):
        return
    if TRANSLATOR not in roles(record):
        yield Fault(("contributors",))
    if translated and not as_text(record.get("original_title")).strip():
        yield Fault(("original_title",))


@RULES.rule(
    "B18", _("Somebody is named with a role of ONIX list 17; an audiobook has a narrator (E07)."), source="ONIX list 17"
)
def contributor_codes(record: Record, _context: Context) -> Iterable[Fault]:
    """Contributor roles from list 17; an audiobook needs E07."""
    found = contributors(record)
    if not found:
        yield Fault(("contributors",))
    for path, _name, role in found:
        if role not in contributor_roles():
            yield Fault((*path, "role"))
    if found and is_audio(record) and NARRATOR not in roles(record):
        yield Fault(("contributors",))


@RULES.rule("B20", _("The publishing status does not fit the date: 02 is to come, 04 is out."), source="ONIX list 64")
def status(record: Record, _context: Context) -> Iterable[Fault]:
    """02 forthcoming = date in the future, 04 active = not in the future, seen from the day of entry."""
    published, entered = day(record.get("publication_date")), day(record.get("entered_on"))
    code = as_text(record.get("publishing_status"))
    if published is None or entered is None:
        if published is None:
            yield Fault(("publication_date",))
        return
    if (code == "02" and published <= entered) or (code == "04" and published > entered):
        right = "04" if published <= entered else "02"
        yield Fault(("publishing_status",), fix=Fix(("publishing_status",), right))


@RULES.rule("B21", _("Product form and detail do not fit the format %(format)s."), source="ONIX lists 150 and 175")
def product_form(record: Record, _context: Context) -> Iterable[Fault]:
    """EPUB = ED + E101, PDF = ED + E107, audio = AJ + A103, paperback = BC, hardback = BB."""
    kind = as_text(record.get("format")).casefold()
    forms = _FORMS.get(_ALIASES.get(kind, kind))
    if forms is None:
        if kind:
            yield Fault(("format",), {"format": kind})
        return
    given = record.get("product_form_detail")
    details = {one for one in given if isinstance(one, str)} if isinstance(given, list) else {as_text(given)} - {""}
    if as_text(record.get("product_form")) not in forms[0]:
        yield Fault(("product_form",), {"format": kind})
    elif (forms[1] and not details & forms[1]) or (not forms[1] and any(one[:1] in "EA" for one in details)):
        yield Fault(("product_form_detail",), {"format": kind})


@RULES.rule(
    "B22", _("A number in a series needs the series’ title, and the other way round."), level=Level.WARN, source="ONIX"
)
def series(record: Record, _context: Context) -> Iterable[Fault]:
    """Number in a series and the series title come together."""
    name = as_text(record.get("series")).strip()
    number = str(record.get("series_number") or "").strip()
    if bool(name) != bool(number):
        yield Fault(("series",) if number else ("series_number",))


@RULES.rule("B24", _("“%(found)s” is a placeholder."), source="Amazon KDP", only=[Destination.KDP, Destination.EMPIK])
def placeholder(record: Record, _context: Context) -> Iterable[Fault]:
    """No placeholder: unknown, n/a, none, null, blank, only punctuation."""
    if not as_text(record.get("title")).strip():
        yield Fault(("title",), {"found": ""})
    for path, text in [*named_texts(record), (("publisher",), as_text(record.get("publisher")))]:
        if text.strip() and _PLACEHOLDER.fullmatch(tidied(text)):
            yield Fault(path, {"found": text.strip()})


@RULES.rule(
    "B25", _("An EPUB says how accessible it is (ONIX list 196)."), source="ONIX list 196, EU accessibility act"
)
def accessibility(record: Record, _context: Context) -> Iterable[Fault]:
    """Accessibility information, at least for EPUB."""
    if as_text(record.get("format")).casefold() in {"epub", "ebook"} and not record.get("accessibility"):
        yield Fault(("accessibility",))


@RULES.rule("B27", _("Cover and record do not agree: “%(cover)s”."), source="Amazon KDP", only=[Destination.KDP])
def cover(record: Record, _context: Context) -> Iterable[Fault]:
    """Title and author on the cover spelled as in the record. Checked where the record describes its cover."""
    found = record.get("cover")
    if not isinstance(found, dict):
        return
    title = as_text(found.get("title"))
    if title and not same(title, as_text(record.get("title"))):
        yield Fault(("cover", "title"), {"cover": title})
    author = as_text(found.get("author"))
    if author and not any(same(author, name) for _, name, _role in contributors(record)):
        yield Fault(("cover", "author"), {"cover": author})
