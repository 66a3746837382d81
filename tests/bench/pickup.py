"""How soon a worker takes a job up after it was stored, against django-q2's own broker."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from pathlib import Path

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.servers import postgresql

JOBS = 40
PROMISED_MS = 50
# One after the other, at moments that do not march in step with any poll; the time is the row's own.
ASK = """
import json, random, time
from django.contrib.auth.models import User
from marketing import services
from marketing.models import Job
owner, _ = User.objects.get_or_create(username="ewa")
chance = random.Random(7)
for _ in range({count}):
    job = services.request_generation(owner, "social-posts", json.loads({brief!r}))
    until = time.monotonic() + 20
    while not job.is_finished and time.monotonic() < until:
        time.sleep(0.01)
        job.refresh_from_db()
    print((job.started_at - job.enqueued_at).total_seconds() * 1000)
    time.sleep(chance.uniform(0.05, 0.35))
"""


def measure(settings_module: str, server: str) -> float:
    """The median in milliseconds from storing a job to its claim."""
    from tests.jobs.house import house, wait_until
    from tests.jobs.product import BRIEF

    with (
        tempfile.TemporaryDirectory() as folder,
        house(Path(folder), server=server, DJANGO_SETTINGS_MODULE=settings_module) as built,
    ):
        built.start()
        wait_until(lambda: len(built.workers()) == 4)
        code = ASK.format(count=JOBS + 2, brief=json.dumps(BRIEF))
        # The first two bring a fresh worker's imports and connections, not its waiting.
        took = [float(line) for line in built.python(code).split()][2:]
        built.stop()
    return statistics.median(took)


def compare(name: str, server: str) -> None:
    """Print one line for one kind of database."""
    ours, stock = measure("prometheus.settings", server), measure("tests.jobs.stock_broker", server)
    kept = "kept" if ours <= PROMISED_MS else "MISSED"
    sys.stdout.write(
        f"{name:<11} pick-up {ours:5.1f} ms at the median of {JOBS}, stock broker {stock:5.1f} ms: "
        f"{stock / ours:.1f} times as fast (promised: {PROMISED_MS} ms, {kept})\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Compare on SQLite and on PostgreSQL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    compare("SQLite", "")
    with postgresql() as server:
        compare("PostgreSQL", server)


if __name__ == "__main__":
    main()
