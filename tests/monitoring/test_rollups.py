"""Sums by hour and day: the same as counting the attempts, however often they are made and whoever dies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.models import Attempt, Rollup
from providers.monitoring import reports, retention, rollups
from tests.monitoring.conftest import NOW, Make

pytestmark = pytest.mark.django_db


def roll(days: float = 3) -> None:
    rollups.roll_up(NOW - timedelta(days=days), NOW)


def test_an_hour_sums_its_attempts(attempt: Make, failed: Make) -> None:
    attempt(1, latency_ms=400)
    attempt(2, latency_ms=1600, place=2)
    failed(3)
    attempt(90)
    roll()
    hour = Rollup.objects.get(grain="hour", starts_at=rollups.hour_of(NOW))
    assert (hour.attempts, hour.requests, hour.answered, hour.answered_later) == (3, 2, 2, 1)
    assert (hour.failed, hour.limited, hour.prompt_tokens, hour.completion_tokens) == (1, 1, 200, 100)
    assert sum(hour.latency.values()) == 2
    day = Rollup.objects.get(grain="day")
    assert (day.attempts, sum(day.latency.values())) == (4, 3)


def test_making_it_again_changes_nothing(attempt: Make) -> None:
    attempt(1)
    roll()
    before = list(Rollup.objects.order_by("pk").values_list("attempts", "latency"))
    roll()
    assert list(Rollup.objects.order_by("pk").values_list("attempts", "latency")) == before


def test_an_attempt_that_ends_late_is_counted_when_its_hour_is_made_again(attempt: Make) -> None:
    late = attempt(100, outcome=Attempt.Outcome.RUNNING)
    following = rollups.roll_up(NOW - timedelta(hours=6), NOW)
    Attempt.objects.filter(pk=late.pk).update(outcome=Attempt.Outcome.ANSWERED)
    assert following <= late.started_at
    rollups.roll_up(following, NOW)
    assert Rollup.objects.get(grain="hour").answered == 1


def test_the_report_has_the_attempts_own_figures(attempt: Make, failed: Make) -> None:
    for minutes in range(1, 101):
        attempt(minutes, latency_ms=minutes * 10)
    for minutes in range(25):
        failed(minutes)
    attempt(10, provider_slug="gemini", place=2, client_id=7)
    roll()
    found = reports.report(days=2, now=NOW)
    assert (found.total.attempts, found.total.answered, found.total.failed) == (126, 101, 25)
    assert found.total.success_rate == pytest.approx(101 / 126)
    assert found.total.waste_rate == pytest.approx(25 / 126)
    assert found.total.fallback_rate == pytest.approx(1 / 101)
    assert found.total.percentile(0.5) == pytest.approx(510, rel=0.03)
    assert [line.key for line in found.lines] == ["groq", "gemini"]
    assert sum(figures.attempts for _, figures in found.steps) == 126


def test_days_and_hours_tile_the_span(attempt: Make) -> None:
    for back in range(5 * 24):
        attempt(back * 60, latency_ms=None)
    roll(6)
    for days in (1, 2, 3, 4):
        assert reports.report(days=days, now=NOW).total.attempts == days * 24


def test_tokens_have_a_worth(attempt: Make, settings: Any) -> None:
    attempt(1, prompt_tokens=1_000_000, completion_tokens=2_000_000)
    roll()
    asked, answered = settings.REFERENCE_PRICE
    assert reports.report(now=NOW).total.free_value == asked + 2 * answered


def test_figures_can_be_kept_to_one_provider(attempt: Make) -> None:
    attempt(1)
    attempt(2, provider_slug="gemini")
    roll()
    assert reports.report(by="model", now=NOW, provider="gemini").total.attempts == 1


def test_an_unknown_view_is_refused() -> None:
    with pytest.raises(ValueError, match="provider, model, feature, client"):
        reports.report(by="colour")


def test_old_attempts_go_and_their_sums_stay(attempt: Make, settings: Any) -> None:
    settings.KEEP_ATTEMPTS_DAYS = 30
    settings.KEEP_HOURS_DAYS = 10
    attempt(60 * 24 * 40)
    attempt(1)
    rollups.roll_up(NOW - timedelta(days=41), NOW)
    thrown = {one.table: one.rows for one in retention.prune(NOW)}
    assert thrown["attempts"] == 1
    assert Attempt.objects.count() == 1
    assert Rollup.objects.filter(grain="hour").count() == 1
    assert reports.report(days=60, now=NOW).total.attempts == 2


def test_pruning_stops_at_its_bound_and_goes_on_next_time(attempt: Make) -> None:
    for _ in range(5):
        attempt(60 * 24 * 400)
    old = Attempt.objects.filter(started_at__lt=NOW - timedelta(days=100))
    assert retention.delete_in_bites(old, 3) == 3
    assert retention.delete_in_bites(old, 3) == 2
