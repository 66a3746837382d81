"""The guard of sentences: what is numeric, directional or causal in them must be a figure's own, or is refused.

A model writes placeholders instead of figures; whatever else it says may not claim anything that would need one. The
words stand in guard.toml. Letters are compared without their marks, so a missing accent hides nothing.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import regex

from marketing.content.grounding.number_words import CARDINALS, HUNDREDS, SCALES
from marketing.content.grounding.numbers import find_ordinals
from marketing.content.language import is_in
from marketing.letters import plain
from marketing.narrating.sayable import PLACEHOLDER, Sayable

MOST_SENTENCES = 6
LONGEST = 320
_DATA = tomllib.loads(Path(__file__).with_name("guard.toml").read_text(encoding="utf-8"))
# Letters, spaces and the marks of plain prose: digits, signs, markup and invisible characters are none of them.
_PROSE = regex.compile(r"[\p{Script=Latin} .,:;()’'–—-]*")
# Some signs of numbers are Latin letters too.
_NUMERIC = regex.compile(r"[\p{N}]")
_WORD = regex.compile(r"\p{L}+")
_BEFORE, _AFTER = re.compile(r"(?:^|[ (])$"), re.compile(r"^(?:$|[ ).,:;])")
_CAPITALS = frozenset({"CTR", "CPC", "CPA", "ROAS"})
_ROMAN = re.compile(r"[IVXLCDM]{2,}|[VXLCDM]")
# Letters that are words by themselves.
_ALONE = {"pl": frozenset("aiouwz"), "en": frozenset("ai")}
_UNTESTED = ("number", "ones", "time", "money", "around", "negation", "flat", "future", "cause", "compare")
_TESTED = ("up", "down", "better", "worse")
_TOLD = {
    "number": "says a number in words",
    "ones": "says a number in words",
    "time": "names a date or a span of time",
    "money": "names a currency",
    "around": "changes what a figure says",
    "negation": "has a negation",
    "flat": "says that something stayed as it was",
    "future": "speaks of what will be",
    "cause": "names a cause or an effect",
    "compare": "compares by itself",
}


class _Words:
    """A class of words: whole ones and beginnings."""

    def __init__(self, listed: str) -> None:
        words = listed.split()
        self._whole = frozenset(word for word in words if not word.endswith("*"))
        self._begun = tuple(word[:-1] for word in words if word.endswith("*"))

    def __contains__(self, word: str) -> bool:
        return word in self._whole or word.startswith(self._begun)


_CLASSES = {name: _Words(listed) for name, listed in _DATA["both"].items()}
_NUMBERS = frozenset(plain(word) for word in (*CARDINALS, *HUNDREDS, *SCALES))
_PHRASES: Mapping[str, list[str]] = _DATA["phrases"]
_INNOCENT = {code: frozenset(listed.split()) for code, listed in _DATA["innocent"].items()}
# What number words are made of, in any form: dwudziestoma, dwunastka, setny, hundredth, fourteenfold.
_MADE_OF_NUMBERS = re.compile(
    r".*(?:dziesi|dziest|nascie|nastu|nasto|nasty|nasta|naste|nastk|tysi|ilion|iliard|setn|setk|setek|krotn)\w*"
    r"|.*(?:teen|tieth|hundred|thousand|illion)\w*|.+fold"
)


@dataclass(frozen=True, slots=True)
class _Mark:
    """A word or a figure of a sentence in its place."""

    at: int
    word: str = ""
    figure: Sayable | None = None


def faults(sentences: Sequence[str], offered: Mapping[str, Sayable], language: str) -> list[str]:
    """What is wrong with these sentences, each in words that a model can act on; nothing when all of it holds."""
    if not sentences:
        return ["There is no sentence."]
    if len(sentences) > MOST_SENTENCES:
        return [f"At most {MOST_SENTENCES} sentences."]
    found = [
        f"Sentence {number} {why}."
        for number, sentence in enumerate(sentences, 1)
        for why in dict.fromkeys(_wrong(sentence, offered, language))
    ]
    bare = " ".join(PLACEHOLDER.sub(" ", sentence) for sentence in sentences)
    if not found and not is_in(bare, language):
        found.append(f"The sentences are not in the language {language}.")
    return found


def _wrong(sentence: str, offered: Mapping[str, Sayable], language: str) -> Iterable[str]:
    if len(sentence) > LONGEST:
        yield f"is longer than {LONGEST} characters"
        return
    names = PLACEHOLDER.findall(sentence)
    if unknown := [name for name in names if name not in offered]:
        yield f"has a placeholder that is not offered: {', '.join(unknown)[:80]}"
        return
    bare = PLACEHOLDER.sub(" ", sentence)
    if not _PROSE.fullmatch(bare) or _NUMERIC.search(bare) or unicodedata.normalize("NFKC", bare) != bare:
        yield "has a digit, a sign or markup; write letters and plain punctuation only"
        return
    if not any(not offered[name].is_name for name in names):
        yield "shows no figure; every sentence needs one"
        return
    yield from _loose(sentence, offered)
    yield from _shape(bare, language)
    marks = _marks(sentence, offered)
    words = [mark.word for mark in marks if mark.word]
    yield from _claims(bare, words, [offered[name] for name in names], language)
    yield from _subjects([offered[name] for name in names])
    yield from _bound(marks, language)


def _loose(sentence: str, offered: Mapping[str, Sayable]) -> Iterable[str]:
    """Whether each placeholder stands alone, so that nothing beside it becomes a part of its figure."""
    last = None
    for match in PLACEHOLDER.finditer(sentence):
        if not _BEFORE.search(sentence[: match.start()]) or not _AFTER.search(sentence[match.end() :]):
            yield f"has something joined to {match[0]}"
        if last is not None and not _WORD.search(sentence, last, match.start()):
            yield f"has no word in front of {match[0]}"
        # A name may stand right beside its figure; two figures would be read as one.
        last = None if offered[match[1]].is_name else match.end()


def _shape(bare: str, language: str) -> Iterable[str]:
    words = _WORD.findall(bare)
    if any(len(word) > 1 and word.isupper() and word not in _CAPITALS for word in words):
        yield "has a word in capitals"
    if any(_ROMAN.fullmatch(word) for word in words if word not in _CAPITALS):
        yield "has a Roman numeral"
    if any(len(word) == 1 and word.casefold() not in _ALONE[language] for word in words):
        yield "has a letter that is no word"
    if find_ordinals(bare):
        yield "says a number in words"


def _claims(bare: str, words: Sequence[str], shown: Sequence[Sayable], language: str) -> Iterable[str]:
    """Words that need a figure to bear them out, and have none."""
    said = f" {' '.join(_WORD.findall(plain(bare)))} "
    for name, phrases in _PHRASES.items():
        yield from (f"{_TOLD[name]} (“{phrase}”)" for phrase in phrases if f" {phrase} " in said)
    weighty = [word for word in words if word not in _INNOCENT[language]]
    for word in weighty:
        if word in _NUMBERS or _MADE_OF_NUMBERS.fullmatch(word):
            yield f"{_TOLD['number']} (“{word}”)"
        yield from (f"{_TOLD[name]} (“{word}”)" for name in _UNTESTED if word in _CLASSES[name])
    ways = {one.direction for one in shown if one.direction}
    if len(ways) > 1:
        yield "shows figures of different directions; write a sentence for each"
    for name in _TESTED:
        unborne = [word for word in weighty if word in _CLASSES[name] and ways != {name}]
        yield from (f"says “{word}”, which no figure in it bears out" for word in unborne)


def _subjects(shown: Sequence[Sayable]) -> Iterable[str]:
    """Figures of a group need its name in the sentence, and nobody else's figures beside them."""
    named = {one.name for one in shown if one.is_name}
    meant = {one.subject for one in shown if not one.is_name}
    if len(meant) > 1 or (named and named != meant):
        yield "mixes figures of different groups; write a sentence for each"
    elif meant not in ({""}, named):
        yield f"does not name {{{meant.pop()}}}"


def _marks(sentence: str, offered: Mapping[str, Sayable]) -> list[_Mark]:
    """Words in plain letters and figures, in order."""
    marks, at = [], 0
    for match in PLACEHOLDER.finditer(sentence):
        marks += [_Mark(at + word.start(), plain(word[0])) for word in _WORD.finditer(sentence[at : match.start()])]
        marks.append(_Mark(match.start(), figure=offered[match[1]]))
        at = match.end()
    return marks + [_Mark(at + word.start(), plain(word[0])) for word in _WORD.finditer(sentence[at:])]


def _bound(marks: Sequence[_Mark], language: str) -> Iterable[str]:
    """Whether each figure stands at the name of its own measure: the last one before it, or the next one after it."""
    mentions = _mentions(marks, language)
    for number, mark in enumerate(marks):
        figure = mark.figure
        if figure is None or figure.is_name:
            continue
        before = [about for at, about in mentions if at < number]
        after = [about for at, about in mentions if at > number]
        beside = {*before[-1:], *(after[:1] if _next_to(marks, number, mentions) or not before else ())}
        if figure.about not in beside:
            yield f"does not name the measure of {{{figure.name}}} beside it"


def _next_to(marks: Sequence[_Mark], number: int, mentions: Sequence[tuple[int, str]]) -> bool:
    """Whether a measure follows a figure with no other figure between."""
    following = next((at for at, _about in mentions if at > number), None)
    return following is not None and not any(mark.figure for mark in marks[number + 1 : following])


def _mentions(marks: Sequence[_Mark], language: str) -> list[tuple[int, str]]:
    """Where measures are named: the longest name wins where several begin."""
    found: list[tuple[int, str]] = []
    at = 0
    while at < len(marks):
        about, length = _named(marks, at, language)
        if about:
            found.append((at + length - 1, about))
        at += max(1, length)
    return found


def _named(marks: Sequence[_Mark], at: int, language: str) -> tuple[str, int]:
    best = ("", 0)
    for about, names in _DATA["measures"][language].items():
        for name in names:
            words = name.split()
            here = [mark.word for mark in marks[at : at + len(words)]]
            if len(here) == len(words) > best[1] and all(map(_is, here, words)):
                best = (about, len(words))
    return best


def _is(word: str, wanted: str) -> bool:
    return bool(word) and (word.startswith(wanted[:-1]) if wanted.endswith("*") else word == wanted)
