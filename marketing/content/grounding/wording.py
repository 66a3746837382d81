"""The words by which awards, superlatives and gifts are recognised, read from wording.toml."""

from __future__ import annotations

import tomllib
from pathlib import Path

import regex

_DATA = tomllib.loads(Path(__file__).with_name("wording.toml").read_text(encoding="utf-8"))
Table = tuple[tuple[str, "regex.Pattern[str]"], ...]


def _any_of(patterns: list[str]) -> regex.Pattern[str]:
    return regex.compile("|".join(patterns), regex.IGNORECASE)


AWARDS: Table = tuple((name, _any_of(patterns)) for name, patterns in _DATA["awards"].items())
SUPERLATIVES: Table = tuple((name, _any_of(patterns)) for name, patterns in _DATA["superlatives"].items())
FREE = _any_of(_DATA["free"])
# What follows the words of somebody: a dash and a name.
CREDIT = regex.compile(r"\s*[,.]?\s*[–—-]\s*\p{Lu}")
VAGUE = _any_of(_DATA["vague"])
SAID = _any_of(_DATA["said"])
WORK = regex.compile(rf"[\s-]+(?:\p{{L}}+\s+)?(?:{_DATA['works']})\b", regex.IGNORECASE)
# Somebody who is nominated, with the award's name.
NOMINATED_FOR = regex.compile(
    r"\b(?:nomin\p{L}+|(?:short|long)list\p{L}*|finalist\p{L}*)(?:\s+(?:do|for|of|the|to|w|on|in)\b)+(?:\s+\p{L}+){1,4}",
    regex.IGNORECASE,
)
QUOTE = regex.compile(r"[„“\"«]([^„“”\"«»\n]{2,400})[”“\"»]")
NOT_NAMES = frozenset(_DATA["not_names"].split())
SMALL = frozenset(_DATA["small"].split())
