"""What the environment switches on at start: catalogue vendors with a key, and the local model where it is there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from providers import keys
from providers.adapters import local
from providers.catalogue import PlaceholderError, Vendor, local_model, vendors
from providers.catalogue.rows import NO_VALUES
from providers.catalogue.shape import ENVIRONMENT_PREFIX, ProviderEntry, ProvidersFile
from providers.configuration.applying import apply
from providers.configuration.changes import Action, Change
from providers.configuration.removals import was_removed
from providers.models import AIModel, Provider, ProviderKey


def switch_on_from_environment(
    environ: Mapping[str, str], *, local_is_there: Callable[[], bool] = local.available
) -> list[Change]:
    """Create what the environment asks for and is missing; nothing that an administrator decided is undone.

    A vendor whose variable holds a key gets its catalogue row with `env:VARIABLE`. A provider that exists, under the
    catalogue's name or at its address, is left alone, but for one thing: in use and without any key, it gets this one.
    One that was deleted stays so until somebody adds it again.
    """
    changes: list[Change] = []
    for vendor in vendors():
        if variable := vendor.variable_set_in(environ):
            changes += _switch_on(vendor, variable, vendor.values_in(environ))
    changes += _renewed(environ)
    changes += _local(present=local_is_there())
    return changes


def add_vendor(
    vendor: Vendor, *, variable: str = "", secret: str = "", values: Mapping[str, str] = NO_VALUES
) -> list[Change]:
    """Create a catalogue vendor's provider with a key of an environment variable, a typed key, or none.

    `values` fill the placeholders of its address. Raises IntegrityError when its short name is taken, PlaceholderError
    when a value is missing.
    """
    entry = vendor.entry(values)
    with transaction.atomic():
        changes = apply(ProvidersFile(providers=[entry]))
        # Looking first would leave a gap in which another process adds it; so look afterwards and roll back.
        if not any(change.action is Action.CREATED and change.subject.startswith("provider ") for change in changes):
            raise IntegrityError(f"a provider {vendor.slug} exists")
        provider = Provider.objects.get(slug=vendor.slug)
        if variable:
            changes.append(_add_variable(provider, variable))
        if secret:
            key = ProviderKey(provider=provider)
            key.hold(secret)
            key.save()
    return changes


@transaction.atomic
def _switch_on(vendor: Vendor, variable: str, values: Mapping[str, str]) -> list[Change]:
    try:
        address = vendor.entry(values).base_url
    except PlaceholderError as exc:
        return [Change(Action.NOTICE, variable, f"{vendor.name} is not used: {exc}")]
    # Locked, so that two processes do not both find it without a key.
    provider = Provider.objects.select_for_update().filter(Q(slug=vendor.slug) | Q(base_url=address)).first()
    if provider is None:
        if was_removed(vendor.slug, address):
            return []
        try:
            return add_vendor(vendor, variable=variable, values=values)
        except IntegrityError:
            # Another process started at the same moment and was first.
            return []
    if provider.enabled and not provider.keys.exists():
        return [_add_variable(provider, variable)]
    return []


def _add_variable(provider: Provider, variable: str) -> Change:
    provider.keys.create(variable=variable)
    return Change(Action.CREATED, f'key {ENVIRONMENT_PREFIX}{variable} of "{provider.slug}"')


def _renewed(environ: Mapping[str, str]) -> Iterator[Change]:
    """A variable that holds another key than at the last start: what was learned about the old one is void."""
    for key in ProviderKey.objects.exclude(variable="").select_related("provider"):
        secret = environ.get(key.variable, "").strip()
        if not secret or keys.fingerprint(secret) == key.fingerprint:
            continue
        stale = key.invalid_since is not None or key.blocked_until is not None
        ProviderKey.objects.filter(pk=key.pk).update(
            fingerprint=keys.fingerprint(secret),
            # The first sight of a key that was there all along does not make it younger.
            entered_at=timezone.now() if key.fingerprint else key.entered_at,
            invalid_since=None,
            blocked_until=None,
            blocked_reason="",
        )
        if stale:
            yield Change(
                Action.CHANGED, f'key {ENVIRONMENT_PREFIX}{key.variable} of "{key.provider.slug}"', "holds a new key"
            )


def _local(*, present: bool) -> list[Change]:
    """The local model's row from the start where the model is there, out of every plan where it is not.

    Its presence is told by `gone_since` of the model, so that "in use" stays the administrator's word.
    """
    entry = local_model()
    provider = Provider.objects.filter(slug=entry.slug).first()
    if provider is None:
        return _first_local(entry) if present and not was_removed(entry.slug, entry.base_url) else []
    models = AIModel.objects.filter(provider=provider)
    subject = f'provider "{entry.slug}"'
    if present:
        returned = models.exclude(gone_since=None).update(gone_since=None)
        return [Change(Action.SWITCHED_ON, subject, "the local model is there again")] if returned else []
    gone = models.filter(gone_since=None).update(gone_since=timezone.now())
    return [Change(Action.SWITCHED_OFF, subject, "the local model is not installed")] if gone else []


def _first_local(entry: ProviderEntry) -> list[Change]:
    try:
        return apply(ProvidersFile(providers=[entry]))
    except IntegrityError:
        # Another process started at the same moment and was first.
        return []
