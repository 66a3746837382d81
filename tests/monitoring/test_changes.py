"""What changed between two spans: found by shares, not said by chance, with what is new and what came back."""

from __future__ import annotations

import random
from datetime import timedelta
from fractions import Fraction
from math import comb

import pytest
from django.test import Client
from django.utils import timezone

from providers.models import Attempt, ErrorGroup
from providers.monitoring import changes, faults, rollups
from providers.monitoring.changes import Difference, Share, chance, compare, corrected
from tests.monitoring.conftest import NOW, Make

pytestmark = pytest.mark.django_db
DAY = 24 * 60


def exact(now: Share, before: Share) -> float:
    """Fisher's test in whole numbers: twice the smaller tail."""
    failed, attempts = now.failed + before.failed, now.attempts + before.attempts

    def probability(hits: int) -> Fraction:
        return Fraction(comb(failed, hits) * comb(attempts - failed, now.attempts - hits), comb(attempts, now.attempts))

    upper = sum(probability(hits) for hits in range(now.failed, min(failed, now.attempts) + 1))
    lower = sum(probability(hits) for hits in range(max(0, now.attempts - attempts + failed), now.failed + 1))
    return float(min(1, 2 * min(upper, lower)))


@pytest.mark.parametrize(
    ("now", "before"),
    [
        (Share(9, 30), Share(2, 40)),
        (Share(0, 30), Share(9, 40)),
        (Share(30, 30), Share(1, 300)),
        (Share(5, 50), Share(5, 50)),
        (Share(400, 900), Share(380, 1100)),
    ],
)
def test_the_chance_is_fishers(now: Share, before: Share) -> None:
    assert chance(now, before) == pytest.approx(exact(now, before), rel=1e-6)


def test_where_the_law_is_wide_the_approximation_is_close() -> None:
    now, before = Share(2200, 9000), Share(2050, 9000)
    tail = changes._tail(now, 4250, 18_000, up=True)
    assert chance(now, before) == pytest.approx(2 * tail, rel=0.05)


def by_chance(dice: random.Random) -> Share:
    return Share(sum(dice.random() < 0.1 for _ in range(80)), 80)


def test_nothing_is_surely_changed_where_only_chance_is_at_work() -> None:
    dice = random.Random(7)
    wrong = 0
    for _look in range(200):
        pairs = [Difference("model", str(at), by_chance(dice), by_chance(dice)) for at in range(12)]
        wrong += any(one.is_sure for one in corrected(pairs))
    # One of a hundred looks at most is what the level promises; of 200 that is 2, and chance may bring a few more.
    assert wrong <= 6


def happened(make: Make, number: int, minutes_ago: float, **fields: object) -> None:
    for at in range(number):
        make(minutes_ago + at, **fields)


def summed_up() -> None:
    for hour in rollups.hours_with_attempts(NOW - timedelta(days=9), NOW):
        faults.group_hour(hour)
    rollups.roll_up(NOW - timedelta(days=9), NOW)


def test_it_names_the_provider_the_model_the_error_and_the_work_that_fail_more_often(
    attempt: Make, failed: Make
) -> None:
    for day in (0, 1):
        happened(attempt, 60, day * DAY + 60)
        happened(attempt, 60, day * DAY + 60, provider_slug="mistral", model_id="small", feature="ad-copy")
    overloaded = {"error_class": "Overloaded", "http_status": 503, "detail": "busy"}
    happened(failed, 30, 60, provider_slug="mistral", model_id="small", feature="ad-copy", **overloaded)
    summed_up()
    found = compare(24, NOW)
    assert (found.now, found.before) == (Share(30, 150), Share(0, 120))
    assert {(one.kind, one.name) for one in found.differences} == {
        ("provider", "mistral"),
        ("model", "mistral/small"),
        ("error", "Overloaded"),
        ("feature", "ad-copy"),
    }
    assert all(one.is_worse and one.p < 0.01 for one in found.differences)
    by_kind = {one.kind: one for one in found.differences}
    assert (by_kind["provider"].now, by_kind["provider"].before) == (Share(30, 90), Share(0, 60))
    assert [group.title for group in found.fresh] == ["busy"]


def test_more_failures_of_more_attempts_are_no_news(attempt: Make, failed: Make) -> None:
    happened(attempt, 50, DAY + 60)
    happened(failed, 10, DAY + 60)
    happened(attempt, 250, 60)
    happened(failed, 50, 60)
    summed_up()
    found = compare(24, NOW)
    assert (found.now, found.before, found.differences) == (Share(50, 300), Share(10, 60), ())
    assert found.compared == 4


def test_what_fails_less_often_is_told_too(attempt: Make, failed: Make) -> None:
    happened(failed, 40, DAY + 60)
    happened(attempt, 40, DAY + 60)
    happened(attempt, 80, 60)
    summed_up()
    assert [one.is_worse for one in compare(24, NOW).differences] == [False] * 4


def test_of_a_handful_of_attempts_nothing_is_said(attempt: Make, failed: Make) -> None:
    happened(attempt, 15, DAY + 60)
    happened(failed, 15, 60)
    summed_up()
    found = compare(24, NOW)
    assert (found.has_enough, found.compared, found.differences) == (False, 0, ())


def test_a_resolved_cause_that_comes_back_is_named_with_its_time(failed: Make) -> None:
    failed(2 * DAY)
    summed_up()
    faults.resolve(ErrorGroup.objects.get(), "ewa")
    ErrorGroup.objects.update(resolved_at=NOW - timedelta(days=1))
    assert compare(24, NOW).returned == ()
    failed(30)
    faults.group_hour(rollups.hour_of(NOW))
    (group,) = compare(24, NOW).returned
    assert (group.reopened, group.reopened_at) == (1, NOW - timedelta(minutes=30))


def test_each_cause_has_its_days(failed: Make) -> None:
    happened(failed, 3, 10)
    happened(failed, 2, 2 * DAY)
    summed_up()
    group = ErrorGroup.objects.get()
    assert faults.daily([group], 4, NOW) == {group.pk: [0, 2, 0, 3]}


def test_the_page_tells_it_in_numbers(attempt: Make, failed: Make, admin_user: object, monkeypatch: object) -> None:
    client = Client()
    client.force_login(admin_user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    happened(attempt, 60, DAY + 60)
    happened(attempt, 30, 60)
    happened(failed, 30, 60)
    # The page looks at the present.
    shift = timezone.now() - NOW
    for row in Attempt.objects.all():
        Attempt.objects.filter(pk=row.pk).update(started_at=row.started_at + shift)
    for hour in rollups.hours_with_attempts(NOW + shift - timedelta(days=3)):
        faults.group_hour(hour)
    rollups.roll_up(NOW + shift - timedelta(days=3))
    page = client.get("/monitoring/errors/?span=day", headers={"accept-language": "en"}).content.decode()
    assert "50.0 % of the attempts failed (30 of 60); before that it was 0.0 %." in page
    assert "fails more often" in page
    assert "new cause" in page
    assert "today last: 0, 0" in page
