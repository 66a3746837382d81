"""Advertisements for several ad tools: every field within its own limit, no claim without a source."""

from __future__ import annotations

from typing import Any, ClassVar

from marketing.content.sheets.briefs import AdBrief
from marketing.content.sheets.kind import SheetType


class AdCopy(SheetType[AdBrief]):
    """Ads for several tools at once. A claim without a source keeps one from going out until a person confirms it."""

    slug: ClassVar[str] = "ad-copy"
    brief_model = AdBrief
    words: ClassVar[str] = "Ad copy for Google, Meta, TikTok, Amazon, YouTube and Spotify"
    strict: ClassVar[bool] = True
    example: ClassVar[dict[str, Any]] = {
        "subject": "release",
        "title": "Żółte światło",
        "creator": "Ćma i Gęślarze",
        "facts": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk"],
        "date": "2027-01-15",
        "link": "https://example.com/zolte-swiatlo",
        "goal": "sell",
        "language": "pl",
        "brand": "Hardban Records",
        "own_words": ["polski folk", "winyl"],
        "platforms": ["google-search", "meta-feed"],
        "variants": 1,
    }
