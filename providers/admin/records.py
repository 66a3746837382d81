"""What really happened, to be read and never edited: attempts and circuit breakers."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from providers.models import Attempt, Circuit


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


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    """Every call to a provider."""

    list_display = (
        "started_at",
        "provider_slug",
        "model_id",
        "outcome",
        "error_class",
        "http_status",
        "latency_ms",
        "feature",
        "request_id",
    )
    list_filter = ("provider_slug", "outcome", "feature", "started_at")
    search_fields = ("request_id",)
    search_help_text = _("The request's id, whole or in part.")
    date_hierarchy = "started_at"
    show_full_result_count = False
    list_per_page = 50

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
