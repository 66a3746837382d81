"""Processes that share a limit, killed with calls in flight: never one request too many, nothing settled twice."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.connecting import upstream
from tests.jobs.house import House, house, wait_until
from tests.upstream import Upstream, slow

__all__ = ["upstream"]

LIMIT = 12
CONNECT = """
from providers.models import AIModel, Provider, ProviderKey, Quota
one = Provider.objects.create(slug="one", name="One", base_url={url!r}, allow_private_address=True, timeout_seconds=20)
AIModel.objects.create(provider=one, model_id="small", capabilities=["text-generation"])
key = ProviderKey(provider=one)
key.hold("sk-planted-0123456789-0123456789")
key.save()
Quota.objects.create(provider=one, metric="requests", period="minute", limit={limit})
Quota.objects.create(provider=one, metric="requests", period="day", limit=1000, window="calendar")
"""
# So many at once, none of which waits.
ASK = """
import asyncio, django
django.setup()
from providers.errors import ProviderError
from providers.orchestrator import Task, complete
from providers.types import ChatRequest, Message, Role

async def one():
    request = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
    try:
        await complete(Task("test", patience_seconds=0.0), request, check=lambda text, _last: text)
    except ProviderError:
        return 0
    return 1

async def all_of_them():
    return sum(await asyncio.gather(*(one() for _ in range({count}))))

print(asyncio.run(all_of_them()))
"""
REAP = """
import time
from providers.ledger import holding
print(*(holding.reap(time.time() + holding.lease_seconds() + 1) for _ in range(3)))
"""


def asking(built: House, count: int) -> subprocess.Popen[str]:
    """A process that asks so many times at once."""
    return subprocess.Popen(
        [sys.executable, "-c", ASK.format(count=count)],
        env=built.environment, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def served(process: subprocess.Popen[str]) -> int:
    return int(process.communicate(timeout=40)[0])


@pytest.mark.django_db
def test_processes_never_send_more_than_the_limit_even_when_some_are_killed(tmp_path: Path, upstream: Upstream) -> None:
    with house(tmp_path) as built:
        built.python(CONNECT.format(url=upstream.add("one", slow(3.0)), limit=LIMIT))
        victims = [asking(built, 4) for _ in range(2)]
        wait_until(lambda: len(upstream.requests("one")) == 8, 20)
        for process in victims:
            os.kill(process.pid, 9)
            process.communicate()
        heirs = [asking(built, LIMIT) for _ in range(3)]
        assert sum(served(one) for one in heirs) == LIMIT - 8
        # What the dead held stays counted, is settled once, and still leaves no room. Slow heirs may have settled some.
        first, *later = built.python(REAP).split()
        assert (int(first) <= 8, later) == (True, ["0", "0"])
        late = asking(built, LIMIT)
        assert (served(late), len(upstream.requests("one"))) == (0, LIMIT)
        outcomes = dict(built.rows("SELECT outcome, count(*) FROM providers_attempt GROUP BY outcome"))
        assert outcomes == {"abandoned": 8, "answered": LIMIT - 8}
        assert built.rows("SELECT used FROM providers_bucket WHERE period = 'day'") == [(LIMIT,)]


@pytest.mark.django_db
def test_a_living_process_keeps_what_it_holds_however_long_its_call_takes(tmp_path: Path, upstream: Upstream) -> None:
    with house(tmp_path) as built:
        lease = float(built.environment["JOB_LEASE_SECONDS"])
        built.python(CONNECT.format(url=upstream.add("one", slow(lease + 4)), limit=LIMIT))
        patient = asking(built, 2)
        wait_until(lambda: len(upstream.requests("one")) == 2, 20)
        time.sleep(lease + 1)
        reaped = built.python("import time\nfrom providers.ledger import holding\nprint(holding.reap(time.time()))")
        assert (reaped.strip(), served(patient)) == ("0", 2)
