"""Errors of the Lab API as problem details (RFC 9457) with a stable `type`."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from django.http import JsonResponse

from marketing.api.problems import MEDIA_TYPE, PREFIX, problem
from providers.errors import (
    AuthenticationError,
    InvalidRequestError,
    ModelForbiddenError,
    ModelUnavailableError,
    OverloadedError,
    ProviderError,
    RateLimitError,
)

__all__ = ["MEDIA_TYPE", "PREFIX", "described", "problem", "problem_of"]


class _Meaning(NamedTuple):
    error: type[ProviderError]
    status: int
    name: str
    title: str


# What each kind of error that a source ends with means to our own callers; the first that fits.
_OF_SOURCES = (
    _Meaning(ModelForbiddenError, 403, "terms-not-accepted", "Its terms have not been accepted"),
    _Meaning(ModelUnavailableError, 404, "not-found", "Not found"),
    _Meaning(InvalidRequestError, 422, "invalid-request", "The request makes no sense to its source"),
    _Meaning(RateLimitError, 503, "source-busy", "The source had too many requests"),
    _Meaning(OverloadedError, 503, "source-not-ready", "The source is not ready yet"),
    _Meaning(AuthenticationError, 502, "source-refused-key", "The source does not take our key"),
    _Meaning(ProviderError, 502, "source-failed", "The source cannot be reached or gives odd answers"),
)


def problem_of(error: ProviderError) -> JsonResponse:
    """The problem that a failed call amounts to; with Retry-After where it is known when it passes."""
    meaning = next(row for row in _OF_SOURCES if isinstance(error, row.error))
    answer = problem(meaning.status, meaning.name, meaning.title, error.detail)
    if error.wait_seconds is not None:
        answer["Retry-After"] = str(max(1, math.ceil(error.wait_seconds)))
    return answer


# An example of each status, in the words of the real ones.
_EXAMPLES: dict[int, dict[str, Any]] = {
    400: {"type": "body-unreadable", "title": "The body cannot be read", "detail": "The name “title” stands twice."},
    401: {"type": "missing-key", "title": "Send a client key, or sign in"},
    403: {"type": "missing-scope", "title": "This key lacks the scope 'content'."},
    409: {"type": "not-running", "title": "The job has already ended"},
    413: {"type": "body-too-large", "title": "The body is too large", "detail": "At most 2621440 bytes are taken."},
    415: {"type": "body-not-json", "title": "The body cannot be read", "detail": "Declare it as application/json."},
    422: {
        "type": "invalid-request",
        "title": "The request is not valid",
        "errors": [{"where": "body.asked.platforms", "what": "Choose at least one."}],
    },
    429: {"type": "client-limit", "title": "20 requests a minute are taken; come back in 12 seconds."},
    502: {"type": "source-failed", "title": "The source cannot be reached or gives odd answers"},
    503: {
        "type": "no-capacity",
        "title": "No provider can answer now",
        "detail": "The first one returns in 90 seconds.",
    },
}


def described(status: int, description: str) -> dict[str, Any]:
    """A problem as an answer in the API's schema, with an example."""
    text = {"type": "string"}
    shape: dict[str, Any] = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {"type": text, "title": text, "status": {"type": "integer"}, "detail": text},
    }
    found = _EXAMPLES.get(status, {"type": "not-found", "title": "Not found"})
    shape["example"] = {**found, "type": f"{PREFIX}{found['type']}", "status": status}
    return {"description": description, "content": {MEDIA_TYPE: {"schema": shape}}}
