"""The capacity plan names the part that gives out, and grows with the load."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.utils import timezone

from prometheus.capacity_plan import Today, measure, simulate
from prometheus.management.commands.capacity_plan import TODO
from providers.models import Provider, Quota, Rollup

TODAY = Today(dict.fromkeys(range(24), 10.0), 2.0, None, workers=2, database="sqlite", keep_days=90)


def test_a_small_house_has_room_and_a_thousandfold_one_needs_workers() -> None:
    assert simulate(TODAY, 1).holds
    grown = simulate(TODAY, 1000)
    assert (grown.holds, grown.bottleneck) == (False, "worker slots")


def test_more_workers_move_the_bottleneck_on() -> None:
    assert simulate(replace(TODAY, workers=2000), 1000).bottleneck != "worker slots"


def test_limits_of_providers_are_a_bottleneck_of_their_own() -> None:
    limited = simulate(replace(TODAY, calls_allowed_a_day=250), 1)
    assert limited.bottleneck == "providers' limits"
    assert limited.full["providers' limits"] == pytest.approx(0.96)


def test_every_part_is_fuller_at_ten_times_the_load() -> None:
    now, later = simulate(TODAY, 10), simulate(TODAY, 100)
    assert all(later.full[name] > now.full[name] for name in now.full)


def test_every_part_has_something_to_do_about_it() -> None:
    assert set(simulate(replace(TODAY, calls_allowed_a_day=250), 1).full) == set(TODO)


@pytest.mark.django_db
def test_today_is_what_the_sums_say_and_the_limits_allow() -> None:
    one = Provider.objects.create(slug="p", name="P", base_url="http://127.0.0.1/v1")
    for period, limit in (("minute", 30), ("day", 1000)):
        Quota.objects.create(provider=one, metric="requests", period=period, limit=limit)
    at = timezone.now() - timedelta(hours=30)
    Rollup.objects.create(grain="hour", starts_at=at, provider_slug="p", model_id="m", attempts=70)
    found = measure(workers=2, database="sqlite", keep_days=90)
    assert (found.calls, found.calls_allowed_a_day) == (10.0, 1000.0)


@pytest.mark.django_db
def test_the_command_says_what_to_do() -> None:
    out = StringIO()
    call_command("capacity_plan", "--times", "1", "100000", stdout=out)
    assert "100000 times" in out.getvalue()
    assert "next: worker slots. raise WORKERS" in out.getvalue()
