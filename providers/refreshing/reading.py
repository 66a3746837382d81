"""Reading vendors' lists of models and keeping what they say. It is no use of a model: nothing is counted or billed."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from providers.adapters.base import adapter_for
from providers.errors import AuthenticationError, BrokenAnswerError, NetworkError, ProviderError
from providers.models import ModelRefresh, Provider
from providers.probing import lists_models, usable_endpoint
from providers.refreshing.changes import ListChange
from providers.refreshing.marking import mark, news
from providers.refreshing.matching import VendorList
from providers.types import Endpoint, ListedModel

EVERY = timedelta(hours=24)
AFTER_A_FAILURE = timedelta(hours=3)
# So that not all vendors are asked in one moment.
_SPREAD_SECONDS = 3600
_AT_ONCE = 8
# A list that lost so much since the last time is more likely cut short than true.
_SHRUNK_TO = 0.5

Listed = tuple[ListedModel, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """How the reading of one provider's list went. Without an error, `count` models were listed."""

    provider: Provider
    count: int = 0
    changes: tuple[ListChange, ...] = field(default=())
    error: ProviderError | None = None


def refresh(providers: Iterable[Provider]) -> list[Reading]:
    """Read the lists of these providers, side by side, and keep what they say; for synchronous callers.

    Providers whose protocol has no list are left out. One that fails does not hold up the others: its reading carries
    the error, its models stay as they are, and it is due again sooner.
    """
    asked: list[Provider] = []
    without: list[Provider] = []
    for provider in providers:
        (asked if lists_models(provider) else without).append(provider)
    ModelRefresh.objects.filter(provider__in=without).update(due_at=timezone.now() + EVERY)
    return [_keep(provider, said) for provider, said in zip(asked, asyncio.run(_ask(_places(asked))), strict=True)]


def _places(providers: Sequence[Provider]) -> list[Endpoint | ProviderError]:
    """Where each list is read, or why it cannot be."""
    places: list[Endpoint | ProviderError] = []
    for provider in providers:
        try:
            places.append(usable_endpoint(provider))
        except AuthenticationError as exc:
            places.append(exc)
    return places


async def _ask(places: list[Endpoint | ProviderError]) -> list[Listed | ProviderError]:
    turns = asyncio.Semaphore(_AT_ONCE)

    async def ask(place: Endpoint | ProviderError) -> Listed | ProviderError:
        if isinstance(place, ProviderError):
            return place
        async with turns:
            return await _list(place)

    return await asyncio.gather(*map(ask, places))


async def _list(place: Endpoint) -> Listed | ProviderError:
    # A list may come in pages, each with a timeout of its own.
    with suppress(TimeoutError):
        async with asyncio.timeout(2 * place.timeout_seconds):
            try:
                listed = await adapter_for(place.protocol).list_models(place)
            except ProviderError as exc:
                return exc
            return listed or BrokenAnswerError("an empty list of models", http_status=200)
    return NetworkError(f"no list within {2 * place.timeout_seconds:g} s")


def _keep(provider: Provider, said: Listed | ProviderError) -> Reading:
    if isinstance(said, ProviderError):
        due_at = timezone.now() + AFTER_A_FAILURE
        known = {"due_at": due_at, "error": said.kind, "detail": said.detail[:1000]}
        ModelRefresh.objects.update_or_create(provider=provider, defaults=known)
        return Reading(provider, error=said)
    return _taken_in(provider, said)


@transaction.atomic
def _taken_in(provider: Provider, said: Listed) -> Reading:
    now, listed = timezone.now(), VendorList(said)
    record, _ = ModelRefresh.objects.select_for_update().get_or_create(provider=provider, defaults={"due_at": now})
    record.due_at = now + EVERY + timedelta(seconds=random.randrange(_SPREAD_SECONDS))  # noqa: S311 - not a secret
    whole = len(listed.models) >= len(record.listed) * _SHRUNK_TO
    changes = [*mark(provider, listed, now, whole=whole), *news(provider, listed, record.listed)]
    record.read_at, record.error, record.detail, record.listed = now, "", "", sorted(listed.models)
    if changes:
        record.changed_at, record.changes = now, [change.stored() for change in changes]
    record.save()
    return Reading(provider, len(listed.models), tuple(changes))
