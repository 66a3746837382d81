"""What really happened, to be read and never edited: attempts and circuit breakers."""

from __future__ import annotations

import uuid
from typing import Any, cast

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import URLPattern, path, reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from providers.admin.answers_page import key_ending, outcome_state, show_story, with_names
from providers.admin.explaining import error_kinds, meaning, place_words
from providers.admin.forms import CAPABILITIES
from providers.admin.state import duration
from providers.models import Attempt, Circuit, Provider, Rollup

# Two hundred pages.
MOST_COUNTED = 10_000


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]  # a ModelAdmin cannot be subscripted at run time
    """Records are history."""

    def has_add_permission(self, request: HttpRequest) -> bool:  # noqa: ARG002 - Django's own signature
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:  # noqa: ARG002
        """Never."""
        return False


class _OwnFilter(admin.SimpleListFilter):
    """A filter on a column whose values are known: asking the attempts for theirs would read all of them."""

    parameter_name = ""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:  # noqa: ARG002 - Django's own
        """What has the chosen value."""
        value = self.value()
        return queryset.filter(**{self.parameter_name: value}) if value else queryset


class ProviderFilter(_OwnFilter):
    """By provider."""

    title = _("provider")
    parameter_name = "provider_slug"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's own
        """Those that are configured."""
        return list(Provider.objects.order_by("name").values_list("slug", "name"))


class ErrorFilter(_OwnFilter):
    """By the kind of error."""

    title = _("error")
    parameter_name = "error_class"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's own
        """Every kind, in words."""
        return error_kinds()


class CapabilityFilter(_OwnFilter):
    """By what was asked for."""

    title = _("capability")
    parameter_name = "capability"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:  # noqa: ARG002 - Django's own
        """Every capability, in words."""
        return list(CAPABILITIES)


class FeatureFilter(_OwnFilter):
    """By the kind of work."""

    title = _("feature")
    parameter_name = "feature"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:  # noqa: ARG002 - Django's own
        """Those that the sums by day know, and the chosen one."""
        days = Rollup.objects.filter(grain=Rollup.Grain.DAY).exclude(feature="").order_by()
        known = {*days.values_list("feature", flat=True).distinct(), *filter(None, [self.value()])}
        return [(feature, feature) for feature in sorted(known)]


class _Paginator(Paginator):  # type: ignore[type-arg]  # it cannot be subscripted at run time
    """Counts no further than anybody leafs: counting ten million rows takes seconds."""

    @cached_property
    def count(self) -> int:
        """The number of rows, at most `MOST_COUNTED`."""
        rows = cast("QuerySet[Attempt]", self.object_list)
        return rows.order_by()[:MOST_COUNTED].count()


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Every call to a provider."""

    list_display = (
        "started_at",
        "asked",
        "model_id",
        "ended",
        "http_status",
        "took",
        "key",
        "feature",
        "story",
    )
    list_filter = ("outcome", ProviderFilter, ErrorFilter, CapabilityFilter, FeatureFilter, "started_at")
    fields = (
        ("started_at", "took", "ended"),
        ("asked", "model_id", "key"),
        ("feature", "capability", "story"),
        ("place", "why_here"),
        ("http_status", "error_class"),
        "detail",
        "raw",
        ("prompt_tokens", "completion_tokens", "usage_estimated"),
    )
    readonly_fields = ("took", "asked", "ended", "key", "story", "why_here")
    search_fields = ("request_id",)
    search_help_text = _("The request's id, whole or in part.")
    show_full_result_count = False
    paginator = _Paginator
    # Counting what each filter would leave reads all attempts once a choice.
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[Attempt]:
        """With names of provider and key, in the same query."""
        return with_names(super().get_queryset(request))

    def get_urls(self) -> list[URLPattern]:
        """With the story of one request."""
        view = self.admin_site.admin_view(self.show_story)
        return [path("story/<uuid:request_id>/", view, name="providers_attempt_story"), *super().get_urls()]

    def show_story(self, request: HttpRequest, request_id: uuid.UUID) -> HttpResponseBase:
        """All attempts of one request."""
        return show_story(self, request, request_id)

    @admin.display(description=_("provider"), ordering="provider_slug")
    def asked(self, attempt: Attempt) -> str:
        """The provider by its name today, or by its short name when it is gone."""
        return getattr(attempt, "provider_name", None) or attempt.provider_slug

    @admin.display(description=_("outcome"), ordering="outcome")
    def ended(self, attempt: Attempt) -> str:
        """How it ended, and why if not well."""
        error = f": {meaning(attempt.error_class).happened}" if attempt.error_class else ""
        return format_html("{}{}", outcome_state(attempt).html(), error)

    @admin.display(description=_("took"), ordering="latency_ms")
    def took(self, attempt: Attempt) -> str:
        """How long the call took."""
        return duration(attempt.latency_ms) or "–"

    @admin.display(description=_("key"))
    def key(self, attempt: Attempt) -> str:
        """Which key it was."""
        return key_ending(attempt)

    @admin.display(description=_("why here"))
    def why_here(self, attempt: Attempt) -> str:
        """Why this place was asked at this point."""
        return place_words(attempt.reason) or "–"

    @admin.display(description=_("request"), ordering="request_id")
    def story(self, attempt: Attempt) -> str:
        """The way to everything that was tried for the same request."""
        address = reverse("admin:providers_attempt_story", args=[attempt.request_id])
        return format_html('<a href="{}">{}</a>', address, str(attempt.request_id)[:8])

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Attempt], search_term: str
    ) -> tuple[QuerySet[Attempt], bool]:
        """By the whole id through its index, however it is written; else by part."""
        try:
            return queryset.filter(request_id=uuid.UUID(search_term.strip())), False
        except ValueError:
            return super().get_search_results(request, queryset, search_term)


@admin.register(Circuit)
class CircuitAdmin(ReadOnlyAdmin):
    """Which providers rest after failures."""

    list_display = ("provider", "failures", "open_until", "reason")
    list_select_related = ("provider",)
