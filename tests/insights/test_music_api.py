"""Music trends over the Lab API: phases, odds with their check, moments with reasons."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from marketing.api.music import _EXAMPLE
from marketing.models import Job
from marketing.tasks import run_job
from providers.access import Role

PLACE = "/api/v1/ai/analysis/music/trends"


@pytest.fixture
def analyst(transactional_db: None, client: Client) -> Client:
    user = User.objects.create_user("ola")
    user.groups.add(Group.objects.get(name=Role.ANALYST))
    client.force_login(user)
    return client


def ask(client: Client, body: dict[str, Any], **headers: str) -> Any:
    return client.post(PLACE, body, content_type="application/json", headers={"accept-language": "en", **headers})


def test_a_rising_track_is_told_with_odds_and_a_release_with_its_calendar(analyst: Client) -> None:
    answer = ask(analyst, _EXAMPLE).json()
    (track,) = answer["tracks"]
    assert track["chart"]["phase"] == "rising"
    assert 0 < track["chart"]["odds"] < 1
    assert [one["kind"] for one in track["moments"]] == ["push", "pitch", "presave", "release", "second_push", "judge"]
    assert "too few to check" in answer["chart"]["warning"]


def test_moments_that_are_over_are_left_and_an_anniversary_comes(analyst: Client) -> None:
    song = {"track": "Przędzalnia", "artist": "Ćma"}
    answer = ask(analyst, {"releases": [{**song, "date": "2024-02-29"}], "today": "2026-02-10"}).json()
    (only,) = answer["tracks"][0]["moments"]
    assert (only["kind"], only["end"], only["reason"]) == ("anniversary", "2026-02-28", "Years since the release: 2.")


def test_reasons_speak_polish(analyst: Client) -> None:
    (track,) = ask(analyst, _EXAMPLE, **{"accept-language": "pl"}).json()["tracks"]
    assert any("redakcj" in one["reason"].lower() for one in track["moments"])


def test_odds_that_fail_on_a_chart_are_not_given(analyst: Client) -> None:
    # A chart that throws everybody out but the last: no odds learned elsewhere hold on it.
    rows = [
        {"week": (date(2026, 1, 3) + timedelta(weeks=at)).isoformat(), "rank": rank, "track": f"{at // 5} {rank}"}
        for at in range(30)
        for rank in range(1, 11)
    ]
    answer = ask(analyst, {"chart": rows, "today": "2026-11-16"}).json()
    assert answer["chart"]["checked"]["brier"] > answer["chart"]["checked"]["base_brier"]
    assert "none are given" in answer["chart"]["warning"]
    assert all(one["chart"]["odds"] is None for one in answer["tracks"])


def test_a_job_brings_the_same(analyst: Client) -> None:
    handed = ask(analyst, _EXAMPLE, prefer="respond-async")
    assert handed.status_code == 202
    job = Job.objects.get()
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.result == ask(analyst, _EXAMPLE).json()


@pytest.mark.parametrize(
    "wrong",
    [{"chart": [{"week": "soon", "rank": 1, "track": "x"}]}, {"plays": [{"day": 5}]}, {"kind": "x"}, {"odd": 1}],
)
def test_what_cannot_be_is_refused(analyst: Client, wrong: dict[str, Any]) -> None:
    assert ask(analyst, wrong).status_code == 422
