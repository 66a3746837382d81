"""What the queue calls: a job of ours that breaks ends, with a reason, instead of running for ever."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from pydantic import ValidationError

from marketing import tasks
from marketing.models import Job
from tests.jobs.conftest import NewJob
from tests.jobs.house import house
from tests.jobs.product import connect, request_posts
from tests.upstream import Upstream, hangs


@pytest.mark.django_db(transaction=True)
def test_a_job_that_breaks_our_own_code_fails_at_once(job: Job) -> None:
    # The fixture's brief is empty, which the form would never have let through.
    with pytest.raises(ValidationError):
        tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.failure["kind"]) == (Job.State.FAILED, "Internal")


@pytest.mark.django_db(transaction=True)
def test_a_job_that_another_worker_has_is_left_alone(new_job: NewJob) -> None:
    job = new_job(state="running", token="another", lease_until=10)
    tasks.run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.token) == (Job.State.RUNNING, "another")


@pytest.mark.django_db
def test_a_wake_up_for_a_job_that_is_gone_does_nothing() -> None:
    tasks.run_job(str(uuid.uuid4()))
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_a_job_that_exceeds_django_qs_limit_fails_and_says_so(tmp_path: Path) -> None:
    # In a process of its own: the limit is an alarm, and pytest's own limit is one, too.
    with house(tmp_path) as built, Upstream() as upstream:
        connect(built, upstream.add("slow", hangs()))
        [job] = request_posts(built, 1)
        built.python(
            "from contextlib import suppress\n"
            "from django_q.exceptions import TimeoutException\n"
            "from django_q.timeout import TimeoutHandler\n"
            "from marketing.tasks import run_job\n"
            f"with suppress(TimeoutException), TimeoutHandler(1): run_job({job!r})\n"
        )
        assert "TooSlow" in str(built.rows("SELECT failure FROM marketing_job"))
        assert built.count("failed") == 1
