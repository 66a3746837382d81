"""Comparing words across their Polish endings: letters folded, beginnings compared."""

from __future__ import annotations

import functools

import regex

from marketing.content.grounding.wording import SMALL
from marketing.letters import plain

_WORD = regex.compile(r"[\p{L}\p{M}]+")
_SHORT, _SHORTER = 4, 3
_LONGEST_ENDING = 4


@functools.lru_cache(maxsize=4096)
def folded(text: str) -> str:
    """Lower case without marks on letters."""
    return plain(text)


@functools.lru_cache(maxsize=4096)
def words_of(text: str) -> tuple[str, ...]:
    """The folded words of a text, in order."""
    return tuple(_WORD.findall(folded(text)))


def words_of_names(text: str) -> tuple[str, ...]:
    """The folded words that begin with a capital."""
    return tuple(folded(word) for word in _WORD.findall(text) if word[0].isupper())


@functools.lru_cache(maxsize=4096)
def content_words(text: str) -> frozenset[str]:
    """The words that say something."""
    return frozenset(word for word in words_of(text) if word not in SMALL and len(word) >= _SHORTER)


def same_word(one: str, two: str) -> bool:
    """Whether two folded words are forms of one: `lodz` and `lodzi`, `praga` and `pradze`, `cma` and `cmy`."""
    if one == two:
        return True
    short, long = sorted((one, two), key=len)
    if len(short) < _SHORTER or len(long) - len(short) > _LONGEST_ENDING:
        return False
    shared = next((at for at, (left, right) in enumerate(zip(short, long, strict=False)) if left != right), len(short))
    return shared >= (len(short) - 2 if len(short) > _SHORT else len(short) - 1)


def letters_of(text: str) -> str:
    """A text's words joined by single spaces, for looking a quotation up whatever its typography."""
    return " ".join(regex.findall(r"[\p{L}\p{M}\p{Nd}]+", folded(text)))
