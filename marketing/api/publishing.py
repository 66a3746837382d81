"""`/ai/analysis/publishing/market` and `/ai/optimization/channels`: comparable titles, and where to sell."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from marketing.api import insight, shapes
from marketing.api.typed import Amount, Day, typed
from providers.access import LabDoor, Permission, Scope

router = Router()
_analysis = Router(tags=["Analysis"], auth=LabDoor(Scope.ANALYSIS, Permission.SEE_REPORTS))
_optimization = Router(tags=["Optimization"], auth=LabDoor(Scope.OPTIMIZATION, Permission.MAKE))

Price = Annotated[float, Field(ge=0.01, le=1_000_000), typed(int, float)]
Word = Annotated[str, Field(max_length=100)]
Form = Literal["ebook", "audiobook", "print"]
Country = Annotated[str, Field(pattern="^[A-Z]{2}$")]
_EXAMPLE_MARKET: dict[str, Any] = {
    "titles": [
        {"title": f"Saga {number}", "price": 29.99 + number, "format": "ebook", "genre": "saga", "rating": 4.1}
        for number in range(12)
    ],
    "sales": [{"day": f"2026-{month:02d}-01", "units": 40 + month} for month in range(1, 13)],
    "own": {"price": 34.99, "format": "ebook", "genre": "saga"},
    "currency": "PLN",
}
_EXAMPLE_CHANNELS: dict[str, Any] = {
    "forms": ["ebook"],
    "language": "pl",
    "countries": ["PL"],
    "usual_price": 34.99,
    "currency": "PLN",
    "sales": [{"channel": "empik", "units": 120}, {"channel": "woblink", "units": 45}],
}


class TitleIn(Schema):
    """A title on the market, in one currency with the others."""

    model_config = ConfigDict(extra="forbid")

    title: Annotated[str, Field(max_length=300)]
    price: Price
    format: Word = ""
    genre: Word = ""
    rating: Annotated[float, Field(ge=0, le=10), typed(int, float)] | None = None
    reviews: Amount | None = None


class SoldIn(Schema):
    """Units sold on a day or in the month that begins then."""

    model_config = ConfigDict(extra="forbid")

    day: Day
    units: Amount


class OwnIn(Schema):
    """The own book: titles of its format and genre are compared, where there are enough."""

    model_config = ConfigDict(extra="forbid")

    price: Price | None = None
    format: Word = ""
    genre: Word = ""


class MarketAsked(Schema):
    """Titles, and sales for the seasons."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE_MARKET})

    titles: list[TitleIn] = Field(min_length=1, max_length=5000)
    sales: list[SoldIn] = Field(default_factory=list, max_length=5000)
    own: OwnIn | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "PLN"


class MarketOut(Schema):
    """Medians with 95 % bounds. `seasons`: each month against the year's level, `clear` where that is beyond chance."""

    currency: str
    compared: int
    of: int
    alike_in: str = Field(description="What the compared titles share with the own book; empty: all are compared.")
    prices: dict[str, Any] | None
    bands: list[dict[str, Any]]
    formats: list[dict[str, Any]]
    ratings: dict[str, Any] | None
    reviews: dict[str, Any] | None
    links: dict[str, Any] = Field(description="Rank correlations with bounds; going together is not causing.")
    cheaper_than_own: float | None
    seasons: list[dict[str, Any]]
    warnings: list[str]


class ChannelSoldIn(Schema):
    """Copies sold in a channel, by `channel` or name. Readings of subscriptions are another unit: leave them out."""

    model_config = ConfigDict(extra="forbid")

    channel: Annotated[str, Field(min_length=1, max_length=100)]
    units: Amount


class ChannelsAsked(Schema):
    """What the channels' rules need to know of the book."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE_CHANNELS})

    forms: list[Form] = Field(min_length=1, max_length=3)
    language: Annotated[str, Field(pattern="^[a-z]{2}$")] = Field(description="Of the text, such as pl.")
    countries: list[Country] = Field(default_factory=list, max_length=250, description="Where readers are.")
    kdp_select: bool = Field(False, strict=True, description="The e-book is in KDP Select, so Amazon has it alone.")
    titles: Annotated[int, Field(ge=1, le=100_000), typed(int, float)] = Field(1, description="Titles of the house.")
    usual_price: Price | None = None
    planned_price: Price | None = Field(None, description="Of a planned discount.")
    lowest_lately: Price | None = Field(None, description="The lowest price lately: at least the last 30 days.")
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "PLN"
    sales: list[ChannelSoldIn] = Field(default_factory=list, max_length=500)


class ChannelOut(Schema):
    """A channel. `id` of a reason is stable, `text` is in the language of `Accept-Language`."""

    channel: str
    name: str
    way: Literal["sale", "subscription", "aggregator", "promotion"]
    advice: Literal["use", "consider", "leave"]
    reasons: list[dict[str, str]]
    terms: list[dict[str, str]]
    units: float | None
    share_of_units: float | None


class ChannelsOut(Schema):
    """What fits best first."""

    channels: list[ChannelOut]


@_analysis.post(
    "/ai/analysis/publishing/market",
    response={200: MarketOut, 202: shapes.JobOut},
    summary="The market of comparable titles",
)
async def publishing_market(request: HttpRequest, asked: MarketAsked) -> HttpResponseBase | dict[str, Any]:
    """Price bands, formats, ratings and seasons of comparable titles, and where the own price stands among them.

    `Prefer: respond-async` answers 202 with a job.
    """
    return await insight.answered(request, "publishing/market", asked.model_dump(mode="json"))


@_optimization.post(
    "/ai/optimization/channels", response={200: ChannelsOut, 202: shapes.JobOut}, summary="Where to sell and promote"
)
async def channels(request: HttpRequest, asked: ChannelsAsked) -> HttpResponseBase | dict[str, Any]:
    """Each channel with advice, reasons and terms, from its rules and from what the book sold there.

    Shares are contracts and none is assumed. `Prefer: respond-async` answers 202 with a job.
    """
    return await insight.answered(request, "channels", asked.model_dump(mode="json"))


router.add_router("", _analysis)
router.add_router("", _optimization)
