"""Hosts that serve pages alone or work alone, and a stop that lets requests under way end."""

from __future__ import annotations

import errno
import http.client
import io
import json
import threading
from pathlib import Path

import pytest

from prometheus.management.commands.serve import Command
from tests.jobs.house import House, house, wait_until
from tests.jobs.product import connect, request_posts
from tests.upstream import Upstream, posts, slow

pytestmark = [pytest.mark.once, pytest.mark.django_db, pytest.mark.timeout(180)]
# Longer than a stop waits by default.
ANSWER_SECONDS = 5.0


class Full(io.StringIO):
    """A file on a disk without space."""

    def write(self, _text: str) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")


def ask(built: House, key: str, into: list[tuple[int, str]]) -> None:
    """One request to the gateway; its status and text."""
    asked = http.client.HTTPConnection("127.0.0.1", built.port, timeout=60)
    body = json.dumps({"model": "auto", "messages": [{"role": "user", "content": "Hello"}]})
    asked.request("POST", "/v1/chat/completions", body, {"Authorization": f"Bearer {key}"})
    answer = asked.getresponse()
    into.append((answer.status, answer.read().decode()))
    asked.close()


def test_a_stop_lets_a_request_under_way_end(tmp_path: Path) -> None:
    with Upstream() as upstream, house(tmp_path, server="", DRAIN_SECONDS="40") as built:
        connect(built, upstream.add("slow", slow(ANSWER_SECONDS, "At last")))
        key = built.manage("create_client", "music", "--scopes", "openai").stdout.splitlines()[-1]
        built.start("--only", "web")
        got: list[tuple[int, str]] = []
        asking = threading.Thread(target=ask, args=(built, key, got))
        asking.start()
        upstream.wait_for_requests("slow", 1, seconds=40)
        assert built.stop() == 0
        asking.join(30)
        assert [(status, "At last" in text) for status, text in got] == [(200, True)]


def test_a_log_on_a_full_disk_does_not_end_the_work() -> None:
    Command(stdout=Full())._tell("worker ended, starting it again")


def test_a_host_for_pages_works_on_no_job(tmp_path: Path) -> None:
    with house(tmp_path, server="") as built:
        built.start("--only", "web")
        assert built.web()
        assert built.cluster() == []
        assert built.stop() == 0


def test_a_host_for_work_does_jobs_and_serves_no_page(tmp_path: Path) -> None:
    with Upstream() as upstream, house(tmp_path, server="") as built:
        connect(built, upstream.add("one", posts(1)))
        request_posts(built, 1)
        built.start("--only", "worker", greeting="works on jobs")
        wait_until(lambda: built.count("done") == 1, 60, built.said)
        assert built.web() == []
        assert built.stop() == 0
