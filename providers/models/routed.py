"""How requests are routed, what was decided, and what people made of the answers."""

from __future__ import annotations

from typing import Any, Self

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from providers.models.revision import Revision
from providers.routing.world import DEFAULT_POLICY, Policy

_THE_ROW = 1
_SHARE = [MinValueValidator(0.0), MaxValueValidator(1.0)]
_POINTS = [MinValueValidator(0.0), MaxValueValidator(10.0)]


class RoutingPolicy(models.Model):
    """The one row with what administrators may weigh; without it the defaults hold."""

    interactive_reserve = models.FloatField(
        _("reserve for people who wait"),
        default=DEFAULT_POLICY.interactive_reserve,
        validators=_SHARE,
        help_text=_("Of each limit, the share that work in the background leaves alone."),
    )
    perishable = models.FloatField(
        _("use up what perishes"),
        default=DEFAULT_POLICY.perishable,
        validators=_POINTS,
        help_text=_("Points for each quarter less that is left of a quota, and for a reset that is near."),
    )
    health = models.FloatField(
        _("avoid what fails"),
        default=DEFAULT_POLICY.health,
        validators=_POINTS,
        help_text=_("Points off for failures of the last minutes."),
    )
    latency = models.FloatField(
        _("avoid what is slow"),
        default=DEFAULT_POLICY.latency,
        validators=_POINTS,
        help_text=_("Points off for being much slower than the fastest one."),
    )
    rating = models.FloatField(
        _("prefer what people keep"),
        default=DEFAULT_POLICY.rating,
        validators=_POINTS,
        help_text=_("Points for answers that people keep as they are, off for those they rewrite or discard."),
    )
    keep_best_share = models.FloatField(
        _("keep the best model"),
        default=DEFAULT_POLICY.keep_best_share,
        validators=_SHARE,
        help_text=_("With less than this share left, the best model is kept for valuable work."),
    )
    exploration = models.FloatField(
        _("trials"),
        default=DEFAULT_POLICY.exploration,
        validators=_SHARE,
        help_text=_("Share of requests that try a model at random, so that ratings stay true."),
    )

    class Meta:
        verbose_name = _("routing policy")
        verbose_name_plural = _("routing policy")

    def __str__(self) -> str:
        return str(_("routing policy"))

    def save(self, *arguments: Any, **options: Any) -> None:
        """As Django's; every process then reads it anew."""
        super().save(*arguments, **options)
        Revision.renew()

    @classmethod
    def row(cls) -> Self:
        """The row, or a new one with the defaults that is not stored yet."""
        return cls.objects.filter(pk=_THE_ROW).first() or cls(pk=_THE_ROW)

    def policy(self) -> Policy:
        """As routing reads it."""
        return Policy(**{name: getattr(self, name) for name in Policy.__dataclass_fields__})


class ConfigurationSnapshot(models.Model):
    """What administrators had set while decisions were taken, as `routing.records` packs it."""

    id = models.UUIDField(primary_key=True)
    packed = models.BinaryField()
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return str(self.pk)


class RoutingDecision(models.Model):
    """The first decision about each request, as `routing.records` packs it; what came of it are its attempts."""

    request_id = models.UUIDField()
    configuration = models.UUIDField()
    decided_at = models.DateTimeField(default=timezone.now, db_index=True)
    packed = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["request_id"], name="decision_by_request")]

    def __str__(self) -> str:
        return str(self.request_id)


class Rating(models.Model):
    """What somebody made of one answer: 1 kept as it was, 0 discarded. `subject` names the answer; it counts once."""

    subject = models.CharField(max_length=80, unique=True)
    provider_slug = models.CharField(max_length=50)
    model_id = models.CharField(max_length=200)
    feature = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=5, blank=True)
    score = models.FloatField(validators=_SHARE)
    rated_at = models.DateTimeField(default=timezone.now, db_index=True)

    def __str__(self) -> str:
        return f"{self.provider_slug}/{self.model_id}: {self.score:.2f}"
