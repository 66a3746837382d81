"""The administration's site: open to administrators, entered by the desk's own sign-in."""

from __future__ import annotations

from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from providers.access.permissions import Door, Permission, guarded, may, requires


class Administration(AdminSite):
    """Every page of it, today's and tomorrow's, asks for the same permission."""

    site_header = "Prometheus AI"
    site_title = "Prometheus AI"

    def has_permission(self, request: HttpRequest) -> bool:
        """By role; Django's "staff" flag means nothing here."""
        return may(request.user, Permission.CONFIGURE)

    def get_urls(self) -> list[Any]:
        """All pages with what they ask for."""
        patterns = super().get_urls()
        guarded(patterns, Permission.CONFIGURE)
        return patterns

    @requires(Door.OPEN)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002 - Django's own signature
        """The desk's sign-in; whoever is signed in goes on."""
        inside = reverse("admin:index")
        if self.has_permission(request):
            return redirect(inside)
        return redirect_to_login(request.GET.get(REDIRECT_FIELD_NAME) or inside)
