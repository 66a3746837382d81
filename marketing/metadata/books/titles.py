"""Titles of books: B04, B05, B29."""

from __future__ import annotations

from collections.abc import Iterable

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.books.record import RULES, named_texts
from marketing.metadata.rules import Context, Destination, Fault, Fix, Level, Record
from marketing.metadata.text import any_word, as_text, in_brackets, tidied, without_markup, words

LONGEST_TITLE = 200
_PROMOTION = any_word(
    *(
        "bestseller",
        "best seller",
        "bestsellerowa",
        "bestsellerowy",
        "bestselling",
        "best-selling",
        "za darmo",
        "gratis",
    ),
    *("darmowy", "darmowa", "darmowe", "promocja", "promocyjna", "promocyjny", "wyprzedaż", "nowość", "nowosc", "hit"),
    *("okazja", "rabat", "zniżka", "taniej", "przecena", "new release", "discount", "special offer", "limited time"),
    *("#1", "no. 1", "nr 1", "number one", "top 10", "must read", "polecamy", "najlepsza książka", "award winning"),
    *(
        "e-book",
        "ebook",
        "epub",
        "pdf",
        "mobi",
        "audiobook",
        "audiobuk",
        "kindle",
        "kindle edition",
        "kindle unlimited",
    ),
    *("paperback", "hardcover", "hardback", "oprawa twarda", "twarda oprawa", "oprawa miękka", "miękka oprawa"),
    *("wydanie kieszonkowe", "a4", "a5", "b5", "dla fanów", "dla miłośników prozy", "for fans of", "w stylu"),
    *(
        "in the style of",
        "lepszy niż",
        "better than",
        "harry potter",
        "netflix",
        "amazon",
        "audible",
        "disney",
        "marvel",
    ),
    *("star wars", "stephen king", "stephena kinga", "empik", "legimi"),
)
_SIZE = regex.compile(r"\d+\s?[x×]\s?\d+\s?(?:mm|cm|in)\b|\d+\s?(?:stron|pages)\b", regex.IGNORECASE)
# Words of every language's titles; they promote beside an exclamation mark or in brackets, or where they are foreign.
_LOUD = any_word("free", "best", "sale", "new", "hot", "top")
_FUNCTION = frozenset(
    [
        "i",
        "a",
        "w",
        "z",
        "na",
        "do",
        "o",
        "od",
        "u",
        "ku",
        "po",
        "za",
        "dla",
        "bez",
        "przy",
        "nad",
        "pod",
        "przed",
        "przez",
        "się",
        "nie",
        "jest",
        "to",
        "że",
        "jak",
        "gdy",
        "czy",
        "lub",
        "oraz",
        "ale",
        "ten",
        "ta",
        "te",
        "moja",
        "mój",
        "jej",
        "jego",
        "ich",
        "co",
        "kto",
        "the",
        "of",
        "and",
        "an",
        "in",
        "on",
        "at",
        "for",
        "to",
        "with",
        "from",
        "by",
        "is",
        "or",
        "as",
        "it",
        "his",
        "her",
        "their",
        "my",
        "your",
        "who",
        "how",
    ]
)
_TRADE = frozenset(
    [
        "kryminał",
        "kryminały",
        "kryminalna",
        "thriller",
        "thrillery",
        "romans",
        "romanse",
        "powieść",
        "powieści",
        "fantasy",
        "fantastyka",
        "horror",
        "sensacja",
        "książka",
        "książki",
        "literatura",
        "obyczajowa",
        "erotyk",
        "poradnik",
        "biografia",
        "reportaż",
        "saga",
        "seria",
        "bestseller",
        "ebook",
        "komedia",
        "dramat",
        "young",
        "adult",
        "ya",
        "book",
        "books",
        "novel",
        "novels",
        "crime",
        "romance",
        "mystery",
        "suspense",
        "fiction",
        "story",
        "stories",
        "ebook",
        "kindle",
        "sci-fi",
        "wakacje",
        "lato",
        "prezent",
    ]
)
_LEAST_STUFFED = 5
_STRAIGHT = '"'


@RULES.rule(
    "B04",
    _("Title and subtitle have %(length)d characters together; 200 are the most."),
    source="Amazon KDP",
    only=[Destination.KDP],
)
def title_length(record: Record, _context: Context) -> Iterable[Fault]:
    """Title + subtitle together at most 200 characters."""
    length = len(as_text(record.get("title"))) + len(as_text(record.get("subtitle")))
    if length > LONGEST_TITLE:
        yield Fault(("title",), {"length": length})


@RULES.rule("B05", _("“%(found)s” is promotion, a format or a search word, not part of a title."), source="Amazon KDP")
def promotion(record: Record, _context: Context) -> Iterable[Fault]:
    """No promotion, other authors or trademarks, sizes, formats or keywords in title, subtitle, series, contributor."""
    foreign = as_text(record.get("language")) not in {"eng", "en"}
    for path, text in named_texts(record):
        found = _PROMOTION.search(text) or _SIZE.search(text) or _loud(text, foreign=foreign)
        if found:
            yield Fault(path, {"found": found[0]})
        elif path == ("subtitle",) and _is_stuffed(text):
            yield Fault(path, {"found": tidied(text)[:60]})


def _loud(text: str, *, foreign: bool) -> regex.Match[str] | None:
    found = _LOUD.search(text)
    if found is None:
        return None
    bracketed = any(_LOUD.search(inner) for inner in in_brackets(text))
    shouted = text[found.end() : found.end() + 1] == "!" or (found[0].isupper() and not text.isupper())
    # "sale" are halls in Polish, and "top" and "new" stand in names; alone they say nothing.
    plainly = foreign and found[0].casefold() in {"free", "best"}
    return found if bracketed or shouted or plainly else None


def _is_stuffed(subtitle: str) -> bool:
    """Search words in a row: five or more, none of them holding a sentence together, some of them the trade's."""
    parts = words(subtitle)
    return (
        len(parts) >= _LEAST_STUFFED
        and not set(parts) & _FUNCTION
        and sum(part in _TRADE for part in parts) > 1
        and not regex.search(r"[.:;!?–—]", subtitle)
    )


@RULES.rule(
    "B29", _("White space, accents, quotation marks or dashes are not in order."), level=Level.FIX, source="all shops"
)
def typography(record: Record, _context: Context) -> Iterable[Fault]:
    """White space, NFC; in Polish the quotation marks „ ” and the en dash in dialogue."""
    polish = as_text(record.get("language")) in {"pol", "pl"}
    for path, text in [*named_texts(record), (("publisher",), as_text(record.get("publisher")))]:
        mended = _quoted(tidied(text)) if polish else tidied(text)
        if mended != text:
            yield Fault(path, fix=Fix(path, mended))
    description = as_text(record.get("description"))
    plain = without_markup(description)
    hyphen = polish and regex.search(r"(?:^|>)\s*-\s+\p{Lu}", description)
    if (polish and _STRAIGHT in plain) or hyphen or description != description.strip():
        yield Fault(("description",))


def _quoted(text: str) -> str:
    """Straight quotation marks as Polish ones, where they come in pairs."""
    return regex.sub(r'"([^"]*)"', r"„\1”", text)
