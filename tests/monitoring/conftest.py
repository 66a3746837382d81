"""Attempts as they would have been written, at any time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from providers.models import Attempt

NOW = datetime(2026, 11, 26, 12, 30, tzinfo=UTC)
Make = Callable[..., Attempt]


@pytest.fixture
def attempt(db: None) -> Make:
    """`attempt(minutes_ago, **fields)`: an answered one at Groq unless told otherwise."""

    def make(minutes_ago: float = 0, **fields: Any) -> Attempt:
        known: dict[str, Any] = {
            "provider_slug": "groq",
            "model_id": "gpt-oss-20b",
            "feature": "social-posts",
            "capability": "text-generation",
            "outcome": Attempt.Outcome.ANSWERED,
            "latency_ms": 800,
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "started_at": NOW - timedelta(minutes=minutes_ago),
        }
        return Attempt.objects.create(**{**known, **fields})

    return make


@pytest.fixture
def failed(attempt: Make) -> Make:
    """`failed(minutes_ago, **fields)`: refused with a 429 unless told otherwise."""

    def make(minutes_ago: float = 0, **fields: Any) -> Attempt:
        known = {
            "outcome": Attempt.Outcome.FAILED,
            "error_class": "RateLimit",
            "http_status": 429,
            "detail": "Rate limit reached for model llama-3.1-8b, try again in 7.5s",
            "prompt_tokens": None,
            "completion_tokens": None,
        }
        return attempt(minutes_ago, **{**known, **fields})

    return make
