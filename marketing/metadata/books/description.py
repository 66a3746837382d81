"""The description: B08 to B11, B28."""

from __future__ import annotations

from collections.abc import Iterable

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.books.record import RULES, contributors
from marketing.metadata.rules import Context, Destination, Fault, Level, Record
from marketing.metadata.text import EMAIL, HANDLE, PHONE, PRICE, URL, any_word, as_text, without_markup

LONGEST = 4000
HOOK = 150
ALLOWED_TAGS = frozenset({"br", "p", "b", "em", "i", "u", "h4", "h5", "h6", "ol", "ul", "li"})
_TAG = regex.compile(r"<\s*(?P<end>/?)\s*(?P<name>[a-zA-Z][\w-]*)(?P<rest>[^>]*)>|<!--|<!\w|<\?")
_ADDRESS = regex.compile(
    r"(?<!\p{L})(?:ul\.|al\.|pl\.|ulica|aleja|os\.)\s+\p{Lu}[\p{L} .]+?\d+|\d{2}-\d{3}\s+\p{Lu}\p{L}+"
    r"|\d+\s+\p{Lu}\p{L}+\s(?:Street|St\.|Avenue|Road)\b"
)
_SELLING = any_word(
    *(
        "zamów teraz",
        "zamów już",
        "zamów dziś",
        "kup teraz",
        "kup już",
        "kup dziś",
        "order now",
        "buy now",
        "pre-order now",
    ),
    *(
        "order today",
        "buy today",
        "tylko dziś",
        "tylko teraz",
        "only today",
        "today only",
        "w promocji",
        "promocja",
        "rabat",
    ),
    *(
        "w niskiej cenie",
        "najniższa cena",
        "dostępna już",
        "dostępny już",
        "dostępne już",
        "już dostępna",
        "już dostępny",
    ),
    *("już w sprzedaży", "w sprzedaży od", "dostępna od", "dostępny od", "available now", "available from", "out now"),
    *(
        "limited time",
        "zostaw opinię",
        "zostaw recenzję",
        "napisz opinię",
        "napisz recenzję",
        "wystaw opinię",
        "oceń książkę",
    ),
    *("dodaj opinię", "podziel się opinią", "leave a review", "write a review", "please review", "rate this book"),
    *(
        "gwiazdek",
        "gwiazdki",
        "5 stars",
        "five stars",
        "stars on amazon",
        "5/5",
        "10/10",
        "recenzja",
        "recenzje",
        "opinie czytelników",
    ),
    *("trasa promocyjna", "trasa autorska", "spotkanie autorskie", "spotkania autorskie", "tour dates", "book tour"),
    *(
        "kup w empiku",
        "order at",
        "kliknij",
        "click the button",
        "scroll up",
        "dodaj do koszyka",
        "add to cart",
        "gratis",
    ),
    *("za darmo", "free shipping", "darmowa dostawa", "przedsprzedaż", "w przedsprzedaży"),
)
# A quotation with somebody behind it: a review.
_QUOTED_PRAISE = regex.compile(r"[„“\"«][^„”“\"«»]{2,200}[”\"»]\s*[–—-]\s*\p{L}")
_WEAK_START = regex.compile(
    r"(?:ta |niniejsza |ta wspaniała )?(?:książka|powieść|publikacja|historia|tom|autobiografia)(?: ta)?"
    r" (?:opowiada|mówi|traktuje|jest|przedstawia|dotyczy|opisuje|porusza|to)\b"
    r"|książka o\b|w (?:tej )?(?:książce|powieści|niniejszej)\b|autor(?:ka)?\b"
    r"|bestseller|laureat|nagrodzon|zdobyw|nominowan|najnowsza książka|nowa książka"
    r"|this (?:book|novel|story)\b|the (?:book|author|novel) (?:is|tells|was)\b"
    r"|in this (?:book|novel)\b|a book about\b|winner of|award-winning|the author|urodzon",
    regex.IGNORECASE,
)
_BIOGRAPHY = regex.compile(
    r"^\s*(?:\(|,|–|—|-)?\s*(?:ur\.|urodz|born|jest|to|is|was|pisark|pisarz|autork|autor|dziennikar|author|ukończył|debiutował)",
    regex.IGNORECASE,
)


@RULES.rule(
    "B08",
    _("The description has %(length)d characters with its markup; 4,000 are the most."),
    source="Amazon KDP",
    only=[Destination.KDP],
)
def length(record: Record, _context: Context) -> Iterable[Fault]:
    """At most 4000 characters including markup."""
    found = len(as_text(record.get("description")))
    if found > LONGEST:
        yield Fault(("description",), {"length": found})


@RULES.rule("B09", _("Markup beyond the safe set: %(found)s."), source="shops’ help pages")
def markup(record: Record, _context: Context) -> Iterable[Fault]:
    """Only br, p, b, em, i, u, h4 to h6, ol, ul, li, without attributes."""
    bad = []
    for found in _TAG.finditer(as_text(record.get("description"))):
        name = (found["name"] or "").casefold()
        if name not in ALLOWED_TAGS or (found["rest"] or "").strip(" /\n\t"):
            bad.append(name or found[0])
    if bad:
        yield Fault(("description",), {"found": ", ".join(dict.fromkeys(bad))})


@RULES.rule("B10", _("“%(found)s”: no web, mail or postal address and no phone in a description."), source="Amazon KDP")
def contact(record: Record, _context: Context) -> Iterable[Fault]:
    """No web address, e-mail, phone or postal address, not even in a tag."""
    text = as_text(record.get("description"))
    for pattern in (EMAIL, URL, HANDLE, PHONE, _ADDRESS):
        if found := pattern.search(text):
            yield Fault(("description",), {"found": found[0]})
            return


@RULES.rule(
    "B11", _("“%(found)s”: no price, availability, review or call to buy in a description."), source="Amazon KDP"
)
def selling(record: Record, _context: Context) -> Iterable[Fault]:
    """No price, availability, dates of tours, reviews or requests for reviews, no "order now"."""
    text = without_markup(as_text(record.get("description")))
    for pattern in (PRICE, _SELLING, _QUOTED_PRAISE):
        if found := pattern.search(text):
            yield Fault(("description",), {"found": found[0][:60]})
            return


@RULES.rule(
    "B28",
    _("The first 150 characters tell nothing of the story: begin with what happens."),
    level=Level.WARN,
    source="shops’ help pages",
)
def hook(record: Record, _context: Context) -> Iterable[Fault]:
    """Not empty, and not begun with the author's life, awards or "Książka opowiada o"."""
    text = without_markup(as_text(record.get("description")))
    start = text[:HOOK].lstrip('„”"“*–—- ')
    if not start or _WEAK_START.match(start) or _begins_with_author(start, record):
        yield Fault(("description",))


def _begins_with_author(start: str, record: Record) -> bool:
    names = [name for _, name, role in contributors(record) if name and role == "A01"]
    return any(
        start.casefold().startswith(name.casefold()) and bool(_BIOGRAPHY.match(start[len(name) :])) for name in names
    )
