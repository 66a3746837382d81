"""`/api/v1/ai/optimization/prices`: a price that earns more, with its probability, or the reason to leave it."""

from __future__ import annotations

from typing import Any

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from marketing.analysis.elasticity import Observation, elasticity
from marketing.analysis.pricing import LADDER, Terms, advise
from providers.access import LabDoor, Permission, Scope

router = Router(tags=["Optimization"], auth=LabDoor(Scope.OPTIMIZATION, Permission.MAKE))
_LEAST, _MOST = 0.01, 1_000_000
_EXAMPLE: dict[str, Any] = {
    "observations": [
        {"price": price, "units": units, "unit": shop}
        for price, first in ((34.99, 40), (29.99, 55), (39.99, 31), (34.99, 41))
        for shop, units in (("empik", first), ("legimi", first + 9), ("woblink", first - 8))
    ],
    "present_price": 34.99,
    "share": 0.5,
    "fee": 0.0,
    "vat": 5.0,
}


class Sold(Schema):
    """Units sold at a price, in one place and time."""

    model_config = ConfigDict(strict=True)

    price: float = Field(ge=_LEAST, le=_MOST)
    units: float = Field(ge=0, le=_MOST)
    unit: str = Field("", max_length=100, description="Shop, region or title: each keeps its own level.")
    time: str = Field("", max_length=40, description="Week or month: each keeps its own level.")


class PricesAsked(Schema):
    """What was sold at which price, and what a copy brings."""

    model_config = ConfigDict(extra="forbid", strict=True, json_schema_extra={"example": _EXAMPLE})

    observations: list[Sold] = Field(min_length=1, max_length=5000)
    present_price: float = Field(ge=_LEAST, le=_MOST)
    share: float = Field(
        1.0, ge=0.01, le=1, description="The part of the price without VAT that comes back to the house."
    )
    fee: float = Field(0.0, ge=0, le=_MOST, description="What each copy costs, such as a delivery fee.")
    vat: float = Field(5.0, ge=0, le=50, description="Per cent; 5 for books in Poland.")
    ladder: list[float] = Field(
        default_factory=list, max_length=200, description="Prices to choose from; else the trade’s."
    )


class OfferOut(Schema):
    """One price. Ratios are against today's price; 80 % of what is plausible lies between `low` and `high`."""

    price: float
    margin: float
    units_ratio: float
    earnings_ratio: float
    low: float
    high: float
    probability_better: float


class PricesOut(Schema):
    """The measured elasticity, every step near the prices that were asked, and the advice."""

    elasticity: float | None
    low: float | None = Field(description="Of the elasticity, 95 %.")
    high: float | None
    rows: int
    offers: list[OfferOut]
    advised_price: float | None = Field(description="Null: leave the price; `reason` says why.")
    reason: str


@router.post("/ai/optimization/prices", response=PricesOut, summary="A better price, or the reason to leave it")
async def prices(request: HttpRequest, asked: PricesAsked) -> PricesOut:  # noqa: ARG001 - an operation's signature
    """Measures the price elasticity and judges each step of the price ladder near the prices that were asked.

    A change is advised only when it is better with a probability of at least 0.8. The figures are observational: what
    moved prices may have moved sales as well.
    """
    return await sync_to_async(_judged)(asked)


def _judged(asked: PricesAsked) -> PricesOut:
    found = elasticity([Observation(one.price, one.units, one.unit, one.time) for one in asked.observations])
    terms = Terms(asked.share, asked.fee, asked.vat)
    ladder = asked.ladder or LADDER
    try:
        advice = advise(found, [one.price for one in asked.observations], asked.present_price, terms, ladder)
    except ValueError as error:
        return PricesOut(
            elasticity=found.elasticity,
            low=found.low,
            high=found.high,
            rows=found.n,
            offers=[],
            advised_price=None,
            reason=str(error),
        )
    offers = [
        OfferOut(
            price=one.price,
            margin=round(one.margin, 4),
            units_ratio=round(one.units, 4),
            earnings_ratio=round(one.earnings, 4),
            low=round(one.low, 4),
            high=round(one.high, 4),
            probability_better=round(one.better, 4),
        )
        for one in advice.offers
    ]
    return PricesOut(
        elasticity=found.elasticity,
        low=found.low,
        high=found.high,
        rows=found.n,
        offers=offers,
        advised_price=advice.best.price if advice.best else None,
        reason=advice.reason,
    )
