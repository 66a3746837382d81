"""What an error report may hold: where it happened and in whose words, never the values that were at hand."""

from __future__ import annotations

from collections.abc import ItemsView
from types import FrameType
from typing import Any

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


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
