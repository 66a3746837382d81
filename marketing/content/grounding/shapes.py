"""The words of this room: what may be drawn on, what is claimed, and a sentence with its claims."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What a claim is about."""

    NUMBER = "number"
    DATE = "date"
    PRICE = "price"
    AWARD = "award"
    QUOTE = "quote"
    SUPERLATIVE = "superlative"
    NAME = "name"
    LINK = "link"


@dataclass(frozen=True, slots=True)
class Source:
    """Something that copy may draw on. `name` says where in the brief it stands: title, creator, fact, date and so on.

    `origin` is who says so, where the catalogue knows it. `about` is what a date alone is the date of, such as
    `premiere`.
    """

    name: str
    text: str
    origin: str = ""
    about: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch `[start:end]` of a text that claims something; `sources` are the places of what bears it out."""

    kind: Kind
    text: str
    start: int
    end: int
    sources: tuple[int, ...] = field(default=())


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, its claims, and the sources it draws on."""

    text: str
    start: int
    claims: tuple[Claim, ...] = field(default=())
    sources: tuple[int, ...] = field(default=())
