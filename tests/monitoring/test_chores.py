"""Chores return by the clock, and of several hosts one does each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from prometheus import chores
from providers.models import Chore, ErrorGroup, Rollup
from tests.monitoring.conftest import Make

pytestmark = pytest.mark.django_db


def test_what_is_due_is_woken_for_once() -> None:
    assert chores.wake_due() == len(chores.KINDS)
    assert chores.wake_due() == 0
    assert OrmQ.objects.count() == len(chores.KINDS)
    Chore.objects.filter(name="tidy").update(due_at=timezone.now())
    assert chores.wake_due() == 1


def test_summing_up_begins_with_the_oldest_attempt_and_remembers_how_far_it_is(attempt: Make, failed: Make) -> None:
    now = timezone.now()
    attempt(started_at=now - timedelta(hours=30))
    failed(started_at=now)
    chores.do_now("sum-up")
    assert Rollup.objects.filter(grain="hour").count() == 2
    assert ErrorGroup.objects.get().count == 1
    assert "since" in Chore.objects.get(name="sum-up").state
    chores.do_now("sum-up")
    assert ErrorGroup.objects.get().count == 1


def test_switched_off_no_sums_are_made(settings: Any, attempt: Make) -> None:
    settings.ENABLE_PERFORMANCE_MONITORING = False
    attempt(started_at=timezone.now())
    chores.do_now("sum-up")
    assert not Rollup.objects.exists()


@pytest.mark.parametrize("name", list(chores.KINDS))
def test_every_chore_can_be_done_twice(name: str) -> None:
    chores.do_now(name)
    chores.do_now(name)
    assert Chore.objects.get(name=name).done_at is not None
