"""Splitting a text into sentences, Polish and English, without stumbling over abbreviations, dates and initials."""

from __future__ import annotations

import functools

import regex

_END = regex.compile(r"[.!?…]+[”\"»’)\]]*(?=\s)|(?=\n)")
_ABBREVIATION = regex.compile(
    r"(?:^|[\s(„\"])(?:godz|ul|al|pl|nr|np|m\.in|tys|mln|mld|św|dr|prof|wyd|str|ok|proc|tzw|itd|itp|red|tłum|ks|im|ur|zob|"
    r"mr|mrs|ms|st|no|vol|ft|feat|e\.g|i\.e|a\.m|p\.m|vs|inc|ltd|co|\p{L})\.\Z",
    regex.IGNORECASE,
)


@functools.lru_cache(maxsize=2048)
def sentences(text: str) -> tuple[tuple[int, int], ...]:
    """The sentences of a text as `(start, end)`, without the white space around them."""
    found, start = [], 0
    for match in _END.finditer(text):
        if _ends_here(text, start, match):
            found.append((start, match.end()))
            start = match.end()
    found.append((start, len(text)))
    return tuple(trimmed for begin, end in found if (trimmed := _trimmed(text, begin, end)))


def _ends_here(text: str, start: int, match: regex.Match[str]) -> bool:
    if not match[0]:
        return True
    rest = text[match.end() :].lstrip(" \u00a0\u202f")
    if rest[:1].islower() and match[0].startswith("."):
        return False
    return not (match[0] == "." and _ABBREVIATION.search(text[start : match.end()]))


def _trimmed(text: str, start: int, end: int) -> tuple[int, int] | None:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return (start, end) if start < end else None
