"""The configuration as candidates, kept in memory while its revision stands."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from django.conf import settings

from providers.adapters.base import adapter_for
from providers.ledger.windows import LENGTHS
from providers.models import AIModel, Provider, ProviderKey, Quota, Revision, RoutingPolicy
from providers.routing import Candidate, KeyState, Limit, Policy
from providers.routing.records import configuration_bytes, configuration_name
from providers.types import LOCAL_PROTOCOL, Capability


@dataclass(frozen=True, slots=True)
class Configuration:
    """What administrators have set, at one revision."""

    revision: str | None
    candidates: tuple[Candidate, ...]
    keys: dict[int, ProviderKey]
    policy: Policy
    # As decisions refer to it.
    name: uuid.UUID
    packed: bytes
    # Keys in clear, opened when first needed: that costs as much as all the rest of preparing a call.
    opened: dict[int, str] = field(default_factory=dict, repr=False)


# By process, as a fork must not trust what its parent read.
_kept: dict[int, Configuration] = {}


def current(revision: str | None) -> Configuration:
    """The configuration at a revision that was read just now; read again only when it has changed.

    The revision comes first: a change in between then only means one reading too many.
    """
    kept = _kept.get(os.getpid())
    if kept is None or revision is None or kept.revision != revision:
        kept = _kept[os.getpid()] = _read(revision)
    return kept


def kept() -> Configuration:
    """The configuration as it was last read."""
    return _kept.get(os.getpid()) or current(Revision.current())


def secret(key_id: int) -> str:
    """A key in clear, as it was last read; empty where there is none. Raises AuthenticationError."""
    kept = _kept.get(os.getpid())
    if kept is None or key_id not in kept.keys:
        return ""
    found = kept.opened.get(key_id)
    if found is None:
        found = kept.opened[key_id] = kept.keys[key_id].open()
    return found


def _read(revision: str | None) -> Configuration:
    providers = list(Provider.objects.filter(enabled=True).prefetch_related("models", "keys", "quotas"))
    candidates = tuple(
        _candidate(provider, model)
        for provider in providers
        for model in provider.models.all()
        if model.enabled and not model.gone_since and not model.has_ended
    )
    keys = {key.pk: key for one in providers for key in one.keys.all()}
    policy = RoutingPolicy.row().policy()
    packed = configuration_bytes(candidates, policy)
    return Configuration(revision, candidates, keys, policy, configuration_name(packed), packed)


def _candidate(provider: Provider, model: AIModel) -> Candidate:
    quotas = [one for one in provider.quotas.all() if one.model_id in {None, model.pk}]
    keys = tuple(
        KeyState(
            key.pk,
            bool(key.invalid_since),
            key.blocked_until,
            key.blocked_reason,
            key.fingerprint,
            _limits(provider, model, key, quotas),
        )
        for key in provider.keys.all()
        if key.enabled
    )
    # A model server of our own and a few open vendors need no key.
    keyless = provider.allow_private_address or provider.protocol == LOCAL_PROTOCOL
    adapter = adapter_for(provider.protocol)
    per_request = (one.limit for one in quotas if (one.metric, one.period) == _TOKENS_A_REQUEST)
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
        tokens_per_request=min(per_request, default=None),
        quality=model.quality,
        json_schema=model.json_schema,
        languages=model.languages,
        keys=keys or ((KeyState(None, limits=_limits(provider, model, None, quotas)),) if keyless else ()),
    )


_TOKENS_A_REQUEST = (Quota.Metric.TOKENS, Quota.Period.REQUEST)


def _limits(provider: Provider, model: AIModel, key: ProviderKey | None, quotas: Iterable[Quota]) -> tuple[Limit, ...]:
    """The limits that bind a model with a key; one of the model itself stands in place of one for each model."""
    counted = [one for one in quotas if one.period in LENGTHS or one.metric == Quota.Metric.CONCURRENT]
    own = {(one.metric, one.period) for one in counted if one.model_id}
    counted = [one for one in counted if one.model_id or not one.per_model or (one.metric, one.period) not in own]
    limits = [_limit(provider, model, key, quota) for quota in counted]
    stated = any(one.metric == Quota.Metric.REQUESTS for one in counted)
    ours = provider.allow_private_address or provider.protocol == LOCAL_PROTOCOL
    if not stated and not ours:
        limits += [replace(_limit(provider, model, key, quota), assumed=True) for quota in _defaults(provider)]
    return tuple(limits)


def _defaults(provider: Provider) -> list[Quota]:
    """What is assumed of a vendor that states no limit of requests."""
    minute, day = Quota.Period.MINUTE, Quota.Period.DAY
    requests, calendar = Quota.Metric.REQUESTS, Quota.Window.CALENDAR
    return [
        Quota(provider=provider, metric=requests, period=minute, limit=settings.MAX_REQUESTS_PER_MINUTE),
        Quota(provider=provider, metric=requests, period=day, limit=settings.MAX_REQUESTS_PER_DAY, window=calendar),
    ]


def _limit(provider: Provider, model: AIModel, key: ProviderKey | None, quota: Quota) -> Limit:
    subject = ""
    if key is not None and quota.scope != Quota.Scope.PROVIDER:
        shared = key.account if quota.scope == Quota.Scope.ACCOUNT else ""
        subject = f"account:{shared}" if shared else f"key:{key.pk}"
    for_model = model.model_id if quota.per_model or quota.model_id else ""
    # The slash last: a model's name may hold more of them, an account's may not.
    name = f"{provider.pk}/{quota.metric}/{quota.period}/{subject.replace('/', '_')}/{for_model}"
    return Limit(name, quota.metric, quota.period, quota.window, quota.limit, provider.reset_timezone)
