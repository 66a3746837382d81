"""Matching claims to the facts that bear them out, tolerant of endings, notation and language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import regex

from marketing.content.grounding import wording
from marketing.content.grounding.binding import date_agrees, number_agrees, price_agrees, same_counted
from marketing.content.grounding.dates import find_dates
from marketing.content.grounding.numbers import Number, find_numbers, find_ordinals, supported_values
from marketing.content.grounding.shapes import Claim, Kind, Source
from marketing.content.grounding.words import content_words, folded, letters_of, same_word, words_of, words_of_names

# A sentence draws on a fact when it shares at least so many of its words, and such a share of them.
_FEWEST_SHARED = 2
_LEAST_SHARE = 0.4
# Longer quotations are somebody's words, to the letter.
_MOST_INFLECTED = 3
_POSSESSIVE = regex.compile(r"[’']s\b")


class Ground:
    """The sources of one brief, made ready for looking things up."""

    def __init__(self, sources: Iterable[Source]) -> None:
        self.sources: tuple[Source, ...] = tuple(sources)

    def bearing_out(self, claim: Claim, sentence: str) -> tuple[int, ...]:
        """The places of the sources that bear a claim of a sentence out; none when it has none."""
        bears = _TESTS[claim.kind]
        return tuple(
            at
            for at, source in enumerate(self.sources)
            if bears(claim.text, source) and _is_of_the_same(claim, sentence, source)
        )

    def drawn_on(self, sentence: str) -> tuple[int, ...]:
        """The sources whose words a sentence says again."""
        said = content_words(sentence)
        found = []
        for at, source in enumerate(self.sources):
            meant = content_words(source.text) if source.name != "link" else frozenset()
            shared = sum(any(same_word(word, other) for other in said) for word in meant)
            if meant and shared >= min(_FEWEST_SHARED, len(meant)) and shared >= _LEAST_SHARE * len(meant):
                found.append(at)
        return tuple(found)


def _is_of_the_same(claim: Claim, sentence: str, source: Source) -> bool:
    """Whether a figure that the source has counts, dates or prices the same thing there."""
    if claim.kind is Kind.DATE:
        days = [day for day in find_dates(sentence) if day.start == claim.start and day.month is not None]
        return all(date_agrees(sentence, day, source.text, source.about) for day in days)
    if claim.kind is Kind.AWARD and "nominated" not in _named(sentence, wording.AWARDS):
        # To be nominated for an award is not to have it.
        return bool(
            _named(claim.text, wording.AWARDS) & _named(wording.NOMINATED_FOR.sub(" ", source.text), wording.AWARDS)
        )
    agrees = {Kind.NUMBER: number_agrees, Kind.PRICE: price_agrees}.get(claim.kind)
    if agrees is None:
        return True
    numbers = [number for number in (*find_numbers(sentence), *find_ordinals(sentence)) if number.start == claim.start]
    return all(agrees(sentence, number, source.text) for number in numbers)


def _number(text: str, source: Source) -> bool:
    wanted = find_numbers(text)
    if text.casefold() in _pieces(source.text):
        return True
    if any(number.digits and not number.unit for number in wanted) and _is_day_of(text, source):
        return True
    wanted = wanted or find_ordinals(text)
    return bool(wanted) and all(_is_in(number, source) for number in wanted)


def _is_in(number: Number, source: Source) -> bool:
    days = find_dates(source.text)
    for other in find_numbers(source.text):
        # The 01 of a date bears out no single review; what a date does bear out follows below.
        if any(day.start <= other.start < day.end for day in days):
            continue
        if number.values & other.values and _units_agree(number.unit, other.unit):
            return True
    if number.unit:
        return False
    if number.values & supported_values(source.text):
        return True
    # A year or a day of the month on its own, out of a whole date.
    parts = {part for day in days for part in (day.year, day.day)}
    return any(value in parts for value in number.values)


def _units_agree(claimed: str, given: str) -> bool:
    # A plain number may come from a price, never the other way round, and never from a share.
    return claimed == given or (not claimed and given != "%")


def _is_day_of(text: str, source: Source) -> bool:
    """Whether a figure such as `15.01` is the day and month of a date in the source."""
    day, _, month = text.partition(".")
    if not (day.isdecimal() and month.isdecimal()):
        return False
    return any((given.day, given.month) == (int(day), int(month)) for given in find_dates(source.text))


def _pieces(text: str) -> frozenset[str]:
    """The blank-separated pieces of a source, such as `mp3` or `26-track`, without marks around them."""
    return frozenset(piece.strip(".,;:!?()„”“\"'") for piece in text.casefold().split())


def _date(text: str, source: Source) -> bool:
    # A month alone is only read behind a small word, which is no part of the claim.
    wanted = find_dates(text) or find_dates(f"in {text}")
    if not wanted:
        return folded(text) in folded(source.text)
    if all(day.month is None and day.weekday is None for day in wanted):
        return folded(text) in words_of(source.text)
    return all(any(day.is_borne_out_by(other) for other in find_dates(source.text)) for day in wanted)


def _price(text: str, source: Source) -> bool:
    numbers = find_numbers(text)
    if numbers:
        return all(_is_in(number, source) for number in numbers)
    said = wording.FREE.findall(source.text)
    pairs = [(words_of(one)[0], words_of(text)[0]) for one in said if words_of(one) and words_of(text)]
    return any(same_word(one, two) or same_counted(one, two) for one, two in pairs)


def _award(text: str, source: Source) -> bool:
    return _names_the_same(text, source.text, wording.AWARDS)


def _superlative(text: str, source: Source) -> bool:
    named = _named(text, wording.SUPERLATIVES) & _named(source.text, wording.SUPERLATIVES)
    # These names gather many words: any of them has to be the same word.
    if named - {"most-like", "ultimate"}:
        return True
    return any(same_word(folded(text), word) for word in words_of(source.text))


def _names_the_same(text: str, source: str, table: Sequence[tuple[str, regex.Pattern[str]]]) -> bool:
    return bool(_named(text, table) & _named(source, table))


def _named(text: str, table: Sequence[tuple[str, regex.Pattern[str]]]) -> set[str]:
    return {name for name, pattern in table if pattern.search(text)}


def _quote(text: str, source: Source) -> bool:
    if letters_of(text) in letters_of(source.text):
        return True
    if not wording.QUOTE.search(text):
        # Who is said to have said something: the name has to stand there, or the word itself where there is none.
        named = [word for word in words_of_names(text) if word not in wording.SMALL]
        return _are_in(named or words_of(text)[:1], source)
    # A title in quotation marks is often in another case.
    return len(words_of(text)) <= _MOST_INFLECTED and _are_in(words_of(text), source)


def _name(text: str, source: Source) -> bool:
    return _are_in(words_of(_POSSESSIVE.sub("", text)), source)


def _are_in(words: Iterable[str], source: Source) -> bool:
    given = words_of(source.text)
    return all(any(same_word(word, other) for other in given) for word in words)


def _link(text: str, source: Source) -> bool:
    essence = _essence(text)
    return any(essence == _essence(piece.strip(".,;()")) for piece in source.text.split())


def _essence(link: str) -> str:
    return link.casefold().removeprefix("https://").removeprefix("http://").removeprefix("www.").rstrip("/")


_TESTS = {
    Kind.NUMBER: _number,
    Kind.DATE: _date,
    Kind.PRICE: _price,
    Kind.AWARD: _award,
    Kind.SUPERLATIVE: _superlative,
    Kind.QUOTE: _quote,
    Kind.NAME: _name,
    Kind.LINK: _link,
}
