"""Problem details (RFC 9457) of this room's operations, in the API's one shape."""

from __future__ import annotations

from typing import Any

from django.http import JsonResponse

MEDIA_TYPE = "application/problem+json"
# Stable names that no host or folder is part of.
PREFIX = "urn:prometheus-ai:problem:"


def problem(status: int, name: str, title: str, detail: str = "", **more: Any) -> JsonResponse:
    """An answer of the media type `application/problem+json`; `more` are members beyond the standard's."""
    body: dict[str, Any] = {"type": f"{PREFIX}{name}", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    return JsonResponse({**body, **more}, status=status, content_type=MEDIA_TYPE)
