"""`/api/v1/ai/analysis/music/trends`: where tracks are in their lives, how likely they stay, what to do when."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone
from ninja import Field, Router, Schema
from pydantic import ConfigDict

from marketing.api import insight, shapes
from marketing.api.typed import Amount, Day, Name, typed
from providers.access import LabDoor, Permission, Scope

router = Router(tags=["Analysis"], auth=LabDoor(Scope.ANALYSIS, Permission.SEE_REPORTS))

Rank = Annotated[int, Field(ge=1, le=1000), typed(int, float)]
Weeks = Annotated[int, Field(ge=1, le=5000), typed(int, float)]
Track = Annotated[str, Field(min_length=1, max_length=300)]
Number = Annotated[float, Field(ge=-1e9, le=1e9), typed(int, float)]
_EXAMPLE: dict[str, Any] = {
    "chart": [
        {"week": "2026-11-07", "rank": 61, "track": "Żółte światło", "artist": "Ćma i Gęślarze"},
        {"week": "2026-11-14", "rank": 38, "track": "Żółte światło", "artist": "Ćma i Gęślarze"},
    ],
    "plays": [{"day": "2026-11-14", "track": "Żółte światło", "artist": "Ćma i Gęślarze", "plays": 5120}],
    "releases": [{"track": "Żółte światło", "artist": "Ćma i Gęślarze", "date": "2027-01-15"}],
    "today": "2026-11-16",
}


class TrackIn(Schema):
    """A recording by its title and artist, spelled alike everywhere."""

    model_config = ConfigDict(extra="forbid")

    track: Track
    artist: Name = ""


class PlaceIn(TrackIn):
    """One place of a weekly chart. Send the whole chart where you have it: odds then also know what stands beside."""

    week: Day
    rank: Rank
    peak: Rank | None = Field(None, description="The best rank so far, as the chart says; null: as these rows say.")
    weeks: Weeks | None = Field(None, description="Weeks on the chart so far, as the chart says.")
    last: Rank | None = Field(None, description="The rank of the week before, as the chart says.")


class PlaysIn(TrackIn):
    """A track's plays on a day; rows of one day are added up, and missing days count as none."""

    day: Day
    plays: Amount


class SoundIn(TrackIn):
    """What is measured of a recording, such as tempo, energy, valence; the same names for every track."""

    numbers: dict[Annotated[str, Field(max_length=60)], Number] = Field(max_length=40)


class ReleaseIn(TrackIn):
    """When a track came out, or will."""

    date: Day


class TrendsAsked(Schema):
    """Rows of one chart, plays, sounds and releases, whichever there are."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"example": _EXAMPLE})

    chart: list[PlaceIn] = Field(default_factory=list, max_length=10_000)
    kind: Literal["singles", "albums"] = "singles"
    chart_size: Annotated[int, Field(ge=10, le=1000), typed(int, float)] = Field(
        100, description="Ranks of the chart; matters where only some of its rows are sent."
    )
    plays: list[PlaysIn] = Field(default_factory=list, max_length=10_000)
    sounds: list[SoundIn] = Field(default_factory=list, max_length=1000)
    releases: list[ReleaseIn] = Field(default_factory=list, max_length=1000)
    today: Day | None = Field(None, description="The day to speak from; null: today.")


class TrackOut(Schema):
    """One track. `chart` and `plays` are null where its rows are missing; odds are probabilities, 0 to 1."""

    track: str
    artist: str
    chart: dict[str, Any] | None
    plays: dict[str, Any] | None
    moments: list[dict[str, Any]]
    alike: list[dict[str, Any]]


class TrendsOut(Schema):
    """`chart` tells how the odds did on its later weeks (`checked`: AUC, Brier against `base_brier`)."""

    chart: dict[str, Any] | None
    tracks: list[TrackOut]
    left_out: int = Field(description="Tracks beyond the first 200.")


@router.post(
    "/ai/analysis/music/trends",
    response={200: TrendsOut, 202: shapes.JobOut},
    summary="Where tracks are in their lives",
)
async def music_trends(request: HttpRequest, asked: TrendsAsked) -> HttpResponseBase | dict[str, Any]:
    """Phase, odds of still being on the chart four weeks on, half-life of plays, similar tracks, moments to act.

    No odds where they did no better than chance on the chart's later weeks. `Prefer: respond-async` answers 202.
    """
    body = asked.model_dump(mode="json")
    body["today"] = body["today"] or timezone.localdate().isoformat()
    return await insight.answered(request, "music/trends", body)
