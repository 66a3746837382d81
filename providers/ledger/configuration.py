"""The configuration as candidates, kept in memory while its revision stands, with what is live laid over it."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from django.conf import settings

from providers.adapters.base import adapter_for
from providers.ledger.limiter import MARGIN_SECONDS
from providers.ledger.windows import LENGTHS, SHORT_PERIODS
from providers.models import AIModel, Bucket, Circuit, Provider, ProviderKey, Quota, Revision
from providers.routing import Candidate, KeyState, Limit
from providers.types import LOCAL_PROTOCOL, Capability


@dataclass(frozen=True, slots=True)
class Configuration:
    """What administrators have set, at one revision."""

    revision: uuid.UUID | None
    candidates: tuple[Candidate, ...]
    keys: dict[int, ProviderKey]


# By process, as a fork must not trust what its parent read.
_kept: dict[int, Configuration] = {}


def current() -> Configuration:
    """The configuration of now; read again only when it has changed."""
    kept = _kept.get(os.getpid())
    # The revision is read first: a change in between then only means one reading too many.
    revision = Revision.current()
    if kept is None or revision is None or kept.revision != revision:
        kept = _kept[os.getpid()] = _read(revision)
    return kept


def key(key_id: int) -> ProviderKey | None:
    """A key as it was last read, still sealed."""
    kept = _kept.get(os.getpid())
    return kept.keys.get(key_id) if kept else None


def snapshot() -> tuple[Candidate, ...]:
    """All usable models with the state of their providers, keys, circuits and limits."""
    configuration = current()
    circuits = {one.pk: one for one in Circuit.objects.exclude(open_until=None)}
    fields = ("name", "used", "oldest_at", "window_end", "full_until", "window", "period", "metric")
    rooms = {room.name: room for room in map(_Room._make, Bucket.objects.values_list(*fields))}
    now = time.time()
    return tuple(_live(one, circuits.get(one.provider_id), rooms, now) for one in configuration.candidates)


def _read(revision: uuid.UUID | None) -> Configuration:
    providers = list(Provider.objects.filter(enabled=True).prefetch_related("models", "keys", "quotas"))
    candidates = tuple(
        _candidate(provider, model)
        for provider in providers
        for model in provider.models.all()
        if model.enabled and not model.gone_since and not model.has_ended
    )
    return Configuration(revision, candidates, {key.pk: key for one in providers for key in one.keys.all()})


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
        limits += [_limit(provider, model, key, quota) for quota in _defaults(provider)]
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


@dataclass(frozen=True, slots=True)
class _Room:
    """A bucket as it was last written."""

    name: str
    used: int
    oldest_at: float | None
    window_end: float | None
    full_until: float
    window: str
    period: str
    metric: str

    @classmethod
    def _make(cls, row: tuple[object, ...]) -> _Room:
        return cls(*row)  # type: ignore[arg-type]  # as the columns are

    def returns_at(self) -> float:
        """When the count next falls by itself, or 0 when that is not known."""
        if self.metric == Quota.Metric.CONCURRENT:
            return 0.0
        if self.window == Quota.Window.SLIDING:
            return (self.oldest_at or 0.0) + LENGTHS.get(self.period, 60.0) + MARGIN_SECONDS
        return self.window_end or 0.0

    def full_until_at(self, limit: int, now: float) -> float:
        """Full for certain until then, or 0."""
        spent = self.used >= limit and self.returns_at() > now
        return max(self.full_until if self.full_until > now else 0.0, self.returns_at() if spent else 0.0)

    def share_left(self, limit: int, now: float) -> float:
        """What is left of it, 0 to 1; unknown is all of it."""
        return max(0.0, 1 - self.used / max(limit, 1)) if self.returns_at() > now else 1.0


def _live(candidate: Candidate, circuit: Circuit | None, rooms: dict[str, _Room], now: float) -> Candidate:
    used = any(limit.bucket in rooms for key in candidate.keys for limit in key.limits)
    keys = tuple(_live_key(key, rooms, now) for key in candidate.keys) if used else candidate.keys
    if circuit is None and keys is candidate.keys:
        return candidate
    return replace(
        candidate,
        keys=keys,
        open_until=circuit.open_until if circuit else None,
        open_reason=circuit.reason if circuit else "",
        probe_until=circuit.probe_until if circuit else None,
    )


def _live_key(key: KeyState, rooms: dict[str, _Room], now: float) -> KeyState:
    own = [(limit, rooms[limit.bucket]) for limit in key.limits if limit.bucket in rooms]
    full_until = max((room.full_until_at(limit.limit, now) for limit, room in own), default=0.0)
    long_ones = [room.share_left(limit.limit, now) for limit, room in own if limit.period not in SHORT_PERIODS]
    return replace(
        key,
        share_left=min(long_ones, default=1.0),
        full_until=datetime.fromtimestamp(full_until, UTC) if full_until else None,
    )
