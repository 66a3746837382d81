"""Alerts: what does not work is told by e-mail and webhook once it lasts, with a cool-down, and once more when mended.

Looking is a chore, so one host of all does it. A conditional UPDATE decides who tells, so that nothing is told twice;
mail waits in the alert's row until a server has taken it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from prometheus import status
from providers import notifying
from providers.admin import capacity_board
from providers.clients import Client, Scope
from providers.models import Alert
from providers.monitoring import health

logger = logging.getLogger(__name__)
_LONGEST_SLUG = 120
# What a provider is when nobody needs to do anything about it: resting is every free tier's daily life.
_FINE = frozenset({"ok", "idle", "off", "resting"})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something that does not work now. `words` has a sentence for each language."""

    slug: str
    severity: str
    words: Mapping[str, str]


def look(now: datetime | None = None) -> int:
    """Compare what is with what was, and tell what is due; how many messages went out."""
    now = now or timezone.now()
    present = {one.slug: one for one in troubles(now)}
    open_ones = {one.slug: one for one in Alert.objects.filter(ended_at=None)}
    fresh = [Alert(slug=one.slug, raised_at=now) for one in present.values() if one.slug not in open_ones]
    Alert.objects.bulk_create(fresh, ignore_conflicts=True)
    told = 0
    for alert in Alert.objects.filter(ended_at=None):
        trouble = present.get(alert.slug)
        told += _end(alert, now) if trouble is None else _remind(alert, trouble, now)
    _post()
    return told


def troubles(now: datetime) -> list[Trouble]:
    """Everything that does not work, in every language."""
    spoken: dict[str, dict[str, tuple[str, str]]] = {}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for slug, severity, words in _found(now):
                spoken.setdefault(slug, {})[language] = (severity, words)
    return [
        Trouble(slug, next(iter(said.values()))[0], {language: words for language, (_state, words) in said.items()})
        for slug, said in spoken.items()
    ]


def _found(now: datetime) -> Iterator[tuple[str, str, str]]:
    for check in status.checks():
        if check.state != "ok":
            yield f"system:{check.slug}", check.state, f"{check.name}: {check.words}"
    states = health.provider_states()
    used = [one for one in states if one.enabled]
    if used and not any(one.can_answer for one in used):
        yield "providers", Alert.Severity.BAD, _("No provider can be asked now; drafts are composed offline.")
    for one in used:
        if one.state not in _FINE:
            yield f"provider:{one.slug}", Alert.Severity.WARN, _SAID[one.state](one.name)
    for card in capacity_board.cards(now):
        for bar in card.warnings:
            level = bar.level
            slug = f"quota:{card.provider.slug}:{level.metric}:{level.period}:{level.model_id}"[:_LONGEST_SLUG]
            words = _("%(name)s: the limit “%(limit)s” will probably be used up before its reset.")
            yield slug, Alert.Severity.WARN, words % {"name": card.provider.name, "limit": bar.name}


_SAID = {
    "failing": lambda name: _("%(name)s mostly fails.") % {"name": name},
    "no_key": lambda name: _("%(name)s has no good key.") % {"name": name},
    "no_model": lambda name: _("%(name)s has no model that can be asked.") % {"name": name},
}


def _remind(alert: Alert, trouble: Trouble, now: datetime) -> int:
    """Tell of a trouble that lasts, unless that was done lately."""
    quiet_until = alert.told_at + settings.ALERT_COOLDOWN if alert.told_at else alert.raised_at + settings.ALERT_AFTER
    Alert.objects.filter(pk=alert.pk).update(words=dict(trouble.words), severity=trouble.severity)
    alert.words, alert.severity = dict(trouble.words), trouble.severity
    return 0 if now < quiet_until else _told(alert, "alert.raised", now)


def _end(alert: Alert, now: datetime) -> int:
    """The trouble is over: whoever heard of it hears that, too."""
    if not Alert.objects.filter(pk=alert.pk, ended_at=None).update(ended_at=now):
        return 0
    alert.ended_at = now
    return _told(alert, "alert.ended", now) if alert.told_at else 0


def _told(alert: Alert, event: str, now: datetime) -> int:
    """One host notes that it was told, with the message to clients and the mail that is to go, in one transaction."""
    with transaction.atomic():
        if not Alert.objects.filter(pk=alert.pk, told_at=alert.told_at).update(told_at=now, unmailed=event):
            return 0
        _announce(alert, event)
    return 1


def _post() -> None:
    """Send the mail that waits. What the server does not take is tried again at the next look."""
    for alert in Alert.objects.exclude(unmailed=""):
        try:
            _mail(alert, alert.unmailed)
        except (SMTPException, OSError) as error:
            logger.warning("the alert %s could not be mailed: %s", alert.slug, error)
            return
        Alert.objects.filter(pk=alert.pk, unmailed=alert.unmailed).update(unmailed="")


def _announce(alert: Alert, event: str) -> None:
    data = {
        "id": alert.pk,
        "what": alert.slug,
        "severity": alert.severity,
        "words": alert.words,
        "since": alert.raised_at.isoformat(),
        "ended": alert.ended_at.isoformat() if alert.ended_at else None,
    }
    for client in Client.objects.all():
        if Scope.MONITORING.value in client.scopes:
            notifying.announce(client.pk, event, data)


def _mail(alert: Alert, event: str) -> None:
    """One message in both languages, the desk's own first."""
    if not settings.ALERT_EMAILS:
        return
    languages = sorted((code for code, _name in settings.LANGUAGES), key=lambda code: code != settings.LANGUAGE_CODE)
    subject, parts = "", []
    for language in languages:
        with translation.override(language):
            mended = event == "alert.ended"
            heading = _("Mended") if mended else _("Needs a person")
            subject = subject or f"Prometheus AI · {heading}: {alert.says(language)}"
            since = timezone.localtime(alert.raised_at)
            line = _("Since %(day)s, %(time)s.") % {"day": f"{since:%d.%m.%Y}", "time": f"{since:%H:%M}"}
            where = _("The status page says more: %(address)s") % {"address": _address()}
            parts.append(f"{heading}: {alert.says(language)}\n{line}\n{where}")
    # A name may hold a line break, and a header must not.
    EmailMessage(" ".join(subject.split())[:200], "\n\n".join(parts), to=list(settings.ALERT_EMAILS)).send()


def _address() -> str:
    return f"{(settings.PUBLIC_URL or f'http://127.0.0.1:{settings.PORT}').rstrip('/')}{reverse('status')}"
