"""The library of kept texts: the words by which each is found, and whose favourite it is."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketing.models.work import Variant


class LibraryEntry(models.Model):
    """A kept text as the search sees it; `marketing.finding` keeps it. Later entries were kept later.

    `words` are those of its texts and titles in plain letters with single spaces. Migration 0012 lays an index over
    them: FTS5 on SQLite, GIN on PostgreSQL.
    """

    id = models.BigAutoField(primary_key=True)
    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="entry")
    words = models.TextField()

    def __str__(self) -> str:
        return str(self.variant_id)


class Favourite(models.Model):
    """A text that somebody wants at hand. Everybody has their own."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="favourites")
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "variant"], name="one_favourite_each")]
        verbose_name = _("favourite")
        verbose_name_plural = _("favourites")

    def __str__(self) -> str:
        return f"{self.owner_id} {self.variant_id}"
