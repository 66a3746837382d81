"""Polish typography where it is safe: quotation marks, dashes, no single-letter word at a line's end."""

from __future__ import annotations

from collections.abc import Callable

import regex

from marketing.content.links import unbreakable

NBSP = "\u00a0"
_LONE_LETTER = regex.compile(r"(?<![\w„”»«'’&.-])([AaIiOoUuWwZz])[ ]+(?=[\w„«(])")
_SPACED_HYPHEN = regex.compile(r"(?<=\S)[ ](?:-{1,2}|—)[ ](?=\S)")
_STRAIGHT_PAIR = regex.compile(r'(?<![\w"„”“])"(?=\S)([^"„”“\n]{0,299}?[^\s"„”“])"(?![\w"„”“])')
_ENGLISH_PAIR = regex.compile(r'(?<!["„”“])“([^"“”„\n]{1,300})”(?!["„”“])')


def polish(text: str) -> str:
    """The text with „ ” for straight or English quotation marks, en dashes, and spaces that hold single letters.

    Links, hashtags, mentions and e-mail addresses stay as they are.
    """
    return outside_links(text, _polish_prose)


def outside_links(text: str, change: Callable[[str], str]) -> str:
    """`change` applied to the prose between links, hashtags, mentions and e-mail addresses."""
    pieces, rest = [], 0
    for span in unbreakable(text):
        pieces += [change(text[rest : span.start]), text[span.start : span.end]]
        rest = span.end
    return "".join([*pieces, change(text[rest:])])


def quoted(title: str, language: str) -> str:
    """A title in the language's quotation marks; as it is when it brings its own."""
    if any(mark in title for mark in '„”“"«»'):
        return title
    return f"„{title}”" if language == "pl" else f"“{title}”"


def _polish_prose(text: str) -> str:
    text = _STRAIGHT_PAIR.sub(r"„\1”", text)
    text = _ENGLISH_PAIR.sub(r"„\1”", text)
    text = _SPACED_HYPHEN.sub(" – ", text)
    return _LONE_LETTER.sub(rf"\1{NBSP}", text)
