"""Counting a text's length as each platform does."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable

import regex

from marketing.content.links import find_mentions, find_urls
from marketing.content.platforms import Counting

_URL_COST = 23
# Code points that cost X's writers one, all others two: Latin to Georgian, and the usual spaces, dashes and quotes.
_CHEAP = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_EMOJI = regex.compile(
    r"\p{Regional_Indicator}{2}"
    r"|[0-9#*]\uFE0F?\u20E3"
    r"|[\u00A9\u00AE]\uFE0F"
    r"|(?:(?![\u00A9\u00AE])\p{Extended_Pictographic})(?:\p{Emoji_Modifier}|\uFE0F)?[\U000E0020-\U000E007F]*+"
    r"(?:\u200D\p{Extended_Pictographic}(?:\p{Emoji_Modifier}|\uFE0F)?)*+",
)
_GRAPHEME = regex.compile(r"\X")
_EMOJI_COST = 2


def count(counting: Counting, text: str) -> int:
    """The text's length in this counting. Never raises; YouTube tags and items are given one a line.

    X counts the NFC form whatever was typed; the others count what is sent, which `measure` brings to NFC first.
    """
    return _METHODS[counting](text)


def graphemes(text: str) -> list[str]:
    """What a reader sees as single characters, in order."""
    return _GRAPHEME.findall(text)


def youtube_tags(tags: Iterable[str]) -> int:
    """The stricter sum: letters, two quotation marks around a tag with a space, a comma between tags."""
    tags = list(tags)
    quoted = sum(1 for tag in tags if any(letter.isspace() for letter in tag))
    return sum(map(len, tags)) + 2 * quoted + max(0, len(tags) - 1)


def _x_weighted(text: str) -> int:
    text = unicodedata.normalize("NFC", text)
    total, rest = 0, 0
    pieces = []
    for span in find_urls(text):
        pieces.append(text[rest : span.start])
        rest, total = span.end, total + _URL_COST
    pieces.append(text[rest:])
    return total + sum(map(_weight, pieces))


def _weight(text: str) -> int:
    plain, emoji = _EMOJI.subn("", text)
    return _EMOJI_COST * emoji + sum(1 if _is_cheap(ord(letter)) else 2 for letter in plain)


def _is_cheap(code: int) -> bool:
    return any(first <= code <= last for first, last in _CHEAP)


def _mastodon(text: str) -> int:
    pieces = [(span.start, span.end, "x" * _URL_COST) for span in find_urls(text, bare=False, any_domain=True)]
    pieces += [(span.start, span.end, span.value) for span in find_mentions(text)]
    for start, end, stands_for in sorted(pieces, reverse=True):
        text = text[:start] + stands_for + text[end:]
    return _graphemes(text)


def _graphemes(text: str) -> int:
    return sum(1 for _ in _GRAPHEME.finditer(text))


def _utf16(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _width(text: str) -> int:
    """Advertisements: wide East Asian characters take two places."""
    return sum(2 if unicodedata.east_asian_width(letter) in {"F", "W"} else 1 for letter in text)


def _utf8(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


_METHODS: dict[Counting, Callable[[str], int]] = {
    Counting.X_WEIGHTED: _x_weighted,
    Counting.CODEPOINTS: len,
    Counting.UTF16: _utf16,
    Counting.UTF8: _utf8,
    Counting.GRAPHEMES: _graphemes,
    Counting.MASTODON: _mastodon,
    Counting.YOUTUBE_TAGS: lambda text: youtube_tags(line for line in text.split("\n") if line),
    Counting.GOOGLE_ADS: _width,
    Counting.TIKTOK_ADS: _width,
    Counting.WORDS: lambda text: len(text.split()),
    Counting.ITEMS: lambda text: len([line for line in text.split("\n") if line]),
}
