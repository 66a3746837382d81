"""Places that answer as Anthropic does."""

from __future__ import annotations

from typing import Any

from providers.types import (
    Endpoint,
)
from tests.providers.adapters.conftest import PlaceOf
from tests.providers.adapters.dialect_streams import speaking
from tests.upstream import Behaviour, Recorded, Upstream, replays


def message(*content: dict[str, Any], stop_reason: str | None = "end_turn", **more: Any) -> dict[str, Any]:
    usage = {"input_tokens": 12, "output_tokens": 5}
    return {"id": "msg_1", "model": "claude-x", "content": content, "stop_reason": stop_reason, "usage": usage, **more}


def says(text: str, **more: Any) -> Behaviour:
    return replays(200, {}, message({"type": "text", "text": text}, **more))


def refuses(words: str, status: int = 400) -> Behaviour:
    error = {"type": "invalid_request_error", "message": words}
    return replays(status, {}, {"type": "error", "error": error, "request_id": "req_1"})


def claude(place: PlaceOf, *behaviours: Behaviour, **changes: Any) -> Endpoint:
    return speaking(place, "anthropic", *behaviours, **changes)


def asked(upstream: Upstream, endpoint: Endpoint, number: int = -1) -> Recorded:
    return upstream.requests(endpoint.provider)[number]
