"""Hooks of schemathesis: each request comes under a key of its own, as the same key with another body is refused."""

from __future__ import annotations

import uuid
from typing import Any

import schemathesis

LONGEST = 255


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """Too long a key stays as it is: the API has to refuse it."""
    key = (case.headers or {}).get("Idempotency-Key")
    if key is not None and len(str(key)) <= LONGEST:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
