"""What is known of the models in use: their schema decides how a request is put into words."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from providers.adapters import replicate_account as account
from providers.adapters.replicate_schema import Schema
from providers.errors import ModelUnavailableError, ProviderError
from providers.types import Endpoint

# Owners change their models now and then, and an official model's schema follows its vendor's.
_FRESH_SECONDS = 3600.0
# The schema is a help, not a condition: the answer does not wait long for it.
_PATIENCE_SECONDS = 5.0
_SHARE_OF_TIMEOUT = 0.3


@dataclass(frozen=True, slots=True)
class ModelFacts:
    """The schema, if it could be had, and the version that a model without an official door is run by."""

    schema: Schema | None = None
    latest_version: str = ""
    is_official: bool | None = None


class KnownModels:
    """A memory of model facts. Losing it costs one request a model."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[float, ModelFacts]] = {}

    async def facts(self, endpoint: Endpoint) -> ModelFacts:
        """What is known of `endpoint.model_id`; empty facts where Replicate does not tell. Raises nothing itself."""
        key = (endpoint.base_url, endpoint.model_id)
        stamp, facts = self._known.get(key, (0.0, ModelFacts()))
        if stamp and time.monotonic() - stamp < _FRESH_SECONDS:
            return facts
        try:
            async with asyncio.timeout(min(_PATIENCE_SECONDS, endpoint.timeout_seconds * _SHARE_OF_TIMEOUT)):
                facts = await _found(endpoint)
        except ModelUnavailableError:
            # Perhaps only its description is closed; the run itself tells better what is wrong.
            facts = ModelFacts()
        except (ProviderError, TimeoutError):
            return facts
        self._known[key] = (time.monotonic(), facts)
        return facts


async def _found(endpoint: Endpoint) -> ModelFacts:
    model_id = endpoint.model_id
    if model_id.startswith("deployments/"):
        release = (await account.deployment(endpoint, model_id.removeprefix("deployments/"))).current_release
        return await _of_version(endpoint, release.model, release.version)
    path, _, version = model_id.partition(":")
    if "/" not in path:
        # A bare version does not say whose it is.
        return ModelFacts()
    if version:
        return await _of_version(endpoint, path, version)
    found = await account.model(endpoint, path)
    latest = found.latest_version.id if found.latest_version else ""
    return ModelFacts(found.schema_read, latest, found.is_official)


async def _of_version(endpoint: Endpoint, path: str, version: str) -> ModelFacts:
    found = await account.version(endpoint, path, version)
    return ModelFacts(Schema.read(found.openapi_schema), found.id)
