"""Errors by cause: counted, opened again, and never with a value in them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from providers.models import ErrorGroup
from providers.monitoring import faults, rollups
from tests.monitoring.conftest import NOW, Make

pytestmark = pytest.mark.django_db
HOUR = rollups.hour_of(NOW)


def test_the_same_refusal_in_other_words_is_one_cause(failed: Make) -> None:
    failed(1, detail="Rate limit reached for model llama-3.1-8b, try again in 7.5s")
    failed(2, detail="Rate limit reached for model qwen3-32b-preview, try again in 12s", feature="ad-copy")
    faults.group_hour(HOUR)
    group = ErrorGroup.objects.get()
    assert (group.count, group.provider_slug, group.http_status) == (2, "groq", 429)
    # More than one feature met it, so it belongs to none.
    assert group.feature == ""
    assert group.first_seen < group.last_seen == NOW - timedelta(minutes=1)


def test_other_providers_and_other_errors_are_other_causes(failed: Make) -> None:
    failed(1)
    failed(1, provider_slug="gemini")
    failed(1, error_class="Unavailable", http_status=503, detail="overloaded")
    assert faults.group_hour(HOUR) == ErrorGroup.objects.count() == 3


def test_grouping_an_hour_twice_counts_once(failed: Make) -> None:
    failed(1)
    faults.group_hour(HOUR)
    failed(2)
    faults.group_hour(HOUR)
    assert ErrorGroup.objects.get().count == 2


def test_a_resolved_cause_opens_again_with_its_next_case(failed: Make) -> None:
    failed(61)
    faults.group_hour(HOUR - rollups.HOUR)
    group = ErrorGroup.objects.get()
    faults.resolve(group, "ewa")
    ErrorGroup.objects.update(resolved_at=NOW - timedelta(minutes=30))
    faults.group_hour(HOUR - rollups.HOUR)
    group.refresh_from_db()
    assert (group.state, group.resolved_by) == ("resolved", "ewa")
    failed(1)
    faults.group_hour(HOUR)
    group.refresh_from_db()
    assert (group.state, group.reopened, group.count) == ("open", 1, 2)
    faults.resolve(group, "ewa")
    faults.reopen(group)
    group.refresh_from_db()
    assert (group.state, group.resolved_by) == ("open", "")


def _break(secret: str) -> None:
    raise ValueError(f"cannot use {secret}")


def test_an_error_of_our_own_is_kept_without_its_values() -> None:
    for secret in ("gsk_planted_secret_1", "gsk_planted_secret_2"):
        try:
            _break(secret)
        except ValueError as error:
            faults.record_own(error, "job social-posts")
    group = ErrorGroup.objects.get()
    assert (group.count, group.source, group.error_class) == (2, "own", "ValueError")
    assert "in _break" in group.sample
    assert "planted" not in f"{group.sample}{group.title}"


def test_switched_off_nothing_is_kept(settings: Any, failed: Make) -> None:
    settings.ENABLE_ERROR_TRACKING = False
    failed(1)
    assert faults.group_hour(HOUR) == 0
    assert faults.record_own(ValueError("x"), "page") is None
    assert not ErrorGroup.objects.exists()


def test_what_arises_more_often_than_it_did_is_told_first(failed: Make) -> None:
    for back in range(7):
        for _ in range(24):
            failed(60 * 24 * (back + 1) + 90, detail="a steady complaint")
    for _ in range(24):
        failed(30, detail="a steady complaint")
    for _ in range(8):
        failed(20, detail="something new altogether")
    for hour in rollups.hours_with_attempts(NOW - timedelta(days=9), NOW):
        faults.group_hour(hour)
    (change,) = faults.what_changed(NOW)
    assert (change.group.title, change.lately, change.is_new) == ("something new altogether", 8, True)


def test_a_trend_counts_by_hour(failed: Make) -> None:
    failed(1)
    failed(70)
    failed(71)
    for back in range(3):
        faults.group_hour(HOUR - rollups.HOUR * back)
    assert faults.trend(ErrorGroup.objects.get(), hours=3, now=NOW) == [0, 2, 1]
