"""The briefs of texts with several fields: advertisements, e-mails and tags."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import regex
from django.utils.translation import gettext
from pydantic import BeforeValidator, Field, field_validator
from pydantic_core import PydanticCustomError

from marketing.content.brief import ONE_LINE, PromotionBrief, whole
from marketing.content.grounding import Source
from marketing.content.sheets.table import sheets
from marketing.safety.text import LINK

MOST_SHEET_VARIANTS = 3
# Of the links, those that mail programs show pictures from.
_SECURE = LINK.replace("https?", "https")


def _offered(kind: str) -> dict[str, Any]:
    """How a document describes the choice of a kind's sheets."""
    return {"uniqueItems": True, "items": {"type": "string", "enum": [sheet.slug for sheet in sheets(kind)]}}


class SheetBrief(PromotionBrief):
    """What a marketer says about texts with several fields. `brand` stands where a tool asks for a business name."""

    kind: ClassVar[str] = ""

    brand: Annotated[str, Field(max_length=80), ONE_LINE] = ""
    own_words: Annotated[list[Annotated[str, Field(max_length=60), ONE_LINE]], Field(max_length=40)] = []
    platforms: Annotated[list[str], Field(min_length=1)]
    variants: Annotated[int, Field(ge=1, le=MOST_SHEET_VARIANTS, strict=True), BeforeValidator(whole)] = 1

    @field_validator("own_words", mode="before")
    @classmethod
    def _split_words(cls, value: Any) -> Any:
        if isinstance(value, str):
            value = regex.split(r"[\n,;]+", value)
        return [word for word in value if str(word).strip(" #＃")] if isinstance(value, list) else value

    @field_validator("platforms", mode="after")
    @classmethod
    def _known_sheets_once(cls, value: list[str]) -> list[str]:
        known = {sheet.slug for sheet in sheets(cls.kind)}
        for slug in value:
            if slug not in known:
                message = gettext("Choose formats from the list; this one is not on it: {slug}")
                raise PydanticCustomError("sheet", message, {"slug": slug[:60]})
        if len(set(value)) < len(value):
            raise PydanticCustomError("sheet_twice", gettext("Choose each format once."))
        return value

    def sources(self) -> tuple[Source, ...]:
        """The brief's own words, brand and keywords among them."""
        extra = [Source("brand", self.brand)] if self.brand else []
        return super().sources() + tuple(extra) + tuple(Source("own_word", word) for word in self.own_words)


class AdBrief(SheetBrief):
    """The brief of advertisements; `own_words` are keywords that they should meet."""

    kind: ClassVar[str] = "ad-copy"

    platforms: Annotated[list[str], Field(min_length=1, json_schema_extra=_offered("ad-copy"))]


class EmailBrief(SheetBrief):
    """The brief of an e-mail. `sender` and `postal_address` name the sender, as the law asks."""

    kind: ClassVar[str] = "email-templates"

    platforms: Annotated[list[str], Field(min_length=1, json_schema_extra=_offered("email-templates"))] = ["newsletter"]
    sender: Annotated[str, Field(max_length=120), ONE_LINE] = ""
    postal_address: Annotated[str, Field(max_length=200), ONE_LINE] = ""
    image: Annotated[str, Field(max_length=2048, json_schema_extra={"pattern": _SECURE})] = ""
    image_alt: Annotated[str, Field(max_length=200), ONE_LINE] = ""

    @field_validator("image", mode="after")
    @classmethod
    def _check_image(cls, value: str) -> str:
        value = value.strip()
        if value and not value.startswith("https://"):
            message = gettext("Enter the picture’s full address; mail programs want https://.")
            raise PydanticCustomError("image", message)
        return cls._check_link(value)


class TagsBrief(SheetBrief):
    """The brief of tags; `own_words` come first in every list."""

    kind: ClassVar[str] = "tags"

    platforms: Annotated[list[str], Field(min_length=1, json_schema_extra=_offered("tags"))] = ["tags-instagram"]
