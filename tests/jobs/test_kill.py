"""`kill -9` of everything, in the middle of the work: nothing is lost, nothing is done twice, nobody is left over."""

from __future__ import annotations

import os
import random
import signal
from functools import partial
from pathlib import Path

import pytest

from tests.jobs.house import House, house, wait_until
from tests.jobs.product import PLATFORMS, connect, request_posts, written
from tests.upstream import Upstream, posts, slow

JOBS = 50
VICTIMS = ("workers", "cluster", "serve", "sentinel", "workers", "web", "serve", "workers", "cluster")


def kill(built: House, victim: str, chance: random.Random) -> None:
    if victim == "serve":
        assert built.parent
        built.parent.kill()
        built.parent.wait()
        built.start()
        return
    numbers: list[int] = getattr(built, victim)()
    for number in chance.sample(numbers, min(1, len(numbers))):
        os.kill(number, signal.SIGKILL)


def done_at_least(built: House, count: int) -> bool:
    return built.count("done") >= count


def kill_one_after_the_other(built: House) -> None:
    """Kill each victim after some more jobs were done."""
    chance = random.Random(int(os.environ.get("KILL_SEED", "4")))
    for victim in VICTIMS:
        enough = min(built.count("done") + 2, JOBS)
        wait_until(partial(done_at_least, built, enough), 45, built.said)
        kill(built, victim, chance)


@pytest.mark.timeout(300)
@pytest.mark.django_db
def test_fifty_jobs_come_out_once_each_whatever_is_killed(tmp_path: Path) -> None:
    with house(tmp_path) as built, Upstream() as upstream:
        connect(built, upstream.add("slow", slow(0.1, posts(1))))
        built.start()
        jobs = request_posts(built, JOBS)
        kill_one_after_the_other(built)
        wait_until(lambda: built.count("done") == JOBS, 60, built.said)
        assert written(built) == dict.fromkeys(jobs, PLATFORMS)
        assert built.rows("SELECT count(*) FROM marketing_variant") == [(JOBS * len(PLATFORMS),)]
        assert built.parent
        built.parent.kill()
        wait_until(lambda: not built.processes(), 20, lambda: str(built.processes()))
