"""`manage.py serve`: one parent, two children, no orphans."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from prometheus.processes import MARK, marked, sweep
from tests.jobs.house import House, house, wait_until
from tests.jobs.product import connect, request_posts, verb
from tests.upstream import Upstream, hangs, posts

pytestmark = pytest.mark.django_db


@pytest.fixture
def built(tmp_path: Path) -> Iterator[House]:
    with house(tmp_path) as built:
        yield built


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


def answers(built: House) -> bool:
    asked = http.client.HTTPConnection("127.0.0.1", built.port, timeout=2)
    try:
        asked.request("GET", "/healthz")
        return asked.getresponse().read() == b"ok"
    except OSError:
        return False
    finally:
        asked.close()


def all_gone(built: House) -> bool:
    return not built.processes()


@pytest.mark.once
def test_a_stop_ends_every_process(built: House) -> None:
    built.start()
    assert built.stop() == 0
    assert built.processes() == []


def test_a_stop_gives_the_running_job_back(built: House, upstream: Upstream) -> None:
    connect(built, upstream.add("slow", hangs()))
    built.start()
    request_posts(built, 1)
    wait_until(lambda: built.count("running") == 1, 20, built.said)
    built.stop()
    assert built.rows("SELECT state, claims FROM marketing_job") == [("waiting", 0)]


def test_a_job_given_back_goes_on_at_the_next_start(built: House, upstream: Upstream) -> None:
    connect(built, upstream.add("slow", hangs()))
    built.start()
    request_posts(built, 1)
    wait_until(lambda: built.count("running") == 1, 20, built.said)
    built.stop()
    upstream.add("slow", posts(1))
    built.start()
    assert wait_until(lambda: built.count("done") == 1, 20, built.said)


def test_a_cancelled_job_stops_in_the_middle_of_its_request(built: House, upstream: Upstream) -> None:
    connect(built, upstream.add("slow", hangs()))
    built.start()
    [job] = request_posts(built, 1)
    upstream.wait_for_requests("slow", seconds=20)
    assert verb(built, "cancel", job)
    assert wait_until(lambda: built.count("cancelled") == 1, 10, built.said)


def test_a_cancelled_job_can_be_retried(built: House, upstream: Upstream) -> None:
    connect(built, upstream.add("slow", posts(1)))
    [job] = request_posts(built, 1)
    assert verb(built, "cancel", job)
    built.start()
    assert verb(built, "retry", job)
    assert wait_until(lambda: built.count("done") == 1, 20, built.said)


@pytest.mark.once
def test_no_process_outlives_a_killed_parent(built: House) -> None:
    parent = built.start()
    wait_until(built.workers)
    parent.kill()
    assert wait_until(lambda: all_gone(built), 20)


@pytest.mark.parametrize("victim", ["cluster", "sentinel"])
def test_a_killed_cluster_is_started_again_as_a_whole(built: House, victim: str) -> None:
    built.start()
    old = wait_until(lambda: len(built.workers()) == 4 and built.workers())
    os.kill(getattr(built, victim)()[0], signal.SIGKILL)
    new = wait_until(lambda: len(built.workers()) == 4 and built.workers() != old and built.workers(), 20, built.said)
    assert not set(new) & set(old)


@pytest.mark.once
def test_a_killed_web_process_answers_again(built: House) -> None:
    built.start()
    os.kill(built.web()[0], signal.SIGKILL)
    wait_until(lambda: not answers(built))
    assert wait_until(lambda: answers(built), 20, built.said)


def test_a_cluster_whose_idle_workers_were_killed_works_again(built: House, upstream: Upstream) -> None:
    # A worker killed while it waits takes the lock of django-q2's queue with it: those started anew wait for ever.
    connect(built, upstream.add("slow", posts(1)))
    built.start()
    for worker in wait_until(lambda: len(built.workers()) == 4 and built.workers()):
        os.kill(worker, signal.SIGKILL)
    request_posts(built, 3)
    assert wait_until(lambda: built.count("done") == 3, 45, built.said)


@pytest.mark.once
def test_the_next_start_sweeps_up_what_could_not_end_by_itself(built: House) -> None:
    parent = built.start()
    left = wait_until(lambda: len(built.workers()) == 4 and built.cluster() + built.web())
    for number in left:
        os.kill(number, signal.SIGSTOP)
    parent.kill()
    parent.wait()
    built.start()
    assert not set(left) & {one.pid for one in built.processes()}


@pytest.mark.once
def test_a_second_parent_says_so_in_one_line(built: House) -> None:
    parent = built.start()
    second = built.manage("serve")
    assert second.returncode == 1
    assert second.stderr.splitlines() == [
        f"CommandError: process {parent.pid} serves from {built.environment['DATA_DIR']}; stop it first"
    ]


@pytest.mark.once
def test_a_taken_port_is_told_in_one_line(built: House) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", built.port))
        taken.listen()
        refused = built.manage("serve")
    assert refused.returncode == 1
    assert refused.stderr.splitlines() == [
        f"CommandError: 127.0.0.1:{built.port} cannot be used (Address already in use); set PORT to another"
    ]


@pytest.mark.once
def test_the_sign_in_is_shown_only_when_asked_for(built: House) -> None:
    built.environment["DJANGO_SUPERUSER_PASSWORD"] = "tramwaj-nocny"
    built.start()
    quiet = built.said()
    built.stop()
    built.start("--show-sign-in")
    assert "tramwaj-nocny" not in quiet
    assert wait_until(lambda: "Sign in as admin with the password tramwaj-nocny" in built.said())


def test_preparing_makes_an_empty_installation_ready(built: House) -> None:
    built.manage("migrate", "marketing", "zero")
    built.start("--prepare", "migrate", "collectstatic")
    assert built.count("done") == 0
    assert (Path(built.environment["DATA_DIR"]) / "static" / "staticfiles.json").exists()


@pytest.mark.once
def test_static_files_that_have_not_changed_are_not_collected_again(built: House) -> None:
    listing = Path(built.environment["DATA_DIR"]) / "static" / "staticfiles.json"
    built.start("--prepare", "collectstatic")
    built.stop()
    before = listing.stat().st_mtime_ns
    built.start("--prepare", "collectstatic")
    assert listing.stat().st_mtime_ns == before


@pytest.mark.once
def test_only_processes_with_the_mark_are_swept() -> None:
    sleep = [sys.executable, "-c", "input()"]
    ours = subprocess.Popen(sleep, env={**os.environ, MARK: "a-token"}, stdin=subprocess.PIPE)
    other = subprocess.Popen(sleep, env={**os.environ, MARK: "another"}, stdin=subprocess.PIPE)
    try:
        wait_until(lambda: marked("a-token") == [ours.pid])
        assert sweep("a-token", patience=0) == 1
        assert (ours.wait(10), other.poll()) == (-signal.SIGKILL, None)
    finally:
        for process in (ours, other):
            process.kill()
            process.communicate()
