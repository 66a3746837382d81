"""Texts with several fields, such as an advertisement: their fields and limits, read from sheets.toml."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketing.content.platforms import Counting, Limit, Status

_FILE = Path(__file__).with_name("sheets.toml")
Values = Mapping[str, Sequence[str]]

LABELS: dict[str, Promise] = {
    "headlines": _("Headlines"),
    "long_headlines": _("Long headlines"),
    "descriptions": _("Descriptions"),
    "paths": _("Display paths"),
    "final_url": _("Final address"),
    "business_name": _("Business name"),
    "brand_name": _("Brand name"),
    "primary_texts": _("Primary texts"),
    "ad_texts": _("Ad texts"),
    "custom_texts": _("Custom texts"),
    "scripts": _("Scripts to be spoken"),
    "subjects": _("Subjects"),
    "preheader": _("Preheader"),
    "headline": _("Heading"),
    "paragraphs": _("Paragraphs"),
    "points": _("Points"),
    "button": _("Button"),
    "closing": _("Closing"),
    "hashtags": _("Hashtags"),
    "video_tags": _("Video tags"),
    "keywords": _("Keywords"),
}


@dataclass(frozen=True, slots=True)
class SheetField:
    """One field. `given` fields are filled from the brief, the others by a writer.

    `least`, `most` and `wanted` count values; `short` asks for one value within so many, `total` bounds all together;
    `distinct` values may not nearly repeat each other, a `path` is a piece of an address.
    """

    name: str
    limit: Limit
    least: int
    most: int
    wanted: int = 0
    given: str = ""
    short: int | None = None
    total: int | None = None
    distinct: bool = False
    long: bool = False
    path: bool = False
    emoji: bool = True
    forbidden: tuple[str, ...] = ()

    @property
    def label(self) -> Promise:
        """The field's name for people."""
        return LABELS[self.name]


@dataclass(frozen=True, slots=True)
class Sheet:
    """A kind of text with several fields. `rules` name the policies that it is held against."""

    slug: str
    name: str
    kind: str
    as_of: dt.date
    rules: tuple[str, ...]
    fields: tuple[SheetField, ...]

    has_title = False

    @property
    def asked(self) -> tuple[SheetField, ...]:
        """The fields that somebody has to write."""
        return tuple(one for one in self.fields if not one.given)

    def field(self, name: str) -> SheetField:
        """The field with this name. Raises KeyError when there is none."""
        return {one.name: one for one in self.fields}[name]


def sheets(kind: str = "") -> tuple[Sheet, ...]:
    """Every sheet, or those of one content type, in the order in which a form offers them."""
    return tuple(sheet for sheet in _by_slug().values() if kind in {"", sheet.kind})


def sheet(slug: str) -> Sheet:
    """The sheet with this slug. Raises KeyError when there is none."""
    return _by_slug()[slug]


def as_text(shown: Sheet, values: Values) -> str:
    """All values for reading and searching, a field a paragraph."""
    blocks = ["\n".join(values.get(one.name, ())) for one in shown.fields]
    return "\n\n".join(block for block in blocks if block)


@functools.cache
def _by_slug() -> dict[str, Sheet]:
    with _FILE.open("rb") as file:
        data = tomllib.load(file)
    return {row["slug"]: _sheet(row, data["as_of"]) for row in data["sheet"]}


def _sheet(row: dict[str, Any], as_of: dt.date) -> Sheet:
    fields = tuple(_field(one) for one in row["field"])
    return Sheet(row["slug"], row["name"], row["kind"], as_of, tuple(row["rules"]), fields)


def _field(row: dict[str, Any]) -> SheetField:
    row = dict(row)
    limit = Limit(
        counting=Counting(row.pop("counting")),
        status=Status(row.pop("status")),
        max=row.pop("max"),
        recommended=row.pop("recommended", None),
    )
    return SheetField(limit=limit, forbidden=tuple(row.pop("forbidden", ())), **row)
