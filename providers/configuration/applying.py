"""Bringing the database to what a providers file says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction

from providers import keys
from providers.catalogue import vendor_at
from providers.catalogue.shape import (
    ENVIRONMENT_PREFIX,
    CountsEntry,
    LimitsEntry,
    ModelLimitsEntry,
    ProviderEntry,
    ProvidersFile,
    is_private_address,
)
from providers.configuration.changes import Action, Change, bring_to
from providers.errors import AuthenticationError
from providers.models import AIModel, Provider, ProviderKey, Quota

# The words of the file for each limit that the database knows.
_CONCURRENT = (Quota.Metric.CONCURRENT, Quota.Period.REQUEST)
LIMITS = {
    name: _CONCURRENT if name == "concurrent_requests" else tuple(name.split("_per_"))
    for name in CountsEntry.model_fields
}
# Days and months of a vendor begin differently from its seconds, minutes and hours.
LONG_PERIODS = {Quota.Period.DAY, Quota.Period.MONTH}
PLAIN_FIELDS = (
    "name",
    "protocol",
    "tier",
    "base_url",
    "priority",
    "weight",
    "trains_on_data",
    "timeout_seconds",
    "failure_threshold",
    "recovery_seconds",
    "allow_private_address",
)
MODEL_FIELDS = (
    "context_tokens",
    "max_output_tokens",
    "quality",
    "languages",
    "json_schema",
    "streaming",
    "enabled",
    "shutdown_on",
)


def apply(file: ProvidersFile, *, dry_run: bool = False) -> list[Change]:
    """Create and update what a file names, in one transaction; a second run changes nothing.

    - Providers that the file does not name stay as they are. Whether a provider is in use changes only where the
      file says `enabled`.
    - Models that a named provider has beyond the file are switched off, never deleted: their history and an
      administrator's judgement stay. A model that the file names is in use again.
    - A `limits` table replaces the provider's limits; without one they stay.
    - `api_keys` replaces by source. `env:NAME` entries replace the provider's environment variables. Literal keys
      replace the literal keys of an earlier file; a file without literals leaves them, as an export cannot show them.
      Keys typed by an administrator are never touched. Literal keys are sealed here, known again by fingerprint, and
      sealed anew when ENCRYPTION_KEY no longer opens the stored form.
    - Without a `quirks` table stored ones stay, and a new provider takes those of the catalogue vendor at its address.

    With `dry_run` everything is tried and then rolled back. Notices in the answer are no changes.
    """
    with transaction.atomic():
        _one_at_a_time()
        changes = [change for entry in file.providers for change in _provider(entry)]
        if dry_run:
            transaction.set_rollback(True)
    return changes


# Any number that no other lock of the product has.
_LOCK = 5_170_001


def _one_at_a_time() -> None:
    """Let another run finish first: two that both find a provider missing would both create it.

    SQLite does so by itself, as its transactions begin with the right to write.
    """
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])


def _provider(entry: ProviderEntry) -> Iterator[Change]:
    wanted = {field: getattr(entry, field) for field in PLAIN_FIELDS}
    if entry.enabled is not None:
        wanted["enabled"] = entry.enabled
    if entry.limits:
        wanted["reset_timezone"] = entry.limits.reset_timezone
    subject = f'provider "{entry.slug}"'
    # Locked until the end, so that nothing else adds the same key meanwhile.
    provider = Provider.objects.select_for_update().filter(slug=entry.slug).first()
    if provider is None:
        provider = Provider.objects.create(slug=entry.slug, quirks=_first_quirks(entry), **wanted)
        yield Change(Action.CREATED, subject)
    else:
        if entry.quirks is not None:
            wanted["quirks"] = entry.quirks.stored()
        if words := bring_to(provider, wanted):
            yield Change(Action.CHANGED, subject, words)
    yield from _models(provider, entry)
    if entry.limits:
        yield from _limits(provider, entry.limits)
    if entry.api_keys is not None:
        yield from _variables(provider, [key for key in entry.api_keys if key.startswith(ENVIRONMENT_PREFIX)])
        yield from _literals(provider, [key for key in entry.api_keys if not key.startswith(ENVIRONMENT_PREFIX)])
    yield from _notices(entry)


def _first_quirks(entry: ProviderEntry) -> dict[str, Any]:
    known = vendor_at(entry.base_url)
    quirks = entry.quirks or (known.quirks if known else None)
    return quirks.stored() if quirks else {}


def _models(provider: Provider, provider_entry: ProviderEntry) -> Iterator[Change]:
    stored = {model.model_id: model for model in provider.models.all()}
    for entry in provider_entry.models:
        subject = f'model "{entry.id}" of "{provider.slug}"'
        wanted = {field: getattr(entry, field) for field in MODEL_FIELDS}
        wanted["capabilities"] = [capability.value for capability in entry.capabilities]
        model = stored.pop(entry.id, None)
        if model is None:
            model = AIModel.objects.create(provider=provider, model_id=entry.id, **wanted)
            yield Change(Action.CREATED, subject)
        elif words := bring_to(model, wanted):
            yield Change(Action.CHANGED, subject, words)
        if entry.limits:
            yield from _counts(provider, model, entry.limits, provider_entry.limits or LimitsEntry())
    for model in stored.values():
        if bring_to(model, {"enabled": False}):
            yield Change(Action.SWITCHED_OFF, f'model "{model.model_id}" of "{provider.slug}"', "not in the file")


def _limits(provider: Provider, entry: LimitsEntry) -> Iterator[Change]:
    """Bring the provider's own limits to what the table says."""
    yield from _counts(provider, None, entry, entry)


def _counts(provider: Provider, model: AIModel | None, counts: ModelLimitsEntry, how: LimitsEntry) -> Iterator[Change]:
    owner = f'"{provider.slug}"' + (f' model "{model.model_id}"' if model else "")
    stored = {(quota.metric, quota.period): quota for quota in provider.quotas.filter(model=model)}
    for name, limit in counts.counts().items():
        metric, period = LIMITS[name]
        subject = f"limit {name} of {owner}"
        wanted = {
            "limit": limit,
            "scope": how.scope,
            "per_model": how.per_model or model is not None,
            "window": how.day_window if period in LONG_PERIODS else how.window,
            **(counts.counted[name].model_dump(exclude_none=True) if name in counts.counted else {}),
        }
        quota = stored.pop((metric, period), None)
        if quota is None:
            Quota.objects.create(provider=provider, model=model, metric=metric, period=period, **wanted)
            yield Change(Action.CREATED, subject, str(limit))
        elif words := bring_to(quota, wanted):
            yield Change(Action.CHANGED, subject, words.removeprefix("limit "))
    names = {place: name for name, place in LIMITS.items()}
    for place, quota in stored.items():
        quota.delete()
        yield Change(Action.REMOVED, f"limit {names[place]} of {owner}")


def _variables(provider: Provider, entries: list[str]) -> Iterator[Change]:
    stored = {key.variable: key for key in provider.keys.exclude(variable="")}
    for entry in entries:
        if stored.pop(entry.removeprefix(ENVIRONMENT_PREFIX), None) is None:
            provider.keys.create(variable=entry.removeprefix(ENVIRONMENT_PREFIX), from_file=True)
            yield Change(Action.CREATED, f'key {entry} of "{provider.slug}"')
    for variable, key in stored.items():
        key.delete()
        yield Change(Action.REMOVED, f'key {ENVIRONMENT_PREFIX}{variable} of "{provider.slug}"', "not in the file")


def _literals(provider: Provider, secrets: list[str]) -> Iterator[Change]:
    stored = {key.fingerprint: key for key in provider.keys.filter(variable="")}
    for secret in secrets:
        key = stored.pop(keys.fingerprint(secret), None)
        if key is None:
            key = ProviderKey(provider=provider, from_file=True)
            key.hold(secret)
            key.save()
            yield Change(Action.CREATED, _subject(key))
        elif not _opens(key):
            key.hold(secret)
            key.save()
            yield Change(Action.CHANGED, _subject(key), "sealed anew under the present ENCRYPTION_KEY")
    if secrets:
        for key in stored.values():
            if key.from_file:
                subject = _subject(key)
                key.delete()
                yield Change(Action.REMOVED, subject, "not in the file")


def _subject(key: ProviderKey) -> str:
    ending = f"…{key.last_four}" if key.last_four else key.fingerprint
    return f'key {ending} of "{key.provider.slug}"'


def _opens(key: ProviderKey) -> bool:
    try:
        key.open()
    except AuthenticationError:
        return False
    return True


def _notices(entry: ProviderEntry) -> Iterator[Change]:
    """What the file may say but an operator will hardly have meant."""
    subject = f'provider "{entry.slug}"'
    if not entry.base_url or entry.allow_private_address:
        return
    if is_private_address(entry.base_url):
        yield Change(
            Action.NOTICE,
            subject,
            "its address leads to a private network, so it will not be called; for a model server of your own "
            "write allow_private_address = true",
        )
    elif entry.base_url.startswith("http://"):
        yield Change(Action.NOTICE, subject, "its address is not encrypted, so anyone on the way can read the key")
