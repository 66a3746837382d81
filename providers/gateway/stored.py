"""Stored answers in the database, on one thread with a connection of its own."""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import ParamSpec, TypeVar

from django.db import close_old_connections, connections
from django.db.models import QuerySet
from django.utils import timezone

from providers.models import StoredAnswer

P = ParamSpec("P")
R = TypeVar("R")

# How long after its last sign of life a process counts as dead.
LEASE = timedelta(seconds=9)
RENEWAL_SECONDS = 3.0
KEPT_FOR = timedelta(hours=24)
_MOST_FORGOTTEN = 50


@dataclass(frozen=True, slots=True)
class Given:
    """An answer as it went out. `age` in seconds where it was stored before."""

    status: int
    headers: dict[str, str]
    content: bytes
    age: float = 0.0


@dataclass(frozen=True, slots=True)
class Claimed:
    """The right to answer under a key, as long as the lease is renewed."""

    pk: int
    token: uuid.UUID
    request_id: uuid.UUID


class OtherRequestError(Exception):
    """The key was used for something else."""


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks for what under which key."""

    client: str
    key: str
    fingerprint: str
    request_id: uuid.UUID


_threads: dict[int, ThreadPoolExecutor] = {}


def _thread() -> ThreadPoolExecutor:
    # By process: a thread does not survive a fork.
    return _threads.setdefault(os.getpid(), ThreadPoolExecutor(max_workers=1, thread_name_prefix="stored-answers"))


async def _on_thread(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    def call() -> R:
        close_old_connections()
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_thread(), call)


def close() -> None:
    """Close the thread's database connections; it opens them again when needed."""
    _thread().submit(connections.close_all).result()


async def claim(ask: Ask) -> Claimed | Given | None:
    """The stored answer, or the right to make it; None while another process is at it. Raises OtherRequestError."""
    return await _on_thread(_claim, ask)


async def fresh(ask: Ask, seconds: float) -> Given | None:
    """A stored answer that is not older than this."""
    return await _on_thread(_fresh, ask, seconds)


async def renew(claimed: Claimed) -> None:
    """Say that the process lives."""
    await _on_thread(_held(claimed).update, leased_until=timezone.now() + LEASE)


async def keep(claimed: Claimed, given: Given) -> None:
    """Store the answer; only from now on it is given again."""
    await _on_thread(_held(claimed).update, status=given.status, headers=given.headers, content=given.content)


async def release(claimed: Claimed) -> None:
    """There was no answer: whoever asks again starts anew."""
    await _on_thread(_held(claimed).delete)


async def keep_fresh(ask: Ask, given: Given) -> None:
    """Store an answer for those who accept one of its age, in place of an older one."""
    await _on_thread(_keep_fresh, ask, given)


def _held(claimed: Claimed) -> QuerySet[StoredAnswer]:
    return StoredAnswer.objects.filter(pk=claimed.pk, token=claimed.token, status=None)


def _claim(ask: Ask) -> Claimed | Given | None:
    _forget_old()
    now = timezone.now()
    token = uuid.uuid4()
    made = StoredAnswer(
        client=ask.client,
        key=ask.key,
        fingerprint=ask.fingerprint,
        request_id=ask.request_id,
        token=token,
        leased_until=now + LEASE,
    )
    # The unique key decides which of many is the first.
    StoredAnswer.objects.bulk_create([made], ignore_conflicts=True)
    row = StoredAnswer.objects.get(client=ask.client, key=ask.key)
    if row.fingerprint != ask.fingerprint:
        raise OtherRequestError
    if row.status is not None:
        return _given(row)
    if row.token == token:
        return Claimed(row.pk, token, row.request_id)
    taken_over = StoredAnswer.objects.filter(pk=row.pk, token=row.token, status=None, leased_until__lt=now).update(
        token=token, leased_until=now + LEASE
    )
    return Claimed(row.pk, token, row.request_id) if taken_over else None


def _fresh(ask: Ask, seconds: float) -> Given | None:
    since = timezone.now() - timedelta(seconds=min(seconds, KEPT_FOR.total_seconds()))
    row = StoredAnswer.objects.filter(client=ask.client, key=ask.key, status__isnull=False, made_at__gte=since).first()
    return _given(row) if row else None


def _keep_fresh(ask: Ask, given: Given) -> None:
    _forget_old()
    now = timezone.now()
    StoredAnswer.objects.update_or_create(
        client=ask.client,
        key=ask.key,
        defaults={
            "fingerprint": ask.fingerprint,
            "request_id": ask.request_id,
            "leased_until": now,
            "status": given.status,
            "headers": given.headers,
            "content": given.content,
            "made_at": now,
        },
    )


def _given(row: StoredAnswer) -> Given:
    age = (timezone.now() - row.made_at).total_seconds()
    return Given(row.status or 0, dict(row.headers), bytes(row.content), age)


def _forget_old() -> None:
    old = StoredAnswer.objects.filter(made_at__lt=timezone.now() - KEPT_FOR).values_list("pk", flat=True)
    ids = list(old[:_MOST_FORGOTTEN])
    if ids:
        StoredAnswer.objects.filter(pk__in=ids).delete()
