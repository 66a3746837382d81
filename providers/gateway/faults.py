"""What went wrong, in OpenAI's error shape, so that every OpenAI client raises what it would raise for OpenAI."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from providers.errors import (
    ContentRefusedError,
    FallbackExhaustedError,
    InvalidRequestError,
    ModelUnavailableError,
    ProviderError,
    RequestTooLargeError,
)

_LONGEST_MESSAGE = 500


@dataclass(frozen=True, slots=True)
class Fault(Exception):  # noqa: N818 - what a client reads of an error, not an error of ours
    """One error answer: HTTP status and OpenAI's `message`, `type`, `code` and `param`, with headers to send along."""

    status: int
    message: str
    type: str = "invalid_request_error"
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)

    def body(self) -> dict[str, Any]:
        """The JSON of the answer."""
        return {"error": {"message": self.message, "type": self.type, "param": self.param, "code": self.code}}


def invalid(message: str, param: str | None = None, code: str | None = None) -> Fault:
    """The caller's fault, which the same request would meet again."""
    return Fault(HTTPStatus.BAD_REQUEST, message, code=code, param=param)


def of_validation(error: ValidationError) -> Fault:
    """The first thing to mend in a request's body; its input is not repeated."""
    first = error.errors(include_input=False, include_url=False)[0]
    param = _path(first["loc"])
    kind, words = first["type"], first["msg"].removeprefix("Value error, ")
    if kind == "missing":
        return invalid(f"Missing required parameter: '{param}'.", param, "missing_required_parameter")
    if kind == "extra_forbidden":
        return invalid(f"Unknown parameter: '{param}'.", param, "unknown_parameter")
    if kind == "value_error" and words.startswith("unsupported: "):
        return invalid(words.removeprefix("unsupported: "), param, "unsupported_parameter")
    return invalid(f"Invalid value for '{param}': {words}." if param else words, param, "invalid_value")


def of_provider(error: ProviderError) -> Fault:
    """What a failed call means to the client."""
    detail = error.detail[:_LONGEST_MESSAGE]
    if isinstance(error, FallbackExhaustedError):
        return _exhausted(error)
    if isinstance(error, ModelUnavailableError):
        return Fault(HTTPStatus.NOT_FOUND, detail, code="model_not_found", param="model")
    if isinstance(error, RequestTooLargeError):
        return invalid(detail, "messages", "context_length_exceeded")
    if isinstance(error, ContentRefusedError):
        return invalid(f"The content was refused: {detail}", code="content_filter")
    if isinstance(error, InvalidRequestError):
        return invalid(f"The provider refused the request: {detail}")
    return Fault(HTTPStatus.BAD_GATEWAY, detail, "upstream_error", error.kind)


def _exhausted(error: FallbackExhaustedError) -> Fault:
    """Nobody can answer now; the client learns when somebody can. OpenAI clients read `Retry-After` and try again."""
    wait = error.wait_seconds
    when = f" The first one returns in {math.ceil(wait)} seconds." if wait is not None else ""
    return Fault(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"No provider can answer now.{when}",
        "service_unavailable",
        "no_capacity",
        headers={"retry-after": str(max(1, math.ceil(wait)))} if wait is not None else {},
    )


def _path(place: tuple[int | str, ...]) -> str:
    """`messages[0].content`, as OpenAI names a place."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in place).removeprefix(".")
