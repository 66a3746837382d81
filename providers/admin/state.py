"""How a provider and its keys stand now, in an administrator's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from providers.catalogue.shape import LimitsEntry
from providers.errors import AuthenticationError
from providers.models import Provider, ProviderKey
from providers.types import LOCAL_PROTOCOL

# One for each kind of error that makes a provider or a key rest.
REASONS = {
    "RateLimit": gettext_lazy("it had too many requests in a short time"),
    "QuotaExhausted": gettext_lazy("its free quota is used up"),
    "NoCredit": gettext_lazy("its credit is spent"),
    "Authentication": gettext_lazy("it refused the key"),
    "Unavailable": gettext_lazy("it did not answer"),
    "Overloaded": gettext_lazy("it was overloaded"),
    "Network": gettext_lazy("it could not be reached"),
    "BrokenAnswer": gettext_lazy("its answers were broken"),
    "ForbiddenAddress": gettext_lazy("its address leads to a private network"),
}


def clock(moment: datetime) -> str:
    """A moment as a clock shows it, with the day when that is not today."""
    local = timezone.localtime(moment)
    return date_format(local, "H:i" if local.date() == timezone.localdate() else "j E, H:i")


def provider_state(provider: Provider) -> str:
    """Whether a provider answers, or until when it rests and why. Reads its models, keys and circuit."""
    now = timezone.now()
    if not provider.enabled:
        return _("switched off")
    if not any(model.enabled and not model.gone_since for model in provider.models.all()):
        return _("no model in use")
    circuit = getattr(provider, "circuit", None)
    if circuit and circuit.open_until:
        if circuit.open_until > now:
            return _resting(circuit.open_until, circuit.reason)
        return _("pause over; the next request tests it")
    return _state_by_keys(provider, now)


def _state_by_keys(provider: Provider, now: datetime) -> str:
    keys = [key for key in provider.keys.all() if key.enabled]
    if not keys:
        keyless = provider.allow_private_address or provider.protocol == LOCAL_PROTOCOL
        return _("answering") if keyless else _("no key")
    if any(_usable(key, now) for key in keys):
        return _("answering")
    resting = _first_to_return(keys)
    return key_state(resting or keys[0])


def _usable(key: ProviderKey, now: datetime) -> bool:
    rests = key.blocked_until is not None and key.blocked_until > now
    return not key.invalid_since and not rests and not _why_closed(key)


def _first_to_return(keys: Iterable[ProviderKey]) -> ProviderKey | None:
    waiting = [(key.blocked_until, key.pk, key) for key in keys if key.blocked_until and not key.invalid_since]
    return min(waiting)[2] if waiting else None


def key_state(key: ProviderKey) -> str:
    """Whether a key can be used, or why not and what to do."""
    if not key.enabled:
        return _("switched off")
    if closed := _why_closed(key):
        return closed
    if key.invalid_since:
        return _("refused by the provider on %(when)s; enter a new key") % {"when": clock(key.invalid_since)}
    if key.blocked_until and key.blocked_until > timezone.now():
        return _resting(key.blocked_until, key.blocked_reason)
    return _("ready")


def key_words(key: ProviderKey) -> str:
    """Which key this is, without the key."""
    if key.variable:
        return _("environment variable %(name)s") % {"name": key.variable}
    if not key.fingerprint:
        return "–"
    ending = f"…{key.last_four}" if key.last_four else "…"
    return _("%(ending)s, fingerprint %(fingerprint)s") % {"ending": ending, "fingerprint": key.fingerprint}


def _why_closed(key: ProviderKey) -> str:
    try:
        key.open()
    except AuthenticationError:
        if key.variable:
            return _("the environment variable %(name)s is empty") % {"name": key.variable}
        return _("cannot be opened: ENCRYPTION_KEY has changed; enter the key again")
    return ""


def _resting(until: datetime, kind: str) -> str:
    reason = REASONS.get(kind)
    if reason:
        return _("resting until %(when)s because %(reason)s") % {"when": clock(until), "reason": reason}
    return _("resting until %(when)s") % {"when": clock(until)}


def limit_words(limits: LimitsEntry | None) -> list[str]:
    """The limits of a catalogue row, one phrase each."""
    if limits is None:
        return []
    phrases = []
    if count := limits.requests_per_minute:
        phrases.append(ngettext("%(count)s request a minute", "%(count)s requests a minute", count) % _grouped(count))
    if count := limits.requests_per_day:
        phrases.append(ngettext("%(count)s request a day", "%(count)s requests a day", count) % _grouped(count))
    if count := limits.tokens_per_minute:
        phrases.append(ngettext("%(count)s token a minute", "%(count)s tokens a minute", count) % _grouped(count))
    if count := limits.tokens_per_day:
        phrases.append(ngettext("%(count)s token a day", "%(count)s tokens a day", count) % _grouped(count))
    if count := limits.tokens_per_request:
        phrases.append(ngettext("%(count)s token a request", "%(count)s tokens a request", count) % _grouped(count))
    return phrases


def _grouped(count: int) -> dict[str, str]:
    return {"count": number_format(count, use_l10n=True, force_grouping=True)}
