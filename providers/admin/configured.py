"""Pages for what an administrator decides: providers, models, keys and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from providers.admin.catalogue_page import show_catalogue
from providers.admin.forms import CAPABILITIES, AIModelForm, ProviderForm, ProviderKeyForm, QuotaForm
from providers.admin.hub_models_page import hub_urls
from providers.admin.replicate_pages import replicate_urls
from providers.admin.state import REASONS, clock, key_state, key_words, provider_state
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey, Quota
from providers.types import LOCAL_PROTOCOL

# What an administrator types may be a key: error reports must not carry it.
hide_form_values = method_decorator(sensitive_post_parameters(), name="changeform_view")


class AIModelInline(admin.StackedInline):  # type: ignore[type-arg]  # an inline cannot be subscripted at run time
    """The models of a provider."""

    model = AIModel
    form = AIModelForm
    extra = 0
    readonly_fields = ("gone_since",)
    fields = (
        ("model_id", "enabled", "quality"),
        "capabilities",
        ("context_tokens", "max_output_tokens"),
        ("json_schema", "streaming", "gone_since"),
    )


class ProviderKeyInline(admin.StackedInline):  # type: ignore[type-arg]  # an inline cannot be subscripted at run time
    """The keys of a provider."""

    model = ProviderKey
    form = ProviderKeyForm
    extra = 0
    fields = (("which", "state"), ("label", "enabled"), ("variable", "new_key"))
    readonly_fields = ("which", "state")

    @admin.display(description=gettext_lazy("stored key"))
    def which(self, key: ProviderKey) -> str:
        """Which key it is, without the key."""
        return key_words(key)

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ProviderKey) -> str:
        """Whether it can be used."""
        return key_state(key) if key.pk else "–"


class QuotaInline(admin.TabularInline):  # type: ignore[type-arg]  # an inline cannot be subscripted at run time
    """The limits of a provider."""

    model = Quota
    form = QuotaForm
    extra = 0


@hide_form_values
@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Providers: who is asked, in which order and how they stand."""

    form = ProviderForm
    inlines = (AIModelInline, ProviderKeyInline, QuotaInline)
    list_display = ("name", "enabled", "tier", "priority", "weight", "state", "last_attempt")
    list_editable = ("priority", "weight")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("state",)
    actions = ("let_answer_again", "switch_on", "switch_off")
    fieldsets = (
        (None, {"fields": ("name", "slug", "enabled", "state", "tier", "base_url")}),
        (gettext_lazy("When it is asked"), {"fields": ("priority", "weight", "trains_on_data", "reset_timezone")}),
        (gettext_lazy("Patience"), {"fields": ("timeout_seconds", "failure_threshold", "recovery_seconds")}),
        (
            gettext_lazy("Special cases"),
            {"classes": ("collapse",), "fields": ("protocol", "allow_private_address", "quirks")},
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Provider]:
        """With what the state and the last attempt need, in a fixed number of queries."""
        # By primary key: it grows with time, and the index on the provider already holds it.
        last = Attempt.objects.filter(provider=OuterRef("pk")).order_by("-pk")
        found: QuerySet[Provider] = super().get_queryset(request)
        return (
            found.select_related("circuit")
            .prefetch_related("models", "keys")
            .annotate(
                last_outcome=Subquery(last.values("outcome")[:1]),
                last_error=Subquery(last.values("error_class")[:1]),
                last_started=Subquery(last.values("started_at")[:1]),
            )
        )

    @admin.display(description=gettext_lazy("state"))
    def state(self, provider: Provider) -> str:
        """Answering, resting or why not."""
        return provider_state(provider) if provider.pk else "–"

    @admin.display(description=gettext_lazy("last attempt"))
    def last_attempt(self, provider: Provider) -> str:
        """How the last call ended and when."""
        started = getattr(provider, "last_started", None)
        if not started:
            return "–"
        outcome = str(Attempt.Outcome(getattr(provider, "last_outcome", "")).label)
        error = getattr(provider, "last_error", "")
        return f"{clock(started)}: {outcome}" + (f" ({REASONS.get(error, error)})" if error else "")

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """A circuit is not deleted by itself, but it goes with its provider."""
        to_delete, counts, missing, protected = super().get_deleted_objects(list(objs), request)
        return to_delete, counts, missing - {Circuit._meta.verbose_name}, protected  # noqa: SLF001 - Django's own name

    def get_urls(self) -> list[URLPattern]:
        """With the page that adds a vendor from the catalogue."""
        view = self.admin_site.admin_view(self.catalogue)
        return [
            path("catalogue/", view, name="providers_provider_catalogue"),
            *hub_urls(self),
            *replicate_urls(self),
            *super().get_urls(),
        ]

    @method_decorator(sensitive_post_parameters())
    def catalogue(self, request: HttpRequest) -> HttpResponseBase:
        """The built-in catalogue."""
        return show_catalogue(self, request)

    @admin.action(description=gettext_lazy("Let it answer again"), permissions=["change"])
    def let_answer_again(self, request: HttpRequest, providers: QuerySet[Provider]) -> None:
        """Close the circuits, free the keys and bring back models that were reported gone."""
        ids = list(providers.values_list("pk", flat=True))
        Circuit.objects.filter(provider__in=ids).update(failures=0, open_until=None, reason="")
        ProviderKey.objects.filter(provider__in=ids).update(invalid_since=None, blocked_until=None, blocked_reason="")
        # Whether the local model is there is not for the administrator to say.
        AIModel.objects.filter(provider__in=ids).exclude(provider__protocol=LOCAL_PROTOCOL).update(gone_since=None)
        self._say(request, len(ids))

    @admin.action(description=gettext_lazy("Switch on"), permissions=["change"])
    def switch_on(self, request: HttpRequest, providers: QuerySet[Provider]) -> None:
        """Put to use."""
        self._say(request, Provider.objects.filter(pk__in=providers.values("pk")).update(enabled=True))

    @admin.action(description=gettext_lazy("Switch off"), permissions=["change"])
    def switch_off(self, request: HttpRequest, providers: QuerySet[Provider]) -> None:
        """Take out of use; nothing is deleted."""
        self._say(request, Provider.objects.filter(pk__in=providers.values("pk")).update(enabled=False))

    def _say(self, request: HttpRequest, count: int) -> None:
        words = ngettext("%(count)s provider updated.", "%(count)s providers updated.", count) % {"count": count}
        self.message_user(request, words, messages.SUCCESS)


@admin.register(AIModel)
class AIModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """All models across providers."""

    form = AIModelForm
    list_display = (
        "model_id",
        "provider",
        "enabled",
        "can_do",
        "context_tokens",
        "quality",
        "json_schema",
        "gone_since",
    )
    list_editable = ("enabled", "quality")
    list_filter = ("provider", "enabled", "json_schema")
    list_select_related = ("provider",)
    search_fields = ("model_id",)
    readonly_fields = ("gone_since",)

    @admin.display(description=gettext_lazy("capabilities"))
    def can_do(self, model: AIModel) -> str:
        """The capabilities in words."""
        words = dict(CAPABILITIES)
        return ", ".join(str(words.get(capability, capability)) for capability in model.capabilities)


@hide_form_values
@admin.register(ProviderKey)
class ProviderKeyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """All keys across providers; none is ever shown."""

    form = ProviderKeyForm
    list_display = ("__str__", "provider", "enabled", "which", "state", "created_at")
    list_filter = ("provider", "enabled")
    list_select_related = ("provider",)
    fields = ("provider", "label", "enabled", "which", "state", "variable", "new_key", "created_at", "from_file")
    readonly_fields = ("which", "state", "created_at", "from_file")
    actions = ("let_answer_again",)

    @admin.display(description=gettext_lazy("stored key"))
    def which(self, key: ProviderKey) -> str:
        """Which key it is, without the key."""
        return key_words(key)

    @admin.display(description=gettext_lazy("state"))
    def state(self, key: ProviderKey) -> str:
        """Whether it can be used."""
        return key_state(key) if key.pk else "–"

    @admin.action(description=gettext_lazy("Let it answer again"), permissions=["change"])
    def let_answer_again(self, request: HttpRequest, keys: QuerySet[ProviderKey]) -> None:
        """Free the keys of their rest and of a refusal."""
        ProviderKey.objects.filter(pk__in=keys.values("pk")).update(
            invalid_since=None, blocked_until=None, blocked_reason=""
        )
        self.message_user(request, _("The keys will be tried again."), messages.SUCCESS)
