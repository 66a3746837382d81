"""What a number counts, what a date is the date of, what a price buys: a true figure with the wrong noun is no fact."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import regex

from marketing.content.grounding.dates import Day, find_dates
from marketing.content.grounding.numbers import Number, find_numbers, find_ordinals
from marketing.content.grounding.wording import SMALL
from marketing.content.grounding.words import folded, same_word

_DATA = tomllib.loads(Path(__file__).with_name("binding.toml").read_text(encoding="utf-8"))
_WORD = regex.compile(r"[\p{L}\p{M}]+")
# A noun stands behind its number with at most so many words between; marks, brackets and digits end the search.
_FURTHEST_NOUN = 4
_STOP = regex.compile(r"[.,;:!?…()\[\]„”\"“«»\n–—/#@\p{Nd}]")
_PARTING = regex.compile(r"[.;!?\n]|,(?=\s)")
_PARTING_COSTS = 40
_LABEL = regex.compile(r"(?P<word>[\p{L}\p{M}]+)(?P<colon>\s*[:(])?\s*\Z")
_LAST_WORD = regex.compile(r"([\p{L}\p{M}]+)\s*\Z")
_THAN = {
    "more": regex.compile(r"\b(?:more|wiecej)\s+(?:than|niz)\s*\Z"),
    "less": regex.compile(r"\b(?:less|fewer|mniej)\s+(?:than|niz)\s*\Z"),
}
_LONGEST_BEFORE = 30
_HOURS = 24
_CLOCK = regex.compile(
    r"(?:[01]?[0-9]|2[0-3])(?:[.:][0-5][0-9])?(?:[ \u00a0]?[ap]\.?m\.?)?(?<=[.:][0-5][0-9]|m\.?)", regex.IGNORECASE
)
_HOURS_AFTER = frozenset({"o", "godz", "godzinie", "godziny", "at"})
_OF = frozenset({"of", "the", "z", "ze"})
_YEARS = range(1500, 2200)


class _Words:
    """Names by their words, whole or by their beginnings."""

    def __init__(self, table: Mapping[str, str]) -> None:
        self._whole: dict[str, str] = {}
        self._beginnings: list[tuple[str, str]] = []
        for name, words in table.items():
            for word in words.split():
                if word.endswith("*"):
                    self._beginnings.append((word[:-1], name))
                else:
                    self._whole.setdefault(word, name)

    def name_of(self, word: str) -> str:
        """The name that a folded word belongs to; empty when to none."""
        if word in self._whole:
            return self._whole[word]
        return next((name for beginning, name in self._beginnings if word.startswith(beginning)), "")


_COUNTED = _Words(_DATA["counted"])
_OCCASIONS = _Words(_DATA["occasions"])
_GOODS = _Words(_DATA["goods"])
_QUALIFIERS = _Words(_DATA["qualifiers"])
_LABELS = frozenset(_DATA["labels"]["words"].split())
_ENDS = frozenset(_DATA["ends"]["words"].split())
_COPY, _PIECES = "copy", "szt"
_OF_COPIES = frozenset(_DATA["loose"]["of_copies"].split())


@dataclass(frozen=True, slots=True)
class Noun:
    """What a number counts: `name` where it is known, and the folded words that stand with the number."""

    name: str = ""
    words: tuple[str, ...] = field(default=())

    def __bool__(self) -> bool:
        return bool(self.words)


def number_agrees(text: str, number: Number, source: str) -> bool:
    """Whether a source counts the same with one of the number's values, or counts nothing that could contradict."""
    mine = _noun_at(text, number)
    same = [other for other in _all_numbers(source) if _are_equal(number, other)]
    if not same:
        # Out of a date: a year is a year, and nothing else is counted by it.
        is_year = mine.name in {"", "year"} and any(value in _YEARS for value in number.values)
        is_alone = not mine or not (mine.name or number.digits)
        return is_year or (is_alone and not _is_clock(text, number))
    qualifier = _qualifier(text, number)
    if _is_clock(text, number) and not mine.name:
        same = [other for other in same if _is_clock(source, other)]
    return any(
        (_names_alike(text, number, source, other) or _agree(mine, source, other))
        and (not qualifier or qualifier == _qualifier(source, other))
        for other in same
    )


def price_agrees(text: str, number: Number, source: str) -> bool:
    """Whether a source asks the price for the same thing, or does not say what for."""
    mine = _named(text, number, _prices(text), _GOODS)[:1]
    numbers = _prices(source)
    theirs = [_named(source, other, numbers, _GOODS) for other in numbers if number.values & other.values]
    return not mine or not theirs or any(not goods or mine[0] in goods for goods in theirs)


def date_agrees(text: str, day: Day, source: str, about: str) -> bool:
    """Whether a source's day is that of the same occasion. `about` is the occasion of a source that is a date alone."""
    is_end = _is_end(text, day)
    mine = _named(text, day, find_dates(text), _OCCASIONS)[:1]
    days = find_dates(source)
    for other in days:
        if not day.is_borne_out_by(other):
            continue
        theirs = _named(source, other, days, _OCCASIONS) or ([about] if about else [])
        if is_end:
            if _is_end(source, other):
                return True
        elif not mine or not theirs or mine[0] in theirs:
            return True
    return False


def _are_equal(number: Number, other: Number) -> bool:
    # Written out, a number has one reading: `2,000` is no second.
    values = other.values if number.digits or not other.digits else {max(other.values, default=None)}
    return bool(number.values & values)


def _agree(mine: Noun, source: str, other: Number) -> bool:
    theirs = _noun_at(source, other)
    if not mine or (mine.name and mine.name == theirs.name):
        return True
    if mine.name in {"", "year"} and any(value in _YEARS for value in other.values):
        return True
    both_known = mine.name and theirs.name
    if not both_known and any(same_word(word, given) for word in mine.words for given in theirs.words):
        return True
    if mine.name == _COPY and theirs:
        # Copies of what the fact counts: `300 winyli` are 300 copies, and pieces may be of anything.
        return theirs.name in _OF_COPIES or (not theirs.name and mine.words[-1].startswith(_PIECES))
    if theirs and theirs.name != _COPY:
        return False
    if theirs and mine.name not in _OF_COPIES | {""}:
        return False
    # Nothing stands with the fact's number, or its copies: then the noun stands somewhere else in the fact.
    return _says(source, mine, other)


def _says(source: str, noun: Noun, number: Number) -> bool:
    """Whether a noun stands in a source without being counted by another number than this one."""
    elsewhere = {word for one in _all_numbers(source) if one != number for word in _noun_at(source, one).words}
    words = {folded(word) for word in _WORD.findall(source)} - elsewhere
    if noun.name:
        return any(_COUNTED.name_of(word) == noun.name for word in words)
    return any(same_word(one, word) for one in noun.words for word in words)


def _names_alike(text: str, number: Number, source: str, other: Number) -> bool:
    """Whether both numbers only name or tell the time: `Wąska 4` and `przy Wąskiej 4`, `o 19` and `od 19.00`."""
    if _is_clock(text, number) and _is_clock(source, other):
        return True
    if _noun_at(text, number).name or _is_clock(source, other):
        return False
    mine, theirs = (_LAST_WORD.search(said[:at]) for said, at in ((text, number.start), (source, other.start)))
    return mine is not None and theirs is not None and same_word(folded(mine[1]), folded(theirs[1]))


def _is_clock(text: str, number: Number) -> bool:
    if number.unit or not number.digits or min(number.values, default=_HOURS) >= _HOURS:
        return False
    if _CLOCK.fullmatch(text[number.start : number.end]):
        return True
    last = _LAST_WORD.search(text[: number.start])
    return last is not None and folded(last[1]) in _HOURS_AFTER and not _noun_at(text, number)


def _qualifier(text: str, number: Number) -> str:
    before = folded(text[max(0, number.start - _LONGEST_BEFORE) : number.start])
    for name, pattern in _THAN.items():
        if pattern.search(before):
            return name
    last = _LAST_WORD.search(before)
    return _QUALIFIERS.name_of(last[1]) if last else ""


@functools.lru_cache(maxsize=4096)
def _noun_at(text: str, number: Number) -> Noun:
    """What a number of a text counts; nothing where no noun stands with it."""
    words: list[str] = []
    at = number.end
    for match in _WORD.finditer(text, number.end):
        if len(words) == _FURTHEST_NOUN or _STOP.search(text, at, match.start()):
            break
        word = folded(match[0])
        if name := _COUNTED.name_of(word):
            return Noun(name, (*words, word))
        if number.unit == "%" and word in _OF:
            continue
        if word in SMALL or len(word) == 1:
            break
        words.append(word)
        at = match.end()
    return _label(text, number) or Noun("", tuple(words[:2]))


def _label(text: str, number: Number) -> Noun:
    match = _LABEL.search(text, max(0, number.start - _LONGEST_BEFORE), number.start)
    if match is None:
        return Noun()
    word = folded(match["word"])
    name = _COUNTED.name_of(word)
    return Noun(name, (word,)) if name and (match["colon"] or word in _LABELS) else Noun()


def _is_end(text: str, day: Day) -> bool:
    last = _LAST_WORD.search(text, max(0, day.start - _LONGEST_BEFORE), day.start)
    return last is not None and folded(last[1]) in _ENDS


def _named(text: str, at: Number | Day, figures: Sequence[Number | Day], words: _Words) -> list[str]:
    """The names of the words that belong to one of a text's figures, the nearest first: none is nearer to another."""
    found: list[tuple[int, str]] = []
    for match in _WORD.finditer(text):
        name = words.name_of(folded(match[0]))
        if not name or any(figure.start <= match.start() < figure.end for figure in figures):
            continue
        mine = _distance(text, match, at)
        if all(mine <= _distance(text, match, figure) for figure in figures):
            found.append((mine, name))
    beside = [one for one in found if one[0] < 2 * _PARTING_COSTS]
    return [name for _distance, name in sorted(beside or found)]


def _distance(text: str, word: regex.Match[str], figure: Number | Day) -> int:
    """How far a word stands from a figure. A stop between them costs more than letters, and behind is further."""
    is_before = word.end() <= figure.start
    gap = text[word.end() : figure.start] if is_before else text[figure.end : word.start()]
    return 2 * (len(gap) + _PARTING_COSTS * len(_PARTING.findall(gap))) + (not is_before)


def same_counted(one: str, two: str) -> bool:
    """Whether two folded words count or mean one thing, such as `znizka` and `rabat`."""
    name = _COUNTED.name_of(one)
    return bool(name) and name == _COUNTED.name_of(two)


def _prices(text: str) -> tuple[Number, ...]:
    return tuple(number for number in find_numbers(text) if number.unit not in {"", "%", "stars"})


def _all_numbers(text: str) -> tuple[Number, ...]:
    days = find_dates(text)
    return tuple(
        number
        for number in (*find_numbers(text), *find_ordinals(text))
        if not any(day.start <= number.start < day.end for day in days)
    )
