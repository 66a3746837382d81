"""Small readings of a text that several rules share: words, brackets, case, and what white space should be."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

import regex

BRACKETS = regex.compile(r"[(\[]([^()\[\]]*)[)\]]")
_WORD = regex.compile(r"[\p{L}\p{N}]+(?:['’][\p{L}]+)?")
_SPACES = regex.compile(r"\s+")
URL = regex.compile(
    r"https?://|\bwww\.|(?<![\w@.])[\p{L}\d-]{2,}\.(?:pl|com|net|org|eu|fm|io|me|tv|de|co\.uk|shop|store|info|art)\b",
    regex.IGNORECASE,
)
EMAIL = regex.compile(r"[\w.+-]+@[\w-]+\.[\w.]+")
HANDLE = regex.compile(r"(?<![\w.])@[\p{L}\d_.]{2,}")
# Nine digits in threes, or an international number.
PHONE = regex.compile(
    r"\+\d[\d \-()]{7,}\d|(?<!\d)\d{3}[ -]\d{3}[ -]\d{3}(?!\d)|(?<!\d)\(?\d{2}\)?[ -]\d{3}[ -]\d{2}[ -]\d{2}(?!\d)"
    r"|(?:tel|telefon|phone|call|fon)\.?:?\s*\d{6,}|(?<!\d)\d{9}(?!\d)",
    regex.IGNORECASE,
)
PRICE = regex.compile(
    r"\d+(?:[.,]\d{1,2})?\s?(?:zł(?:otych)?\b|PLN\b|€|EUR\b|USD\b|\$|£|GBP\b)|[$€£]\s?\d", regex.IGNORECASE
)
_TAG = regex.compile(r"<[^>]*>")


def words(text: str) -> list[str]:
    """The words of a text in lower case, as people would count them."""
    return [found.casefold() for found in _WORD.findall(text)]


def without_brackets(text: str) -> str:
    """The text outside its round and square brackets."""
    return BRACKETS.sub(" ", text).strip()


def in_brackets(text: str) -> list[str]:
    """What stands in each pair of brackets."""
    return [found.strip() for found in BRACKETS.findall(text)]


def without_markup(text: str) -> str:
    """The text between the tags, on one line."""
    return tidied(_TAG.sub(" ", text))


def tidied(text: str) -> str:
    """NFC, with single spaces and none at the ends."""
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()


def same(one: str, other: str) -> bool:
    """Whether two names read the same but for case and white space."""
    return tidied(one).casefold() == tidied(other).casefold()


def any_word(*choices: str) -> regex.Pattern[str]:
    """A pattern for any of these as whole words, in any case; white space in them may be of any length."""
    alternatives = "|".join(regex.escape(choice).replace(r"\ ", r"\s+") for choice in sorted(choices, key=len)[::-1])
    return regex.compile(rf"(?<![\p{{L}}\p{{N}}])(?:{alternatives})(?![\p{{L}}\p{{N}}])", regex.IGNORECASE)


def as_text(value: object) -> str:
    """A field as text: empty where it is none."""
    return value if isinstance(value, str) else ""


def texts(values: object) -> list[str]:
    """A list of texts: empty where it is none."""
    return [as_text(one) for one in values] if isinstance(values, Iterable) and not isinstance(values, str) else []
