"""Keywords for shops: B06, B07."""

from __future__ import annotations

from collections.abc import Iterable

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.books.record import RULES, contributors
from marketing.metadata.rules import Context, Destination, Fault, Level, Record
from marketing.metadata.text import any_word, as_text, texts, tidied, words

MOST, LONGEST = 7, 50
_SHORT_WORD = 3
_QUOTES = regex.compile(r"[\"„”“«»]")
_FORBIDDEN = any_word(
    *(
        "kindle unlimited",
        "kindleunlimited",
        "kindle",
        "ku",
        "kdp",
        "amazon",
        "audible",
        "empik",
        "bestseller",
        "best seller",
    ),
    *(
        "bestsellery",
        "free",
        "new",
        "za darmo",
        "darmowy",
        "darmowa",
        "darmowe",
        "nowość",
        "nowości",
        "nowa",
        "nowy",
        "promocja",
    ),
    *("sale", "wyprzedaż", "on sale", "available now", "dostępne teraz", "hit", "best", "#1", "best book"),
)
_CATEGORIES = frozenset(
    [
        "książka",
        "książki",
        "book",
        "books",
        "ebook",
        "e-book",
        "ebooki",
        "powieść",
        "powieści",
        "novel",
        "novels",
        "kryminał",
        "kryminały",
        "crime",
        "thriller",
        "thrillery",
        "romans",
        "romanse",
        "romance",
        "fantasy",
        "fantastyka",
        "horror",
        "literatura",
        "literature",
        "fiction",
        "non-fiction",
        "nonfiction",
        "beletrystyka",
        "poezja",
        "poetry",
        "biografia",
        "biography",
        "poradnik",
        "poradniki",
        "dramat",
        "komedia",
        "sensacja",
        "reportaż",
        "historia",
        "history",
        "sci-fi",
        "obyczajowa",
        "science",
        "fiction",
        "audiobook",
        "lektura",
        "proza",
    ]
)
_AUTHORS = any_word(
    *(
        "stephen king",
        "remigiusz mróz",
        "olga tokarczuk",
        "andrzej sapkowski",
        "agatha christie",
        "jo nesbø",
        "jo nesbo",
    ),
    *(
        "j.k. rowling",
        "rowling",
        "harlan coben",
        "dan brown",
        "katarzyna bonda",
        "zygmunt miłoszewski",
        "blanka lipińska",
    ),
    *("wojciech chmielarz", "colleen hoover", "tess gerritsen", "marek krajewski", "stieg larsson", "camilla läckberg"),
    *(
        "george r.r. martin",
        "tolkien",
        "james patterson",
        "lee child",
        "paulo coelho",
        "haruki murakami",
        "szczepan twardoch",
    ),
)


@RULES.rule(
    "B06",
    _("At most 7 keywords of at most 50 characters each."),
    source="Amazon KDP",
    only=[Destination.KDP],
)
def number_and_length(record: Record, _context: Context) -> Iterable[Fault]:
    """At most 7 keywords, at most 50 characters each."""
    found = texts(record.get("keywords"))
    if len(found) > MOST:
        yield Fault(("keywords",))
    for at, keyword in enumerate(found):
        if len(keyword) > LONGEST:
            yield Fault(("keywords", at))


@RULES.rule(
    "B07",
    _("“%(keyword)s” repeats the title or author, is a mere category, or promotes."),
    level=Level.WARN,
    source="Amazon KDP",
    only=[Destination.KDP],
)
def useless(record: Record, _context: Context) -> Iterable[Fault]:
    """A keyword tells what title, subtitle and author do not, and nothing that the shop forbids."""
    own = [as_text(record.get(name)) for name in ("title", "subtitle")]
    own += [name for _, name, _role in contributors(record)]
    said = {word for text in own for word in words(text) if len(word) > _SHORT_WORD}
    for at, keyword in enumerate(texts(record.get("keywords"))):
        if _repeats(keyword, said) or _is_forbidden(keyword):
            yield Fault(("keywords", at), {"keyword": keyword})


def _repeats(keyword: str, said: set[str]) -> bool:
    """Whether most of a keyword's words stand in the title or author already."""
    telling = [word for word in words(keyword) if len(word) > _SHORT_WORD]
    return bool(telling) and sum(word in said for word in telling) * 2 > len(telling)


def _is_forbidden(keyword: str) -> bool:
    """Quotation marks, promotion, another author, or a mere category."""
    patterns = (_QUOTES, _FORBIDDEN, _AUTHORS)
    return any(pattern.search(keyword) for pattern in patterns) or tidied(keyword).casefold() in _CATEGORIES
