"""Finding numbers in a text however they are written: `1 234,56` and `1234.56`, `trzysta` and `three hundred`."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

import regex

from marketing.content.grounding.number_words import CARDINALS, HUNDREDS, ONES, SCALES, ordinal, parse

_SPACES = " \u00a0\u202f\u2009"
_GROUPED = rf"\p{{Nd}}{{1,3}}(?:[{_SPACES}.,’']\p{{Nd}}{{3}})+(?!\p{{Nd}})(?:[.,]\p{{Nd}}+)?"
_DIGITS = regex.compile(rf"(?<!\p{{Nd}})(?:{_GROUPED}|\p{{Nd}}+(?:[.,]\p{{Nd}}+)?)|[\p{{No}}\p{{Nl}}]")
_KEYCAP = regex.compile(r"[0-9]\uFE0F?\u20E3")
_CLOCK = regex.compile(
    r"(?<![\p{Nd}.:,])([01]?[0-9]|2[0-3])(?:[:.]([0-5][0-9]))?[ \u00a0]?([ap]\.?m\b\.?)"
    r"|(?<![\p{Nd}.:,])([01]?[0-9]|2[0-3]):([0-5][0-9])(?![\p{Nd}:])",
    regex.IGNORECASE,
)
_WORD = regex.compile(r"\p{L}+")
_GAP = regex.compile(rf"(?:[{_SPACES}]+|-)")
_CURRENCIES = {
    "PLN": r"zł(?:\b|ot\p{L}+)|PLN\b",
    "EUR": r"€|EUR\b|euro\b",
    "USD": r"\$|USD\b|dolar\p{L}*|dollars?\b",
    "GBP": r"£|GBP\b|funt(?:y|ów|a)?\b|pounds?\b",
}
_AFTER = regex.compile(
    rf"[{_SPACES}]*(?:(?P<stars>gwiazd\p{{L}}+|stars?\b|★+)|"
    r"(?P<percent>%|％|proc\b\.?|procent\p{L}*|percent\b|per[ ]cent\b)|"
    + "|".join(f"(?P<{code}>{pattern})" for code, pattern in _CURRENCIES.items())
    + ")",
    regex.IGNORECASE,
)
_BEFORE = regex.compile(
    r"(?:(?P<EUR>€|EUR|euro)|(?P<USD>\$|USD)|(?P<GBP>£|GBP)|(?P<PLN>PLN|zł))[ \u00a0\u202f]*\Z", regex.IGNORECASE
)
_FURTHEST_SIGN = 6
_THOUSAND_DIGITS = 3
_NOON = 12


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it stands. `values` are its possible readings, for `1,234` may be one thousand or one and a bit.

    `unit` is `%`, a currency, `stars` or empty; `digits` whether it is written in figures.
    """

    start: int
    end: int
    values: frozenset[Decimal]
    unit: str = ""
    digits: bool = True


@functools.lru_cache(maxsize=2048)
def find_numbers(text: str) -> tuple[Number, ...]:
    """Every number in a text, in figures and in words, in order."""
    barred = [match.span() for match in _KEYCAP.finditer(text)]
    hours = list(_CLOCK.finditer(text))
    barred += [match.span() for match in hours]
    figures = [Number(match.start(), match.end(), frozenset({_hour(match)})) for match in hours]
    figures += [
        _in_figures(text, match)
        for match in _DIGITS.finditer(text)
        if not any(start <= match.start() < end for start, end in barred)
    ]
    taken = [(number.start, number.end) for number in figures]
    words = [
        number
        for number in _in_words(text)
        if not any(number.start < end and start < number.end for start, end in taken)
    ]
    return tuple(sorted([*figures, *words], key=lambda number: number.start))


def supported_values(text: str) -> frozenset[Decimal]:
    """What a source bears out beyond its own numbers: ones and ordinals that would claim nothing by themselves."""
    ones = {Decimal(1) for word in _WORD.findall(text.casefold()) if word in ONES}
    return frozenset(ones | {value for number in find_ordinals(text) for value in number.values})


@functools.lru_cache(maxsize=2048)
def find_ordinals(text: str) -> tuple[Number, ...]:
    """Every ordinal that is written as a word, in order: `trzeci`, `dwudziestego pierwszego`, `debut`."""
    words = list(_WORD.finditer(text))
    found, at = [], 0
    while at < len(words):
        pair = words[at : at + 2]
        if len(pair) > 1 and not _GAP.fullmatch(text, pair[0].end(), pair[1].start()):
            pair = pair[:1]
        value, used = ordinal([word[0].casefold() for word in pair])
        if used:
            found.append(Number(pair[0].start(), pair[used - 1].end(), frozenset({value}), digits=False))
        at += max(used, 1)
    return tuple(found)


def _hour(match: regex.Match[str]) -> Decimal:
    hour, minute, half = match[1] or match[4], match[2] or match[5] or "00", (match[3] or "").casefold()
    value = int(hour)
    if half.startswith("p") and value < _NOON:
        value += _NOON
    elif half.startswith("a") and value == _NOON:
        value = 0
    return Decimal(f"{value}.{minute}")


def _in_figures(text: str, match: regex.Match[str]) -> Number:
    start, end, values = match.start(), match.end(), _readings(match[0])
    scale = regex.compile(rf"[{_SPACES}]?(\p{{L}}+)\.?").match(text, end)
    if scale and scale[1].casefold() in SCALES:
        values = frozenset(value * SCALES[scale[1].casefold()] for value in values)
        end = scale.end()
    return _with_unit(text, Number(start, end, values))


def _with_unit(text: str, number: Number) -> Number:
    after = _AFTER.match(text, number.end)
    if after:
        code = next(name for name, found in after.groupdict().items() if found)
        return Number(number.start, after.end(), number.values, "%" if code == "percent" else code, number.digits)
    before = _BEFORE.search(text, max(0, number.start - _FURTHEST_SIGN), number.start)
    if before:
        code = next(name for name, found in before.groupdict().items() if found)
        return Number(before.start(), number.end, number.values, code, number.digits)
    return number


def _readings(written: str) -> frozenset[Decimal]:
    if len(written) == 1 and not written.isdecimal():
        return frozenset({Decimal(str(unicodedata.numeric(written, 0.0)))})
    plain = "".join(str(unicodedata.digit(letter)) if letter.isdecimal() else letter for letter in written)
    plain = regex.sub(rf"[{_SPACES}’']", "", plain)
    marks = [letter for letter in plain if letter in ".,"]
    if not marks:
        return _decimals(plain)
    if len(set(marks)) > 1:
        last = max(plain.rfind("."), plain.rfind(","))
        whole = plain[:last].replace(".", "").replace(",", "")
        return _decimals(f"{whole}.{plain[last + 1 :]}")
    joined = plain.replace(marks[0], "")
    if len(marks) > 1:
        return _decimals(joined)
    decimal = plain.replace(",", ".")
    if len(decimal) - decimal.index(".") - 1 == _THOUSAND_DIGITS:
        return _decimals(joined, decimal)
    return _decimals(decimal)


def _decimals(*texts: str) -> frozenset[Decimal]:
    found = set()
    for text in texts:
        try:
            found.add(Decimal(text))
        except InvalidOperation:
            continue
    return frozenset(found)


def _in_words(text: str) -> Iterator[Number]:
    words = list(_WORD.finditer(text))
    at = 0
    while at < len(words):
        run = _run(text, words, at)
        value, used = parse([match[0].casefold() for match in run])
        if used:
            last = run[used - 1]
            yield _with_unit(text, Number(run[0].start(), last.end(), frozenset({value}), digits=False))
        at += max(used, 1)


def _run(text: str, words: list[regex.Match[str]], at: int) -> list[regex.Match[str]]:
    """The number words from here on that only spaces and hyphens part."""
    run = [words[at]]
    if not _counts(run[0][0]):
        return run
    for word in words[at + 1 :]:
        if not (_counts(word[0]) or word[0].casefold() == "and"):
            break
        if not _GAP.fullmatch(text, run[-1].end(), word.start()):
            break
        run.append(word)
    return run


def _counts(word: str) -> bool:
    word = word.casefold()
    return word in CARDINALS or word in ONES or word in SCALES or word in HUNDREDS
