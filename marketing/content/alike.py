"""Telling values that nearly repeat each other, across endings and the order of words."""

from __future__ import annotations

from collections.abc import Sequence

from marketing.content.grounding.words import content_words, letters_of, same_word

# Values that share so many of the words of the shorter one, and differ by so few, say the same thing.
_SHARED = 0.8
_LARGEST_DIFFERENCE = 1


def alike_pairs(values: Sequence[str]) -> list[tuple[int, int]]:
    """Pairs `(earlier, later)` of values that nearly repeat each other, the earliest for each later one."""
    pairs = []
    for later in range(len(values)):
        earlier = next((at for at in range(later) if are_alike(values[at], values[later])), None)
        if earlier is not None:
            pairs.append((earlier, later))
    return pairs


def are_alike(one: str, two: str) -> bool:
    """Whether two values say nearly the same."""
    if letters_of(one) == letters_of(two):
        return bool(letters_of(one))
    first, second = sorted((content_words(one), content_words(two)), key=len)
    if not first:
        return False
    shared = sum(any(same_word(word, other) for other in second) for word in first)
    return shared >= _SHARED * len(second) and len(second) - shared <= _LARGEST_DIFFERENCE and shared == len(first)
