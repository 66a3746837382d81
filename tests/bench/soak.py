"""A soak: a whole installation at 80 % of what it can do, and whether its memory stays flat.

First it does a burst as fast as it can; then it gets jobs at 80 % of that rate for `BENCH_SOAK_SECONDS` (1800). Memory
is the sum over all its processes, each page of memory counted once (PSS). The first third of the time warms up.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests import early  # noqa: F401 - sets the environment before Django reads it

if TYPE_CHECKING:
    from tests.jobs.house import House

SECONDS = float(os.environ.get("BENCH_SOAK_SECONDS", "1800"))
BURST, LOAD = 60, 0.8
SAMPLE_EVERY_SECONDS = 2.0
# In an hour; a day at this rate is a quarter of the smallest machine's memory.
MOST_GROWTH_MB_AN_HOUR = 10.0
# Asks at an even pace until it is killed.
DRIVE = """
import django, json, sys, time
django.setup()
from django.contrib.auth.models import User
from marketing import services
owner, _ = User.objects.get_or_create(username="ewa")
brief, pause, until = json.loads({brief!r}), {pause}, time.monotonic() + {seconds}
due = time.monotonic()
while due < until:
    services.request_generation(owner, "social-posts", brief)
    due += pause
    time.sleep(max(0.0, due - time.monotonic()))
"""


def memory_mb(built: House) -> float:
    """The proportional memory of all processes of an installation."""
    total = 0
    for one in built.processes():
        with suppress(OSError):
            lines = Path(f"/proc/{one.pid}/smaps_rollup").read_text().splitlines()
            total += next((int(line.split()[1]) for line in lines if line.startswith("Pss:")), 0)
    return total / 1024


def slope(samples: list[tuple[float, float]]) -> float:
    """Megabytes an hour, as the median of many pairs tells it (Theil and Sen): a recycled worker is an outlier."""
    half = len(samples) // 2
    pairs = zip(samples[:half], samples[half : 2 * half], strict=True)
    return statistics.median((later[1] - sooner[1]) / (later[0] - sooner[0]) for sooner, later in pairs) * 3600


def main() -> None:
    """Print one line."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    from django.conf import settings

    from tests.jobs.house import house, wait_until
    from tests.jobs.product import BRIEF, connect, request_posts
    from tests.upstream import Upstream, posts, slow

    with tempfile.TemporaryDirectory() as folder, house(Path(folder), server="") as built, Upstream() as upstream:
        connect(built, upstream.add("one", slow(0.1, posts(1))))
        built.start()
        request_posts(built, BURST)
        wait_until(lambda: built.count("done") >= 5, 120, built.said)
        first, began = built.count("done"), time.monotonic()
        wait_until(lambda: built.count("done") == BURST, 300, built.said)
        fastest = (BURST - first) / (time.monotonic() - began)
        code = DRIVE.format(brief=json.dumps(BRIEF), pause=1 / (fastest * LOAD), seconds=SECONDS)
        # Not one of the house's processes: its memory is not the product's.
        outside = {name: value for name, value in built.environment.items() if name != "HOUSE"}
        driver = subprocess.Popen([sys.executable, "-c", code], env=outside, cwd=settings.BASE_DIR)
        began, samples = time.monotonic(), list[tuple[float, float]]()
        while driver.poll() is None:
            samples.append((time.monotonic() - began, memory_mb(built)))
            time.sleep(SAMPLE_EVERY_SECONDS)
        asked = built.rows("SELECT count(*) FROM marketing_job")[0][0]
        wait_until(lambda: built.count("done") == asked, 60, built.said)
        built.stop()
    settled = [one for one in samples if one[0] > SECONDS / 3]
    growth = slope(settled)
    kept = "kept" if growth <= MOST_GROWTH_MB_AN_HOUR else "MISSED"
    sys.stdout.write(
        f"{SECONDS:.0f} s at {fastest * LOAD:.1f} jobs a second, 80 % of {fastest:.1f}: all {asked} jobs done, "
        f"{statistics.median(one[1] for one in settled):.0f} MB, growing by {growth:+.1f} MB an hour: {kept}\n"
    )


if __name__ == "__main__":
    main()
