"""Long work beside content: it counts its parts, goes on where a dead worker left it, and ends as it deserves."""

import pytest
from django.contrib.auth.models import User

from marketing import jobs, services
from marketing.longwork import registry
from marketing.longwork.base import LongWork
from marketing.models import Job
from marketing.tasks import run_job


class Counting(LongWork):
    """Counts to the number in its brief."""

    slug = "counting"

    def run(self, job, progress):
        if job.brief["to"] < 0:
            raise ValueError("Nobody can count to that.")
        seen = []
        for number in range(job.checkpoint.get("at", 0), job.brief["to"]):
            if number == job.brief.get("cancelled_at"):
                progress.stop()
            progress.report(number + 1, checkpoint={"at": number + 1})
            seen.append(number)
        return {"seen": seen}

    def result_url(self, job):
        return f"/counted/{job.pk}/"


@pytest.fixture(autouse=True)
def counting(monkeypatch):
    monkeypatch.setattr(registry, "_by_slug", lambda: {"counting": Counting()})


@pytest.fixture
def owner(transactional_db):
    return User.objects.create_user("ewa")


def done(owner, **brief):
    job = services.request_long_work(owner, "counting", "Count", brief, total=brief["to"])
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def test_it_ends_with_its_result(owner):
    job = done(owner, to=3)
    assert (job.state, job.result, job.parts_done) == (Job.State.DONE, {"seen": [0, 1, 2]}, 3)


def test_a_takeover_goes_on_where_the_dead_worker_was(owner):
    job = services.request_long_work(owner, "counting", "Count", {"to": 4}, total=4)
    dead = jobs.claim(job.pk)
    assert dead
    jobs.advance(dead, parts_done=3, checkpoint={"at": 3}, lease_until=job.created_at)
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.result) == (Job.State.DONE, {"seen": [3]})


def test_a_cancelled_one_stops_at_its_next_report(owner):
    job = done(owner, to=5, cancelled_at=2)
    assert (job.state, job.parts_done) == (Job.State.CANCELLED, 2)


def test_input_that_cannot_be_used_fails_with_its_reason(owner):
    job = done(owner, to=-1)
    assert job.failure == {"kind": "BadInput", "detail": "Nobody can count to that."}


def test_its_page_leads_to_the_result(owner, client):
    owner.is_superuser = True
    owner.save()
    client.force_login(owner)
    job = done(owner, to=1)
    assert f'href="/counted/{job.pk}/"' in client.get(f"/jobs/{job.pk}/").content.decode()
