"""Where an answer came from, in headers that any client can read."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

from providers.orchestrator import Answer, Tried


def headers_of(request_id: uuid.UUID, answers: Sequence[Answer[Any]]) -> dict[str, str]:
    """`x-prometheus-provider`, `-model` and `-attempts`; of several choices the first one's place and all attempts."""
    first = answers[0]
    return {
        "x-request-id": str(request_id),
        "x-prometheus-provider": first.provider,
        "x-prometheus-model": plain(first.result.model_id),
        "x-prometheus-attempts": json.dumps([_told(tried) for answer in answers for tried in answer.tried]),
    }


def _told(tried: Tried) -> dict[str, Any]:
    return {
        "provider": tried.provider,
        "model": tried.model_id,
        "outcome": tried.outcome,
        "http_status": tried.http_status,
        "error": tried.error or None,
        "latency_ms": tried.latency_ms,
    }


def plain(text: str) -> str:
    """A vendor's own word, made fit for a header."""
    return "".join(sign for sign in text if " " <= sign <= "~")
