"""What a spent and a sick provider cost: wasted calls and delay, with a healthy provider behind them."""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.bench import mock as mocks
from tests.bench.capacity import Load

REQUESTS = 20
PROMISED_OUTAGE = 4
# An outage of 60 s and a recovery time of 60 s, six times as fast unless the environment says otherwise.
OUTAGE_SECONDS = RECOVERY_SECONDS = int(os.environ.get("BENCH_OUTAGE_SECONDS", "10"))
CONNECT = """
from providers.models import AIModel, Provider, ProviderKey
for priority, name in enumerate(("p1", "p2")):
    one = Provider.objects.create(slug=name, name=name, base_url="http://127.0.0.1:{port}/" + name + "/v1",
        allow_private_address=True, priority=priority, timeout_seconds=8, failure_threshold=3,
        recovery_seconds={recovery})
    AIModel.objects.create(provider=one, model_id="mock-model", capabilities=["text-generation"])
    key = ProviderKey(provider=one)
    key.hold("sk-bench-" + name + "-0123456789")
    key.save()
"""


@dataclass(frozen=True, slots=True)
class Scene:
    """A mock and an installation that asks p1 first and p2 after it."""

    mock: mocks.Mock
    load: Load

    def ask(self, arrivals: list[float], *, recover_at: float | None = None) -> list[dict[str, Any]]:
        """Requests at these seconds; p1 is well again at `recover_at`."""
        self.load.arrivals = list(enumerate(arrivals))
        running = [self.load.begin(index, -1.0) for index in range(self.load.count)]
        start = self.load.go()
        if recover_at is not None:
            time.sleep(max(0.0, start + recover_at - time.time()))
            self.mock.get("/set?provider=p1&fail500=0")
        for process in running:
            process.wait()
        return sorted(self.load.ended(), key=lambda one: one["at"])


@contextmanager
def scene(program: Path, processes: int, *providers: str) -> Iterator[Scene]:
    """Everything for one measurement, on SQLite."""
    from tests.jobs.house import house

    with (
        tempfile.TemporaryDirectory() as folder,
        house(Path(folder), server="") as built,
        mocks.running(program, *providers, latency_ms=50) as mock,
    ):
        built.python(CONNECT.format(port=mock.port, recovery=RECOVERY_SECONDS))
        yield Scene(mock, Load(built.environment, Path(folder), [], processes))


def spent(program: Path) -> None:
    """A day's quota of one is used up before; nobody has told the ledger of any limit."""
    with scene(program, 4, "p1:100:1:60:s", "p2:10000:0:60:s") as here:
        ended = here.ask([0.0] + [2.0 + number * 0.3 for number in range(REQUESTS)])
        wasted = here.mock.refused()
    behind = statistics.median(one["seconds"] for one in ended[1:])
    kept = "kept" if wasted <= 1 and all(one["ok"] for one in ended) else "MISSED"
    sys.stdout.write(
        f"a spent provider in front of a healthy one: {wasted} wasted calls for {REQUESTS} requests, "
        f"{behind / 0.05:.1f} times the healthy one's own time at the median: {kept}\n"
    )


def outage(program: Path) -> None:
    """p1 fails for as long as its recovery time and is then well."""
    with scene(program, 4, "p1:10000:0:60:s", "p2:10000:0:60:s") as here:
        here.mock.get("/set?provider=p1&fail500=100")
        seconds = OUTAGE_SECONDS + RECOVERY_SECONDS + 3
        ended = here.ask([number / 4 for number in range(seconds * 4)], recover_at=OUTAGE_SECONDS)
        failed = here.mock.providers()["p1"]["r500"]
    back = min((one["at"] for one in ended if one["provider"] == "p1"), default=float("inf"))
    after = back - OUTAGE_SECONDS
    answered = sum(one["ok"] for one in ended)
    kept = failed <= PROMISED_OUTAGE and after <= RECOVERY_SECONDS and answered == len(ended)
    sys.stdout.write(
        f"an outage as long as the recovery time, 4 processes: {failed} attempts on the sick provider, back after "
        f"{after / RECOVERY_SECONDS:.2f} recovery times, {answered} of {len(ended)} answered: "
        f"{'kept' if kept else 'MISSED'}\n"
    )


def main() -> None:
    """Run both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    with tempfile.TemporaryDirectory() as folder:
        program = mocks.build(Path(folder))
        spent(program)
        outage(program)


if __name__ == "__main__":
    main()
