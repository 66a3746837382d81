"""How much of what free limits allow is served, and at how many refusals: the quota workloads of `../shared/bench`.

Each workload takes three minutes; all workloads and ways to run them go on side by side, first on SQLite, then on
PostgreSQL. `BENCH_WORKLOADS`, `BENCH_WAYS` and `BENCH_DATABASES` choose some of them.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.bench import mock as mocks
from tests.conftest import PROJECT
from tests.servers import postgresql

PROMISED_SHARE = 0.98
DEADLINE = 10.0
CONNECT = """
from providers.models import AIModel, Provider, ProviderKey, Quota
for name, minute, day in {limits}:
    one = Provider.objects.create(slug=name, name=name, base_url="http://127.0.0.1:{port}/" + name + "/v1",
        allow_private_address=True, priority=10, timeout_seconds=8)
    AIModel.objects.create(provider=one, model_id="mock-model", capabilities=["text-generation"])
    key = ProviderKey(provider=one)
    key.hold("sk-bench-" + name + "-0123456789")
    key.save()
    Quota.objects.create(provider=one, metric="requests", period="minute", limit=minute)
    if day:
        Quota.objects.create(provider=one, metric="requests", period="day", limit=day, window="fixed")
"""
# Processes at once, and how many of them are killed on the way.
WAYS = {"1": (1, 0), "8": (8, 0), "8-kills": (8, 6)}


@dataclass(frozen=True, slots=True)
class Score:
    """What came out of one run."""

    name: str
    served: int
    oracle: int
    refusals: int
    arrivals: int
    median: float
    worst: float

    @property
    def share(self) -> float:
        """Of what a router serves that knows every window."""
        return self.served / self.oracle

    def line(self) -> str:
        """For people."""
        kept = "kept" if self.share >= PROMISED_SHARE and not self.refusals else "MISSED"
        return (
            f"{self.name:<26} served {self.served:3d} of {self.arrivals:3d}, share of the oracle {self.share:.3f}, "
            f"{self.refusals} upstream 429s, {self.median:.2f} s at the median, {self.worst:.2f} s at most: {kept}\n"
        )


@dataclass(slots=True)
class Load:
    """The processes of one run; a killed one is followed by a fresh one for the arrivals that are to come."""

    environment: dict[str, str]
    folder: Path
    arrivals: list[tuple[int, float]]
    count: int
    start: float = 0.0

    def begin(self, index: int, after: float) -> subprocess.Popen[bytes]:
        """A process for its share of the arrivals after this many seconds."""
        mine = [one for one in self.arrivals if one[0] % self.count == index and one[1] > after]
        name = f"{index}-{after:.0f}"
        plan = {
            "arrivals": mine,
            "deadline": DEADLINE,
            "out": str(self.folder / f"out-{name}.jsonl"),
            "ready": str(self.folder / f"ready-{name}"),
            "go": str(self.folder / "go"),
        }
        return subprocess.Popen(
            [sys.executable, "-m", "tests.bench.driving", json.dumps(plan)], env=self.environment, cwd=PROJECT
        )

    def run(self, kills: int, seconds: float) -> None:
        """Everything to the end, with so many kills spread over the time."""
        running = {index: self.begin(index, -1.0) for index in range(self.count)}
        self.go()
        chance = random.Random(7)
        for number in range(kills):
            self._sleep_until(seconds * (number + 0.7) / kills)
            index = chance.randrange(self.count)
            running[index].kill()
            running[index].wait()
            # What arrives while the new process starts is nobody's demand.
            running[index] = self.begin(index, time.time() - self.start + 3.0)
        for process in running.values():
            process.wait()

    def go(self) -> float:
        """Let all processes begin together once they can; returns the start as Unix time."""
        while len(list(self.folder.glob("ready-*"))) < self.count:
            time.sleep(0.1)
        self.start = time.time() + 1.0
        (self.folder / "go").write_text(repr(self.start))
        return self.start

    def _sleep_until(self, seconds: float) -> None:
        time.sleep(max(0.0, self.start + seconds - time.time()))

    def ended(self) -> list[dict[str, Any]]:
        """One line for each request that came to an end."""
        return [json.loads(line) for file in self.folder.glob("out-*.jsonl") for line in file.read_text().splitlines()]


def measure(workload: str, way: str, server: str, program: Path) -> Score:
    """One workload, run one way."""
    from tests.jobs.house import house

    quota = mocks.workloads()
    count, kills = WAYS[way]
    limits = [(name, quota.RPM[name], quota.RPD[workload][name]) for name in quota.RPM]
    true = [f"{name}:{minute}:{day}:60:s" for name, minute, day in limits]
    with (
        tempfile.TemporaryDirectory() as folder,
        house(Path(folder), server=server, JOB_LEASE_SECONDS="9") as built,
        mocks.running(program, *true, latency_ms=quota.LAT) as mock,
    ):
        built.python(CONNECT.format(limits=limits, port=mock.port))
        trace = list(enumerate(quota.trace(workload)))
        load = Load(built.environment, Path(folder), trace, count)
        load.run(kills, quota.DUR)
        ended, refusals = load.ended(), mock.refused()
    # A killed process's own requests are nobody's demand any more.
    asked = sorted(one["at"] for one in ended)
    quota.trace = lambda _workload: asked
    took = [one["seconds"] for one in ended if one["ok"]]
    return Score(
        f"{workload}, {way} process{'' if way == '1' else 'es'}",
        len(took),
        quota.oracle(workload, DEADLINE - 1),
        refusals,
        len(asked),
        statistics.median(took),
        max(took),
    )


def compare(name: str, server: str, program: Path) -> None:
    """All chosen workloads and ways on one kind of database."""
    ways = os.environ.get("BENCH_WAYS", ",".join(WAYS)).split(",")
    workloads = os.environ.get("BENCH_WORKLOADS", "over,near,burst").split(",")
    runs = [(workload, way) for workload in workloads for way in ways]
    with ThreadPoolExecutor(len(runs)) as pool:
        begun = [pool.submit(measure, workload, way, server, program) for workload, way in runs]
        for score in (one.result() for one in begun):
            sys.stdout.write(f"{name:<11} {score.line()}")
            sys.stdout.flush()


def main() -> None:
    """Run on SQLite and on PostgreSQL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    databases = os.environ.get("BENCH_DATABASES", "sqlite,postgresql").split(",")
    with tempfile.TemporaryDirectory() as folder:
        program = mocks.build(Path(folder))
        if "sqlite" in databases:
            compare("SQLite", "", program)
        if "postgresql" in databases:
            with postgresql() as server:
                compare("PostgreSQL", server, program)


if __name__ == "__main__":
    main()
