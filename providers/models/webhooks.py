"""Where clients want to hear what became of their jobs, and each message on its way there."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from providers.clients import Client


class WebhookEndpoint(models.Model):
    """An address of a client's that is told of events. `sealed` is the secret under which messages are signed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="webhooks", verbose_name=_("client"))
    url = models.URLField(_("address"), max_length=500)
    events = models.JSONField(_("events"), default=list)
    sealed = models.TextField(editable=False)
    # After a rotation the old secret signs too, until then.
    old_sealed = models.TextField(editable=False, blank=True)
    old_until = models.DateTimeField(null=True, editable=False)
    enabled = models.BooleanField(_("in use"), default=True)
    failing_since = models.DateTimeField(_("failing since"), null=True, blank=True, editable=False)
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["created_at"]
        verbose_name = _("webhook")
        verbose_name_plural = _("webhooks")

    def __str__(self) -> str:
        return self.url


class WebhookMessage(models.Model):
    """One event for one endpoint. It is on its way while `next_try_at` is set."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        WebhookEndpoint, on_delete=models.CASCADE, related_name="messages", verbose_name=_("webhook")
    )
    event = models.CharField(_("event"), max_length=40)
    body = models.TextField(_("body"))
    created_at = models.DateTimeField(_("happened"), default=timezone.now)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), null=True, default=timezone.now)
    delivered_at = models.DateTimeField(_("delivered"), null=True)
    last_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    last_error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["next_try_at"], name="messages_due", condition=models.Q(next_try_at__isnull=False))
        ]
        verbose_name = _("webhook message")
        verbose_name_plural = _("webhook messages")

    def __str__(self) -> str:
        return f"{self.event} {self.id}"
