"""Personal data in a text: e-mail addresses, phone numbers and PESEL found, hidden before they leave, and put back.

A stand-in looks like what it stands for, so that a model writes around it as it would around the real thing: an address
under `.invalid`, a number that nobody has. Whoever gets the answer gets the real data again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, TypeVar

import regex
from phonenumbers import Leniency, PhoneNumberMatcher
from pydantic import BaseModel

ModelT = TypeVar("ModelT", bound=BaseModel)


class Kind(StrEnum):
    """What is recognised."""

    EMAIL = "email"
    PHONE = "phone"
    PESEL = "pesel"


@dataclass(frozen=True, slots=True)
class Found:
    """Personal data at `text[start:end]`; `value` is what stands there."""

    kind: Kind
    start: int
    end: int
    value: str


# Bounded and possessive, so that a long run of letters costs no more than its length. `@name@server` is a mention.
_EMAIL = regex.compile(r"(?<![\w.+%'@-])[\w.+%'-]{1,64}+@[\w-]++(?:\.[\w-]++)*+(?<=\.[\p{L}][\p{L}-]{1,62})")
_PESEL = regex.compile(r"(?<![\d-])(\d{6})[ -]?(\d{5})(?![\d-])")
_WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)
# The month tells the century: 1800s to 2200s.
_CENTURIES = {80: 1800, 0: 1900, 20: 2000, 40: 2100, 60: 2200}
_ADDRESS = regex.compile(r"https?://\S+", regex.IGNORECASE)
_COUNTRY = "PL"
# Nine digits that the words beside them make something else.
_OTHER_NUMBER = regex.compile(
    r"\b(?:regon|nip|krs|isbn|issn|isrc|ean|upc|gtin|iban|konto|konta|kod|sku|account|code|id|faktura|invoice)\b"
    r"[\s:.#nr-]*$",
    regex.IGNORECASE,
)
_COUNTED = regex.compile(
    r"\s*(?:zł|pln|eur|usd|€|\$|tys|mln|odtworz|odsłuch|wyświetl|słuchacz|obserwuj|egz|kopi|sztuk|razy|"
    r"streams?|plays?|views?|listeners?|followers?|copies|units|times|people|osób)",
    regex.IGNORECASE,
)
_WORDS_BEFORE = 24


def find(text: str) -> tuple[Found, ...]:
    """The personal data in a text, in order, none overlapping."""
    found = [Found(Kind.EMAIL, match.start(), match.end(), match[0]) for match in _EMAIL.finditer(text)]
    rest = _blanked(text, found)
    found += [
        Found(Kind.PESEL, match.start(), match.end(), match[0])
        for match in _PESEL.finditer(rest)
        if _is_pesel(match[1] + match[2])
    ]
    found += _phones(_ADDRESS.sub(lambda match: "x" * len(match[0]), _blanked(text, found)))
    return tuple(sorted(found, key=lambda one: one.start))


def find_all(value: Any) -> Iterator[Found]:
    """The personal data in the texts of a brief, in order; `start` and `end` count within each text."""
    for text in texts(value):
        yield from find(text)


def texts(value: Any) -> Iterator[str]:
    """Every text in a model, a mapping or a list, in order."""
    if isinstance(value, BaseModel):
        value = dict(value)
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, tuple)):
        for one in value:
            yield from texts(one)


def _blanked(text: str, found: list[Found]) -> str:
    for one in found:
        text = text[: one.start] + "x" * (one.end - one.start) + text[one.end :]
    return text


def _phones(text: str) -> list[Found]:
    matches = PhoneNumberMatcher(text, _COUNTRY, leniency=Leniency.STRICT_GROUPING)
    return [
        Found(Kind.PHONE, match.start, match.end, match.raw_string)
        for match in matches
        if match.raw_string.startswith("+") or not _is_a_count(text, match.start, match.end)
    ]


def _is_a_count(text: str, start: int, end: int) -> bool:
    before = text[max(0, start - _WORDS_BEFORE) : start]
    return bool(_OTHER_NUMBER.search(before) or _COUNTED.match(text, end))


def _is_pesel(digits: str) -> bool:
    """Whether eleven digits are a PESEL: a day that was or will be, and the check digit."""
    if sum(int(digit) * weight for digit, weight in zip(digits, _WEIGHTS, strict=True)) % 10:
        return False
    year, month, day = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    try:
        date(_CENTURIES[month // 20 * 20] + year, month % 20, day)
    except ValueError:
        return False
    return True


class Mask:
    """Hides personal data in any number of texts, the same data always behind the same stand-in, and puts it back."""

    def __init__(self) -> None:
        self._stand_ins: dict[tuple[Kind, str], str] = {}
        self._real: dict[str, str] = {}

    @property
    def kinds(self) -> list[str]:
        """What was hidden: one kind for each piece of data."""
        return [kind.value for kind, _ in self._stand_ins]

    def hide(self, text: str) -> str:
        """The text with a stand-in for each piece of personal data."""
        # Numbered in reading order, replaced from the end.
        stand_ins = [(one, self._stand_in(one)) for one in find(text)]
        for one, stand_in in reversed(stand_ins):
            text = text[: one.start] + stand_in + text[one.end :]
        return text

    def hide_in(self, model: ModelT) -> ModelT:
        """The model with each text hidden. It is not validated again: a stand-in may be longer than what it hides."""
        return model.model_copy(update={name: self._hidden(value) for name, value in dict(model).items()})

    def show(self, text: str) -> str:
        """The text with the real data in place of each stand-in, also where a model spaced the number anew."""
        if not self._real:
            return text
        return _STAND_IN.sub(lambda match: self._real.get(_essence(match[0]), match[0]), text)

    def _hidden(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.hide(value)
        if isinstance(value, BaseModel):
            return self.hide_in(value)
        if isinstance(value, dict):
            return {name: self._hidden(one) for name, one in value.items()}
        if isinstance(value, (list, tuple)):
            return type(value)(self._hidden(one) for one in value)
        return value

    def _stand_in(self, found: Found) -> str:
        known = self._stand_ins.get((found.kind, found.value))
        if known is None:
            known = _STAND_INS[found.kind].format(number=1 + self.kinds.count(found.kind.value))
            self._stand_ins[found.kind, found.value] = known
            self._real[_essence(known)] = found.value
        return known


# The top level domain is reserved for names that do not exist; no Polish number and no PESEL begins with 000.
_STAND_INS = {
    Kind.EMAIL: "hidden{number}@masked.invalid",
    Kind.PHONE: "+48 000 000 {number:03}",
    Kind.PESEL: "00000000{number:03}",
}
_STAND_IN = regex.compile(
    r"(?<![\w.+%'@-])hidden\d{1,3}@masked\.invalid"
    r"|(?<!\d)00000000\d{3}(?!\d)"
    # Not the tail of a longer number such as 1 000 000 001.
    r"|(?<!\d[ \u00a0.-]?)(?:\(?(?:\+|00)?48\)?[ \u00a0.-]?)?000[ \u00a0.-]?000[ \u00a0.-]?\d{3}(?!\d)",
    regex.IGNORECASE,
)
_LONE_NUMBER = 9


def _essence(stand_in: str) -> str:
    if "@" in stand_in:
        return stand_in.lower()
    digits = regex.sub(r"\D", "", stand_in)
    # A phone number with or without its country; eleven digits from 000 on are a PESEL.
    return digits if digits.startswith("00000000") and len(digits) > _LONE_NUMBER else digits[-_LONE_NUMBER:]
