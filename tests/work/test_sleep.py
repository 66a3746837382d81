"""Jobs that wait for capacity sleep without a worker, and wake in the order of their urgency."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from marketing import jobs, services
from marketing.models import Job
from marketing.tasks import run_job
from providers import ledger
from providers.models import ProviderKey
from tests.upstream import posts, rate_limited, server_error

BRIEF = {
    "title": "Nocny Pociąg",
    "creator": "Lena Żuraw",
    "facts": ["Siedem piosenek nagranych na taśmie"],
    "language": "pl",
    "platforms": ["x"],
    "variants": 1,
}


@pytest.fixture
def owner(transactional_db):
    yield User.objects.create_user("ewa")
    ledger.close()


@pytest.fixture
def woken(monkeypatch):
    """The jobs that were sent to the queue, in their order."""
    sent = []
    monkeypatch.setattr(jobs, "async_task", lambda _task, pk: sent.append(pk))
    return sent


def ask(owner, options=None, **fields):
    job = services.request_generation(owner, "social-posts", BRIEF, options or services.Options())
    Job.objects.filter(pk=job.pk).update(**fields)
    run_job(str(job.pk))
    job.refresh_from_db()
    return job


def test_a_job_sleeps_until_the_limit_makes_room_and_says_so(owner, connect):
    connect("groq", rate_limited(120))
    job = ask(owner)
    seconds = (job.not_before - timezone.now()).total_seconds()
    assert (job.state, job.claims, job.steps[-1]["kind"]) == (Job.State.WAITING, 0, "waiting")
    assert job.steps[-1]["until"] == job.not_before.isoformat()
    assert 100 < seconds < 125


def test_no_worker_takes_a_sleeping_job(owner, connect, upstream):
    connect("groq", rate_limited(120))
    job = ask(owner)
    run_job(str(job.pk))
    assert len(upstream.requests("groq")) == 1


def test_a_sleeper_is_no_sign_of_a_stuck_cluster_and_is_not_woken_early(owner, connect, woken):
    connect("groq", rate_limited(120))
    job = ask(owner)
    Job.objects.filter(pk=job.pk).update(enqueued_at=timezone.now() - timedelta(minutes=5))
    woken.clear()
    assert (jobs.is_stuck(), jobs.reconcile(), woken) == (False, 0, [])


def test_a_job_goes_on_when_its_time_has_come(owner, connect):
    connect("groq", rate_limited(120), posts(1))
    job = ask(owner)
    ProviderKey.objects.update(blocked_until=None)
    Job.objects.filter(pk=job.pk).update(not_before=timezone.now() - timedelta(seconds=1))
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, [one.offline for one in job.variants.all()]) == (Job.State.DONE, [False])


def test_a_long_absence_is_bridged_by_an_offline_draft(owner, connect, settings):
    connect("groq", rate_limited(settings.CAPACITY_WAIT_SECONDS + 60))
    job = ask(owner)
    assert (job.state, [one.offline for one in job.variants.all()]) == (Job.State.DONE, [True])


def test_a_job_does_not_sleep_beyond_its_deadline(owner, connect):
    connect("groq", rate_limited(120))
    job = ask(owner, due_at=timezone.now() + timedelta(seconds=60))
    assert (job.state, [one.offline for one in job.variants.all()]) == (Job.State.DONE, [True])


def test_who_can_wait_longer_gets_a_real_text_later_instead_of_a_draft(owner, connect, settings):
    connect("groq", rate_limited(settings.CAPACITY_WAIT_SECONDS + 60))
    job = ask(owner, services.Options(due_at=timezone.now() + timedelta(days=1)))
    assert (job.state, job.steps[-1]["kind"], job.options["background"]) == (Job.State.WAITING, "waiting", True)


def test_a_deadline_stays_within_what_a_job_can_wait(owner, woken):
    now = timezone.now()
    past = services.request_generation(owner, "social-posts", BRIEF, services.Options(due_at=now - timedelta(days=9)))
    far = services.request_generation(owner, "social-posts", BRIEF, services.Options(due_at=now + timedelta(days=999)))
    assert past.due_at
    assert now <= past.due_at <= timezone.now()
    assert far.due_at
    assert far.due_at <= timezone.now() + timedelta(days=31)


def test_a_sick_provider_is_not_waited_for(owner, connect):
    connect("groq", server_error(), failure_threshold=1)
    job = ask(owner)
    assert (job.state, [one.offline for one in job.variants.all()]) == (Job.State.DONE, [True])


def test_sleepers_wake_by_deadline_and_then_by_value(owner, woken):
    now = timezone.now()
    asleep = {"state": Job.State.WAITING, "not_before": now - timedelta(seconds=1)}
    plain = {"owner": owner, "content_type": "social-posts", "title": "x", "brief": BRIEF}
    common = Job.objects.create(**plain, **asleep)
    valuable = Job.objects.create(**plain, **asleep, value=3)
    urgent = Job.objects.create(**plain, **asleep, value=1, due_at=now + timedelta(hours=1))
    Job.objects.create(**plain, state=Job.State.WAITING, not_before=now + timedelta(hours=1))
    assert (jobs.wake_sleepers(), woken) == (3, [str(urgent.pk), str(valuable.pk), str(common.pk)])


def test_each_sleeper_is_woken_once(owner, woken):
    Job.objects.create(
        owner=owner, content_type="social-posts", title="x", brief=BRIEF, not_before=timezone.now() - timedelta(1)
    )
    assert (jobs.wake_sleepers(), jobs.wake_sleepers(), len(woken)) == (1, 0, 1)


def test_a_sleeping_job_can_be_cancelled(owner, connect):
    connect("groq", rate_limited(120))
    job = ask(owner)
    assert services.cancel(job)
    job.refresh_from_db()
    assert job.state == Job.State.CANCELLED
