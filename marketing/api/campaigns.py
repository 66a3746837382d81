"""`/api/v1/ai/analysis/campaigns/…`: what campaigns brought, what will come, what to change; all of it computed."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from asgiref.sync import sync_to_async
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from marketing import services
from marketing.api import answering, shapes
from marketing.api.typed import Amount, Day, Name, typed
from marketing.campaigns import answers
from marketing.longwork.campaign_analysis import CampaignAnalysis
from marketing.models import Job
from marketing.narrating.answering import answer_of
from marketing.services import Asker
from providers.access import LabDoor, Permission, Scope

router = Router(tags=["Analysis"], auth=LabDoor(Scope.ANALYSIS, Permission.SEE_REPORTS))

MOST_ROWS = 20_000
_EXAMPLE_ROW: dict[str, Any] = {
    "day": "2026-09-01",
    "campaign": "Żółte światło",
    "ad": "Okładka",
    "impressions": 10250,
    "clicks": 110,
    "spend": 234.56,
    "conversions": 4,
    "revenue": 236.0,
}


class DayIn(Schema):
    """One row: the sums of a campaign, perhaps of one of its ads, on a day. What is missing is null, not 0."""

    model_config = ConfigDict(extra="forbid")

    day: Day
    campaign: Annotated[str, Field(min_length=1, max_length=300)]
    adset: Name = ""
    ad: Name = ""
    audience: Name = ""
    creative: Name = ""
    impressions: Amount | None = None
    clicks: Amount | None = None
    views: Amount | None = None
    spend: Amount | None = None
    conversions: Amount | None = None
    revenue: Amount | None = None


class DaysAsked(Schema):
    """Rows of one currency."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"rows": [_EXAMPLE_ROW], "currency": "PLN"}}
    )

    rows: Annotated[list[DayIn], Field(min_length=1, max_length=MOST_ROWS)]
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")]


class PerformanceAsked(DaysAsked):
    """Rows, and the language of the sentences."""

    language: Literal["pl", "en"] = "en"


class ForecastAsked(DaysAsked):
    """Rows, the measure and how many days ahead."""

    measure: Literal["impressions", "clicks", "views", "spend", "conversions", "revenue"] = "clicks"
    horizon: Annotated[int, Field(ge=1, le=answers.LONGEST_HORIZON), typed(int, float)] = 14


class PerformanceOut(Schema):
    """`facts` each with value, bounds, period, method and the data's digest; `groups` compared among themselves.

    `narrative`: sentences in the language that was asked for, each with the ids of the facts that its figures are.
    """

    facts: list[dict[str, Any]]
    groups: dict[str, list[dict[str, Any]]]
    narrative: list[dict[str, Any]]


class ForecastOut(Schema):
    """Each day's middle and the bounds in which four of five days should lie; `warning` says why to doubt it."""

    measure: str
    model: str
    warning: str
    days: list[dict[str, Any]]


class SuggestionsOut(Schema):
    """`suggestions`: pause, scale, refresh, with range; `budget`: money better spread, or why it cannot be told."""

    suggestions: list[dict[str, Any]]
    budget: dict[str, Any]


async def _answered(request: HttpRequest, what: str, asked: DaysAsked) -> Any:
    """The result at once; the job for whoever prefers one."""
    brief = {"what": what, **asked.model_dump(mode="json")}
    if answering.Wish.of(request).background:

        def make(asker: Asker, _wish: answering.Wish) -> Job:
            return services.request_long_work(asker, CampaignAnalysis.slug, f"Campaigns: {what}", brief)

        return await answering.answer(request, brief, make)
    return await sync_to_async(answer_of, thread_sensitive=False)(brief)


_PERFORMANCE = {200: PerformanceOut, 202: shapes.JobOut}


@router.post("/ai/analysis/campaigns/performance", response=_PERFORMANCE, summary="What campaigns brought")
async def campaigns_performance(request: HttpRequest, asked: PerformanceAsked) -> HttpResponseBase | dict[str, Any]:
    """Sums and rates with 95 % bounds, wild days and new levels with dates, and comparisons that admit chance.

    `Prefer: respond-async` answers 202 with a job.
    """
    found: HttpResponseBase | dict[str, Any] = await _answered(request, "performance", asked)
    return found


@router.post(
    "/ai/analysis/campaigns/forecast", response={200: ForecastOut, 202: shapes.JobOut}, summary="What will come"
)
async def campaigns_forecast(request: HttpRequest, asked: ForecastAsked) -> HttpResponseBase | dict[str, Any]:
    """The measure's next days with 80 % intervals, by models weighted by how they did on its own past.

    `days` is empty where fewer than 14 days have the measure or they lie more than ten years apart; `warning` says so.
    A forecast to be doubted has both `days` and a `warning`.
    """
    found: HttpResponseBase | dict[str, Any] = await _answered(request, "forecast", asked)
    return found


@router.post(
    "/ai/analysis/campaigns/suggestions", response={200: SuggestionsOut, 202: shapes.JobOut}, summary="What to change"
)
async def campaigns_suggestions(request: HttpRequest, asked: DaysAsked) -> HttpResponseBase | dict[str, Any]:
    """What to pause, scale and refresh with the expected gain's range, and a budget spread within bounds."""
    found: HttpResponseBase | dict[str, Any] = await _answered(request, "suggestions", asked)
    return found
