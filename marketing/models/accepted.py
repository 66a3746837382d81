"""Suggestions that somebody accepted, with what was predicted then and what later days say of it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class AcceptedSuggestion(models.Model):
    """A prediction as it stood when it was accepted, never changed; the outcome is computed anew by every import."""

    class Kind(models.TextChoices):
        """What was suggested."""

        PAUSE = "pause", _("pause or change")
        SCALE = "scale", _("give it more")
        REFRESH = "refresh", _("refresh")
        BUDGET = "budget", _("spread the money anew")

    class State(models.TextChoices):
        """What the later days say; `INSIDE` is inside the predicted range."""

        WAITING = "waiting", _("cannot be told yet")
        INSIDE = "inside", _("as predicted")
        ABOVE = "above", _("more than predicted")
        BELOW = "below", _("less than predicted")

    kind = models.CharField(_("suggestion"), max_length=10, choices=Kind)
    # What it is about: one of the campaigns, or of the ads by their name; nothing for the money of all.
    group = models.CharField(_("kind of group"), max_length=10, blank=True)
    key = models.CharField(max_length=300, blank=True)
    name = models.CharField(_("name"), max_length=300, blank=True)
    currency = models.CharField(_("currency"), max_length=3)
    measure = models.CharField(_("measure"), max_length=20)
    expected = models.FloatField(_("predicted"))
    low = models.FloatField(_("predicted, at least"))
    high = models.FloatField(_("predicted, at most"))
    level = models.FloatField(_("certainty of the range"))
    period_start = models.DateField(_("data from"))
    period_end = models.DateField(_("data to"))
    digest = models.CharField(_("data"), max_length=12)
    # What the same method needs to look again: sizes, rates, the money of then.
    terms = models.JSONField(_("terms"), default=dict)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    accepted_at = models.DateTimeField(_("accepted"), default=timezone.now)

    state = models.CharField(_("outcome"), max_length=10, choices=State, default=State.WAITING)
    # Why it cannot be told, as a code.
    why = models.CharField(_("why not"), max_length=20, blank=True)
    actual = models.FloatField(_("actual"), null=True, blank=True)
    actual_low = models.FloatField(_("actual, at least"), null=True, blank=True)
    actual_high = models.FloatField(_("actual, at most"), null=True, blank=True)
    seen_start = models.DateField(_("seen from"), null=True, blank=True)
    seen_end = models.DateField(_("seen to"), null=True, blank=True)
    seen_digest = models.CharField(_("data seen"), max_length=12, blank=True)
    judged_at = models.DateTimeField(_("computed"), null=True, blank=True)

    class Meta:
        ordering = ["-accepted_at", "-pk"]
        constraints = [
            models.UniqueConstraint(fields=["digest", "currency", "kind", "group", "key"], name="accepted_once"),
        ]
        verbose_name = _("accepted suggestion")
        verbose_name_plural = _("accepted suggestions")

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}".strip()
