"""Who gets the performance report by e-mail, how often and in which language."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class ReportMail(models.Model):
    """A person's report by e-mail. `next_at` ends the span of the next one; whoever holds the lease sends it."""

    class Rhythm(models.TextChoices):
        """How often, and over how long."""

        DAILY = "daily", _("every day (24 hours)")
        WEEKLY = "weekly", _("every Monday (7 days)")
        MONTHLY = "monthly", _("on the first of the month (30 days)")

    class By(models.TextChoices):
        """What the figures are seen by; the words of `monitoring.reports.BY`."""

        PROVIDER = "provider", _("provider")
        MODEL = "model", _("model")
        FEATURE = "feature", _("kind of work")
        CLIENT = "client", _("client")

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="report_mail", verbose_name=_("person")
    )
    rhythm = models.CharField(_("how often"), max_length=8, choices=Rhythm)
    by = models.CharField(_("figures by"), max_length=8, choices=By, default=By.PROVIDER)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    address = models.EmailField(_("e-mail address"))
    next_at = models.DateTimeField(db_index=True)
    lease_until = models.DateTimeField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(_("last sent"), null=True)
    last_error = models.CharField(_("error"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("report by e-mail")
        verbose_name_plural = _("reports by e-mail")

    def __str__(self) -> str:
        # Without the address: the audit log keeps names for good.
        return self.rhythm
