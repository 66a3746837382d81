"""How many calls a second the ledger reserves and settles, with 64 callers at once in one process."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from tests import early  # noqa: F401 - sets the environment before Django reads it
from tests.servers import postgresql

PROMISED = 1000
MEASURE = """
import asyncio, json, statistics, time, uuid
from django.utils import timezone
from providers import ledger, routing
from providers.models import AIModel, Attempt, Provider, ProviderKey, Quota
from providers.routing import Task
from providers.types import ChatRequest, Completion, FinishReason, Message, Role, Usage

for name in ("one", "two"):
    provider = Provider.objects.create(slug=name, name=name, base_url="http://127.0.0.1/v1", allow_private_address=True)
    AIModel.objects.create(provider=provider, model_id="m", capabilities=["text-generation"])
    key = ProviderKey(provider=provider)
    key.hold("sk-bench-0123456789-0123456789")
    key.save()
    for metric, period, limit in {quotas}:
        Quota.objects.create(provider=provider, metric=metric, period=period, limit=limit)
REQUEST = ChatRequest((Message(Role.USER, "Hello"),), max_tokens=50)
RESULT = Completion("Hello", "m", FinishReason.STOP, Usage(5, 5))
took = []

async def caller(end):
    while time.monotonic() < end:
        request_id = uuid.uuid4()
        seen = await ledger.snapshot()
        plan = routing.plan(seen, Task("b"), REQUEST, now=timezone.now(), seed=request_id.int)
        began = time.monotonic()
        opened = await ledger.begin(ledger.Begin(request_id, 1, Task("b"), REQUEST, plan.places))
        await ledger.settle(opened, ledger.Settlement(Attempt.Outcome.ANSWERED, 1, RESULT))
        took.append(time.monotonic() - began)

async def main():
    await asyncio.gather(*(caller(time.monotonic() + 1) for _ in range({callers})))
    took.clear()
    await asyncio.gather(*(caller(time.monotonic() + {seconds}) for _ in range({callers})))

asyncio.run(main())
print(json.dumps([len(took) / {seconds}, statistics.median(took) * 1000]))
"""
LIMITED = (("requests", "minute", 10**9), ("requests", "day", 10**9), ("tokens", "minute", 10**9))


def measure(server: str, callers: int, quotas: tuple[tuple[str, str, int], ...]) -> tuple[float, float]:
    """Pairs of begin and settle a second, and the median milliseconds of one."""
    from tests.jobs.house import house

    with tempfile.TemporaryDirectory() as folder, house(Path(folder), server=server) as built:
        rate, median = json.loads(built.python(MEASURE.format(callers=callers, seconds=5, quotas=quotas)))
    return rate, median


def compare(name: str, server: str) -> None:
    """Print the lines for one kind of database."""
    alone, alone_ms = measure(server, 1, LIMITED)
    many, many_ms = measure(server, 64, LIMITED)
    without, _ms = measure(server, 64, ())
    kept = "kept" if many >= PROMISED else "MISSED"
    sys.stdout.write(
        f"{name:<11} 64 callers, three limits each: {many:.0f} a second ({many_ms:.1f} ms), {many / alone:.1f} times "
        f"one caller's {alone:.0f} ({alone_ms:.1f} ms); without limits {without:.0f}: {kept}\n"
    )
    sys.stdout.flush()


def main() -> None:
    """Measure on SQLite and on PostgreSQL."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    compare("SQLite", "")
    with postgresql() as server:
        compare("PostgreSQL", server)


if __name__ == "__main__":
    main()
