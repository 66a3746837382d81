"""Reading the Hub with a memory of some minutes, so that typing into a search box does not spend its limit."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from asgiref.sync import async_to_sync
from django.core.cache import cache

from providers import keys
from providers.adapters.base import adapter_for
from providers.adapters.hub import Found, Hub, RowsWanted, Search
from providers.adapters.hub_shapes import HubDataset, HubModel, Rows, Split
from providers.errors import AuthenticationError, RateLimitError
from providers.models import Provider
from providers.types import Endpoint, ListedModel

A = TypeVar("A")
T = TypeVar("T")

PROTOCOL = "huggingface"
KEPT_SECONDS = 300
_LONGEST_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class HubReader:
    """The Hub's questions for synchronous callers; answers are kept for `KEPT_SECONDS`.

    Whoever asks with another key gets answers of its own, as a key may show more. Raises as `Hub` does; while the Hub
    wants to be left alone nothing is sent.
    """

    hub: Hub

    def search_models(self, search: Search) -> Found[HubModel]:
        """Models that fit, a page of them."""
        return self._kept("models", search, self.hub.search_models)

    def model(self, model_id: str) -> HubModel:
        """One model with the partners that serve it."""
        return self._kept("model", model_id, self.hub.model)

    def search_datasets(self, search: Search) -> Found[HubDataset]:
        """Data sets that fit, a page of them."""
        return self._kept("datasets", search, self.hub.search_datasets)

    def dataset(self, dataset_id: str) -> HubDataset:
        """One data set."""
        return self._kept("dataset", dataset_id, self.hub.dataset)

    def dataset_splits(self, dataset_id: str) -> tuple[Split, ...]:
        """The configurations and splits that have rows."""
        return self._kept("splits", dataset_id, self.hub.dataset_splits)

    def dataset_rows(self, wanted: RowsWanted) -> Rows:
        """A page of rows."""
        return self._kept("rows", wanted, self.hub.dataset_rows)

    def listed(self) -> tuple[ListedModel, ...]:
        """The router's chat models with what their partners can."""
        endpoint = self.hub.endpoint
        return self._kept("listed", endpoint, adapter_for(endpoint.protocol).list_models)

    def _kept(self, what: str, request: A, ask: Callable[[A], Awaitable[T]]) -> T:
        key = self._name(f"{what} {request!r}")
        found: T | None = cache.get(key)
        if found is None:
            found = self._asked(request, ask)
            cache.set(key, found, KEPT_SECONDS)
        return found

    def _asked(self, request: A, ask: Callable[[A], Awaitable[T]]) -> T:
        resting = self._name("resting")
        left = cache.get(resting, 0.0) - time.time()
        if left > 0:
            raise RateLimitError("the Hub asked to be left alone for a while", wait_seconds=left)
        try:
            return async_to_sync(ask)(request)
        except RateLimitError as error:
            if error.wait_seconds:
                cache.set(resting, time.time() + error.wait_seconds, error.wait_seconds)
            raise

    def _name(self, what: str) -> str:
        """A name for the cache. The key's fingerprint is in it, never the key."""
        endpoint = self.hub.endpoint
        who = keys.fingerprint(endpoint.api_key) if endpoint.api_key else "nobody"
        quirks = endpoint.quirks
        whole = f"{endpoint.base_url} {quirks.hub_url} {quirks.rows_url} {who} {what}"
        return f"hub:1:{hashlib.sha256(whole.encode()).hexdigest()}"


def reader(provider: Provider | None = None) -> HubReader:
    """The Hub as a Hugging Face provider reaches it, or the first one in use; without any, as the public does."""
    provider = provider or Provider.objects.filter(protocol=PROTOCOL, enabled=True).first()
    if provider is None:
        return HubReader(Hub(Endpoint("hub", PROTOCOL, "https://router.huggingface.co", "", "", _LONGEST_SECONDS)))
    return HubReader(
        Hub(
            Endpoint(
                provider=provider.slug,
                protocol=PROTOCOL,
                base_url=provider.base_url,
                model_id="",
                api_key=_secret(provider),
                timeout_seconds=min(provider.timeout_seconds, _LONGEST_SECONDS),
                allow_private_address=provider.allow_private_address,
                quirks=provider.wire_quirks(),
            )
        )
    )


def _secret(provider: Provider) -> str:
    """The first key that can be used, or none: most of the Hub is open to everybody."""
    for key in provider.keys.filter(enabled=True, invalid_since=None):
        try:
            return key.open()
        except AuthenticationError:
            continue
    return ""
