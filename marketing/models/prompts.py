"""Changed prompts: tried against stored briefs, then put in a file's place or dropped."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketing.models.work import Job


class ChangedPrompt(models.Model):
    """A prompt file's text as an administrator changed it; at most one a content type and language is in use.

    `base` is the text it was changed from, `trial` the job that ran both against stored briefs.
    """

    class State(models.TextChoices):
        """Where it stands."""

        DRAFT = "draft", _("on trial")
        IN_USE = "in-use", _("in use")
        FORMER = "former", _("used before")
        DROPPED = "dropped", _("dropped")

    content_type = models.SlugField(_("content type"))
    language = models.CharField(_("language"), max_length=5)
    text = models.TextField(_("prompt"))
    base = models.TextField(_("before"))
    note = models.CharField(_("why"), max_length=200, blank=True)
    digest = models.CharField(max_length=12)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    trial = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(_("written"), default=timezone.now)
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)

    class Meta:
        ordering = ["-created_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["content_type", "language"], name="one_changed_prompt_in_use", condition=Q(state="in-use")
            )
        ]
        verbose_name = _("changed prompt")
        verbose_name_plural = _("changed prompts")

    def __str__(self) -> str:
        return f"{self.content_type} ({self.language}), {self.version}"

    @property
    def version(self) -> str:
        """Its name in records and beside texts."""
        return f"change {self.pk}"
