"""The broker: at once, in order, each message once, and still there after the database was away."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django_q.models import OrmQ

from prometheus import queue
from prometheus.queue import WakingBroker
from tests.jobs.house import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A broker that would wait for a minute, so that whatever it brings sooner was brought by a wake-up."""
    monkeypatch.setattr(queue, "WAIT_SECONDS", 60.0)


class Watched(WakingBroker):
    """A broker that tells when it has looked in vain and begins to wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits = threading.Event()

    def _wait(self, connection: BaseDatabaseWrapper, seen: int) -> None:
        self.waits.set()
        super()._wait(connection, seen)


@contextmanager
def taking(messages: int = 1) -> Iterator[Future[list[str]]]:
    """Another thread takes so many messages; begins when it waits for the first."""
    broker = Watched()

    def take() -> list[str]:
        try:
            taken: list[str] = []
            while len(taken) < messages:
                taken += payloads(broker)
            return taken
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(take)
        assert broker.waits.wait(10)
        yield future


def payloads(broker: WakingBroker) -> list[str]:
    """What one look brings."""
    return [payload for _number, payload in broker.dequeue() or []]


def test_messages_come_in_the_order_in_which_they_were_sent() -> None:
    broker = WakingBroker()
    for word in ("one", "two", "three"):
        broker.enqueue(word)
    assert [payloads(broker) for _ in range(3)] == [["one"], ["two"], ["three"]]


def test_a_message_is_handed_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "WAIT_SECONDS", 0.05)
    WakingBroker().enqueue("one")
    assert [payloads(WakingBroker()), payloads(WakingBroker())] == [["one"], []]


def test_a_message_wakes_who_waits(patient: None) -> None:
    with taking() as taken:
        WakingBroker().enqueue("one")
        assert taken.result(10) == ["one"]


def test_a_message_wakes_who_waits_only_with_its_commit(patient: None) -> None:
    with taking() as taken:
        with transaction.atomic():
            WakingBroker().enqueue("never")
            transaction.set_rollback(True)
        with transaction.atomic():
            WakingBroker().enqueue("one")
        assert taken.result(10) == ["one"]


def test_no_message_slips_in_between_the_look_and_the_wait(patient: None) -> None:
    with taking(messages=200) as taken:
        for number in range(200):
            WakingBroker().enqueue(str(number))
            # At every distance from the moment at which the other one looks.
            time.sleep(number % 7 * 0.001)
        assert taken.result(20) == [str(number) for number in range(200)]


def test_the_broker_survives_the_loss_of_its_database(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(queue, "PAUSE_SECONDS", 0.05)
    with taking() as taken:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE django_q_ormq RENAME TO away")
            if connection.vendor == "postgresql":
                cursor.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            wait_until(lambda: "cannot be read" in caplog.text)
            cursor.execute("ALTER TABLE away RENAME TO django_q_ormq")
        WakingBroker().enqueue("one")
        assert taken.result(10) == ["one"]


def test_a_loss_is_told_once(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    monkeypatch.setattr(queue, "PAUSE_SECONDS", 0.01)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_q_ormq RENAME TO away")
    broker = WakingBroker()
    try:
        assert [broker.dequeue() for _ in range(3)] == [None, None, None]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO django_q_ormq")
    assert len([record for record in caplog.records if record.name == "prometheus.queue"]) == 1


def test_nothing_is_left_to_acknowledge() -> None:
    broker = WakingBroker()
    broker.enqueue("one")
    for number, _payload in broker.dequeue() or []:
        broker.acknowledge(number)
    assert OrmQ.objects.count() == 0


def test_a_cluster_that_stops_takes_nothing_more(monkeypatch: pytest.MonkeyPatch) -> None:
    broker = WakingBroker()
    broker.enqueue("one")
    monkeypatch.setattr(queue, "is_stopping", lambda: True)
    assert broker.dequeue() is None
    assert OrmQ.objects.count() == 1
