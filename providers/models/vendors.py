"""What is remembered of vendors: their lists of models, runs, webhooks, removals and data sets."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from providers.models.providers import Provider, ProviderKey


class ModelRefresh(models.Model):
    """When a provider's list of models was last read, what that changed, and when it is due again.

    `changes` are those of the last time that anything changed, as `providers.refreshing` words them; `listed` are the
    ids of the last whole list.
    """

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="refresh", primary_key=True)
    due_at = models.DateTimeField(_("due"), db_index=True)
    read_at = models.DateTimeField(_("last read"), null=True)
    error = models.CharField(_("error"), max_length=40, blank=True)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)
    changed_at = models.DateTimeField(_("last change"), null=True)
    changes = models.JSONField(_("changes"), default=list)
    listed = models.JSONField(_("models in the list"), default=list)

    class Meta:
        verbose_name = _("reading of a model list")
        verbose_name_plural = _("readings of model lists")

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.read_at}"


class RemovedProvider(models.Model):
    """A provider that somebody deleted, so that its variable in the environment does not bring it back."""

    slug = models.SlugField(_("short name"), unique=True)
    base_url = models.CharField(_("address"), max_length=300, blank=True)
    removed_at = models.DateTimeField(_("removed"), default=timezone.now)

    class Meta:
        verbose_name = _("removed provider")
        verbose_name_plural = _("removed providers")

    def __str__(self) -> str:
        return self.slug


class RemoteRun(models.Model):
    """A run that goes on at the vendor's by itself, remembered so that a crash does not pay for it twice.

    It is open until `closed_at`; whoever waits for it renews `lease_until`. Written by conditional UPDATEs only.
    """

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="runs", verbose_name=_("provider"))
    run_id = models.CharField(_("the vendor's id"), max_length=100, blank=True)
    request_id = models.UUIDField(_("request"), db_index=True)
    # The same for the same request to the same model: what a later process knows its predecessor's run by.
    fingerprint = models.CharField(_("fingerprint"), max_length=64)
    status = models.CharField(_("status"), max_length=30, blank=True)
    ended = models.BooleanField(_("ended"), default=False)
    urls = models.JSONField(_("addresses"), default=dict)
    created_at = models.DateTimeField(_("started"), default=timezone.now)
    lease_until = models.DateTimeField(_("waited for until"))
    closed_at = models.DateTimeField(_("closed"), null=True)

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "run_id"], condition=~models.Q(run_id=""), name="one_row_a_vendor_run"
            )
        ]
        indexes = [
            models.Index(
                fields=["provider", "fingerprint"], condition=models.Q(closed_at__isnull=True), name="open_runs"
            )
        ]
        verbose_name = _("run at a vendor")
        verbose_name_plural = _("runs at vendors")

    def __str__(self) -> str:
        return f"{self.provider_id}/{self.run_id}: {self.status}"


class WebhookSecret(models.Model):
    """What the webhooks of a key's account are signed with, sealed; `asked_at` bounds how often it is asked for."""

    key = models.OneToOneField(ProviderKey, on_delete=models.CASCADE, primary_key=True, related_name="webhook_secret")
    sealed = models.TextField(_("sealed secret"), blank=True, editable=False)
    asked_at = models.DateTimeField(_("asked"), null=True, editable=False)

    class Meta:
        verbose_name = _("webhook secret")
        verbose_name_plural = _("webhook secrets")

    def __str__(self) -> str:
        return str(self.key)


class DatasetReference(models.Model):
    """A part of a data set on the Hugging Face Hub that somebody picked; its rows stay there."""

    dataset_id = models.CharField(_("data set"), max_length=200)
    config = models.CharField(_("configuration"), max_length=200)
    split = models.CharField(_("split"), max_length=100)
    note = models.CharField(_("note"), max_length=300, blank=True, help_text=_("What it is good for."))
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
        verbose_name=_("added by"),
    )
    added_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)

    class Meta:
        ordering = ["dataset_id", "config", "split"]
        constraints = [
            models.UniqueConstraint(fields=["dataset_id", "config", "split"], name="one_row_a_part_of_a_data_set")
        ]
        verbose_name = _("data set")
        verbose_name_plural = _("data sets")

    def __str__(self) -> str:
        return f"{self.dataset_id} ({self.config}, {self.split})"
