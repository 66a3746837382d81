"""Plain text from outside: one Unicode form, no invisible characters, and links that are nothing but links."""

from __future__ import annotations

import unicodedata
from typing import Any
from urllib.parse import urlsplit

import regex

# Control characters, lone surrogates, private use, non-characters, line separators and direction marks.
_UNPRINTABLE = regex.compile(
    r"[\p{Cc}\p{Cs}\p{Co}\ufdd0-\ufdef\ufffe\uffff\ufeff\u2028\u2029\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)
# The "tags" block repeats ASCII invisibly: words that only a model reads.
_INVISIBLE = regex.compile(r"[\U000E0000-\U000E007F]")
_LINE_END = regex.compile(r"\r\n?|[\u2028\u2029\u0085\v\f]")
_NOT_IN_LINK = regex.compile(r"[\s<>\"`{}|\\^]")
_HOST = regex.compile(r"(?:[\p{L}\p{Nd}_-]+\.)+[\p{L}\p{Nd}-]{2,}", regex.IGNORECASE)

# One character that `one_line` keeps and that is no white space, for documents that describe a field.
VISIBLE = (
    "[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200b\u200e\u200f\u2028-\u202f\u205f\u2066-\u2069\u3000\ue000-\uf8ff"
    "\ufdd0-\ufdef\ufeff\ufffe\uffff\U000e0000-\U000e007f\U000f0000-\U0010ffff]"
)
# Addresses of which `is_web_address` takes every one, or an empty text; it takes names in other scripts too.
LINK = (
    r"^(https?://([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,}(:[1-9][0-9]{0,3})?(/[!#-;=?-\[\]_a-z~]*)?)?$"
)


def one_line(value: Any) -> Any:
    """Text in NFC on one line without control characters; anything else unchanged, for pydantic to judge."""
    if not isinstance(value, str):
        return value
    value = _INVISIBLE.sub("", unicodedata.normalize("NFC", value))
    return " ".join(_UNPRINTABLE.sub(" ", value).split())


def many_lines(value: Any) -> Any:
    """Like `one_line` for text whose line ends matter: they become line feeds, at most one empty line in a row."""
    if not isinstance(value, str):
        return value
    lines = (str(one_line(line)) for line in _LINE_END.sub("\n", value).split("\n"))
    return regex.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def storable(value: str) -> str:
    """The text as it was typed, without what no database takes: NUL and half a surrogate pair."""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()


def is_web_address(value: str) -> bool:
    """Whether this is a plain http(s) link: a named host, no white space, no control characters, no user name."""
    if _UNPRINTABLE.search(value) or _INVISIBLE.search(value) or _NOT_IN_LINK.search(value):
        return False
    try:
        parts = urlsplit(value)
        port_fits = parts.port is None or parts.port > 0
    except ValueError:
        return False
    named = bool(_HOST.fullmatch(parts.hostname or ""))
    return parts.scheme in {"http", "https"} and named and port_fits and "@" not in parts.netloc
