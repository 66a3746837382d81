"""Finding what a text claims: numbers, dates, prices, awards, quotations, superlatives, names and links."""

from __future__ import annotations

from collections.abc import Iterator

import regex

from marketing.content.grounding import wording
from marketing.content.grounding.dates import find_dates
from marketing.content.grounding.numbers import find_numbers, find_ordinals
from marketing.content.grounding.sentences import sentences
from marketing.content.grounding.shapes import Claim, Kind
from marketing.content.grounding.words import folded
from marketing.content.links import find_emails, find_urls

_NAME = regex.compile(r"\p{Lu}[\p{L}\p{M}’'-]+(?:[ \u00a0]\p{Lu}[\p{L}\p{M}’'-]+)*")
_WORD = regex.compile(r"\p{L}[\p{L}\p{M}’'-]*")
_FEWEST_QUOTED_WORDS = 2
# The first and the second are only counted of works: a first look claims nothing.
_COUNTED_FROM = 3
# In a line in which most words are capitalised, capitals tell nothing.
_TITLE_CASE = 0.6
_BEGINS = regex.compile(r"(?:^|[.!?…:;•–—|>\n„“\"«(\[/-])[\s\p{So}\p{Sk}\uFE0F]*\Z")
_PRICE_UNITS = frozenset({"PLN", "EUR", "USD", "GBP"})


def find_claims(text: str) -> tuple[Claim, ...]:
    """Every claim in a text, in order, none overlapping; what stands first in the list of kinds wins."""
    prose, links = _without_links(text)
    kept: list[Claim] = []
    for found in (_dates(prose), _numbers(prose), _wordings(prose), _quotes(prose), _names(prose)):
        for claim in found:
            if not any(
                claim.start < other.end and other.start < claim.end for other in kept if claim.kind is not Kind.QUOTE
            ):
                kept.append(claim)
    return tuple(sorted([*kept, *links], key=lambda claim: (claim.start, -claim.end)))


def _without_links(text: str) -> tuple[str, list[Claim]]:
    spans = [*find_urls(text, any_domain=True), *find_emails(text)]
    links = [Claim(Kind.LINK, text[span.start : span.end], span.start, span.end) for span in spans]
    for span in spans:
        text = text[: span.start] + " " * (span.end - span.start) + text[span.end :]
    return text, links


def _claim(kind: Kind, text: str, start: int, end: int) -> Claim:
    return Claim(kind, text[start:end], start, end)


def _dates(text: str) -> Iterator[Claim]:
    for day in find_dates(text):
        yield _claim(Kind.DATE, text, day.start, day.end)


def _numbers(text: str) -> Iterator[Claim]:
    for number in find_numbers(text):
        kind = Kind.PRICE if number.unit in _PRICE_UNITS else Kind.NUMBER
        yield _claim(kind, text, number.start, number.end)


def _wordings(text: str) -> Iterator[Claim]:
    for _name, pattern in wording.AWARDS:
        for match in pattern.finditer(text):
            yield _claim(Kind.AWARD, text, *match.span())
    for _name, pattern in wording.SUPERLATIVES:
        for match in pattern.finditer(text):
            yield _claim(Kind.SUPERLATIVE, text, *match.span())
    for match in wording.FREE.finditer(text):
        yield _claim(Kind.PRICE, text, *match.span())
    for match in wording.VAGUE.finditer(text):
        yield _claim(Kind.NUMBER, text, *match.span())
    for number in find_ordinals(text):
        counted = any(value >= _COUNTED_FROM for value in number.values)
        if counted or wording.WORK.match(text, number.end):
            yield _claim(Kind.NUMBER, text, number.start, number.end)


def _quotes(text: str) -> Iterator[Claim]:
    for match in wording.QUOTE.finditer(text):
        telling = [word for word in _WORD.findall(match[1]) if folded(word) not in wording.SMALL]
        words, alone = len(telling), match[0].strip() == text.strip(" .!–—-")
        if words >= _FEWEST_QUOTED_WORDS or (words and alone) or (words and wording.CREDIT.match(text, match.end())):
            yield _claim(Kind.QUOTE, text, *match.span())
    for match in wording.SAID.finditer(text):
        yield _claim(Kind.QUOTE, text, *match.span())


def _names(text: str) -> Iterator[Claim]:
    for start, end in sentences(text):
        words = _WORD.findall(text, start, end)
        if sum(word[0].isupper() for word in words) > _TITLE_CASE * len(words):
            continue
        for match in _NAME.finditer(text, start, end):
            if (claim := _name(text, match)) is not None:
                yield claim


def _name(text: str, match: regex.Match[str]) -> Claim | None:
    """A name without the capital that only begins a sentence."""
    begin = match.start()
    if text[max(0, begin - 1) : begin] in {"#", "@", "_"}:
        return None
    words = list(_WORD.finditer(text, begin, match.end()))
    if _BEGINS.search(text, max(0, begin - 12), begin):
        words = words[1:]
    words = [word for word in words if word[0].casefold() not in wording.NOT_NAMES]
    return _claim(Kind.NAME, text, words[0].start(), words[-1].end()) if words else None
