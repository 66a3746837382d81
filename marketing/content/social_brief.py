"""The brief of a social post: what is promoted, for whom, where and how."""

from __future__ import annotations

import unicodedata
from typing import Annotated, Any

import regex
from django.utils.translation import gettext
from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from marketing.content.brief import MOST_VARIANTS, PromotionBrief, whole
from marketing.content.grounding import Source
from marketing.content.platforms import platforms

_NOT_IN_TAG = regex.compile(r"[^\p{L}\p{Nd}_]+")
LONGEST_TAG = 50
# Hashtags of which every one is taken, an empty one for none; names in other scripts are taken too.
_TAG = "^(#?[A-Za-zĄąĆćĘęŁłŃńÓóŚśŹźŻż][A-Za-z0-9_ĄąĆćĘęŁłŃńÓóŚśŹźŻż]{0,49})?$"


class SocialPostBrief(PromotionBrief):
    """What a marketer says about posts: hashtags, platforms, and how many texts each platform gets."""

    hashtags: Annotated[list[Annotated[str, Field(json_schema_extra={"pattern": _TAG})]], Field(max_length=30)] = []
    platforms: Annotated[
        list[Annotated[str, Field(json_schema_extra={"enum": [place.slug for place in platforms()]})]],
        Field(min_length=1, json_schema_extra={"uniqueItems": True}),
    ]
    variants: Annotated[int, Field(ge=1, le=MOST_VARIANTS, strict=True), BeforeValidator(whole)] = 3

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
            if not any(letter.isalpha() for letter in tag) or len(tag) > LONGEST_TAG:
                message = gettext("A hashtag has letters, digits or _ and at most {longest} characters: {typed}")
                raise PydanticCustomError("hashtag", message, {"longest": LONGEST_TAG, "typed": typed[:60]})
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

    def sources(self) -> tuple[Source, ...]:
        """The brief's own words, its hashtags among them."""
        return super().sources() + tuple(Source("hashtag", f"#{tag}") for tag in self.hashtags)


def normal_hashtag(typed: str) -> str:
    """A hashtag without its `#`, with letters, digits and underscores only; further words get a capital letter."""
    words = _NOT_IN_TAG.split(unicodedata.normalize("NFC", typed))
    first, *others = [word for word in words if word] or [""]
    return first + "".join(word[0].upper() + word[1:] for word in others)
