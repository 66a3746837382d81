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


def described(description: str) -> dict[str, Any]:
    """A problem as an answer in the API's schema."""
    text = {"type": "string"}
    shape = {
        "type": "object",
        "required": ["type", "title", "status"],
        "properties": {"type": text, "title": text, "status": {"type": "integer"}, "detail": text},
        "example": {"type": f"{PREFIX}not-found", "title": "Not found", "status": 404},
    }
    return {"description": description, "content": {MEDIA_TYPE: {"schema": shape}}}
