"""What people did with a text after it was written: its versions, what was said of it, and who approved it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from marketing.models.work import Variant


class VariantVersion(models.Model):
    """A text as a person left it. Edits of one person in one sitting are one version."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="versions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    title = models.CharField(_("title"), max_length=300, blank=True)
    text = models.TextField(_("text"))
    fields = models.JSONField(_("fields"), default=dict, blank=True)
    created_at = models.DateTimeField(_("begun"), default=timezone.now)
    saved_at = models.DateTimeField(_("saved"), default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("version of a text")
        verbose_name_plural = _("versions of texts")

    def __str__(self) -> str:
        return f"{self.variant_id} {self.saved_at:%Y-%m-%d %H:%M}"


class Comment(models.Model):
    """What somebody said of a text."""

    variant = models.ForeignKey(Variant, on_delete=models.CASCADE, related_name="comments")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    text = models.TextField(_("comment"))
    created_at = models.DateTimeField(_("said"), default=timezone.now)

    class Meta:
        ordering = ["created_at", "pk"]
        verbose_name = _("comment")
        verbose_name_plural = _("comments")

    def __str__(self) -> str:
        return self.text[:80]


class Review(models.Model):
    """Where a text stands between its author and an approver. An edit of an approved text opens it again."""

    class State(models.TextChoices):
        """How far it is."""

        SUBMITTED = "submitted", _("waits for approval")
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("sent back")

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="review")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.SUBMITTED, db_index=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)

    class Meta:
        ordering = ["asked_at"]
        verbose_name = _("review")
        verbose_name_plural = _("reviews")

    def __str__(self) -> str:
        return f"{self.variant_id} {self.state}"


class PlannedPost(models.Model):
    """When a text is to go out."""

    variant = models.OneToOneField(Variant, on_delete=models.CASCADE, related_name="planned")
    at = models.DateTimeField(_("goes out"), db_index=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering = ["at"]
        verbose_name = _("planned post")
        verbose_name_plural = _("planned posts")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.variant_id}"


class CalendarAddress(models.Model):
    """The secret end of a person's calendar address, for programs that sign in nowhere; kept as a hash."""

    owner = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="calendar_address")
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.owner_id)
