"""PostgreSQL away for 30 s, and a full disk under SQLite, in the middle of work: what came of the jobs.

The disk is a small one in memory, which only root may mount; else its line says that it was not measured.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.servers import restartable

if TYPE_CHECKING:
    from tests.jobs.house import House

JOBS, AWAY_SECONDS, FULL_SECONDS = 60, 30.0, 15.0
DISK_MB = 48


@contextmanager
def small_disk(folder: Path) -> Iterator[Path]:
    """A disk of a few megabytes of its own. Raises CalledProcessError where it may not be mounted."""
    folder.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)], check=True)
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Write until nothing more fits."""
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    return filler


def outcome(name: str, built: House, asked: list[str], since: float) -> None:
    """Wait for the end and print one line."""
    from tests.jobs.house import wait_until
    from tests.jobs.product import PLATFORMS, written

    wait_until(lambda: built.count("done") + built.count("failed") == len(asked), 300, built.said)
    once = written(built) == dict.fromkeys(asked, PLATFORMS)
    texts = built.rows("SELECT count(*) FROM marketing_variant")[0][0]
    done = built.count("done")
    kept = "kept" if once and done == len(asked) and texts == done * len(PLATFORMS) else "MISSED"
    sys.stdout.write(
        f"{name}: {done} of {len(asked)} jobs done, {texts} texts for {len(asked) * len(PLATFORMS)} places, "
        f"over {time.monotonic() - since:.0f} s after it was well again: {kept}\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Print a line for each."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    from tests.jobs.house import house, wait_until
    from tests.jobs.product import connect, request_posts
    from tests.upstream import Upstream, posts, server_error, slow

    shaky = ([slow(0.1, posts(1))] * 4 + [server_error()]) * JOBS
    with ExitStack() as stack:
        server, upstream = stack.enter_context(restartable()), stack.enter_context(Upstream())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        built = stack.enter_context(house(folder, server=server.address))
        connect(built, upstream.add("shaky", *shaky))
        asked = request_posts(built, JOBS)
        built.start()
        wait_until(lambda: built.count("done") >= JOBS // 4, 120, built.said)
        server.restart(AWAY_SECONDS)
        outcome(f"database away for {AWAY_SECONDS:.0f} s", built, asked, time.monotonic())
    if os.geteuid() != 0:
        sys.stdout.write("full disk: not measured, as only root may mount one\n")
        return
    with ExitStack() as stack:
        upstream = stack.enter_context(Upstream())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        disk = stack.enter_context(small_disk(folder / "disk"))
        built = stack.enter_context(house(disk, server=""))
        # What it prints goes elsewhere, as it does under systemd.
        built.folder = folder
        connect(built, upstream.add("shaky", *shaky))
        asked = request_posts(built, JOBS)
        built.start()
        wait_until(lambda: built.count("done") >= JOBS // 4, 120, built.said)
        filler = fill(disk)
        time.sleep(FULL_SECONDS)
        filler.unlink()
        outcome(f"disk full for {FULL_SECONDS:.0f} s", built, asked, time.monotonic())


if __name__ == "__main__":
    main()
