"""What an error report may hold, ours and Sentry's: where it happened, never the values that were at hand."""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter

from providers import request_ids


class NoValues(SafeExceptionReporterFilter):
    """Leaves every local variable and every form field out, with DEBUG as without.

    Vendors' keys pass through forms, adapters and libraries; naming each place that holds one would miss the next.
    """

    def is_active(self, request: HttpRequest | None) -> bool:  # noqa: ARG002 - Django's own signature
        """Always: a debug page is photographed and pasted into chats too."""
        return True

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, Any]:
        """The names of the fields."""
        return dict.fromkeys(request.POST, self.cleansed_substitute) if request is not None else {}

    def get_traceback_frame_variables(
        self,
        request: HttpRequest | None,  # noqa: ARG002 - Django's own signature
        tb_frame: FrameType,
    ) -> ItemsView[str, Any]:
        """The names of the variables."""
        return dict.fromkeys(tb_frame.f_locals, self.cleansed_substitute).items()


def report_to_sentry() -> bool:
    """Send errors to `SENTRY_DSN`; whether that is on. Without a DSN, or without error tracking, nothing is loaded.

    An event says what broke and where, under which request: no variable, no body, no header, no question of an address,
    no person and no words of the log.
    """
    if not settings.SENTRY_DSN or not settings.ENABLE_ERROR_TRACKING:
        return False
    import sentry_sdk
    from sentry_sdk.integrations.django import DjangoIntegration
    from sentry_sdk.integrations.logging import LoggingIntegration

    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        auto_enabling_integrations=False,
        # What is logged may quote a vendor; exceptions come by themselves.
        integrations=[DjangoIntegration(), LoggingIntegration(level=None, event_level=None)],
        before_send=_scrubbed,
    )
    return True


def _scrubbed(event: Any, _hint: Any) -> Any:
    """What may leave of an event."""
    asked = event.get("request") or {}
    event["request"] = {name: asked[name] for name in ("method",) if name in asked}
    for name in ("user", "extra", "breadcrumbs", "server_name"):
        event.pop(name, None)
    for one in (event.get("exception") or {}).get("values", ()):
        # The words of an exception may hold a value; its kind and its place do not.
        one["value"] = ""
    event.setdefault("tags", {})["request_id"] = request_ids.current() or "-"
    return event
