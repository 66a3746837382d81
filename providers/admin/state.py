"""How a provider and its keys stand now, in an administrator's words."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext_lazy

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


_SECOND_MS = 1000


def duration(milliseconds: int | None) -> str:
    """How long something took, as precisely as it matters; empty where that is not known."""
    if milliseconds is None:
        return ""
    if milliseconds < _SECOND_MS:
        return _("%(count)s ms") % {"count": milliseconds}
    return _("%(count)s s") % {"count": number_format(milliseconds / _SECOND_MS, 1)}


class Tone(StrEnum):
    """What a state means at a glance; each has a sign of its own, so that colour is never alone."""

    GOOD = "good"
    WAITING = "waiting"
    BAD = "bad"
    OFF = "off"


_SIGNS = {Tone.GOOD: "●", Tone.WAITING: "◐", Tone.BAD: "✕", Tone.OFF: "○"}


class State(NamedTuple):
    """How something stands: at a glance, and in words."""

    tone: Tone
    words: str

    def html(self, identity: str = "", *, exchanges: bool = False) -> SafeString:
        """The words with their sign; with `exchanges` they take the place of those with the same `identity`."""
        oob = format_html(' hx-swap-oob="{}"', "true") if exchanges else ""
        return format_html(
            '<span class="state state-{}"{}{}><span aria-hidden="true">{}</span> {}</span>',
            self.tone,
            format_html(' id="{}"', identity) if identity else "",
            oob,
            _SIGNS[self.tone],
            self.words,
        )


def provider_state(provider: Provider) -> str:
    """Whether a provider answers, or until when it rests and why. Reads its models, keys and circuit."""
    return provider_standing(provider).words


def provider_standing(provider: Provider) -> State:
    """The same with what it means at a glance."""
    now = timezone.now()
    if not provider.enabled:
        return State(Tone.OFF, _("switched off"))
    if not any(model.enabled and not model.gone_since for model in provider.models.all()):
        return State(Tone.BAD, _("no model in use"))
    circuit = getattr(provider, "circuit", None)
    if circuit and circuit.open_until:
        if circuit.open_until > now:
            return State(Tone.WAITING, _resting(circuit.open_until, circuit.reason))
        return State(Tone.WAITING, _("pause over; the next request tests it"))
    return _standing_by_keys(provider, now)


def needs_no_key(provider: Provider) -> bool:
    """Whether it is a model server of our own, or the model of this machine."""
    return provider.allow_private_address or provider.protocol == LOCAL_PROTOCOL


def _standing_by_keys(provider: Provider, now: datetime) -> State:
    keys = [key for key in provider.keys.all() if key.enabled]
    if not keys:
        return State(Tone.GOOD, _("answering")) if needs_no_key(provider) else State(Tone.BAD, _("no key"))
    if any(_usable(key, now) for key in keys):
        return State(Tone.GOOD, _("answering"))
    return key_standing(_first_to_return(keys) or keys[0])


def _usable(key: ProviderKey, now: datetime) -> bool:
    rests = key.blocked_until is not None and key.blocked_until > now
    return not key.invalid_since and not rests and not _why_closed(key)


def _first_to_return(keys: Iterable[ProviderKey]) -> ProviderKey | None:
    waiting = [(key.blocked_until, key.pk, key) for key in keys if key.blocked_until and not key.invalid_since]
    return min(waiting)[2] if waiting else None


def key_state(key: ProviderKey) -> str:
    """Whether a key can be used, or why not and what to do."""
    return key_standing(key).words


def key_standing(key: ProviderKey) -> State:
    """The same with what it means at a glance."""
    if not key.enabled:
        return State(Tone.OFF, _("switched off"))
    if closed := _why_closed(key):
        return State(Tone.BAD, closed)
    if key.invalid_since:
        when = clock(key.invalid_since)
        return State(Tone.BAD, _("refused by the provider on %(when)s; enter a new key") % {"when": when})
    if key.blocked_until and key.blocked_until > timezone.now():
        return State(Tone.WAITING, _resting(key.blocked_until, key.blocked_reason))
    return State(Tone.GOOD, _("ready"))


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


# `n` chooses the plural, `count` is the number as people write it.
_LIMITS = {
    "requests_per_second": ngettext_lazy("%(count)s request a second", "%(count)s requests a second", "n"),
    "requests_per_minute": ngettext_lazy("%(count)s request a minute", "%(count)s requests a minute", "n"),
    "requests_per_hour": ngettext_lazy("%(count)s request an hour", "%(count)s requests an hour", "n"),
    "requests_per_day": ngettext_lazy("%(count)s request a day", "%(count)s requests a day", "n"),
    "requests_per_month": ngettext_lazy("%(count)s request a month", "%(count)s requests a month", "n"),
    "tokens_per_minute": ngettext_lazy("%(count)s token a minute", "%(count)s tokens a minute", "n"),
    "tokens_per_hour": ngettext_lazy("%(count)s token an hour", "%(count)s tokens an hour", "n"),
    "tokens_per_day": ngettext_lazy("%(count)s token a day", "%(count)s tokens a day", "n"),
    "tokens_per_month": ngettext_lazy("%(count)s token a month", "%(count)s tokens a month", "n"),
    "tokens_per_request": ngettext_lazy("%(count)s token a request", "%(count)s tokens a request", "n"),
    "concurrent_requests": ngettext_lazy("%(count)s request at once", "%(count)s requests at once", "n"),
}
_SCOPES = {
    "key": gettext_lazy("counted for each key"),
    "account": gettext_lazy("counted for each account"),
    "provider": gettext_lazy("counted for all keys together"),
}


def limit_words(limits: LimitsEntry | None) -> list[str]:
    """The limits of a catalogue row, one phrase each, and how the vendor counts."""
    if limits is None or not limits.counts():
        return []
    phrases = [
        _LIMITS[name] % {"n": count, "count": number_format(count, use_l10n=True, force_grouping=True)}
        for name, count in limits.counts().items()
    ]
    if limits.per_model:
        phrases.append(_("each model by itself"))
    # Nearly every vendor counts by account, so only what differs is worth a word.
    if limits.scope != "account":
        phrases.append(str(_SCOPES[limits.scope]))
    return phrases
