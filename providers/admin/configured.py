"""Pages for what an administrator decides: providers, models, keys and limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import admin, messages
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.debug import sensitive_post_parameters

from providers.admin.answers_page import answers, outcome_state, show_answers
from providers.admin.catalogue_page import show_catalogue
from providers.admin.explaining import departures, meaning
from providers.admin.forms import CAPABILITIES, AIModelForm, ListedForm, ProviderForm
from providers.admin.hub_models_page import hub_urls
from providers.admin.inlines import AIModelInline, KeyFacts, ProviderKeyInline, QuotaInline, with_last_use
from providers.admin.key_forms import ProviderKeyForm
from providers.admin.keys_page import add_keys
from providers.admin.ordering import change_order
from providers.admin.replicate_pages import replicate_urls
from providers.admin.state import clock, provider_standing
from providers.admin.trial_page import TrialForm, show_test
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey
from providers.types import LOCAL_PROTOCOL

# What an administrator types may be a key: error reports must not carry it.
hide_form_values = method_decorator(sensitive_post_parameters(), name="changeform_view")


@hide_form_values
@admin.register(Provider)
class ProviderAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Providers: who is asked, in which order and how they stand."""

    form = ProviderForm
    inlines = (AIModelInline, ProviderKeyInline, QuotaInline)
    list_display = ("order", "name", "state", "last_attempt", "test", "priority", "weight", "tier", "enabled")
    list_display_links = ("name",)
    list_editable = ("priority", "weight")
    search_fields = ("name", "slug")
    prepopulated_fields = {"slug": ("name",)}
    readonly_fields = ("state", "differs")
    actions = ("let_answer_again", "switch_on", "switch_off")
    fieldsets = (
        (None, {"fields": ("name", "slug", "enabled", "state", "differs", "tier", "base_url")}),
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

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Moving makes sense where the list stands in its own order; testing is for those who may change."""
        columns = [str(column) for column in super().get_list_display(request)]
        may = self.has_change_permission(request)
        in_order = may and not set(request.GET) - {"p", "_changelist_filters"}
        hidden = {"order": not in_order, "test": not may}
        return [column for column in columns if not hidden.get(column)]

    def get_changelist_form(self, request: HttpRequest, **options: Any) -> Any:
        """With a label for each field."""
        return super().get_changelist_form(request, **{"form": ListedForm, **options})

    @admin.display(description=gettext_lazy("order"))
    def order(self, provider: Provider) -> str:
        """A handle to drag by, and buttons that move without a mouse and without a script."""
        context = {"provider": provider, "address": reverse("admin:providers_provider_order")}
        return render_to_string("admin/providers/provider/order.html", context)

    @admin.display(description=gettext_lazy("test"))
    def test(self, provider: Provider) -> str:
        """A button that tests the first key in use, and the place where the result appears."""
        return render_to_string("admin/providers/provider/test_button.html", {"provider": provider})

    @admin.display(description=gettext_lazy("state"))
    def state(self, provider: Provider) -> str:
        """Answering, resting or why not."""
        return provider_standing(provider).html(f"state-{provider.pk}") if provider.pk else "–"

    @admin.display(description=gettext_lazy("where it differs"))
    def differs(self, provider: Provider) -> str:
        """How the vendor departs from its protocol, in words."""
        sentences = departures(provider.quirks)
        return format_html_join("", "<div>{}</div>", ((one,) for one in sentences)) or _("Nowhere that we know of.")

    @admin.display(description=gettext_lazy("last attempt"))
    def last_attempt(self, provider: Provider) -> str:
        """How the last call ended and when, with the way to those before."""
        started = getattr(provider, "last_started", None)
        if not started:
            return "–"
        last = Attempt(outcome=getattr(provider, "last_outcome", ""))
        error = getattr(provider, "last_error", "")
        return format_html(
            '<a href="{}">{}</a> {}{}',
            reverse("admin:providers_provider_answers", args=[provider.pk]),
            clock(started),
            outcome_state(last).html(),
            f" ({meaning(error).happened})" if error else "",
        )

    def get_deleted_objects(
        self, objs: Sequence[Any] | QuerySet[Any], request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[Any], list[Any]]:
        """A circuit is not deleted by itself, but it goes with its provider."""
        to_delete, counts, missing, protected = super().get_deleted_objects(list(objs), request)
        return to_delete, counts, missing - {Circuit._meta.verbose_name}, protected

    def get_urls(self) -> list[URLPattern]:
        """With the pages beside the list and the form."""
        pages = (
            ("catalogue/", self.catalogue, "catalogue"),
            ("order/", self.change_order, "order"),
            ("<int:pk>/test/", self.test_now, "test"),
            ("<int:pk>/answers/", self.last_answers, "answers"),
            ("<int:pk>/keys/", self.add_keys, "keys"),
        )
        view = self.admin_site.admin_view
        added = [path(route, view(page), name=f"providers_provider_{name}") for route, page, name in pages]
        return [*added, *hub_urls(self), *replicate_urls(self), *super().get_urls()]

    @method_decorator(sensitive_post_parameters())
    def catalogue(self, request: HttpRequest) -> HttpResponseBase:
        """The built-in catalogue."""
        return show_catalogue(self, request)

    def change_order(self, request: HttpRequest) -> HttpResponseBase:
        """Another order of the providers."""
        return change_order(self, request)

    # The button in the list sends the list's own form along.
    @method_decorator(sensitive_post_parameters())
    def test_now(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """A test of a key, and of a model where that is wished."""
        return show_test(self, request, pk)

    def last_answers(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """The last attempts."""
        return show_answers(self, request, pk)

    @method_decorator(sensitive_post_parameters())
    def add_keys(self, request: HttpRequest, pk: int) -> HttpResponseBase:
        """Several keys at once."""
        return add_keys(self, request, pk)

    def render_change_form(self, request: HttpRequest, context: Any, *arguments: Any, **options: Any) -> HttpResponse:
        """With the test and the last answers; a form that comes back asks for its keys again."""
        provider = options.get("obj") or context.get("original")
        if request.method == "POST":
            for inline in context["inline_admin_formsets"]:
                for form in inline.formset.forms:
                    if isinstance(form, ProviderKeyForm):
                        form.ask_again()
        if provider:
            context |= answers(provider, None)
            if self.has_change_permission(request, provider):
                context["test_form"] = TrialForm(provider, initial={})
        rendered: HttpResponse = super().render_change_form(request, context, *arguments, **options)
        return rendered

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
        "shutdown_on",
        "listed_at",
        "gone_since",
    )
    list_editable = ("enabled", "quality")
    list_filter = ("provider", "enabled", "json_schema")
    list_select_related = ("provider",)
    search_fields = ("model_id",)
    readonly_fields = ("listed_at", "gone_since")

    def get_changelist_form(self, request: HttpRequest, **options: Any) -> Any:
        """With a label for each field."""
        return super().get_changelist_form(request, **{"form": ListedForm, **options})

    @admin.display(description=gettext_lazy("capabilities"))
    def can_do(self, model: AIModel) -> str:
        """The capabilities in words."""
        words = dict(CAPABILITIES)
        return ", ".join(str(words.get(capability, capability)) for capability in model.capabilities)


@hide_form_values
@admin.register(ProviderKey)
class ProviderKeyAdmin(KeyFacts, admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """All keys across providers; none is ever shown."""

    form = ProviderKeyForm
    list_display = ("__str__", "provider", "account", "which", "state", "age", "last_use", "enabled")
    list_filter = ("provider", "enabled")
    list_select_related = ("provider",)
    fields = (
        ("provider", "label", "account"),
        ("which", "state", "enabled"),
        ("variable", "new_key"),
        ("created_at", "last_use", "from_file"),
    )
    readonly_fields = ("which", "state", "created_at", "last_use", "from_file")
    actions = ("let_answer_again",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[ProviderKey]:
        """With the last use, in one query."""
        return with_last_use(super().get_queryset(request))

    def render_change_form(self, request: HttpRequest, context: Any, *arguments: Any, **options: Any) -> HttpResponse:
        """A form that comes back with a fault asks for its key again."""
        form = context["adminform"].form
        if request.method == "POST" and isinstance(form, ProviderKeyForm):
            form.ask_again()
        rendered: HttpResponse = super().render_change_form(request, context, *arguments, **options)
        return rendered

    @admin.action(description=gettext_lazy("Let it answer again"), permissions=["change"])
    def let_answer_again(self, request: HttpRequest, keys: QuerySet[ProviderKey]) -> None:
        """Free the keys of their rest and of a refusal."""
        ProviderKey.objects.filter(pk__in=keys.values("pk")).update(
            invalid_since=None, blocked_until=None, blocked_reason=""
        )
        self.message_user(request, _("The keys will be tried again."), messages.SUCCESS)
