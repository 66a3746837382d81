"""What every brief says: what is promoted, for whom, in whose voice, and the facts that may be claimed."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

from django.utils.translation import gettext
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from marketing.content.grounding import Source
from marketing.safety.text import LINK, VISIBLE, is_web_address, one_line

Subject = Literal["release", "book", "event", "other"]
Goal = Literal["announce", "sell", "engage", "remind"]
Tone = Literal["friendly", "poetic", "energetic", "matter-of-fact"]
Language = Literal["pl", "en"]
SUBJECTS: tuple[str, ...] = get_args(Subject)
GOALS: tuple[str, ...] = get_args(Goal)
TONES: tuple[str, ...] = get_args(Tone)
LANGUAGES: tuple[str, ...] = get_args(Language)

MOST_VARIANTS = 5
# What the date of a brief is the date of.
_DATED = {"release": "premiere", "book": "premiere", "event": "event"}
# What a prompt says elsewhere, or what is no business of a model.
NOT_IN_PROMPTS = {"platforms", "variants", "language", "subject", "goal", "tone", "entry", "fact_origins"}


def whole(value: Any) -> Any:
    """A whole number also where it was written `3.0`, as JSON allows; anything else unchanged, for pydantic."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


ONE_LINE = BeforeValidator(one_line)


class Voice(BaseModel):
    """A brand voice as it was when the brief was sent."""

    model_config = ConfigDict(extra="ignore")

    name: Annotated[str, Field(max_length=120), ONE_LINE] = ""
    tone: Annotated[str, Field(max_length=1000)] = ""
    dos: Annotated[list[Annotated[str, ONE_LINE]], Field(max_length=20)] = []
    donts: Annotated[list[Annotated[str, ONE_LINE]], Field(max_length=20)] = []
    preferred_words: Annotated[list[Annotated[str, ONE_LINE]], Field(max_length=40)] = []
    banned_words: Annotated[list[Annotated[str, ONE_LINE]], Field(max_length=60)] = []
    emoji: Literal["none", "sparing", "free"] = "sparing"
    samples: Annotated[list[str], Field(max_length=5)] = []


class PromotionBrief(BaseModel):
    """What a marketer says about what is promoted. Text is kept in NFC, on one line, without control characters.

    `entry` names the catalogue's entry that the facts came from, such as `release:12`; `fact_origins` says who vouches
    for a fact.
    """

    model_config = ConfigDict(extra="ignore")

    subject: Subject = "release"
    title: Annotated[str, Field(min_length=1, max_length=180, json_schema_extra={"pattern": VISIBLE}), ONE_LINE]
    creator: Annotated[str, Field(max_length=180), ONE_LINE] = ""
    facts: Annotated[list[Annotated[str, Field(max_length=300), ONE_LINE]], Field(max_length=20)] = []
    date: dt.date | None = None
    link: Annotated[str, Field(max_length=2048, json_schema_extra={"pattern": LINK})] = ""
    goal: Goal = "announce"
    audience: Annotated[str, Field(max_length=300), ONE_LINE] = ""
    tone: Tone = "friendly"
    language: Language = "pl"
    call_to_action: Annotated[str, Field(max_length=180), ONE_LINE] = ""
    entry: Annotated[str, Field(max_length=40, pattern=r"^(?:(?:artist|release|book|event):[0-9]{1,12})?$")] = ""
    fact_origins: dict[str, Annotated[str, Field(max_length=300)]] = {}
    voice: Voice | None = None

    @field_validator("facts", mode="before")
    @classmethod
    def _drop_empty_facts(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = value.splitlines()
        return [fact for fact in value if one_line(fact) != ""] if isinstance(value, list) else value

    @field_validator("date", mode="before")
    @classmethod
    def _empty_date_is_none(cls, value: Any) -> Any:
        return None if value == "" else value

    @field_validator("link", mode="after")
    @classmethod
    def _check_link(cls, value: str) -> str:
        value = unicodedata.normalize("NFC", value.strip())
        if value and not is_web_address(value):
            raise PydanticCustomError("link", gettext("Enter a link that begins with https:// or http://."))
        return value

    def sources(self) -> tuple[Source, ...]:
        """What copy may draw on: everything that the brief says, its audience apart."""
        date = self.date.isoformat() if self.date else ""
        given = [
            Source("title", self.title),
            Source("creator", self.creator),
            Source("date", date, about=_DATED.get(self.subject, "")),
            Source("link", self.link),
            Source("call_to_action", self.call_to_action),
        ]
        facts = tuple(Source("fact", fact, self.fact_origins.get(fact, "")) for fact in self.facts)
        return facts + tuple(source for source in given if source.text)


def readable_errors(error: ValidationError) -> dict[str, list[str]]:
    """What is wrong, for people: messages by field name, in the active language, each saying what to do."""
    found: dict[str, list[str]] = {}
    for fault in error.errors(include_url=False):
        field, *place = fault["loc"] or ("",)
        message = _message(fault["type"], fault.get("ctx", {}), fault["msg"])
        if place and isinstance(place[0], int):
            message = gettext("Line {number}: {message}").format(number=place[0] + 1, message=message)
        found.setdefault(str(field), []).append(message)
    return found


def _message(kind: str, facts: Mapping[str, Any], own: str) -> str:
    # Pydantic's words are for programmers; ours are already in `own` where a validator of this module spoke.
    match kind:
        case "missing" | "string_too_short":
            return gettext("Fill this in.")
        case "string_too_long":
            return gettext("Use at most {most} characters.").format(most=facts["max_length"])
        case "too_long":
            return gettext("Enter at most {most}.").format(most=facts["max_length"])
        case "too_short":
            return gettext("Choose at least one.")
        case "greater_than_equal" | "less_than_equal":
            return gettext("Enter a number from {least} to {most}.").format(least=1, most=MOST_VARIANTS)
        case "literal_error":
            return gettext("Choose one of the offered values.")
    if kind.startswith("int_"):
        return gettext("Enter a whole number.")
    if kind.startswith("date"):
        return gettext("Enter a date such as 2026-07-03.")
    return gettext("Enter text.") if kind == "string_type" else own
