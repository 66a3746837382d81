"""What is used of each limit, by whom, and what the vendor says of it. Moments are Unix time in seconds."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _


class Bucket(models.Model):
    """The count of one limit for one subject: a key, an account or the provider, perhaps of one model.

    `used` is the sum of what is in flight and of what the window still holds. The row is the serialisation point:
    whoever changes the count or its slots locks it first. `name` outlives an edit of the limit.
    """

    name = models.CharField(max_length=400, unique=True)
    provider = models.ForeignKey("providers.Provider", on_delete=models.CASCADE, related_name="buckets")
    metric = models.CharField(max_length=10)
    period = models.CharField(max_length=10)
    window = models.CharField(max_length=10)
    subject = models.CharField(max_length=80, blank=True)
    model_id = models.CharField(max_length=200, blank=True)
    limit = models.BigIntegerField(_("limit"), default=0)
    used = models.BigIntegerField(_("used"), default=0)
    # Sliding: no anchored slot leaves before this plus the period.
    oldest_at = models.FloatField(null=True)
    # Fixed and calendar: from `unsure_at` on the vendor may count anew, at `window_end` it does; what was
    # settled in between may count for the new window and is carried over.
    unsure_at = models.FloatField(null=True)
    window_end = models.FloatField(_("starts anew"), null=True)
    carried = models.BigIntegerField(default=0)
    # The vendor's word, after a 429.
    full_until = models.FloatField(_("full until"), default=0)
    # The vendor's own count, from headers and error bodies.
    seen_limit = models.BigIntegerField(_("limit by the vendor"), null=True)
    seen_remaining = models.BigIntegerField(_("left by the vendor"), null=True)
    seen_reset = models.FloatField(_("reset by the vendor"), null=True)
    seen_at = models.FloatField(_("seen"), null=True)
    seen_source = models.CharField(_("source"), max_length=10, blank=True)
    drift = models.BigIntegerField(_("their count less ours"), default=0)

    class Meta:
        verbose_name = _("count of a limit")
        verbose_name_plural = _("counts of limits")

    def __str__(self) -> str:
        return self.name


class Slot(models.Model):
    """What one attempt takes of a bucket: in flight while `anchored_at` is empty, then in the sliding window.

    Without an attempt it stands for uses that only the vendor knew of.
    """

    bucket = models.ForeignKey(Bucket, on_delete=models.CASCADE, related_name="slots", db_index=False)
    attempt_id = models.BigIntegerField(null=True, db_index=True)
    units = models.BigIntegerField()
    anchored_at = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["bucket", "anchored_at"], name="slots_by_age")]

    def __str__(self) -> str:
        return f"{self.units} of {self.bucket_id}"


class Holder(models.Model):
    """A process with calls in flight. What it holds is given up when its lease runs out."""

    id = models.BigIntegerField(primary_key=True)
    leased_until = models.FloatField()

    def __str__(self) -> str:
        return str(self.pk)
