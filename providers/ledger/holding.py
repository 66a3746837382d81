"""Leases: a process that was killed gives up what it held, once, and nothing of a living one is ever taken."""

from __future__ import annotations

import math
import os
import secrets
from typing import Any

from django.conf import settings
from django.db import transaction

from providers.ledger.books import Books, locking, marks
from providers.models import Attempt, Holder
from providers.statements import rows, write

# How often in a lease a process says that it lives.
_BEATS_A_LEASE = 3

_ids: dict[int, int] = {}
# When each process last said that it lives, by the database's clock, and how fresh that must be to be left alone.
_extended: dict[int, float] = {}
_FRESH_SHARE = 0.1
_to_tell: dict[int, float] = {}


def lease_seconds() -> float:
    """How long after its last sign of life a process counts as dead; the same as for the jobs it works on."""
    return float(settings.JOB_LEASE_SECONDS)


def beat_seconds() -> float:
    """The time between two signs of life."""
    return lease_seconds() / _BEATS_A_LEASE


def holder_id() -> int:
    """The name of this process among all hosts; a fork gets its own."""
    pid = os.getpid()
    if pid not in _ids:
        _ids[pid] = secrets.randbits(62)
    return _ids[pid]


def extend_lease(books: Books) -> None:
    """Hold what this process has in flight for another lease; `extended` is told once that is stored."""
    now = books.now
    if 0 <= now - _extended.get(os.getpid(), -math.inf) < lease_seconds() * _FRESH_SHARE:
        return
    books.later(
        "INSERT INTO providers_holder (id, leased_until) VALUES (%s, %s)"
        " ON CONFLICT (id) DO UPDATE SET leased_until = excluded.leased_until",
        [(holder_id(), now + lease_seconds())],
    )
    _to_tell[os.getpid()] = now


def extended() -> None:
    """The transaction that extended the lease is stored."""
    told = _to_tell.pop(os.getpid(), None)
    if told is not None:
        _extended[os.getpid()] = told


def forget() -> None:
    """Another database, or the same one emptied: say again that this process lives."""
    _extended.clear()
    _to_tell.clear()


def reap(now: float) -> int:
    """Settle the attempts of processes whose lease is over; returns how many.

    The vendor may have counted what they had sent: it stays counted from the lease's end on, as the reply of a dead
    process cannot have come later. Calls at once are free again.
    """
    if not _lost(now):
        return 0
    with transaction.atomic():
        ends = _lost(now)
        # The buckets before the attempts, as everywhere.
        slots = _slots(list(ends)) if ends else []
        books = Books(now)
        counts = books.lock(sorted({slot[1] for slot in slots}))
        still = set(_still_running(list(ends)))
        anchored: list[tuple[float, int]] = []
        gone: list[tuple[int]] = []
        for slot_id, bucket_id, attempt_id, units in slots:
            if attempt_id not in still or bucket_id not in counts:
                continue
            count = counts[bucket_id]
            count.anchor(units, units, ends[attempt_id])
            if count.slides:
                anchored.append((ends[attempt_id], slot_id))
            else:
                gone.append((slot_id,))
        write("UPDATE providers_slot SET anchored_at = %s WHERE id = %s AND anchored_at IS NULL", anchored)
        write("DELETE FROM providers_slot WHERE id = %s", gone)
        Attempt.objects.filter(pk__in=still).update(outcome=Attempt.Outcome.ABANDONED)
        Holder.objects.filter(leased_until__lt=now - lease_seconds()).delete()
        books.close()
        return len(still)


def _lost(now: float) -> dict[int, float]:
    """Attempts in flight that nobody holds, with the end of their lease."""
    query = (
        "SELECT a.id, h.leased_until FROM providers_attempt a LEFT JOIN providers_holder h ON h.id = a.holder_id"
        " WHERE a.outcome = 'running' AND a.holder_id IS NOT NULL AND (h.id IS NULL OR h.leased_until < %s)"
    )
    return {attempt_id: now if end is None else end for attempt_id, end in rows(query, (now,))}


def _slots(attempts: list[int]) -> list[tuple[Any, ...]]:
    query = "SELECT id, bucket_id, attempt_id, units FROM providers_slot WHERE anchored_at IS NULL AND attempt_id"
    return rows(f"{query} IN ({marks(attempts)})", attempts)


def _still_running(attempts: list[int]) -> list[int]:
    if not attempts:
        return []
    found = rows(
        f"SELECT id FROM providers_attempt WHERE outcome = 'running' AND id IN ({marks(attempts)})"  # noqa: S608
        f" ORDER BY id{locking()}",
        attempts,
    )
    return [attempt_id for (attempt_id,) in found]
