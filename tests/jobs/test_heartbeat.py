"""The heartbeat keeps a claim alive and tells the work when to stop."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.db import connection
from pytest_django import Settings

from marketing import jobs
from marketing.jobs import Claim, Heartbeat
from marketing.models import Job
from tests.jobs.house import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim(job: Job, settings: Settings) -> Claim:
    settings.JOB_LEASE_SECONDS = 1
    claim = jobs.claim(job.pk)
    assert claim
    return claim


@contextmanager
def database_away() -> Iterator[None]:
    """The jobs cannot be read for a while."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE marketing_job RENAME TO away")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE away RENAME TO marketing_job")


def test_the_lease_is_extended_while_the_work_goes_on(claim: Claim) -> None:
    until = Job.objects.get().lease_until
    with Heartbeat(claim):
        assert wait_until(lambda: Job.objects.get().lease_until != until)


def test_the_work_hears_of_a_takeover(claim: Claim) -> None:
    lost = threading.Event()
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_lost(lost.set)
        Job.objects.update(token="another")
        assert lost.wait(5)


def test_the_work_hears_that_its_job_is_gone(claim: Claim) -> None:
    lost = threading.Event()
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_lost(lost.set)
        Job.objects.all().delete()
        assert lost.wait(5)


def test_the_work_hears_of_a_cancellation(claim: Claim) -> None:
    cancelled = threading.Event()
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_cancel(cancelled.set)
        jobs.request_cancel(claim.job_id)
        assert cancelled.wait(5)


def test_who_listens_late_is_told_at_once(claim: Claim) -> None:
    first, second = threading.Event(), threading.Event()
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_cancel(first.set)
        jobs.request_cancel(claim.job_id)
        assert first.wait(5)
        heartbeat.on_cancel(second.set)
        assert second.is_set()


def test_a_cancelled_job_keeps_its_lease_until_its_work_has_ended(claim: Claim) -> None:
    jobs.request_cancel(claim.job_id)
    until = Job.objects.get().lease_until
    with Heartbeat(claim):
        assert wait_until(lambda: Job.objects.get().lease_until != until)


def test_finished_work_hears_nothing(claim: Claim) -> None:
    heard: list[str] = []
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_lost(lambda: heard.append("lost"))
        heartbeat.on_cancel(lambda: heard.append("cancel"))
        jobs.finish(claim, Job.State.DONE)
        wait_until(lambda: "heartbeat" not in " ".join(thread.name for thread in threading.enumerate()))
    assert heard == []


def test_a_hiccup_of_the_database_does_not_end_the_heartbeat(claim: Claim, settings: Settings) -> None:
    settings.JOB_LEASE_SECONDS = 30
    cancelled, lost = threading.Event(), threading.Event()
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_lost(lost.set)
        heartbeat.on_cancel(cancelled.set)
        with database_away():
            assert not cancelled.wait(1.2)
        jobs.request_cancel(claim.job_id)
        assert cancelled.wait(5)
    assert not lost.is_set()


def test_a_database_that_stays_away_costs_the_claim(claim: Claim) -> None:
    lost = threading.Event()
    with database_away(), Heartbeat(claim) as heartbeat:
        heartbeat.on_lost(lost.set)
        assert lost.wait(10)


def test_a_stop_of_the_cluster_gives_the_job_back(claim: Claim, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "_stopping", bytearray(1))
    lost = threading.Event()
    with Heartbeat(claim) as heartbeat:
        heartbeat.on_lost(lost.set)
        jobs.stop_working()
        assert lost.wait(5)
    assert Job.objects.get().state == Job.State.WAITING
