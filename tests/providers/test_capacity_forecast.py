"""When a quota runs out is told from the pattern of its own use, with an interval that holds."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from providers import ledger
from providers.capacity.forecast import level, outlook, pattern
from providers.capacity.quotas import accept, levels, use_by_hour
from providers.models import Attempt, Bucket, Quota, Rollup
from tests.upstream import answers, replays

# A Monday.
MONDAY = datetime(2026, 11, 2, tzinfo=UTC)
FOUR_WEEKS = MONDAY + timedelta(weeks=4)


def busy_hours(of, weeks=4, start=MONDAY):
    """Use by hour: `of(weekday, hour)` in every week."""
    hours = (start + timedelta(hours=number) for number in range(weeks * 7 * 24))
    return [(moment, of(moment.weekday(), moment.hour)) for moment in hours if of(moment.weekday(), moment.hour)]


def office(weekday, hour):
    return 10.0 if weekday < 5 and 9 <= hour < 17 else 0.0


def usual():
    return pattern(busy_hours(office), MONDAY, FOUR_WEEKS)


@pytest.mark.once
def test_a_quota_that_office_hours_use_up_ends_in_them():
    found = outlook(40, FOUR_WEEKS + timedelta(days=1), FOUR_WEEKS, usual())
    assert found.earliest
    assert found.runs_out
    assert found.latest
    assert FOUR_WEEKS + timedelta(hours=12) < found.runs_out < FOUR_WEEKS + timedelta(hours=15)
    assert found.earliest < found.runs_out < found.latest
    assert found.warns


@pytest.mark.once
def test_a_weekend_does_not_use_what_a_weekday_uses():
    saturday = FOUR_WEEKS + timedelta(days=5)
    found = outlook(40, saturday + timedelta(days=1), saturday, usual())
    assert (found.runs_out, found.warns) == (None, False)


@pytest.mark.once
def test_what_is_used_up_ends_at_once():
    noon = FOUR_WEEKS + timedelta(hours=12)
    assert outlook(0, noon + timedelta(hours=3), noon, usual()).runs_out == noon


@pytest.mark.once
def test_a_busy_day_ends_earlier():
    busy = level(used_today=160, expected_today=40)
    plain, soon = (outlook(60, FOUR_WEEKS + timedelta(days=1), FOUR_WEEKS, usual(), today) for today in (1.0, busy))
    assert soon.runs_out
    assert plain.runs_out
    assert soon.runs_out < plain.runs_out


@pytest.mark.once
def test_without_use_nothing_runs_out():
    found = outlook(5, FOUR_WEEKS + timedelta(days=1), FOUR_WEEKS, pattern([], MONDAY, FOUR_WEEKS))
    assert (found.expected, found.chance, found.runs_out) == (0.0, 0.0, None)


@pytest.mark.once
def test_the_interval_holds_the_use_of_eight_in_ten_days():
    chance = random.Random(5)

    def drawn(mean):
        return sum(chance.random() < mean / 40 for _ in range(40))

    past = [(moment, float(drawn(units))) for moment, units in busy_hours(office, weeks=8)]
    known = pattern(past[: len(past) // 2], MONDAY, FOUR_WEEKS)
    found = outlook(1000, FOUR_WEEKS + timedelta(days=1), FOUR_WEEKS, known)
    days = [sum(drawn(office(0, hour)) for hour in range(24)) for _ in range(300)]
    inside = sum(found.low <= one <= found.high for one in days) / len(days)
    assert 0.75 < inside <= 1.0


def attempts(provider, count, at, tokens=10):
    Attempt.objects.bulk_create(
        Attempt(
            provider=provider,
            provider_slug=provider.slug,
            model_id="small",
            outcome="answered",
            started_at=at,
            prompt_tokens=tokens,
            completion_tokens=tokens,
        )
        for _ in range(count)
    )


def test_use_is_read_from_the_sums_and_from_what_is_not_summed_yet(connect):
    provider = connect("one", answers("Hello"))
    now = timezone.now().replace(minute=0, second=0, microsecond=0)
    Rollup.objects.create(
        grain="hour", starts_at=now - timedelta(hours=5), provider_slug="one", model_id="small", attempts=7, limited=2
    )
    attempts(provider, 3, now - timedelta(hours=2))
    since = now - timedelta(days=1)
    assert [units for _hour, units in use_by_hour("one", "", "requests", since)] == [5.0, 3.0]
    assert [units for _hour, units in use_by_hour("one", "small", "tokens", since)] == [0.0, 60.0]


def world():
    import asyncio

    return asyncio.run(ledger.snapshot())


def ask():
    from tests.providers.test_capacity import ask as asked

    return asked()


def test_the_board_shows_what_is_left_and_when_it_returns(connect):
    provider = connect("one", answers("Hello"))
    Quota.objects.create(provider=provider, metric="requests", period="day", limit=4, window="calendar")
    ask()
    (day,) = levels(world(), timezone.now())[provider.pk]
    assert (day.used, day.left, day.share_used) == (1, 3, 0.25)
    assert day.returns_at
    assert timedelta(0) < day.returns_at - timezone.now() <= timedelta(days=1, seconds=1)
    assert day.outlook is None


def test_the_board_warns_of_a_day_that_will_not_last(connect):
    provider = connect("one", answers("Hello"))
    Quota.objects.create(provider=provider, metric="requests", period="day", limit=50, window="calendar")
    now = timezone.now()
    for day in range(1, 15):
        for hour in range(24):
            attempts(provider, 6, (now - timedelta(days=day)).replace(hour=hour))
    at = now.replace(hour=1, minute=0)
    (found,) = levels(world(), at)[provider.pk]
    assert found.outlook
    assert found.outlook.warns
    assert found.outlook.runs_out
    assert found.outlook.runs_out > at


def limited(limit, remaining):
    headers = {"x-ratelimit-limit-requests": str(limit), "x-ratelimit-remaining-requests": str(remaining)}
    return replays(200, headers, posts_body())


def posts_body():
    message = {"role": "assistant", "content": "Hello"}
    return {"id": "x", "model": "small", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}


def test_a_higher_limit_of_the_vendors_is_offered_and_holds_once_it_is_accepted(connect):
    provider = connect("one", limited(8, 7))
    Quota.objects.create(provider=provider, metric="requests", period="day", limit=6, window="calendar")
    ask()
    (day,) = levels(world(), timezone.now())[provider.pk]
    assert (day.limit, day.suggested) == (6, 8)
    assert day.bucket_id
    assert accept(Bucket.objects.get(pk=day.bucket_id))
    (day,) = levels(world(), timezone.now())[provider.pk]
    assert (day.limit, day.configured, day.suggested) == (8, 8, None)


def test_a_limit_that_was_only_assumed_follows_the_vendor_upwards(connect, settings):
    settings.MAX_REQUESTS_PER_DAY = 6
    provider = connect("one", limited(8, 7))
    provider.allow_private_address = False
    provider.save()
    Bucket.objects.all().delete()
    day = next(one for one in levels(world(), timezone.now())[provider.pk] if one.period == "day")
    assert (day.assumed, day.configured) == (True, 6)
    Bucket.objects.create(
        name=next(one.bucket for one in world()[0].keys[0].limits if one.period == "day"),
        provider=provider,
        metric="requests",
        period="day",
        window="calendar",
        seen_limit=8,
        seen_at=timezone.now().timestamp(),
        seen_source="header",
    )
    day = next(one for one in levels(world(), timezone.now())[provider.pk] if one.period == "day")
    assert day.limit == 8


def test_trust_in_what_the_vendor_said_fades(connect):
    provider = connect("one", limited(3, 2))
    Quota.objects.create(provider=provider, metric="requests", period="hour", limit=9)
    ask()
    Bucket.objects.update(seen_at=timezone.now().timestamp() - 10 * 3600, seen_limit=3)
    (hour,) = levels(world(), timezone.now())[provider.pk]
    assert (hour.limit, round(hour.confidence, 1)) == (6, 0.5)


def test_a_refusal_without_a_number_near_the_limit_is_taken_as_the_limit(connect):
    provider = connect("one", answers("Hello"), answers("Hello"), replays(429, {}, {"error": {"message": "slow down"}}))
    Quota.objects.create(provider=provider, metric="requests", period="minute", limit=4)
    for _ in range(3):
        ask()
    bucket = Bucket.objects.get()
    assert (bucket.seen_limit, bucket.seen_source) == (2, "ledger")
    (minute,) = levels(world(), timezone.now())[provider.pk]
    assert minute.limit == 3
