"""What is kept of attempts when they themselves are gone, errors by cause, and what returns by the clock."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class Rollup(models.Model):
    """The attempts of one hour or one day at one model for one feature and client, summed up.

    `latency` and `first_token` are sketches (providers.monitoring.sketch) over answered attempts, in milliseconds.
    """

    class Grain(models.TextChoices):
        """How much time a row sums up."""

        HOUR = "hour", _("hour")
        DAY = "day", _("day")

    grain = models.CharField(max_length=4, choices=Grain)
    starts_at = models.DateTimeField(_("from"))
    provider_slug = models.CharField(_("provider"), max_length=50)
    model_id = models.CharField(_("model"), max_length=200)
    feature = models.CharField(_("feature"), max_length=40, blank=True)
    capability = models.CharField(_("capability"), max_length=30, blank=True)
    # 0: a person's work, or the product's own.
    client_id = models.BigIntegerField(_("client"), default=0)
    # Requests that began here: each request has exactly one attempt with the number 1.
    requests = models.PositiveIntegerField(_("requests"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    answered = models.PositiveIntegerField(_("answered"), default=0)
    answered_later = models.PositiveIntegerField(_("answered after the first try"), default=0)
    rejected = models.PositiveIntegerField(_("answer refused by the check"), default=0)
    failed = models.PositiveIntegerField(_("failed"), default=0)
    limited = models.PositiveIntegerField(_("refused for a limit"), default=0)
    cancelled = models.PositiveIntegerField(_("cancelled"), default=0)
    prompt_tokens = models.BigIntegerField(_("prompt tokens"), default=0)
    completion_tokens = models.BigIntegerField(_("answer tokens"), default=0)
    latency = models.JSONField(default=dict)
    first_token = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["grain", "starts_at", "provider_slug", "model_id", "feature", "capability", "client_id"],
                name="one_rollup_a_place",
            ),
        ]
        verbose_name = _("rollup")
        verbose_name_plural = _("rollups")

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d %H:%M} {self.provider_slug}/{self.model_id}"


class ErrorGroup(models.Model):
    """Errors with one cause. `count` is the sum of its hours; `sample` is the newest one, redacted."""

    class Source(models.TextChoices):
        """Where the error arose."""

        PROVIDER = "provider", _("a provider")
        OWN = "own", _("the product itself")

    class State(models.TextChoices):
        """Whether a person is done with it."""

        OPEN = "open", _("open")
        RESOLVED = "resolved", _("resolved")

    fingerprint = models.CharField(max_length=40, unique=True)
    source = models.CharField(_("source"), max_length=10, choices=Source)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OPEN)
    error_class = models.CharField(_("error"), max_length=80)
    title = models.CharField(_("what happened"), max_length=300)
    provider_slug = models.CharField(_("provider"), max_length=50, blank=True)
    feature = models.CharField(_("feature"), max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    sample = models.TextField(_("sample"), blank=True)
    sample_request = models.UUIDField(_("request"), null=True)
    count = models.PositiveBigIntegerField(_("count"), default=0)
    first_seen = models.DateTimeField(_("first seen"))
    last_seen = models.DateTimeField(_("last seen"), db_index=True)
    resolved_at = models.DateTimeField(_("resolved"), null=True)
    resolved_by = models.CharField(_("resolved by"), max_length=150, blank=True)
    reopened = models.PositiveIntegerField(_("re-opened"), default=0)
    reopened_at = models.DateTimeField(_("came back"), null=True)

    class Meta:
        ordering = ["-last_seen"]
        verbose_name = _("error group")
        verbose_name_plural = _("error groups")

    def __str__(self) -> str:
        return self.title


class ErrorHour(models.Model):
    """How often an error of a group arose in one hour."""

    group = models.ForeignKey(ErrorGroup, on_delete=models.CASCADE, related_name="hours")
    starts_at = models.DateTimeField(db_index=True)
    count = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "starts_at"], name="one_error_hour_a_group")]

    def __str__(self) -> str:
        return f"{self.group_id} {self.starts_at:%Y-%m-%d %H}: {self.count}"


class Alert(models.Model):
    """Something that does not work, from the look that found it to the one that found it mended.

    `words` has a sentence for each language. `told_at` is the last time that somebody was told, `unmailed` the event
    whose mail has not gone out yet.
    """

    class Severity(models.TextChoices):
        """How bad it is."""

        WARN = "warn", _("look at it")
        BAD = "bad", _("does not work")

    slug = models.CharField(_("what"), max_length=120)
    severity = models.CharField(_("severity"), max_length=4, choices=Severity, default=Severity.BAD)
    words = models.JSONField(_("words"), default=dict)
    raised_at = models.DateTimeField(_("since"), default=timezone.now)
    told_at = models.DateTimeField(_("last told"), null=True, blank=True)
    ended_at = models.DateTimeField(_("mended"), null=True, blank=True)
    unmailed = models.CharField(max_length=20, blank=True)

    class Meta:
        ordering = ["-raised_at"]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            # Of several hosts that see the same, one makes the row.
            models.UniqueConstraint(fields=["slug"], condition=models.Q(ended_at=None), name="alert_one_open"),
        ]

    def __str__(self) -> str:
        return self.slug

    def says(self, language: str) -> str:
        """What is wrong, in a language."""
        return str(self.words.get(language) or self.words.get("en") or self.slug)


class Chore(models.Model):
    """Work that returns by the clock; whoever moves `due_at` on by its conditional UPDATE does it."""

    name = models.SlugField(primary_key=True)
    due_at = models.DateTimeField(_("due"), default=timezone.now)
    done_at = models.DateTimeField(_("done"), null=True)
    # What the chore itself remembers, for example up to which hour it is through.
    state = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("chore")
        verbose_name_plural = _("chores")

    def __str__(self) -> str:
        return self.name
