"""What happens to jobs when the database goes away, and when a host's clock is wrong: none lost, none done twice."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.jobs.house import House, house, second_host, wait_until
from tests.jobs.product import PLATFORMS, connect, request_posts, written
from tests.servers import PostgreSQL, restartable
from tests.upstream import Upstream, posts, server_error, slow

# These start a PostgreSQL of their own, whatever the run uses.
pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.timeout(240)]
JOBS, AWAY_SECONDS = 16, 4.0
LIMIT = """
from providers.models import Provider, Quota
Quota.objects.create(provider=Provider.objects.get(), metric="requests", period="day", limit={limit})
"""
# A process whose clock is an hour off, as far as Django can see.
SKEWED = """
from datetime import timedelta
from django.utils import timezone
right = timezone.now
timezone.now = lambda: right() + timedelta(seconds={seconds})
"""


@pytest.fixture(scope="module")
def server() -> Iterator[PostgreSQL]:
    with restartable() as running:
        yield running


@pytest.fixture
def built(server: PostgreSQL, tmp_path: Path) -> Iterator[House]:
    with house(tmp_path, server=server.address) as found:
        yield found


def test_a_database_that_was_away_loses_no_job_and_doubles_none(server: PostgreSQL, built: House) -> None:
    with Upstream() as upstream, second_host(built) as other:
        pattern = [slow(0.05, posts(1))] * 4 + [server_error()]
        connect(built, upstream.add("shaky", *pattern * 50))
        jobs = request_posts(built, JOBS)
        for host in (built, other):
            host.start()
        wait_until(lambda: built.count("done") >= 2, 60, built.said)
        server.restart(AWAY_SECONDS)
        wait_until(lambda: built.count("done") == JOBS, 90, built.said)
        assert written(built) == dict.fromkeys(jobs, PLATFORMS)
        assert built.rows("SELECT count(*) FROM marketing_variant") == [(JOBS * len(PLATFORMS),)]


def test_a_quota_is_not_overdrawn_while_the_database_goes_and_comes(server: PostgreSQL, built: House) -> None:
    limit = JOBS
    with Upstream() as upstream:
        connect(built, upstream.add("limited", slow(0.05, posts(1))))
        built.python(LIMIT.format(limit=limit))
        request_posts(built, JOBS)
        built.start()
        wait_until(lambda: len(upstream.requests("limited")) >= limit // 2, 60, built.said)
        server.restart(1)
        wait_until(lambda: built.count("waiting") + built.count("done") == JOBS, 60, built.said)
        built.stop()
        assert limit // 2 <= len(upstream.requests("limited")) <= limit


def claims(job: str) -> str:
    """Claim a job in a process and print whether that went."""
    return f"import uuid\nfrom marketing import jobs\nprint(jobs.claim(uuid.UUID({job!r})) is not None)"


@pytest.fixture(scope="module")
def idle(server: PostgreSQL, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house in which nothing runs by itself."""
    with house(tmp_path_factory.mktemp("idle"), server=server.address) as found:
        yield found


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_host_with_a_wrong_clock_takes_no_running_job_over(idle: House, seconds: int) -> None:
    # Longer than these processes take to start on any machine, and shorter than the clock is wrong.
    idle.environment["JOB_LEASE_SECONDS"] = "600"
    job = request_posts(idle, 1)[0]
    assert idle.python(claims(job)).split() == ["True"]
    assert idle.python(SKEWED.format(seconds=seconds) + claims(job)).split() == ["False"]


@pytest.mark.parametrize("seconds", [3600, -3600])
def test_a_lease_of_a_host_with_a_wrong_clock_ends_like_any_other(idle: House, seconds: int) -> None:
    idle.environment["JOB_LEASE_SECONDS"] = "1"
    job = request_posts(idle, 1)[0]
    assert idle.python(SKEWED.format(seconds=seconds) + claims(job)).split() == ["True"]
    time.sleep(1.5)
    assert idle.python(claims(job)).split() == ["True"]
