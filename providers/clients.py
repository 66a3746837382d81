"""Clients at rest: modules of the Lab that may call the product, their keys, and what they have used."""

from __future__ import annotations

from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Scope(models.TextChoices):
    """What a client may call."""

    CONTENT = "content", _("content: posts, ads, e-mails, tags")
    ANALYSIS = "analysis", _("analysis: performance, forecasts, trends")
    OPTIMIZATION = "optimization", _("optimization: metadata, prices, channels")
    OPENAI = "openai", _("OpenAI-compatible endpoints")
    MONITORING = "monitoring", _("monitoring: health, attempts, metrics")


class StreamMode(models.TextChoices):
    """How a stream is served when a call does not say: as it comes, or held until it is finished."""

    PLAIN = "plain", _("plain: as it comes")
    RESCUE = "rescue", _("rescue: held until it is finished")


def check_scopes(scopes: list[str]) -> None:
    """Raises ValidationError for a scope that does not exist, or for none."""
    if not scopes:
        raise ValidationError(_("Choose at least one scope."))
    if unknown := sorted(set(scopes) - set(Scope.values)):
        raise ValidationError(_("Unknown scope: %(names)s.") % {"names": ", ".join(unknown)})


def _at_least_one() -> list[MinValueValidator]:
    return [MinValueValidator(1)]


class Client(models.Model):
    """A module that may call the product: what it may do and how much of it."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    scopes = models.JSONField(_("scopes"), default=list, validators=[check_scopes])
    expires_at = models.DateTimeField(
        _("ends on"), null=True, blank=True, help_text=_("After this no key of the client works; empty: it never ends.")
    )
    stream_mode = models.CharField(_("streams"), max_length=10, choices=StreamMode, default=StreamMode.PLAIN)
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute"), null=True, blank=True, validators=_at_least_one(), help_text=_("Empty: no limit.")
    )
    requests_per_day = models.PositiveIntegerField(
        _("requests a day"),
        null=True,
        blank=True,
        validators=_at_least_one(),
        help_text=_("Days begin at 0:00 UTC."),
    )
    tokens_per_day = models.PositiveBigIntegerField(
        _("tokens a day"),
        null=True,
        blank=True,
        validators=_at_least_one(),
        help_text=_("Asked and answered."),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["name"]
        verbose_name = _("client")
        verbose_name_plural = _("clients")

    def __str__(self) -> str:
        return self.name


class HashKey(models.Model):
    """A secret under which client keys are hashed, sealed like a provider's key.

    Of its own rather than derived: neither a new SECRET_KEY nor a new ENCRYPTION_KEY (after `rotate_keys`) ends every
    client's key, and whoever can write into the database alone cannot plant one.
    """

    sealed = models.TextField(editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        ordering = ["-pk"]

    def __str__(self) -> str:
        return f"hash key {self.pk}"


class ClientKey(models.Model):
    """One key of a client. A client has one that is current, and perhaps older ones that still work for a while."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="keys", verbose_name=_("client"))
    key_id = models.CharField(_("id"), max_length=8, unique=True, editable=False)
    digest = models.CharField(max_length=64, editable=False)
    hash_key = models.ForeignKey(HashKey, on_delete=models.PROTECT, editable=False)
    created_at = models.DateTimeField(_("made"), default=timezone.now, editable=False)
    works_until = models.DateTimeField(_("replaced, works until"), null=True, editable=False)
    revoked_at = models.DateTimeField(_("revoked"), null=True, editable=False)
    last_used_at = models.DateTimeField(_("last used"), null=True, editable=False)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            # Of two rotations at the same moment one wins.
            models.UniqueConstraint(
                fields=["client"],
                condition=models.Q(works_until__isnull=True, revoked_at__isnull=True),
                name="one_current_key_a_client",
            ),
        ]
        verbose_name = _("client key")
        verbose_name_plural = _("client keys")

    def __str__(self) -> str:
        return f"pk_lab_{self.key_id}_…"

    def works_at(self, moment: datetime) -> bool:
        """Whether the key itself is good then; its client's end is the client's."""
        return self.revoked_at is None and (self.works_until is None or moment < self.works_until)


class ClientUse(models.Model):
    """What a client has used in the present minute and day (UTC). Written by conditional UPDATEs only."""

    client = models.OneToOneField(Client, on_delete=models.CASCADE, related_name="use", primary_key=True)
    minute = models.BigIntegerField(_("minute"), default=0, help_text=_("Minutes since 1970."))
    minute_requests = models.PositiveIntegerField(_("requests this minute"), default=0)
    day = models.BigIntegerField(_("day"), default=0, help_text=_("Days since 1970."))
    day_requests = models.PositiveIntegerField(_("requests today"), default=0)
    day_tokens = models.BigIntegerField(_("tokens today"), default=0)

    class Meta:
        verbose_name = _("client's use")
        verbose_name_plural = _("clients' use")

    def __str__(self) -> str:
        return f"{self.client_id}: {self.day_requests}"
