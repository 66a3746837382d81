"""Which tags a brief may draw on: the user's own words, names from the brief, and closed lists; the best first."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import regex

from marketing.content.grounding.words import folded, letters_of, words_of
from marketing.content.sheets.briefs import TagsBrief
from marketing.content.sheets.table import SheetField
from marketing.content.social_brief import normal_hashtag

_FILE = Path(__file__).with_name("tags.toml")
_NOT_IN_TAG = regex.compile(r"[^\p{L}\p{M}\p{Nd}'’ -]+")
_APOSTROPHE = regex.compile(r"['’]")
_SPACES = regex.compile(r"\s+")


def candidates(brief: TagsBrief) -> tuple[str, ...]:
    """Plain words to choose from, each once: the user's own, then creator and title, then the closed lists."""
    topical = [word for topic in _topics(brief) for word in topic[brief.language]]
    names = [name for name in (brief.creator, brief.title, brief.brand) if name]
    return once([*brief.own_words, *names, *topical, *_lists()["always"][brief.language][brief.subject]])


def once(words: Iterable[str]) -> tuple[str, ...]:
    """The words without repetitions, whatever their capitals, signs and spaces."""
    kept: dict[str, str] = {}
    for word in words:
        key = letters_of(word).replace(" ", "")
        if key:
            kept.setdefault(key, word)
    return tuple(kept.values())


def written(field: SheetField, word: str) -> str:
    """A word as the field wants it: joined for a hashtag, plain with single spaces elsewhere."""
    if field.name == "hashtags":
        return normal_hashtag(_APOSTROPHE.sub("", word))
    return _SPACES.sub(" ", _NOT_IN_TAG.sub(" ", word)).strip()


def is_listed(word: str, offered: Iterable[str]) -> bool:
    """Whether a word is one of those offered, however it is joined and capitalised."""
    key = letters_of(word).replace(" ", "")
    return any(key == letters_of(one).replace(" ", "") for one in offered)


def _topics(brief: TagsBrief) -> list[dict[str, Any]]:
    said = words_of(" ".join([brief.title, brief.creator, brief.audience, *brief.facts, *brief.own_words]))
    return [
        topic
        for topic in _lists()["topic"].values()
        if any(word.startswith(folded(sign)) for sign in topic["signs"] for word in said)
    ]


@functools.cache
def _lists() -> dict[str, Any]:
    return tomllib.loads(_FILE.read_text(encoding="utf-8"))
