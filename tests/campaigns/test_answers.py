"""The Lab API tells the same figures as the page, at once or as a job, and says when rows cannot tell."""

from __future__ import annotations

import json
import random
from datetime import date, timedelta

import numpy as np
import pytest
from django.contrib.auth.models import Group, User

from marketing.campaigns import answers
from marketing.models import Job
from marketing.tasks import run_job
from providers.access import Role

MEASURES = ("impressions", "clicks", "spend", "conversions", "revenue")


def rows(number=60, *, gap=1.0):
    chance = np.random.default_rng(9)
    told = []
    for at in range(number):
        for name, rate in (("A", 0.02), ("B", 0.02 * gap)):
            seen = int(chance.poisson(4000))
            clicks = int(chance.binomial(seen, rate))
            day = (date(2026, 6, 1) + timedelta(days=at)).isoformat()
            told.append({"day": day, "campaign": name, "impressions": seen, "clicks": clicks, "spend": seen * 0.01})
    return told


@pytest.fixture
def analyst(transactional_db, client):
    user = User.objects.create_user("ola")
    user.groups.add(Group.objects.get(name=Role.ANALYST))
    client.force_login(user)
    return user


def asked(client, what, body, **headers):
    place = f"/api/v1/ai/analysis/campaigns/{what}"
    return client.post(place, body, content_type="application/json", headers=headers)


@pytest.mark.once
def test_equals_are_noise_and_others_are_not():
    alike = answers.performance_of(rows(), "PLN")["groups"]["campaign"]
    apart = answers.performance_of(rows(gap=1.4), "PLN")["groups"]["campaign"]
    assert {one["verdict"] for one in alike} == {"noise"}
    assert [one["verdict"] for one in apart] == ["worse", "better"]


@pytest.mark.once
def test_a_suggestion_has_its_gain_and_range_and_says_that_it_is_observational():
    found = answers.suggestions_of(rows(gap=1.4), "PLN")
    (pause, scale) = [one for one in found["suggestions"] if one["kind"] in {"pause", "scale"}]
    assert (pause["kind"], pause["name"], scale["kind"], scale["name"]) == ("pause", "A", "scale", "B")
    gain = scale["expected_gain"]
    assert gain["low"] < gain["value"] < gain["high"]
    assert "Observational" in scale["basis"]
    assert found["budget"]["told"] is False


@pytest.mark.once
def test_years_of_weeks_get_a_budget_within_its_sum():
    found = answers.suggestions_of(rows(364), "PLN")["budget"]
    assert found["told"]
    week = found["a_week"]
    assert sum(one["suggested"] for one in week) == pytest.approx(sum(one["today"] for one in week), rel=0.01)


def test_the_api_answers_at_once(client, analyst):
    answer = asked(client, "performance", {"rows": rows(), "currency": "PLN"})
    assert answer.status_code == 200, answer.content
    ctr = next(one for one in answer.json()["facts"] if one["id"] == "ctr")
    assert ctr["low"] < ctr["value"] < ctr["high"]
    days = asked(client, "forecast", {"rows": rows(), "currency": "PLN", "horizon": 7}).json()["days"]
    assert [one["day"] for one in days][::6] == ["2026-07-31", "2026-08-06"]


def test_the_api_makes_a_job_for_whoever_prefers_one(client, analyst):
    answer = asked(client, "suggestions", {"rows": rows(), "currency": "PLN"}, Prefer="respond-async")
    assert answer.status_code == 202
    job = Job.objects.get()
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.result["budget"]["told"] is False


def test_rows_that_cannot_tell_get_the_reason_and_no_number(client, analyst):
    told = asked(client, "forecast", {"rows": rows(20), "currency": "PLN", "measure": "revenue"}).json()
    assert (told["days"], bool(told["warning"])) == ([], True)


def test_a_number_comes_as_a_number_and_a_day_as_a_day(client, analyst):
    (row, *_rest) = rows(1)
    for wrong in ({"clicks": "12"}, {"clicks": True}, {"day": 1780000000}, {"day": "2026-07-03T00:00:00"}):
        assert asked(client, "performance", {"rows": [{**row, **wrong}], "currency": "PLN"}).status_code == 422


def test_days_ten_thousand_years_apart_are_a_slip_and_no_line(client, analyst):
    (row, *_rest) = rows(1)
    body = {"rows": [{**row, "day": "0001-01-01"}, {**row, "day": "9999-12-31"}], "currency": "PLN"}
    for what in ("performance", "forecast", "suggestions"):
        assert asked(client, what, body).status_code == 200


@pytest.mark.parametrize("what", ["performance", "forecast", "suggestions"])
def test_whatever_rows_hold_the_answer_is_plain_json(what):
    chance = random.Random(3)
    amounts = (None, 0, 1, 7.5, 1e-6, 1e12)
    for _ in range(60):
        odd = [
            {
                "day": date(chance.choice((1, 1999, 2026, 2026, 9999)), chance.randint(1, 12), chance.randint(1, 28)),
                "campaign": chance.choice("abc"),
                **{name: chance.choice(amounts) for name in MEASURES},
            }
            for _ in range(chance.choice((1, 2, 12, 30)))
        ]
        brief = {"what": what, "rows": odd, "currency": "PLN", "measure": "clicks", "horizon": 5}
        assert json.dumps(answers.answer_of(brief), allow_nan=False)
