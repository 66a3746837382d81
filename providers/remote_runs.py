"""Runs at vendors in the database: begun, resumed by a later process, reported by webhooks, closed.

Like the ledger, everything runs on one thread with a connection of its own, so that asynchronous callers never touch
the database.
"""

from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import ParamSpec, TypeVar

from django.conf import settings
from django.db import DatabaseError, IntegrityError, close_old_connections, connections, transaction
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from providers.models import Provider, ProviderKey, RemoteRun
from providers.types import Endpoint
from providers.vendor_runs import EarlierRun, RunRecord, VendorRun

P = ParamSpec("P")
R = TypeVar("R")

# Shorter than a job's lease: whoever takes the job over finds the run free as well.
LEASE = timedelta(seconds=7)
_RENEWAL_SECONDS = 2.0
_LONGEST_RENEWAL_SECONDS = 3600.0
# The vendor keeps a run's output for an hour.
_RESUMABLE = timedelta(minutes=55)
# What may stand in the row when a report arrives that has not ended; a later one never gives way to an earlier.
_BEFORE = {"starting": [""], "processing": ["", "starting"]}


def _new_writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="remote-runs")


_writer = _new_writer()


def _after_fork() -> None:
    # A thread does not survive a fork, so the child needs a writer of its own.
    global _writer  # noqa: PLW0603 - one writer a process
    _writer = _new_writer()


os.register_at_fork(after_in_child=_after_fork)


async def _on_writer(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    def call() -> R:
        close_old_connections()
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_writer, call)


def close() -> None:
    """Close the writer's database connections; it opens them again when needed."""
    _writer.submit(connections.close_all).result()


@dataclass(frozen=True, slots=True)
class RemoteRuns:
    """The book of one attempt's runs, for `Endpoint.runs`."""

    provider_id: int
    provider: str
    request_id: uuid.UUID

    @property
    def webhook_url(self) -> str:
        """Where the vendor may report, if this installation can be reached from outside."""
        if not settings.PUBLIC_URL:
            return ""
        return f"{settings.PUBLIC_URL}{reverse('replicate_webhook', args=[self.provider])}"

    async def begin(self, fingerprint: str) -> RunRecord:
        """A row for a run that is about to start, or the row of one whose process is gone."""
        pk, earlier = await _on_writer(_begin, self.provider_id, self.request_id, fingerprint)
        return _Record(pk, earlier)


class _Record:
    """A row that is ours as long as its lease is renewed."""

    def __init__(self, pk: int, earlier: EarlierRun | None) -> None:
        self._pk = pk
        self._earlier = earlier
        self._renewing = asyncio.ensure_future(self._renew())

    @property
    def earlier(self) -> EarlierRun | None:
        """What to go on with."""
        return self._earlier

    async def note(self, run: VendorRun) -> bool:
        """Write what the vendor said; False when another row holds this very run."""
        return await _on_writer(_note, self._pk, run)

    async def has_ended(self) -> bool:
        """Whether a webhook reported the end."""
        return await _on_writer(RemoteRun.objects.filter(pk=self._pk, ended=True).exists)

    async def close(self, *, resumable: bool = False) -> None:
        """End the lease, and unless `resumable` the run's story."""
        self._renewing.cancel()
        now = timezone.now()
        await _on_writer(_rows(self._pk).update, lease_until=now, **({} if resumable else {"closed_at": now}))

    async def _renew(self) -> None:
        end = time.monotonic() + _LONGEST_RENEWAL_SECONDS
        while time.monotonic() < end:
            await asyncio.sleep(_RENEWAL_SECONDS)
            # A database that is busy now may take the next renewal.
            with suppress(DatabaseError):
                await _on_writer(lambda: _rows(self._pk).update(lease_until=timezone.now() + LEASE))


def reported(provider: Provider, run: VendorRun) -> bool:
    """Write what a webhook said; False when that is known already, came too late, or is about no run of ours."""
    rows = RemoteRun.objects.filter(provider=provider, run_id=run.run_id, ended=False)
    if not run.ended:
        rows = rows.filter(status__in=_BEFORE.get(run.status, []))
    return bool(rows.update(status=run.status[:30], ended=run.ended))


def endpoint_with(provider: Provider, key: ProviderKey | None, model_id: str = "") -> Endpoint:
    """A provider's place with one of its keys. Raises AuthenticationError when the key cannot be opened."""
    return Endpoint(
        provider=provider.slug,
        protocol=provider.protocol,
        base_url=provider.base_url,
        model_id=model_id,
        api_key=key.open() if key else "",
        timeout_seconds=provider.timeout_seconds,
        allow_private_address=provider.allow_private_address,
        quirks=provider.wire_quirks(),
    )


def _rows(pk: int) -> QuerySet[RemoteRun]:
    return RemoteRun.objects.filter(pk=pk)


def _begin(provider_id: int, request_id: uuid.UUID, fingerprint: str) -> tuple[int, EarlierRun | None]:
    now = timezone.now()
    lost = RemoteRun.objects.filter(
        provider_id=provider_id,
        fingerprint=fingerprint,
        closed_at=None,
        lease_until__lt=now,
        created_at__gt=now - _RESUMABLE,
    )
    for row in lost:
        # One UPDATE decides who goes on with it; two jobs may have been re-queued at once.
        won = lost.filter(pk=row.pk, lease_until=row.lease_until).update(lease_until=now + LEASE, request_id=request_id)
        if won:
            return row.pk, EarlierRun(row.run_id, row.created_at)
    made = RemoteRun.objects.create(
        provider_id=provider_id,
        request_id=request_id,
        fingerprint=fingerprint,
        created_at=now,
        lease_until=now + LEASE,
    )
    return made.pk, None


def _note(pk: int, run: VendorRun) -> bool:
    told = {"run_id": run.run_id, "status": run.status[:30], "ended": run.ended, "urls": dict(run.urls)}
    # A webhook may have told the end while an older look was under way.
    rows = _rows(pk).exclude(run_id=run.run_id, ended=True)
    try:
        with transaction.atomic():
            rows.update(**told, lease_until=timezone.now() + LEASE)
    except IntegrityError:
        return False
    return True
