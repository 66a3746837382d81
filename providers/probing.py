"""Where a question that is not a task goes: a provider with one of its keys, for checks and lists of models."""

from __future__ import annotations

from collections.abc import Iterator

from providers.adapters.base import Adapter, registry
from providers.errors import AuthenticationError
from providers.models import Provider, ProviderKey
from providers.types import LOCAL_PROTOCOL, Capability, Endpoint

# A question nobody waits for may take a while, but not for ever.
LONGEST_SECONDS = 60.0


def endpoint(provider: Provider, key: ProviderKey | None) -> Endpoint:
    """A provider with a key, or none where it needs none. Raises AuthenticationError when the key cannot be opened.

    Its model is the plainest one that writes text, as the cheapest to be asked for a word.
    """
    return Endpoint(
        provider=provider.slug,
        protocol=provider.protocol,
        base_url=provider.base_url,
        model_id=_plainest(provider),
        api_key=key.open() if key else "",
        timeout_seconds=min(float(provider.timeout_seconds), LONGEST_SECONDS),
        allow_private_address=provider.allow_private_address,
        quirks=provider.wire_quirks(),
    )


def usable_endpoint(provider: Provider) -> Endpoint:
    """A provider with the first of its keys that is in use and was not refused. Raises AuthenticationError."""
    for key in usable_keys(provider):
        try:
            return endpoint(provider, key)
        except AuthenticationError:
            continue
    raise AuthenticationError(f"{provider.slug} has no key that can be used")


def usable_keys(provider: Provider) -> Iterator[ProviderKey | None]:
    """Its keys in use that were not refused, and None at the end where it needs no key."""
    yield from provider.keys.filter(enabled=True, invalid_since=None)
    if needs_no_key(provider):
        yield None


def needs_no_key(provider: Provider) -> bool:
    """Whether it can be asked without a key: model servers of our own."""
    return provider.allow_private_address or provider.protocol == LOCAL_PROTOCOL


def lists_models(provider: Provider) -> bool:
    """Whether its protocol has a list of models, and an adapter that reads it."""
    adapter = registry().get(provider.protocol)
    return adapter is not None and type(adapter).list_models is not Adapter.list_models


def _plainest(provider: Provider) -> str:
    models = list(provider.models.filter(enabled=True, gone_since=None).order_by("quality", "model_id"))
    writing = [model.model_id for model in models if model.can(Capability.TEXT_GENERATION)]
    return next(iter([*writing, *(model.model_id for model in models)]), "")
