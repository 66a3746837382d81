"""What an administrator configures, the circuit breakers, and what really happened."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import IntegrityError, models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from providers import keys
from providers.adapters.base import registry
from providers.models.revision import Configured
from providers.types import LOCAL_PROTOCOL, Capability, Quirks

validate_base_url = URLValidator(schemes=["http", "https"])


# Four characters of a shorter key would say too much of it.
_SHORTEST_KEY_WITH_END = 16


OPENAI_PROTOCOL = "openai"
_BEST_QUALITY = 5


def validate_languages(value: Any) -> None:
    """Languages by their short codes with a quality from 1 to 5 each. Raises ValidationError."""
    sound = isinstance(value, dict) and all(
        isinstance(grade, int) and 1 <= grade <= _BEST_QUALITY and name.isalpha() and name.islower()
        for name, grade in value.items()
    )
    if not sound:
        raise ValidationError(_('Write languages and grades from 1 to 5, such as {"pl": 2}.'))


def protocols() -> list[tuple[str, Any]]:
    """Wire protocols that an adapter speaks, found by looking: a new one is a new file."""
    titles = {name: adapter.title for name, adapter in registry().items()}
    return [(name, _("local model") if name == LOCAL_PROTOCOL else title) for name, title in sorted(titles.items())]


class Tier(models.TextChoices):
    """What a vendor's access costs."""

    FREE = "free", _("free")
    FREEMIUM = "freemium", _("freemium")
    PAID = "paid", _("paid")


class Provider(Configured):
    """A vendor, or a model server of our own, and how to treat it."""

    slug = models.SlugField(_("short name"), unique=True)
    name = models.CharField(_("name"), max_length=80)
    enabled = models.BooleanField(_("in use"), default=True)
    protocol = models.CharField(_("protocol"), max_length=20, choices=protocols, default=OPENAI_PROTOCOL)
    tier = models.CharField(_("tier"), max_length=10, choices=Tier, default=Tier.FREE)
    base_url = models.CharField(_("address"), max_length=300, blank=True)
    priority = models.PositiveIntegerField(_("priority"), default=100, help_text=_("Lower is asked first."))
    weight = models.PositiveIntegerField(
        _("weight"),
        default=1,
        validators=[MinValueValidator(1)],
        help_text=_("Share of requests among providers of equal priority."),
    )
    trains_on_data = models.BooleanField(
        _("trains on data"),
        default=False,
        help_text=_("Confidential work never goes to a provider that may train on it."),
    )
    timeout_seconds = models.PositiveIntegerField(
        _("timeout in seconds"), default=30, validators=[MinValueValidator(1)]
    )
    failure_threshold = models.PositiveIntegerField(
        _("failures before a pause"), default=5, validators=[MinValueValidator(1)]
    )
    recovery_seconds = models.PositiveIntegerField(_("pause in seconds"), default=60, validators=[MinValueValidator(1)])
    allow_private_address = models.BooleanField(
        _("private address allowed"),
        default=False,
        help_text=_("Only for model servers in your own network."),
    )
    reset_timezone = models.CharField(_("day begins in time zone"), max_length=60, default="UTC")
    quirks = models.JSONField(
        _("departures from the protocol"),
        default=dict,
        blank=True,
        help_text=_("Fields of the catalogue such as max_tokens_field."),
    )

    class Meta:
        ordering = ["priority", "slug"]
        verbose_name = _("provider")
        verbose_name_plural = _("providers")

    def delete(self, *arguments: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """As Django's. A call that reserves in the same moment leaves a new count behind; then everything goes anew."""
        try:
            return super().delete(*arguments, **options)
        except IntegrityError:
            return super().delete(*arguments, **options)

    def __str__(self) -> str:
        return self.name

    def wire_quirks(self) -> Quirks:
        """The stored departures as the adapters read them."""
        stored: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in self.quirks.items()
        }
        return Quirks(**stored)


class GoneReason(models.TextChoices):
    """How a model went; empty where a call found out, as nothing but that call is known then."""

    VANISHED = "vanished", _("no longer in the vendor's list")
    RETIRED = "retired", _("retired by the vendor")
    ENDED = "ended", _("the vendor's last day for it has come")


class AIModel(Configured):
    """One model of a provider."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="models", verbose_name=_("provider"))
    model_id = models.CharField(_("model id"), max_length=200)
    enabled = models.BooleanField(_("in use"), default=True)
    capabilities = models.JSONField(_("capabilities"), default=list)
    context_tokens = models.PositiveIntegerField(_("context in tokens"), default=8192)
    max_output_tokens = models.PositiveIntegerField(_("longest answer in tokens"), default=2048)
    quality = models.PositiveSmallIntegerField(
        _("quality"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(5)],
        help_text=_("1 to 5, your own judgement."),
    )
    languages = models.JSONField(
        _("quality by language"),
        default=dict,
        blank=True,
        help_text=_('Where it differs, such as {"pl": 2}.'),
        validators=[validate_languages],
    )
    json_schema = models.BooleanField(_("follows a JSON schema"), default=False)
    streaming = models.BooleanField(_("streams"), default=True)
    gone_since = models.DateTimeField(_("gone since"), null=True, blank=True)
    gone_reason = models.CharField(
        _("why it is gone"), max_length=12, choices=GoneReason, blank=True, default="", editable=False
    )
    shutdown_on = models.DateField(_("ends on"), null=True, blank=True, help_text=_("As the vendor announced it."))
    listed_at = models.DateTimeField(_("last seen in the vendor's list"), null=True, blank=True, editable=False)
    missing_since = models.DateTimeField(_("first list without it"), null=True, blank=True, editable=False)
    told = models.JSONField(_("as the vendor lists it"), default=dict, blank=True, editable=False)

    class Meta:
        ordering = ["provider", "-quality", "model_id"]
        constraints = [models.UniqueConstraint(fields=["provider", "model_id"], name="one_row_a_model")]
        verbose_name = _("model")
        verbose_name_plural = _("models")

    def __str__(self) -> str:
        return self.model_id

    def can(self, capability: Capability) -> bool:
        """Whether the model has the capability."""
        return capability.value in self.capabilities

    @property
    def has_ended(self) -> bool:
        """Whether the day has come that the vendor named as its end; the day counts in UTC."""
        return self.shutdown_on is not None and self.shutdown_on <= timezone.now().date()


class ProviderKey(Configured):
    """An API key: sealed here, or the name of the environment variable that holds it."""

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="keys", verbose_name=_("provider"))
    label = models.CharField(_("label"), max_length=60, blank=True)
    enabled = models.BooleanField(_("in use"), default=True)
    account = models.CharField(
        _("account"),
        max_length=60,
        blank=True,
        help_text=_("Keys of one account share its limits; leave it empty where every key has an account of its own."),
    )
    variable = models.CharField(_("environment variable"), max_length=80, blank=True)
    sealed = models.TextField(_("sealed key"), blank=True, editable=False)
    fingerprint = models.CharField(_("fingerprint"), max_length=12, blank=True, editable=False)
    last_four = models.CharField(_("last four"), max_length=4, blank=True, editable=False)
    from_file = models.BooleanField(
        _("from a providers file"),
        default=False,
        editable=False,
        help_text=_("The next file may replace it; keys typed here are never touched by a file."),
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    entered_at = models.DateTimeField(_("key entered"), default=timezone.now, editable=False)
    invalid_since = models.DateTimeField(_("refused since"), null=True, blank=True)
    blocked_until = models.DateTimeField(_("resting until"), null=True, blank=True)
    blocked_reason = models.CharField(_("reason"), max_length=40, blank=True)

    class Meta:
        ordering = ["provider", "pk"]
        verbose_name = _("provider key")
        verbose_name_plural = _("provider keys")

    def __str__(self) -> str:
        return self.label or self.variable or f"…{self.last_four}"

    def hold(self, secret: str) -> None:
        """Seal a secret into this row; the caller saves."""
        self.sealed = keys.seal(secret)
        self.fingerprint = keys.fingerprint(secret)
        self.last_four = secret[-4:] if len(secret) >= _SHORTEST_KEY_WITH_END else ""
        self.variable = ""
        self.entered_at = timezone.now()
        self.invalid_since = None
        self.blocked_until = None

    def open(self) -> str:
        """The key itself. Raises AuthenticationError when it cannot be had."""
        return keys.from_environment(self.variable) if self.variable else keys.unseal(self.sealed)


class Quota(Configured):
    """A limit of a provider, or of one of its models: so much of something in a period."""

    class Metric(models.TextChoices):
        """What is counted."""

        REQUESTS = "requests", _("requests")
        TOKENS = "tokens", _("tokens")
        CONCURRENT = "concurrent", _("requests at once")

    class Period(models.TextChoices):
        """Over which stretch it is counted; a request for what each one may hold, or how many run at once."""

        REQUEST = "request", _("request")
        SECOND = "second", _("second")
        MINUTE = "minute", _("minute")
        HOUR = "hour", _("hour")
        DAY = "day", _("day")
        MONTH = "month", _("month")

    class Window(models.TextChoices):
        """When a count begins anew: never (each use leaves by itself), a period after the first use, by calendar."""

        SLIDING = "sliding", _("sliding")
        FIXED = "fixed", _("from the first use")
        CALENDAR = "calendar", _("by the calendar")

    class Scope(models.TextChoices):
        """Whose uses are counted together."""

        KEY = "key", _("each key")
        ACCOUNT = "account", _("each account")
        PROVIDER = "provider", _("the whole provider")

    provider = models.ForeignKey(Provider, on_delete=models.CASCADE, related_name="quotas", verbose_name=_("provider"))
    model = models.ForeignKey(
        AIModel,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="quotas",
        verbose_name=_("only this model"),
    )
    metric = models.CharField(_("what"), max_length=10, choices=Metric)
    period = models.CharField(_("per"), max_length=10, choices=Period)
    limit = models.PositiveBigIntegerField(_("limit"), validators=[MinValueValidator(1)])
    scope = models.CharField(_("counted for"), max_length=10, choices=Scope, default=Scope.ACCOUNT)
    per_model = models.BooleanField(
        _("for each model"), default=False, help_text=_("Every model of the provider has this limit for itself.")
    )
    window = models.CharField(_("window"), max_length=10, choices=Window, default=Window.SLIDING)

    class Meta:
        ordering = ["provider", "model", "metric", "period"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "metric", "period"],
                condition=models.Q(model__isnull=True),
                name="one_limit_a_period",
            ),
            models.UniqueConstraint(fields=["model", "metric", "period"], name="one_limit_a_period_and_model"),
        ]
        verbose_name = _("limit")
        verbose_name_plural = _("limits")

    def __str__(self) -> str:
        return f"{self.limit} {self.metric}/{self.period}"


class Circuit(models.Model):
    """A provider's circuit breaker, shared by all processes. Written under the row's lock only."""

    provider = models.OneToOneField(Provider, on_delete=models.CASCADE, related_name="circuit", primary_key=True)
    failures = models.PositiveIntegerField(_("failures in a row"), default=0)
    open_until = models.DateTimeField(_("pausing until"), null=True, blank=True)
    # The half-open probe's lease: who took it last reports back, or another one may after this.
    probe_until = models.DateTimeField(_("tested until"), null=True, blank=True)
    reason = models.CharField(_("reason"), max_length=40, blank=True)

    class Meta:
        verbose_name = _("circuit breaker")
        verbose_name_plural = _("circuit breakers")

    def __str__(self) -> str:
        return f"{self.provider_id}: {self.failures}"


class Attempt(models.Model):
    """One call to a provider: begun before it leaves, settled when its end is known."""

    class Outcome(models.TextChoices):
        """How a call ended."""

        RUNNING = "running", _("running")
        ANSWERED = "answered", _("answered")
        REJECTED = "rejected", _("answer refused by the check")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")
        ABANDONED = "abandoned", _("lost with its process")

    request_id = models.UUIDField(_("request"), default=uuid.uuid4, db_index=True)
    place = models.PositiveSmallIntegerField(_("number"), default=1)
    feature = models.CharField(_("feature"), max_length=40, blank=True)
    capability = models.CharField(_("capability"), max_length=30, blank=True)
    provider = models.ForeignKey(Provider, null=True, on_delete=models.SET_NULL, related_name="attempts")
    provider_slug = models.CharField(_("provider"), max_length=50)
    model_id = models.CharField(_("model"), max_length=200)
    key_fingerprint = models.CharField(_("key"), max_length=12, blank=True)
    reason = models.CharField(_("why here"), max_length=120, blank=True)
    started_at = models.DateTimeField(_("started"), default=timezone.now, db_index=True)
    latency_ms = models.PositiveIntegerField(_("took (ms)"), null=True)
    outcome = models.CharField(_("outcome"), max_length=10, choices=Outcome, default=Outcome.RUNNING)
    error_class = models.CharField(_("error"), max_length=40, blank=True)
    http_status = models.PositiveSmallIntegerField(_("HTTP status"), null=True)
    detail = models.CharField(_("detail"), max_length=1000, blank=True)
    raw = models.TextField(
        _("whole answer"), blank=True, help_text=_("What the vendor sent, without anything that looks like a key.")
    )
    prompt_tokens = models.PositiveIntegerField(_("prompt tokens"), null=True)
    completion_tokens = models.PositiveIntegerField(_("answer tokens"), null=True)
    usage_estimated = models.BooleanField(_("tokens estimated"), default=False)
    holder_id = models.BigIntegerField(null=True, editable=False)
    first_token_ms = models.PositiveIntegerField(_("first words after (ms)"), null=True)
    # A number rather than a reference: what was done outlives the client that asked for it.
    client_id = models.BigIntegerField(_("client"), null=True)

    class Meta:
        ordering = ["-started_at", "-pk"]
        indexes = [
            models.Index(fields=["holder_id"], condition=models.Q(outcome="running"), name="attempts_in_flight"),
        ]
        verbose_name = _("attempt")
        verbose_name_plural = _("attempts")

    def __str__(self) -> str:
        return f"{self.provider_slug}/{self.model_id}: {self.outcome}"
