"""What crashes leave behind is mended, once, and a cluster that takes no job is noticed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from django_q.tasks import async_task

from marketing import jobs
from marketing.models import Job
from tests.jobs.conftest import NewJob
from tests.jobs.test_transitions import wake_ups


def send_wake_up(job: Job) -> None:
    """As it was sent when the job was stored."""
    async_task(jobs.TASK, str(job.pk))
    OrmQ.objects.filter(pk=OrmQ.objects.latest("id").pk).update(lock=job.enqueued_at)


def test_a_lost_wake_up_is_sent_again(new_job: NewJob) -> None:
    job = new_job(enqueued_at=-10)
    assert (jobs.reconcile(), wake_ups()) == (1, [str(job.pk)])


def test_a_wake_up_is_not_sent_again_by_the_next_host(new_job: NewJob) -> None:
    new_job(enqueued_at=-10)
    jobs.reconcile()
    OrmQ.objects.all().delete()
    assert jobs.reconcile() == 0


def test_a_fresh_job_is_left_to_its_wake_up(job: Job) -> None:
    assert jobs.reconcile() == 0


def test_a_long_backlog_breeds_no_wake_ups(new_job: NewJob) -> None:
    for seconds in (-60, -50, -40):
        send_wake_up(new_job(enqueued_at=seconds))
    assert jobs.reconcile() == 0


def test_a_job_that_younger_ones_overtook_has_lost_its_wake_up(new_job: NewJob) -> None:
    lost = new_job(enqueued_at=-60)
    younger = new_job(enqueued_at=-50)
    send_wake_up(younger)
    jobs.reconcile()
    assert wake_ups() == [str(younger.pk), str(lost.pk)]


def test_a_job_whose_worker_died_gets_another_one(new_job: NewJob) -> None:
    job = new_job(state="running", claims=1, lease_until=-1, enqueued_at=-20)
    assert (jobs.reconcile(), wake_ups()) == (1, [str(job.pk)])


def test_a_running_job_is_left_alone(new_job: NewJob) -> None:
    new_job(state="running", claims=1, lease_until=10, enqueued_at=-20)
    assert jobs.reconcile() == 0


def test_a_job_that_killed_too_many_workers_fails_and_says_why(new_job: NewJob) -> None:
    job = new_job(state="running", claims=jobs.MOST_CLAIMS, lease_until=-1, enqueued_at=-20)
    woken = jobs.reconcile()
    job.refresh_from_db()
    assert (woken, job.state, job.failure["kind"]) == (0, Job.State.FAILED, "WorkerLost")


def test_a_job_whose_worker_died_before_it_could_cancel_ends_as_cancelled(new_job: NewJob) -> None:
    job = new_job(state="running", claims=1, lease_until=-1, enqueued_at=-20, cancel_requested=True)
    jobs.reconcile()
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_cluster_that_leaves_a_job_lying_is_stuck(new_job: NewJob) -> None:
    new_job(enqueued_at=-5)
    assert jobs.is_stuck()


@pytest.mark.parametrize("state", ["running", "done"])
def test_a_cluster_that_did_something_lately_is_not_stuck(new_job: NewJob, state: str) -> None:
    new_job(enqueued_at=-5)
    new_job(state=state, started_at=-3, lease_until=10)
    assert not jobs.is_stuck()


def test_a_cluster_whose_workers_are_all_busy_is_not_stuck(new_job: NewJob) -> None:
    new_job(enqueued_at=-5)
    for _ in range(2):
        new_job(state="running", started_at=-60, lease_until=10)
    assert not jobs.is_stuck()


def test_a_dead_workers_lease_does_not_make_a_cluster_look_busy(new_job: NewJob) -> None:
    new_job(enqueued_at=-5)
    for _ in range(2):
        new_job(state="running", started_at=-60, lease_until=-1)
    assert jobs.is_stuck()


def test_an_idle_cluster_is_not_stuck(new_job: NewJob) -> None:
    new_job(state="done", enqueued_at=-5, finished_at=timezone.now() - timedelta(hours=1))
    assert not jobs.is_stuck()
