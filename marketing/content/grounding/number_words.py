"""Numbers that are written as words, Polish with its cases and English; the words stand in numbers.toml."""

from __future__ import annotations

import tomllib
from decimal import Decimal
from pathlib import Path

_DATA = tomllib.loads(Path(__file__).with_name("numbers.toml").read_text(encoding="utf-8"))


def _values(table: dict[str, str]) -> dict[str, Decimal]:
    return {word: Decimal(value) for value, words in table.items() for word in words.split()}


SCALES = _values(_DATA["scales"])
HUNDREDS = frozenset(_DATA["hundreds"].split())
CARDINALS = _values(_DATA["cardinals"])
ONES = frozenset(_DATA["ones"].split())
_ORDINALS = _values(_DATA["ordinals"])
_ENDINGS = tuple("y i a e ą ego iego ej iej ym im emu iemu ych ich ie ia ią".split())  # noqa: SIM905 - one line
_ORDINAL_FORMS = {f"{stem}{ending}": value for stem, value in _ORDINALS.items() for ending in ("", *_ENDINGS)}
# Whose every continuation says that it is the first: debiutancki, debuting.
_FIRST = ("debiut", "debut")
_TENS = frozenset({Decimal(20), Decimal(30)})


def parse(words: list[str]) -> tuple[Decimal, int]:
    """The number that begins a list of lower-case words, and how many of them it takes; 0 words when none does."""
    total, current, used = Decimal(0), Decimal(0), 0
    for at, word in enumerate(words):
        if word == "and" and current and at + 1 < len(words) and words[at + 1] in CARDINALS:
            continue
        if word in CARDINALS or (word in ONES and (current or _leads(words, at))):
            value = CARDINALS.get(word, Decimal(1))
            if not _joins(current, value):
                break
            current += value
        elif word in HUNDREDS:
            current = (current or Decimal(1)) * 100
        elif word in SCALES:
            total, current = total + (current or Decimal(1)) * SCALES[word], Decimal(0)
        else:
            break
        used = at + 1
    return total + current, used


def ordinal(words: list[str]) -> tuple[Decimal, int]:
    """The ordinal that begins a list of lower-case words, and how many of them it takes; 0 words when none does."""
    first = Decimal(1) if words[0].startswith(_FIRST) else _ORDINAL_FORMS.get(words[0])
    if first is None:
        return Decimal(0), 0
    second = _ORDINAL_FORMS.get(words[1]) if len(words) > 1 else None
    if first in _TENS and second and second < 10:  # noqa: PLR2004 - tens and ones
        return first + second, 2
    return first, 1


def _leads(words: list[str], at: int) -> bool:
    return at + 1 < len(words) and (words[at + 1] in SCALES or words[at + 1] in HUNDREDS)


def _joins(current: Decimal, value: Decimal) -> bool:
    """Whether a smaller number may follow: twenty-one, not three four."""
    if not current:
        return True
    room = Decimal(10 ** len(str(int(value))))
    return current % room == 0 and int(value) == value
