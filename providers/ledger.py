"""Snapshot, begin and settle: the only writer on the path of a call.

Everything runs on one thread with a connection of its own, so that asynchronous callers never touch the database.
"""

from __future__ import annotations

import asyncio
import os
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ParamSpec, TypeVar
from zoneinfo import ZoneInfo

from django.db import close_old_connections, connections, transaction
from django.db.models import F, Q
from django.utils import timezone

from providers.adapters.base import adapter_for
from providers.errors import (
    AuthenticationError,
    Blame,
    ModelUnavailableError,
    ProviderError,
    QuotaExhaustedError,
)
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey, Quota
from providers.routing import Candidate, KeyState, Place, Task
from providers.types import LOCAL_PROTOCOL, Capability, Result

P = ParamSpec("P")
R = TypeVar("R")

# A vendor that says "too often" without saying for how long; a minute is every vendor's shortest window.
DEFAULT_REST = timedelta(seconds=60)


def _new_writer() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=1, thread_name_prefix="ledger")


_writer = _new_writer()


def _after_fork() -> None:
    # A thread does not survive a fork, so the child needs a writer of its own.
    global _writer  # noqa: PLW0603 - one writer a process
    _writer = _new_writer()


os.register_at_fork(after_in_child=_after_fork)


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that may go out: its row and the key in clear, which never prints."""

    attempt_id: int
    secret: str

    def __repr__(self) -> str:
        return f"Opened(attempt_id={self.attempt_id})"


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended."""

    outcome: Attempt.Outcome
    latency_ms: int
    result: Result | None = None
    error: ProviderError | None = None


async def _on_writer(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    def call() -> R:
        close_old_connections()
        return function(*args, **kwargs)

    return await asyncio.get_running_loop().run_in_executor(_writer, call)


async def snapshot() -> tuple[Candidate, ...]:
    """All enabled models with the state of their providers, keys and circuits."""
    return await _on_writer(_snapshot)


async def begin(request_id: uuid.UUID, number: int, task: Task, place: Place) -> Opened | None:
    """Write the attempt before it leaves.

    None when another process already probes a provider that rests. Raises AuthenticationError when the key cannot
    be opened; that is settled here.
    """
    return await _on_writer(_begin, request_id, number, task, place)


async def settle(attempt_id: int, place: Place, settlement: Settlement) -> None:
    """Write the end of an attempt and what it means for key, model and provider, in one transaction."""
    await _on_writer(_settle, attempt_id, place, settlement)


def close() -> None:
    """Close the writer's database connections; it opens them again when needed."""
    _writer.submit(connections.close_all).result()


def _snapshot() -> tuple[Candidate, ...]:
    per_request = dict(
        Quota.objects.filter(metric=Quota.Metric.TOKENS, period=Quota.Period.REQUEST, model=None).values_list(
            "provider", "limit"
        )
    )
    providers = Provider.objects.filter(enabled=True).select_related("circuit").prefetch_related("models", "keys")
    return tuple(
        _candidate(provider, model, per_request.get(provider.pk))
        for provider in providers
        for model in provider.models.all()
        if model.enabled and not model.gone_since and not model.has_ended
    )


def _candidate(provider: Provider, model: AIModel, tokens_per_request: int | None) -> Candidate:
    keys = tuple(
        KeyState(key.pk, bool(key.invalid_since), key.blocked_until, key.blocked_reason)
        for key in provider.keys.all()
        if key.enabled
    )
    # A model server of our own and a few open vendors need no key.
    keyless = provider.allow_private_address or provider.protocol == LOCAL_PROTOCOL
    circuit = getattr(provider, "circuit", None)
    adapter = adapter_for(provider.protocol)
    return Candidate(
        provider_id=provider.pk,
        provider=provider.slug,
        provider_name=provider.name,
        protocol=provider.protocol,
        base_url=provider.base_url,
        priority=provider.priority,
        weight=provider.weight,
        trains_on_data=provider.trains_on_data,
        timeout_seconds=provider.timeout_seconds,
        allow_private_address=provider.allow_private_address,
        quirks=provider.wire_quirks(),
        model_id=model.model_id,
        # What a protocol has no method for cannot be asked for, whatever the row says.
        capabilities=frozenset(one for one in map(Capability, model.capabilities) if adapter.offers(one)),
        context_tokens=model.context_tokens,
        max_output_tokens=model.max_output_tokens,
        tokens_per_request=tokens_per_request,
        quality=model.quality,
        json_schema=model.json_schema,
        keys=keys or ((KeyState(None),) if keyless else ()),
        open_until=circuit.open_until if circuit else None,
        open_reason=circuit.reason if circuit else "",
    )


def _begin(request_id: uuid.UUID, number: int, task: Task, place: Place) -> Opened | None:
    candidate = place.candidate
    now = timezone.now()
    probing = candidate.open_until is not None
    if probing:
        # The pause is over. One UPDATE decides which single request tests the provider; the others go on.
        ahead = now + timedelta(seconds=candidate.timeout_seconds)
        won = Circuit.objects.filter(provider_id=candidate.provider_id, open_until=candidate.open_until).update(
            open_until=ahead
        )
        if not won:
            return None
    key = ProviderKey.objects.filter(pk=place.key_id).first() if place.key_id else None
    attempt = Attempt.objects.create(
        request_id=request_id,
        place=number,
        feature=task.feature,
        capability=task.capability,
        provider_id=candidate.provider_id,
        provider_slug=candidate.provider,
        model_id=candidate.model_id,
        key_fingerprint=key.fingerprint if key else "",
        reason="probe after a pause" if probing else place.reason,
        started_at=now,
    )
    try:
        return Opened(attempt.pk, key.open() if key else "")
    except AuthenticationError as exc:
        _settle(attempt.pk, place, Settlement(Attempt.Outcome.FAILED, 0, error=exc))
        raise


@transaction.atomic
def _settle(attempt_id: int, place: Place, settlement: Settlement) -> None:
    result, error = settlement.result, settlement.error
    usage = result.usage if result else None
    # Conditional, so that an attempt is settled once and its consequences drawn once.
    settled = Attempt.objects.filter(pk=attempt_id, outcome=Attempt.Outcome.RUNNING).update(
        outcome=settlement.outcome,
        latency_ms=settlement.latency_ms,
        error_class=error.kind if error else "",
        http_status=error.http_status if error else None,
        detail=error.detail[:1000] if error else "",
        raw=error.raw if error else "",
        prompt_tokens=usage.prompt_tokens if usage else None,
        completion_tokens=usage.completion_tokens if usage else None,
        usage_estimated=usage.estimated if usage else False,
    )
    if not settled:
        return
    if result:
        _close_circuit(place)
    elif error and (error.blame is Blame.PROVIDER or (error.blame is Blame.KEY and place.key_id is None)):
        # Where no key is needed, its limits are the provider's.
        _count_failure(place, error)
    elif error and error.blame is Blame.KEY and place.key_id is not None:
        _close_circuit(place)
        _rest_key(place, place.key_id, error)
    elif isinstance(error, ModelUnavailableError):
        AIModel.objects.filter(provider_id=place.candidate.provider_id, model_id=place.candidate.model_id).update(
            gone_since=timezone.now()
        )


def _close_circuit(place: Place) -> None:
    """Forget earlier failures: the provider answered, whatever it said."""
    Circuit.objects.filter(provider_id=place.candidate.provider_id).exclude(failures=0, open_until=None).update(
        failures=0, open_until=None, reason=""
    )


def _count_failure(place: Place, error: ProviderError) -> None:
    provider = Provider.objects.get(pk=place.candidate.provider_id)
    Circuit.objects.get_or_create(provider=provider)
    circuit = Circuit.objects.filter(provider=provider)
    circuit.update(failures=F("failures") + 1, reason=error.kind)
    pause = max(timedelta(seconds=provider.recovery_seconds), timedelta(seconds=error.wait_seconds or 0))
    until = timezone.now() + pause
    # The longer deadline wins, also against another process that saw a later reset.
    circuit.filter(failures__gte=provider.failure_threshold).filter(_earlier("open_until", until)).update(
        open_until=until
    )


def _rest_key(place: Place, key_id: int, error: ProviderError) -> None:
    key = ProviderKey.objects.filter(pk=key_id)
    now = timezone.now()
    if isinstance(error, AuthenticationError):
        key.update(invalid_since=now, blocked_reason=error.kind)
        return
    if error.wait_seconds is not None:
        until = now + timedelta(seconds=error.wait_seconds)
    elif isinstance(error, QuotaExhaustedError):
        until = _next_day(Provider.objects.get(pk=place.candidate.provider_id).reset_timezone, now)
    else:
        until = now + DEFAULT_REST
    key.filter(_earlier("blocked_until", until)).update(blocked_until=until, blocked_reason=error.kind)


def _earlier(field: str, until: datetime) -> Q:
    return Q(**{f"{field}__isnull": True}) | Q(**{f"{field}__lt": until})


def _next_day(zone: str, now: datetime) -> datetime:
    """The start of the vendor's next day."""
    local = now.astimezone(ZoneInfo(zone))
    return (local + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
