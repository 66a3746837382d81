"""Blind comparisons: one brief, written by two models whose names stay covered until somebody has chosen."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Comparison(models.Model):
    """Two models at one brief. `first` and `second` are `provider/model` in the order of the page, drawn by chance.

    The texts belong to its two jobs and may be forgotten with them; who won stays.
    """

    class Choice(models.TextChoices):
        """What somebody made of the two; `void` where one of them wrote nothing."""

        OPEN = "", _("not decided")
        FIRST = "first", _("A is better")
        SECOND = "second", _("B is better")
        BOTH = "both", _("both are good")
        NEITHER = "neither", _("neither is good")
        VOID = "void", _("not comparable")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="comparisons")
    title = models.CharField(_("title"), max_length=200)
    content_type = models.SlugField(_("content type"))
    language = models.CharField(_("language"), max_length=5, blank=True)
    first = models.CharField(max_length=260)
    second = models.CharField(max_length=260)
    choice = models.CharField(_("choice"), max_length=10, choices=Choice, blank=True, default=Choice.OPEN)
    created_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["owner", "-created_at"], name="comparison_by_owner")]
        verbose_name = _("blind comparison")
        verbose_name_plural = _("blind comparisons")

    def __str__(self) -> str:
        return self.title
