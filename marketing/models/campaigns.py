"""What export files told of campaigns: one row an ad, a day and a breakdown, and the files themselves.

A row without a day is the total of a period: shown, never made part of a series.
"""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Campaign(models.Model):
    """A campaign, a song, a title or a mailing, as its source names it."""

    source = models.CharField(_("source"), max_length=30)
    account = models.CharField(_("account"), max_length=120, blank=True)
    # The source's number where its files have one, else the name.
    identity = models.CharField(_("identity"), max_length=300)
    name = models.CharField(_("name"), max_length=300)
    created_at = models.DateTimeField(_("first imported"), default=timezone.now)

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["source", "account", "identity"], name="one_campaign_an_identity"),
        ]
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")

    def __str__(self) -> str:
        return self.name


class CampaignFile(models.Model):
    """An uploaded export; its bytes lie in pieces, so that any worker can read them and none holds the whole."""

    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(_("bytes"))
    lines = models.PositiveIntegerField(_("lines"), default=0)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="campaign_files"
    )
    created_at = models.DateTimeField(_("uploaded"), default=timezone.now)
    imported_at = models.DateTimeField(_("imported"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        verbose_name = _("export file")
        verbose_name_plural = _("export files")

    def __str__(self) -> str:
        return self.name


class CampaignFilePiece(models.Model):
    """One piece of a file, in its order."""

    file = models.ForeignKey(CampaignFile, on_delete=models.CASCADE, related_name="pieces")
    position = models.PositiveIntegerField()
    content = models.BinaryField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="one_piece_a_position")]

    def __str__(self) -> str:
        return f"{self.file_id}/{self.position}"


class CampaignLayout(models.Model):
    """How somebody mapped the columns of files with these headings; the next one is read the same way."""

    signature = models.CharField(max_length=64, unique=True)
    name = models.CharField(_("name"), max_length=120)
    choices = models.JSONField(_("choices"), default=dict)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("column mapping")
        verbose_name_plural = _("column mappings")

    def __str__(self) -> str:
        return self.name


class CampaignDay(models.Model):
    """The sums of one ad, day and breakdown. Missing is NULL, never zero; rates are computed, never kept."""

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="days", verbose_name=_("campaign"), db_index=False
    )
    # A digest of what the row is about: importing it again finds it.
    key = models.CharField(max_length=40, unique=True)
    # A digest of its values: whether importing it again changed something.
    values_digest = models.CharField(max_length=40)
    day = models.DateField(_("day"), null=True, blank=True)
    period_start = models.DateField(_("from"), null=True, blank=True)
    period_end = models.DateField(_("to"), null=True, blank=True)
    adset = models.CharField(_("ad set"), max_length=300, blank=True)
    ad = models.CharField(_("ad"), max_length=300, blank=True)
    audience = models.CharField(_("audience"), max_length=200, blank=True)
    creative = models.CharField(_("creative"), max_length=200, blank=True)
    breakdown = models.CharField(_("breakdown"), max_length=300, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    impressions = models.BigIntegerField(_("impressions"), null=True, blank=True)
    reach = models.BigIntegerField(_("reach"), null=True, blank=True)
    clicks = models.BigIntegerField(_("clicks"), null=True, blank=True)
    views = models.BigIntegerField(_("views or streams"), null=True, blank=True)
    spend = models.DecimalField(_("spend"), max_digits=16, decimal_places=4, null=True, blank=True)
    conversions = models.DecimalField(_("conversions"), max_digits=16, decimal_places=4, null=True, blank=True)
    conversion_type = models.CharField(_("kind of conversion"), max_length=120, blank=True)
    revenue = models.DecimalField(_("revenue"), max_digits=16, decimal_places=4, null=True, blank=True)
    file = models.ForeignKey(CampaignFile, null=True, blank=True, on_delete=models.SET_NULL, related_name="days")
    row_number = models.PositiveIntegerField(_("line"), default=0)
    imported_at = models.DateTimeField(_("imported"), default=timezone.now)

    class Meta:
        ordering = ["day", "pk"]
        indexes = [models.Index(fields=["campaign", "day"], name="campaign_day")]
        verbose_name = _("day of a campaign")
        verbose_name_plural = _("days of campaigns")

    def __str__(self) -> str:
        return f"{self.campaign_id} {self.day}"


class Narrative(models.Model):
    """Sentences that a model wrote about figures, with placeholders in place of them. Other figures, other row."""

    digest = models.CharField(max_length=64)
    language = models.CharField(max_length=5)
    sentences = models.JSONField()
    provenance = models.JSONField(default=dict)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest", "language"], name="one_narrative_of_figures")]
        verbose_name = _("words about figures")
        verbose_name_plural = _("words about figures")

    def __str__(self) -> str:
        return f"{self.language} {self.digest[:12]}"
