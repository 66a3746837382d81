"""Telling whether a text is in the language that was asked for; names and titles must not confuse it."""

from __future__ import annotations

import functools
import math
from collections.abc import Iterable

import regex
from py3langid.langid import MODEL_FILE, LanguageIdentifier

from marketing.content.links import unbreakable, without

# The languages a model is likely to slip into; a wider choice only makes short texts uncertain.
_CANDIDATES = ("pl", "en", "de", "cs", "sk", "es", "fr", "it", "pt", "nl", "uk", "ru", "hr", "sv", "ro", "hu", "lt")
_QUOTED = regex.compile(r"[„“\"«»]([^„”“\"«»\n]{1,200})[”“\"«»]")
# A capital inside a sentence marks a name; at its start it marks nothing.
_NAME = regex.compile(r"(?<=[\p{L}\p{N},;:&–-][ \u00a0])\p{Lu}[\p{L}'’]*")
_WORD = regex.compile(r"\p{L}+")
_SENTENCE_END = regex.compile(r"(?<=[.!?…])\s+|\n+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_POLISH_LETTERS = frozenset("ąćęłńśźż")
# Letters that neither Polish nor English words have; one is a hint, two are none of our languages.
_FOREIGN_LETTERS = regex.compile(r"[ěščřžýáíúůťďňľĺŕäöüßñçèêëîïôûàùâășțőűėįųū\p{Cyrillic}]")
# Small words by which a reader knows the language at once. Words that both languages have (do, to, no, on, we, a)
# are left out, and so are Polish ones that a Czech or a Slovak shares.
_SMALL_WORDS = {
    "pl": _words(
        "w z się jest nie już dla przez przy ale czy tylko jeszcze oraz ten tej tym który która które kto ich jej jego "
        "nas nam was wam będzie są może gdy gdzie aby żeby więc dziś jutro nasz nasza nowa nowy nowe i o od tak tam "
        "oto mamy gramy słuchaj posłuchaj premiera klip utwór płyta książka koncert bilety czyta"
    ),
    "en": _words(
        "the an and of is it for with you your this that from by at are was our new now out not but or so if when "
        "where who what how all more into just will has have its their there here up down off release listen next "
        "stop save date track tracks read reads play played single album book show"
    ),
}
_FEWEST_LETTERS = 12
_FEWEST_LETTERS_OF_A_SENTENCE = 50
_WORD_WEIGHT = 1.5
_LETTER_WEIGHT = 1.5
_MARGIN = 1.0
_MARGIN_OF_A_SENTENCE = 4.0
_LEAST = 1e-6


def is_in(text: str, language: str, names: Iterable[str] = ()) -> bool:
    """Whether a text passes as `language`. `names` are titles and people in whatever language.

    Very short or undecided text passes: only a clear other language is refused, in the whole or in a long sentence.
    """
    prose = _prose(text, names)
    if _lead_of_another(prose, language, _FEWEST_LETTERS) > _MARGIN:
        return False
    sentences = _SENTENCE_END.split(prose)
    leads = (_lead_of_another(part, language, _FEWEST_LETTERS_OF_A_SENTENCE) for part in sentences)
    return all(lead <= _MARGIN_OF_A_SENTENCE for lead in leads)


def _lead_of_another(prose: str, language: str, fewest: int) -> float:
    """By how much another language is likelier than this one; negative when it is this one."""
    words = _WORD.findall(_NAME.sub(" ", prose).lower())
    if sum(map(len, words)) < fewest:
        return 0.0
    scores = {code: math.log(max(share, _LEAST)) for code, share in _identifier().rank(" ".join(words))}
    for code, small in _SMALL_WORDS.items():
        scores[code] += _WORD_WEIGHT * sum(word in small for word in words)
    scores["pl"] += _LETTER_WEIGHT * sum(not _POLISH_LETTERS.isdisjoint(word) for word in words)
    foreign = len(_FOREIGN_LETTERS.findall(" ".join(words)))
    for code in _SMALL_WORDS:
        scores[code] -= _LETTER_WEIGHT * foreign
    return max(score for code, score in scores.items() if code != language) - scores[language]


def _prose(text: str, names: Iterable[str]) -> str:
    text = without(text, unbreakable(text))
    for name in sorted({name for name in names if name}, key=len, reverse=True):
        text = regex.sub(regex.escape(name), " ", text, flags=regex.IGNORECASE)
    return _QUOTED.sub(" ", text)


@functools.cache
def _identifier() -> LanguageIdentifier:
    identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    identifier.set_languages(_CANDIDATES)
    return identifier
