"""Every way from one state of a job to another, and the ways that are closed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone
from django_q.models import OrmQ
from django_q.signing import SignedPackage

from marketing import jobs
from marketing.jobs import Claim
from marketing.models import Job
from marketing.steps import Step
from tests.jobs.conftest import NewJob


def claimed(job: Job) -> Claim:
    claim = jobs.claim(job.pk)
    assert claim
    return claim


def abandon(job: Job) -> None:
    """Let the lease run out, as it does when a worker dies."""
    Job.objects.filter(pk=job.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def wake_ups() -> list[str]:
    """The ids that the queue carries, oldest first."""
    return [SignedPackage.loads(row.payload)["args"][0] for row in OrmQ.objects.order_by("id")]


def test_a_waiting_job_runs_once_claimed(job: Job) -> None:
    claimed(job)
    job.refresh_from_db()
    assert (job.state, job.claims, job.version) == (Job.State.RUNNING, 1, 1)


def test_a_job_is_not_claimed_twice(job: Job) -> None:
    claimed(job)
    assert jobs.claim(job.pk) is None


@pytest.mark.parametrize("state", ["done", "failed", "cancelled"])
def test_an_ended_job_is_not_claimed(new_job: NewJob, state: str) -> None:
    assert jobs.claim(new_job(state=state).pk) is None


def test_a_job_whose_worker_died_is_taken_over_and_says_so(job: Job) -> None:
    claimed(job)
    abandon(job)
    claimed(job)
    job.refresh_from_db()
    assert (job.claims, [step["kind"] for step in job.steps]) == (2, ["taken_over"])


def test_after_a_takeover_the_old_claim_writes_nothing_more(job: Job) -> None:
    old = claimed(job)
    abandon(job)
    claimed(job)
    written = [jobs.note(old, Step(kind="written")), jobs.finish(old, Job.State.DONE), jobs.give_back(old)]
    job.refresh_from_db()
    assert (written, job.state) == ([False, False, False], Job.State.RUNNING)


def test_a_cancelled_job_is_not_taken_over(job: Job) -> None:
    claimed(job)
    jobs.request_cancel(job.pk)
    abandon(job)
    assert jobs.claim(job.pk) is None


def test_a_job_that_killed_too_many_workers_is_not_taken_over(new_job: NewJob) -> None:
    assert jobs.claim(new_job(state="running", lease_until=-1, claims=jobs.MOST_CLAIMS).pk) is None


def test_steps_are_kept_in_order_and_each_moves_the_version(job: Job) -> None:
    claim = claimed(job)
    jobs.note(claim, Step(kind="asking", part="x", provider="groq", model="gpt-oss"))
    jobs.note(claim, Step(kind="written", part="x", reason='"'), parts_done=1)
    job.refresh_from_db()
    assert [(step["kind"], step["part"], step["reason"]) for step in job.steps] == [
        ("asking", "x", ""),
        ("written", "x", '"'),
    ]
    assert (job.version, job.parts_done) == (3, 1)


def test_finishing_ends_the_job_with_what_it_brought(job: Job) -> None:
    claim = claimed(job)
    assert jobs.finish(claim, Job.State.FAILED, {"kind": "InvalidRequest"}, parts_done=1)
    job.refresh_from_db()
    assert (job.state, job.failure, job.parts_done) == (Job.State.FAILED, {"kind": "InvalidRequest"}, 1)
    assert job.finished_at


def test_a_job_is_not_finished_twice(job: Job) -> None:
    claim = claimed(job)
    jobs.finish(claim, Job.State.DONE)
    assert not jobs.finish(claim, Job.State.FAILED)


def test_a_finish_goes_with_the_transaction_that_stores_the_result(job: Job) -> None:
    claim = claimed(job)
    with transaction.atomic():
        jobs.finish(claim, Job.State.DONE)
        transaction.set_rollback(True)
    job.refresh_from_db()
    assert job.state == Job.State.RUNNING


@pytest.mark.django_db(transaction=True)
def test_a_job_given_back_waits_again_without_a_claim_against_it(job: Job) -> None:
    assert jobs.give_back(claimed(job))
    job.refresh_from_db()
    assert (job.state, job.claims, job.steps[-1]["kind"]) == (Job.State.WAITING, 0, "waiting")
    assert wake_ups() == [str(job.pk)]


def test_a_cancelled_job_given_back_ends_as_cancelled(job: Job) -> None:
    claim = claimed(job)
    jobs.request_cancel(job.pk)
    assert jobs.give_back(claim)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_waiting_job_is_cancelled_at_once(job: Job) -> None:
    assert jobs.request_cancel(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED


def test_a_running_job_is_asked_to_end(job: Job) -> None:
    claimed(job)
    assert jobs.request_cancel(job.pk)
    job.refresh_from_db()
    assert (job.state, job.cancel_requested) == (Job.State.RUNNING, True)


def test_an_ended_job_cannot_be_cancelled(new_job: NewJob) -> None:
    assert not jobs.request_cancel(new_job(state="done").pk)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["failed", "cancelled"])
def test_a_retried_job_waits_again_and_keeps_what_was_finished(new_job: NewJob, state: str) -> None:
    job = new_job(state=state, parts_done=2, claims=5, finished_at=-1, failure={"kind": "WorkerLost"})
    assert jobs.retry(job)
    job.refresh_from_db()
    assert (job.state, job.parts_done, job.claims, job.failure) == (Job.State.WAITING, 2, 0, {})
    assert wake_ups() == [str(job.pk)]


@pytest.mark.parametrize("state", ["waiting", "running", "done"])
def test_a_job_that_did_not_fail_is_not_retried(new_job: NewJob, state: str) -> None:
    assert not jobs.retry(new_job(state=state))


@pytest.mark.django_db(transaction=True)
def test_a_worker_is_woken_only_after_the_commit(job: Job) -> None:
    with transaction.atomic():
        jobs.enqueue(job)
        before = wake_ups()
    assert (before, wake_ups()) == ([], [str(job.pk)])


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_job_wakes_nobody(job: Job) -> None:
    with transaction.atomic():
        jobs.enqueue(job)
        transaction.set_rollback(True)
    assert wake_ups() == []
