"""What was suggested for an entry's metadata and what people made of it; which likeness is none."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketing.models.catalogue import Book, Release
from marketing.models.work import Job


class Suggestion(models.Model):
    """A value for one field of a record. `before` is what stood there, `accepted` what a person took of it.

    `items` are what a list is chosen from, each with its reason. `source`: `model`, `lists` or `rule`.
    """

    class State(models.TextChoices):
        """What became of it."""

        OPEN = "open", _("open")
        ACCEPTED = "accepted", _("accepted")
        REJECTED = "rejected", _("rejected")
        REPLACED = "replaced", _("replaced by a newer one")

    release = models.ForeignKey(Release, null=True, blank=True, on_delete=models.CASCADE, related_name="suggestions")
    book = models.ForeignKey(Book, null=True, blank=True, on_delete=models.CASCADE, related_name="suggestions")
    job = models.ForeignKey(Job, null=True, blank=True, on_delete=models.SET_NULL, related_name="suggestions")
    field = models.CharField(_("field"), max_length=80)
    before = models.JSONField(_("before"), null=True)
    value = models.JSONField(_("suggested"), null=True)
    items = models.JSONField(_("choices"), default=list, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    source = models.CharField(_("source"), max_length=10)
    language = models.CharField(_("language"), max_length=5, blank=True)
    provenance = models.JSONField(_("provenance"), default=dict, blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN, db_index=True)
    accepted = models.JSONField(_("accepted value"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    created_at = models.DateTimeField(_("made"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(release__isnull=False, book=None) | Q(release=None, book__isnull=False),
                name="suggestion_of_one_entry",
            ),
        ]
        verbose_name = _("suggestion")
        verbose_name_plural = _("suggestions")

    def __str__(self) -> str:
        return f"{self.release or self.book}: {self.field}"


class NotDuplicate(models.Model):
    """Two entries that look alike and are not the same; `one` is the smaller number."""

    kind = models.SlugField(_("kind"), max_length=10)
    one = models.PositiveBigIntegerField()
    other = models.PositiveBigIntegerField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("said"), default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["kind", "one", "other"], name="one_word_a_pair")]
        verbose_name = _("pair that is no duplicate")
        verbose_name_plural = _("pairs that are no duplicates")

    def __str__(self) -> str:
        return f"{self.kind} {self.one} ≠ {self.other}"
