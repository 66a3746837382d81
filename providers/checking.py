"""Probing keys: whether each one works, in words, and what to do. What is proven is marked on the key."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from dataclasses import dataclass

from django.utils import timezone

from providers.adapters.base import adapter_for
from providers.errors import AuthenticationError, NetworkError, ProviderError
from providers.models import Provider, ProviderKey
from providers.probing import endpoint, needs_no_key
from providers.types import LOCAL_PROTOCOL, Endpoint

_AT_ONCE = 8


@dataclass(frozen=True, slots=True)
class Probe:
    """One key of a provider, or None where it needs none, and how its check went."""

    provider: Provider
    key: ProviderKey | None
    milliseconds: int = 0
    error: ProviderError | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    provider: Provider
    key: ProviderKey | None
    endpoint: Endpoint | AuthenticationError


def probe(providers: Iterable[Provider]) -> list[Probe]:
    """Check every key in use of these providers, a few at a time; for synchronous callers.

    A key that a vendor refuses is marked so, one that works is cleared of whatever stood against it before. Where the
    check proves neither, as when nobody answers, the key stays as it was. The model on this machine has no key.
    """
    places = [place for provider in providers for place in _places(provider)]
    probes = asyncio.run(_probe_all(places))
    for one in probes:
        _mark(one)
    return probes


def _places(provider: Provider) -> list[_Place]:
    if provider.protocol == LOCAL_PROTOCOL:
        return []
    keys: list[ProviderKey | None] = list(provider.keys.filter(enabled=True))
    if not keys:
        if not needs_no_key(provider):
            return [_Place(provider, None, AuthenticationError("it has no key"))]
        keys = [None]
    return [_Place(provider, key, _endpoint(provider, key)) for key in keys]


def _endpoint(provider: Provider, key: ProviderKey | None) -> Endpoint | AuthenticationError:
    try:
        return endpoint(provider, key)
    except AuthenticationError as exc:
        return exc


async def _probe_all(places: list[_Place]) -> list[Probe]:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def one(place: _Place) -> Probe:
        if isinstance(place.endpoint, AuthenticationError):
            return Probe(place.provider, place.key, error=place.endpoint)
        async with turns:
            started = time.monotonic()
            error = await _fault(place.endpoint)
            return Probe(place.provider, place.key, round((time.monotonic() - started) * 1000), error)

    return await asyncio.gather(*map(one, places))


async def _fault(place: Endpoint) -> ProviderError | None:
    """What stands against the key, if anything does."""
    try:
        async with asyncio.timeout(place.timeout_seconds):
            await adapter_for(place.protocol).check_key(place)
    except TimeoutError:
        return NetworkError(f"no answer within {place.timeout_seconds:g} s")
    except ProviderError as exc:
        return exc
    return None


def _mark(probe: Probe) -> None:
    if probe.key is None:
        return
    # Unless another secret was put into the row meanwhile.
    row = ProviderKey.objects.filter(pk=probe.key.pk, sealed=probe.key.sealed, variable=probe.key.variable)
    if probe.error is None:
        # A rest stays: a list of models proves a key, but not that its quota is back.
        row.exclude(invalid_since=None).update(invalid_since=None, blocked_reason="")
    elif isinstance(probe.error, AuthenticationError) and probe.error.http_status:
        # Only the vendor's own word counts: a key that cannot be opened here was never shown to it.
        row.filter(invalid_since=None).update(invalid_since=timezone.now(), blocked_reason=probe.error.kind)
