"""The brief of a social post: what is promoted, for whom, where and how."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Mapping
from typing import Annotated, Any, Literal, get_args

import regex
from django.utils.translation import gettext
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from marketing.content.platforms import platforms
from marketing.safety.text import LINK, VISIBLE, is_web_address, one_line

Subject = Literal["release", "book", "event", "other"]
Goal = Literal["announce", "sell", "engage", "remind"]
Tone = Literal["friendly", "poetic", "energetic", "matter-of-fact"]
Language = Literal["pl", "en"]
SUBJECTS: tuple[str, ...] = get_args(Subject)
GOALS: tuple[str, ...] = get_args(Goal)
TONES: tuple[str, ...] = get_args(Tone)
LANGUAGES: tuple[str, ...] = get_args(Language)

_NOT_IN_TAG = regex.compile(r"[^\p{L}\p{Nd}_]+")
MOST_VARIANTS = 5
_LONGEST_TAG = 50
# Hashtags of which every one is taken; names in other scripts are taken too.
_TAG = "^#?[A-Za-zĄąĆćĘęŁłŃńÓóŚśŹźŻż][A-Za-z0-9_ĄąĆćĘęŁłŃńÓóŚśŹźŻż]{0,49}$"


def whole(value: Any) -> Any:
    """A whole number also where it was written `3.0`, as JSON allows; anything else unchanged, for pydantic."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


_ONE_LINE = BeforeValidator(one_line)


class SocialPostBrief(BaseModel):
    """What a marketer says about a post. Text is kept in NFC, on one line, without control characters."""

    model_config = ConfigDict(extra="ignore")

    subject: Subject = "release"
    title: Annotated[str, Field(min_length=1, max_length=180, json_schema_extra={"pattern": VISIBLE}), _ONE_LINE]
    creator: Annotated[str, Field(max_length=180), _ONE_LINE] = ""
    facts: Annotated[list[Annotated[str, Field(max_length=300), _ONE_LINE]], Field(max_length=20)] = []
    date: dt.date | None = None
    link: Annotated[str, Field(max_length=2048, json_schema_extra={"pattern": LINK})] = ""
    goal: Goal = "announce"
    audience: Annotated[str, Field(max_length=300), _ONE_LINE] = ""
    tone: Tone = "friendly"
    language: Language = "pl"
    call_to_action: Annotated[str, Field(max_length=180), _ONE_LINE] = ""
    hashtags: Annotated[list[Annotated[str, Field(json_schema_extra={"pattern": _TAG})]], Field(max_length=30)] = []
    platforms: Annotated[
        list[Annotated[str, Field(json_schema_extra={"enum": [place.slug for place in platforms()]})]],
        Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    ]
    variants: Annotated[int, Field(ge=1, le=MOST_VARIANTS, strict=True), BeforeValidator(whole)] = 3

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

    @field_validator("hashtags", mode="before")
    @classmethod
    def _split_hashtags(cls, value: Any) -> Any:
        return regex.split(r"[\s,;]+", value) if isinstance(value, str) else value

    @field_validator("hashtags", mode="after")
    @classmethod
    def _normalise_hashtags(cls, value: list[str]) -> list[str]:
        tags: dict[str, str] = {}
        for typed in value:
            if not typed.strip(" #＃"):
                continue
            tag = normal_hashtag(typed)
            if not any(letter.isalpha() for letter in tag) or len(tag) > _LONGEST_TAG:
                message = gettext("A hashtag has letters, digits or _ and at most {longest} characters: {typed}")
                raise PydanticCustomError("hashtag", message, {"longest": _LONGEST_TAG, "typed": typed[:60]})
            tags.setdefault(tag.casefold(), tag)
        return list(tags.values())

    @field_validator("platforms", mode="after")
    @classmethod
    def _known_once(cls, value: list[str]) -> list[str]:
        known = {platform.slug for platform in platforms()}
        for slug in value:
            if slug not in known:
                message = gettext("Choose platforms from the list; this one is not on it: {slug}")
                raise PydanticCustomError("platform", message, {"slug": slug[:60]})
        if len(set(value)) < len(value):
            raise PydanticCustomError("platform_twice", gettext("Choose each platform once."))
        return value


def normal_hashtag(typed: str) -> str:
    """A hashtag without its `#`, with letters, digits and underscores only; further words get a capital letter."""
    words = _NOT_IN_TAG.split(unicodedata.normalize("NFC", typed))
    first, *others = [word for word in words if word] or [""]
    return first + "".join(word[0].upper() + word[1:] for word in others)


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
