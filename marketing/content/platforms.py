"""The social platforms and their limits, read from platforms.toml."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

_FILE = Path(__file__).with_name("platforms.toml")


class Counting(StrEnum):
    """How a field's length is counted; the rules are in `marketing.content.counting`."""

    X_WEIGHTED = "x_weighted"
    CODEPOINTS = "codepoints"
    UTF16 = "utf16"
    UTF8 = "utf8"
    GRAPHEMES = "graphemes"
    MASTODON = "mastodon"
    YOUTUBE_TAGS = "youtube_tags"
    ITEMS = "items"
    GOOGLE_ADS = "google_ads_width"
    TIKTOK_ADS = "tiktok_ads_width"
    WORDS = "words"


class Status(StrEnum):
    """How well a limit is known."""

    CONFIRMED = "confirmed"
    CORROBORATED = "corroborated"
    REPORTED = "reported"
    UNCONFIRMED = "unconfirmed"


class Links(StrEnum):
    """What a link in the text is worth on a platform."""

    CLICKABLE = "clickable"
    PLAIN = "plain"
    SEPARATE = "separate"


@dataclass(frozen=True, slots=True)
class Limit:
    """A field's bounds in its own counting. `aim` is what we ask a writer for, `recommended` does better below it."""

    counting: Counting
    status: Status
    max: int | None = None
    min: int = 0
    recommended: int | None = None
    aim: int | None = None

    @property
    def blocks(self) -> bool:
        """Whether text beyond `max` is refused rather than warned about."""
        return self.max is not None and self.status in {Status.CONFIRMED, Status.CORROBORATED}


@dataclass(frozen=True, slots=True)
class Platform:
    """One platform. `second` is another cap on the same text, `title` is None where there is no title field."""

    slug: str
    name: str
    as_of: dt.date
    links: Links
    text: Limit
    hashtags: Limit
    second: Limit | None = None
    title: Limit | None = None
    fold: int | None = None
    forbidden: tuple[str, ...] = ()

    @property
    def has_title(self) -> bool:
        """Whether a post has a title beside its text."""
        return self.title is not None


def platforms() -> tuple[Platform, ...]:
    """Every platform, in the order in which a form offers them."""
    return tuple(_by_slug().values())


def platform(slug: str) -> Platform:
    """The platform with this slug. Raises KeyError when there is none."""
    return _by_slug()[slug]


@functools.cache
def _by_slug() -> dict[str, Platform]:
    with _FILE.open("rb") as file:
        data = tomllib.load(file)
    return {row["slug"]: _platform(row, data["as_of"]) for row in data["platform"]}


def _platform(row: dict[str, Any], as_of: dt.date) -> Platform:
    return Platform(
        slug=row["slug"],
        name=row["name"],
        as_of=as_of,
        links=Links(row["links"]),
        text=_limit(row["text"]),
        hashtags=_limit({"counting": Counting.ITEMS, **row["hashtags"]}),
        second=_limit(row["second"]) if "second" in row else None,
        title=_limit(row["title"]) if "title" in row else None,
        fold=row.get("fold"),
        forbidden=tuple(row.get("forbidden", ())),
    )


def _limit(row: dict[str, Any]) -> Limit:
    return Limit(**{**row, "counting": Counting(row["counting"]), "status": Status(row["status"])})
