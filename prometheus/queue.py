"""The queue's broker: a worker wakes within milliseconds of a commit, and idle it costs next to nothing."""

from __future__ import annotations

import logging
import sqlite3
import time
from contextlib import suppress
from typing import Any

from django.db import Error, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_q.brokers.orm import ORM
from django_q.conf import Conf
from django_q.models import OrmQ

from marketing.jobs import is_stopping

logger = logging.getLogger(__name__)

CHANNEL = "prometheus_wake_up"
# How long one `dequeue` waits: as long may the cluster's stop take, and a wake-up that a pooler swallowed.
WAIT_SECONDS = 1.0
# SQLite has no notifications. Asking for its change counter costs microseconds.
LOOK_SECONDS = 0.01
# A database that is away is asked again after this.
PAUSE_SECONDS = 1.0


class WakingBroker(ORM):  # type: ignore[misc]  # django-q2 has no types
    """django-q2's ORM broker, but it waits for the database's own signal, and hands out each message only once.

    Taking a message deletes it, so none is delivered twice when it waits longer than `retry`, and nothing is left to
    acknowledge. A message lost with its worker is sent again by `marketing.jobs.reconcile`: put nothing on this queue
    that has no row of its own to be reconciled by.
    """

    # The raw connection that listens; another one after a loss has to LISTEN anew.
    _listening: Any = None
    _away = False

    @staticmethod
    def get_connection(list_key: str | None = None) -> Any:  # noqa: ARG004 - django-q2's signature
        """The messages. The base class closes connections by their age here: each look would open a new one."""
        return OrmQ.objects.using(Conf.ORM)

    @staticmethod
    def get_cache() -> None:
        """Nowhere: the cluster's statistics are read by nobody here."""

    def enqueue(self, task: str) -> int:
        """Store a message and wake whoever waits; its number."""
        number = int(super().enqueue(task))
        connection = connections[Conf.ORM]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # In a transaction it is sent with the commit, and not at all after a rollback.
                cursor.execute(f"NOTIFY {CHANNEL}")
        return number

    def dequeue(self) -> list[tuple[int, str]] | None:
        """The oldest message as [(number, payload)], at once or as soon as there is one; None after a second without.

        Raises nothing: an exception would put the cluster to sleep for ten seconds.
        """
        if is_stopping():
            time.sleep(LOOK_SECONDS)
            return None
        connection = connections[Conf.ORM]
        try:
            # What changes after this is noticed, so nothing can slip in between the look and the wait.
            seen = self._begin_to_watch(connection)
            taken = self._take()
            if taken is None:
                self._wait(connection, seen)
        except Error as error:
            self._lose(connection, error)
            return None
        self._away = False
        return [taken] if taken else None

    def acknowledge(self, task_id: int) -> None:
        """Nothing: the message went when it was taken."""

    def _take(self) -> tuple[int, str] | None:
        while True:
            first = self.get_connection().filter(key=self.list_key).order_by("id").values_list("id", "payload").first()
            if first is None:
                return None
            number, payload = first
            if self.get_connection().filter(id=number).delete()[0]:
                return number, payload

    def _begin_to_watch(self, connection: BaseDatabaseWrapper) -> int:
        connection.ensure_connection()
        if connection.vendor == "sqlite":
            with connection.wrap_database_errors:
                return _changes(connection.connection)
        if self._listening is not connection.connection:
            with connection.cursor() as cursor:
                cursor.execute(f"LISTEN {CHANNEL}")
            self._listening = connection.connection
        return 0

    def _wait(self, connection: BaseDatabaseWrapper, seen: int) -> None:
        if connection.vendor == "sqlite":
            until = time.monotonic() + WAIT_SECONDS
            with connection.wrap_database_errors:
                while time.monotonic() < until and _changes(connection.connection) == seen:
                    time.sleep(LOOK_SECONDS)
            return
        with connection.wrap_database_errors:
            for _ in self._listening.notifies(timeout=WAIT_SECONDS, stop_after=1):
                pass

    def _lose(self, connection: BaseDatabaseWrapper, error: Error) -> None:
        if not self._away:
            logger.warning("The queue cannot be read, trying again every second: %s", str(error).strip())
        self._away = True
        self._listening = None
        with suppress(Error):
            connection.close()
        time.sleep(PAUSE_SECONDS)


def _changes(raw: sqlite3.Connection) -> int:
    """A number that another connection's commit changes."""
    return int(raw.execute("PRAGMA data_version").fetchone()[0])
