"""Clients' webhooks and their messages: where they go, what became of each, and sending one again."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from providers.access import Deed, record
from providers.admin.records import ReadOnlyAdmin
from providers.models import WebhookEndpoint, WebhookMessage


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(ReadOnlyAdmin):
    """Clients enter their own addresses; an administrator looks, and stops one."""

    list_display = ("url", "client", "enabled", "failing_since", "created_at")
    list_filter = ("enabled",)
    list_select_related = ("client",)
    search_fields = ("url", "client__name")
    fields = readonly_fields = ("client", "url", "events", "enabled", "failing_since", "created_at")
    actions = ("stop", "use")

    @admin.action(description=_("Stop sending to these addresses"))
    def stop(self, request: HttpRequest, rows: QuerySet[WebhookEndpoint]) -> None:
        """Nothing more is sent until it is in use again."""
        self._switch(request, rows, on=False)

    @admin.action(description=_("Send to these addresses again"))
    def use(self, request: HttpRequest, rows: QuerySet[WebhookEndpoint]) -> None:
        """Messages go out again, those that wait among them."""
        self._switch(request, rows, on=True)

    def _switch(self, request: HttpRequest, rows: QuerySet[WebhookEndpoint], *, on: bool) -> None:
        for endpoint in rows:
            WebhookEndpoint.objects.filter(pk=endpoint.pk).update(enabled=on, failing_since=None)
            record(Deed.CHANGED, f"webhook {endpoint.url}: {'in use' if on else 'stopped'}")
        number = len(rows)
        self.message_user(
            request,
            ngettext("%(number)d address was changed.", "%(number)d addresses were changed.", number)
            % {"number": number},
        )


@admin.register(WebhookMessage)
class WebhookMessageAdmin(ReadOnlyAdmin):
    """Every message on its way, delivered or given up."""

    list_display = ("created_at", "event", "endpoint", "tries", "last_status", "delivered_at", "next_try_at")
    list_filter = ("event", ("delivered_at", admin.EmptyFieldListFilter))
    list_select_related = ("endpoint",)
    fields = readonly_fields = (
        "endpoint",
        "event",
        "body",
        "created_at",
        "tries",
        "last_status",
        "last_error",
        "delivered_at",
        "next_try_at",
    )
    actions = ("send_again",)
    show_full_result_count = False

    @admin.action(description=_("Send again"))
    def send_again(self, request: HttpRequest, rows: QuerySet[WebhookMessage]) -> None:
        """Put the chosen messages on their way anew, under the same ids, so that receivers can tell."""
        number = rows.update(next_try_at=timezone.now(), tries=0, delivered_at=None)
        record(Deed.CHANGED, f"{number} webhook messages: sent again")
        words = ngettext("%(number)d message is sent again.", "%(number)d messages are sent again.", number)
        self.message_user(request, words % {"number": number}, messages.SUCCESS)

    def get_queryset(self, request: HttpRequest) -> Any:
        """The newest first."""
        return super().get_queryset(request).order_by("-created_at")
