"""Runs at a vendor outlive the process that started them, and none is paid for twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from providers import remote_runs
from providers.models import Provider, RemoteRun
from providers.orchestrator import Task, complete
from providers.remote_runs import RemoteRuns, reported
from providers.types import ChatRequest, Message, Role
from providers.vendor_runs import RunRecord, VendorRun
from tests.jobs.house import own_database_url, wait_until
from tests.providers.adapters.replicate_places import prediction, says
from tests.upstream import Behaviour, Upstream, hangs, replays, slow

pytestmark = pytest.mark.django_db(transaction=True)

REQUEST = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
ASK = """
import asyncio, django
django.setup()
from providers.orchestrator import Task, complete
from providers.types import ChatRequest, Message, Role
request = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
asyncio.run(complete(Task("test"), request, check=lambda text, last: text))
"""


@pytest.fixture
def acme(connect: Any, upstream: Upstream) -> Iterator[Provider]:
    """A provider that speaks Replicate; `behave` says how its place answers."""
    yield connect("acme", protocol="replicate", models=("meta/llama",), timeout_seconds=20)
    remote_runs.close()


def behave(upstream: Upstream, *creating: Behaviour, look: Any, listed: Any = ()) -> None:
    routes = {
        "GET predictions/p1": look,
        "GET /predictions": replays(200, {}, {"next": None, "results": list(listed)}),
        "POST p1/cancel": says("canceled"),
        "GET meta/llama": replays(404, {}, {"detail": "no", "status": 404}),
    }
    upstream.add("acme", *creating, routes=routes)


def creations(upstream: Upstream) -> int:
    return sum(one.method == "POST" and one.path.endswith("/predictions") for one in upstream.requests("acme"))


def cancellings(upstream: Upstream) -> int:
    return sum(one.path.endswith("/cancel") for one in upstream.requests("acme"))


def ask() -> str:
    return asyncio.run(complete(Task("test"), REQUEST, check=lambda text, _last: text)).value


def crash_once_it_runs(ready: Any) -> None:
    """Ask in another process and kill it as soon as `ready()`."""
    environment = {**os.environ, "DATABASE_URL": own_database_url(), "DJANGO_SETTINGS_MODULE": "prometheus.settings"}
    with subprocess.Popen([sys.executable, "-c", ASK], env=environment, cwd=settings.BASE_DIR) as process:
        try:
            wait_until(ready, 30, "the other process never came so far")
        finally:
            process.send_signal(signal.SIGKILL)


def let_leases_end() -> None:
    RemoteRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_run_is_remembered_while_it_is_waited_for_and_closed_with_its_answer(
    acme: Provider, upstream: Upstream
) -> None:
    behave(upstream, says("starting", http=201), look=says("succeeded", "Hello"))
    assert ask() == "Hello"
    row = RemoteRun.objects.get()
    assert (row.provider, row.run_id, row.status, row.ended) == (acme, "p1", "succeeded", True)
    assert row.urls["get"] == prediction()["urls"]["get"]
    assert row.closed_at


def test_a_run_survives_the_death_of_its_process_and_is_not_paid_for_twice(acme: Provider, upstream: Upstream) -> None:
    behave(upstream, says("starting", http=201), look=says("processing"))
    crash_once_it_runs(RemoteRun.objects.filter(status="processing").exists)
    assert (creations(upstream), cancellings(upstream)) == (1, 0)
    behave(upstream, says("failed", error="a second run", http=201), look=says("succeeded", "Hello"))
    let_leases_end()
    assert ask() == "Hello"
    assert creations(upstream) == 0
    assert RemoteRun.objects.get().closed_at


def test_a_run_whose_name_was_never_heard_is_found_in_the_vendors_list(acme: Provider, upstream: Upstream) -> None:
    behave(upstream, hangs(), look=says("processing"))
    crash_once_it_runs(lambda: creations(upstream))
    row = RemoteRun.objects.get()
    assert (row.run_id, row.closed_at) == ("", None)
    wanted = next(one.json["input"] for one in upstream.requests("acme") if one.json)
    listed = [prediction("processing", input=wanted, created_at=datetime.now(UTC).isoformat())]
    behave(upstream, says("failed", http=201), look=says("succeeded", "Hello"), listed=listed)
    let_leases_end()
    assert ask() == "Hello"
    assert creations(upstream) == 0


def test_a_run_that_somebody_waits_for_is_left_alone(acme: Provider, upstream: Upstream) -> None:
    behave(upstream, says("starting", http=201), look=says("processing"))
    crash_once_it_runs(RemoteRun.objects.filter(status="processing").exists)
    RemoteRun.objects.update(lease_until=timezone.now() + timedelta(seconds=30))
    behave(upstream, says("succeeded", "Second", http=201, id="p2"), look=says("processing"))
    assert ask() == "Second"
    assert RemoteRun.objects.count() == 2


@pytest.mark.parametrize(
    "look",
    [
        says("failed", error="x"),
        says("canceled"),
        says("succeeded", None, data_removed=True),
        replays(404, {}, {"detail": "x"}),
    ],
)
def test_a_lost_run_that_brought_nothing_is_started_anew(acme: Provider, upstream: Upstream, look: Behaviour) -> None:
    behave(upstream, says("starting", http=201), look=says("processing"))
    crash_once_it_runs(RemoteRun.objects.filter(status="processing").exists)
    behave(upstream, says("succeeded", "Second", http=201, id="p2"), look=look)
    let_leases_end()
    assert ask() == "Second"
    assert RemoteRun.objects.get().run_id == "p2"


def test_an_old_run_is_not_taken_up_again(acme: Provider, upstream: Upstream) -> None:
    behave(upstream, says("starting", http=201), look=says("processing"))
    crash_once_it_runs(RemoteRun.objects.filter(status="processing").exists)
    RemoteRun.objects.update(created_at=timezone.now() - timedelta(hours=1))
    behave(upstream, says("succeeded", "Second", http=201, id="p2"), look=says("processing"))
    let_leases_end()
    assert ask() == "Second"


def test_only_one_of_two_takes_a_lost_run_over(acme: Provider) -> None:
    lost(acme)

    async def both() -> tuple[RunRecord, RunRecord]:
        book = RemoteRuns(acme.pk, "acme", uuid.uuid4())
        records = await asyncio.gather(book.begin("f"), book.begin("f"))
        for record in records:
            await record.close()
        return records

    earlier = [record.earlier for record in asyncio.run(both())]
    assert sorted(one.run_id if one else "" for one in earlier) == ["", "p1"]


def test_a_run_that_another_row_holds_is_not_noted_twice(acme: Provider) -> None:
    lost(acme, fingerprint="other")

    async def note() -> bool:
        record = await RemoteRuns(acme.pk, "acme", uuid.uuid4()).begin("f")
        noted = await record.note(VendorRun("p1", "processing", ended=False))
        await record.close()
        return noted

    assert asyncio.run(note()) is False


def test_a_lease_is_renewed_as_long_as_somebody_waits(acme: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote_runs, "_RENEWAL_SECONDS", 0.05)

    async def wait() -> None:
        record = await RemoteRuns(acme.pk, "acme", uuid.uuid4()).begin("f")
        await asyncio.to_thread(let_leases_end)
        await asyncio.sleep(0.5)
        await record.close(resumable=True)

    asyncio.run(wait())
    row = RemoteRun.objects.get()
    assert row.closed_at is None
    assert abs(row.lease_until - timezone.now()) < timedelta(seconds=2)


def test_a_run_that_could_not_be_cancelled_may_be_taken_over(acme: Provider, upstream: Upstream) -> None:
    behave(upstream, says("starting", http=201), look=replays(401, {}, {"detail": "x"}))
    upstream.add(
        "acme",
        says("starting", http=201),
        routes={"GET predictions/p1": replays(401, {}, {"detail": "x"}), "POST p1/cancel": replays(500, {}, {})},
    )
    with pytest.raises(Exception, match="no provider can answer"):
        ask()
    assert RemoteRun.objects.get().closed_at is None


def lost(provider: Provider, **facts: Any) -> RemoteRun:
    row = {"run_id": "p1", "request_id": uuid.uuid4(), "fingerprint": "f", "status": "starting"}
    past = timezone.now() - timedelta(seconds=1)
    return RemoteRun.objects.create(provider=provider, lease_until=past, **{**row, **facts})


@pytest.mark.parametrize(
    ("known", "told", "written"),
    [
        ("", "starting", True),
        ("starting", "starting", False),
        ("starting", "processing", True),
        ("processing", "starting", False),
        ("processing", "processing", False),
        ("processing", "succeeded", True),
        ("", "canceled", True),
        ("succeeded", "succeeded", False),
        ("succeeded", "processing", False),
        ("succeeded", "failed", False),
    ],
)
def test_reports_count_once_and_never_go_back(acme: Provider, known: str, told: str, written: bool) -> None:  # noqa: FBT001 - a table's column
    lost(acme, status=known, ended=known == "succeeded")
    ended = told not in {"starting", "processing"}
    assert reported(acme, VendorRun("p1", told, ended=ended)) is written
    assert RemoteRun.objects.get().status == (told if written else known)


def test_a_report_wakes_whoever_polls(acme: Provider, upstream: Upstream, settings: Any) -> None:
    settings.PUBLIC_URL = "https://desk.example"
    looks = [says("processing")] * 5 + [says("succeeded", "Hello")]
    behave(upstream, says("starting", http=201), look=looks)

    async def ask_and_report() -> float:
        asking = asyncio.ensure_future(complete(Task("test"), REQUEST, check=lambda text, _last: text))
        loop = asyncio.get_running_loop()
        # The model's description, the start and five looks: the next one is almost four seconds away.
        await asyncio.to_thread(upstream.wait_for_requests, "acme", 7)
        began = loop.time()
        await asyncio.to_thread(reported, acme, VendorRun("p1", "succeeded", ended=True))
        assert (await asking).value == "Hello"
        return loop.time() - began

    assert asyncio.run(ask_and_report()) < 1.5
    creation = next(one for one in upstream.requests("acme") if one.method == "POST")
    assert creation.json["webhook"] == "https://desk.example/webhooks/replicate/acme/"
    assert creation.json["webhook_events_filter"] == ["start", "completed"]


def test_without_a_public_address_no_webhook_is_asked_for(acme: Provider, upstream: Upstream) -> None:
    behave(upstream, slow(0, says("succeeded", "Hello", http=201)), look=says("succeeded", "Hello"))
    ask()
    creation = next(one for one in upstream.requests("acme") if one.method == "POST")
    assert set(creation.json) == {"input"}
