"""The words of a text as a list is searched by: folded, without the small ones, by their beginnings."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from pathlib import Path

from marketing.letters import plain
from marketing.metadata.text import words

GRAM_SIZES = (3, 4, 5)
_SHORTEST = 3
# Polish endings change two or three letters; beginnings of five letters hold a family of words together.
_BEGINNING, _LOOSE = 5, 4
_LOOSE_SHARE = 0.3
# Words that every blurb has, and those that a list's notes are written with; folded.
_SMALL = frozenset(Path(__file__).with_name("small_words.txt").read_text(encoding="ascii").split())


def telling(text: str) -> tuple[str, ...]:
    """The folded words of a text that say something, in their order."""
    return _telling(text[:20_000])


@functools.lru_cache(maxsize=512)
def _telling(text: str) -> tuple[str, ...]:
    return tuple(
        word
        for word in (plain(found) for found in words(text))
        if len(word) >= _SHORTEST and word not in _SMALL and not word.isdecimal()
    )


def as_written(text: str) -> dict[str, str]:
    """The words of a text by their folded form: for telling a person, who writes them with their marks."""
    return {plain(word): word for word in words(text)}


def features(word: str) -> Iterator[tuple[str, float]]:
    """What a word is looked up by, with the share that each counts: the beginning, and a shorter one for endings."""
    yield word[:_BEGINNING], 1.0
    if len(word) > _LOOSE:
        yield f"{word[:_LOOSE]}*", _LOOSE_SHARE
    elif len(word) == _LOOSE:
        yield f"{word}*", _LOOSE_SHARE


def grams(word: str, sizes: tuple[int, ...]) -> Iterator[str]:
    """The runs of letters in a word, its ends marked."""
    marked = f"<{word}>"
    for size in sizes:
        for at in range(len(marked) - size + 1):
            yield marked[at : at + size]
