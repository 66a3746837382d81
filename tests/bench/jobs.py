"""2,000 queued jobs with a provider that fails one call in five, while everything is killed and PostgreSQL restarted.

Two hosts, each a `serve` of its own with its own folder and port, share the database. Every few seconds a worker or a
cluster is killed, and the server is restarted twice. `BENCH_JOBS` sets how many jobs.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.servers import PostgreSQL, restartable

if TYPE_CHECKING:
    from tests.jobs.house import House

JOBS = int(os.environ.get("BENCH_JOBS", "2000"))
KILL_EVERY_SECONDS = 3.0
# Only says when to give up.
MOST_SECONDS = JOBS * 2.0


def kill_one(hosts: list[House], chance: random.Random) -> None:
    """Kill a worker, and now and then a cluster with all it has, on one of the hosts."""
    built = chance.choice(hosts)
    numbers = built.cluster() if chance.random() < 0.2 else built.workers()
    for number in chance.sample(numbers, min(1, len(numbers))):
        os.kill(number, signal.SIGKILL)


def torment(hosts: list[House], server: PostgreSQL, jobs: int) -> tuple[int, int]:
    """Kill and restart until every job has ended or the time is over; how many were killed and restarted."""
    chance, began = random.Random(int(os.environ.get("KILL_SEED", "4"))), time.monotonic()
    kills, restarts, next_kill = 0, 0, began + KILL_EVERY_SECONDS
    while time.monotonic() < began + MOST_SECONDS:
        done = hosts[0].count("done") + hosts[0].count("failed")
        if done == jobs:
            break
        if restarts < 2 and done >= jobs * (restarts + 1) / 3:
            server.restart()
            restarts += 1
        if time.monotonic() >= next_kill:
            kill_one(hosts, chance)
            kills, next_kill = kills + 1, time.monotonic() + KILL_EVERY_SECONDS
        time.sleep(0.5)
    return kills, restarts


def main() -> None:
    """Print one line: what was done once, lost or doubled."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    from tests.jobs.house import house, second_host
    from tests.jobs.product import PLATFORMS, connect, request_posts, written
    from tests.upstream import Upstream, posts, server_error

    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(restartable())
        built = stack.enter_context(house(folder, server=server.address))
        upstream = stack.enter_context(Upstream())
        connect(built, upstream.add("shaky", *([posts(1)] * 4 + [server_error()]) * JOBS))
        other = stack.enter_context(second_host(built))
        asked = request_posts(built, JOBS)
        for host in (built, other):
            host.start()
        began = time.monotonic()
        kills, restarts = torment([built, other], server, len(asked))
        took = time.monotonic() - began
        once = written(built) == dict.fromkeys(asked, PLATFORMS)
        states = dict(built.rows("SELECT state, count(*) FROM marketing_job GROUP BY state"))
        texts = built.rows("SELECT count(*) FROM marketing_variant")[0][0]
        calls = built.rows("SELECT count(*), sum((outcome = 'failed')::int) FROM providers_attempt")[0]
    kept = "kept" if once and texts == JOBS * len(PLATFORMS) and states == {"done": JOBS} else "MISSED"
    sys.stdout.write(
        f"{JOBS} jobs on two hosts, {kills} processes killed, PostgreSQL restarted {restarts} times, {calls[1]} of "
        f"{calls[0]} calls failed: {states}, {texts} texts for {JOBS * len(PLATFORMS)} places, "
        f"{JOBS / took:.1f} jobs a second: {kept}\n"
    )


if __name__ == "__main__":
    main()
