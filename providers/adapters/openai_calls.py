"""One request in OpenAI's protocol and the sound JSON that answers it, whatever is asked."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, ValidationError

from providers.adapters import wire
from providers.adapters.failures import failure, failure_of
from providers.adapters.redaction import LONGEST_RAW, redact
from providers.adapters.refusals import Refusal, carries_error
from providers.errors import BrokenAnswerError
from providers.types import Endpoint, Usage

ShapeT = TypeVar("ShapeT", bound=BaseModel)
Payload = dict[str, Any]
# The payload without the fields that a model refused.
PayloadOf = Callable[[frozenset[str]], Payload]

_REFUSING = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
_REFUSAL_CODES = {"unsupported_parameter", "unknown_parameter", "unsupported_value", "extra_forbidden"}
_REFUSAL_WORDS = ("not support", "unsupported", "not permitted", "unknown", "unrecognized")
_NEVER_DROPPED = {"model", "messages", "input", "prompt", "stream", "tools"}
# Where a vendor names a field only in its sentence, it is believed about these: they can all be done without.
_NAMED_IN_WORDS = ("dimensions", "temperature", "seed", "stop", "response_format", "stream_options", "tool_choice")
# Reasoning models refuse three fields at most; then it is something else.
_MOST_REFUSED_FIELDS = 4
_LONGEST_QUOTE = 4000


class Foreign(BaseModel):
    """What a vendor sent; its faults are told without quoting it."""

    model_config = ConfigDict(hide_input_in_errors=True)


@dataclass(frozen=True, slots=True)
class Answered:
    """The JSON of a 200 without an error in it, and its headers in lower case."""

    headers: Mapping[str, str]
    body: dict[str, Any]

    @property
    def request_id(self) -> str:
        """What the vendor's support asks for."""
        said = self.headers.get("x-request-id") or self.body.get("id")
        return said if isinstance(said, str) else ""


# A POST to a path, asked again without refused fields until there is a sound 200.
Ask = Callable[[str, PayloadOf], Awaitable[Answered]]


class Refused:
    """Fields that a model turned down, so that the next call does not ask twice. Losing it costs one request."""

    def __init__(self, named_in_words: tuple[str, ...] = _NAMED_IN_WORDS) -> None:
        self._fields: dict[tuple[str, str], frozenset[str]] = {}
        self._named_in_words = named_in_words

    def by(self, endpoint: Endpoint) -> frozenset[str]:
        """The fields that this endpoint's model refused so far."""
        return self._fields.get((endpoint.base_url, endpoint.model_id), frozenset())

    def learned(self, endpoint: Endpoint, refusal: Refusal, payload: Mapping[str, Any]) -> bool:
        """Whether the refusal is about a field that can be left out from now on, so that another try makes sense."""
        known = self.by(endpoint)
        field = refused_field(refusal, payload, self._named_in_words) if refusal.status in _REFUSING else None
        if field is None or field in known or len(known) >= _MOST_REFUSED_FIELDS:
            return False
        self._fields[endpoint.base_url, endpoint.model_id] = known | {field}
        return True


def refused_field(
    refusal: Refusal, payload: Mapping[str, Any], named_in_words: tuple[str, ...] = _NAMED_IN_WORDS
) -> str | None:
    """The field of the payload that a refusal says is not understood, if dropping it may help."""
    name, said = refusal.param.partition(".")[0], refusal.message.lower()
    turned_down = any(word in said for word in _REFUSAL_WORDS)
    if name:
        known = name in payload and name not in _NEVER_DROPPED
        return name if known and (turned_down or not _REFUSAL_CODES.isdisjoint(refusal.codes)) else None
    return next((field for field in named_in_words if turned_down and field in payload and field in said), None)


def address(endpoint: Endpoint, path: str) -> str:
    """A path below the base URL, one from the host's root (`/health`), or a whole address as it is."""
    if path.startswith("https://"):
        return path
    if path.startswith("/"):
        parts = urlsplit(endpoint.base_url)
        return f"{parts.scheme}://{parts.netloc}{path}"
    return f"{endpoint.base_url.rstrip('/')}/{path}"


async def fetched(endpoint: Endpoint, path: str) -> Answered:
    """The sound 200 to a GET. Raises ProviderError."""
    reply = await wire.call(endpoint, "GET", address(endpoint, path))
    if reply.status != HTTPStatus.OK:
        raise failure(reply.status, reply.headers, reply.body)
    return sound(reply.headers, reply.body)


def sound(headers: Mapping[str, str], body: bytes) -> Answered:
    """The JSON of a 200. Raises what an `error` inside it amounts to, and BrokenAnswerError."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        kind = headers.get("content-type", "unknown")
        what = f"{len(body)} bytes of {kind} that are not JSON"
        # The cause would carry the whole body along.
        raise BrokenAnswerError(what, http_status=200, raw=quoted(body.decode(errors="replace"))) from None
    if isinstance(parsed, list):
        # Some vendors list without an envelope; Google wraps errors in a list.
        parsed = {"error": parsed} if parsed and carries_error(parsed[0]) else {"data": parsed}
    if not isinstance(parsed, dict):
        raise BrokenAnswerError("JSON that is not an object", http_status=200, raw=quoted(parsed))
    if carries_error(parsed):
        raise failure_of(Refusal.of(HTTPStatus.OK, headers, parsed))
    return Answered(headers, parsed)


def shaped(shape: type[ShapeT], body: Any, what: str) -> ShapeT:
    """A typed answer. Raises BrokenAnswerError, with words on `what` it should have been."""
    try:
        return shape.model_validate(body)
    except ValidationError as exc:
        fault = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "body"
        fault_at = f"not {what}: {where}: {fault['msg']}"
        raise BrokenAnswerError(fault_at, http_status=200, raw=quoted(body)) from exc


def quoted(body: Any) -> str:
    """The beginning of an answer, without key-like words."""
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, default=str)
    return redact(text[:_LONGEST_QUOTE], longest=LONGEST_RAW)


def prompt_usage(body: Mapping[str, Any], estimated_tokens: int) -> Usage:
    """The vendor's count of what went in, or an estimate where it gives none."""
    usage = body.get("usage")
    counted = usage.get("prompt_tokens", usage.get("input_tokens")) if isinstance(usage, dict) else None
    if not isinstance(counted, int) or isinstance(counted, bool) or counted < 0:
        return Usage(estimated_tokens, 0, estimated=True)
    given = usage.get("output_tokens", 0) if isinstance(usage, dict) else 0
    return Usage(counted, given if isinstance(given, int) and given > 0 else 0)
