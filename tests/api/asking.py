"""How schemathesis asks: with the client key of the environment, and under an idempotency key of its own each time."""

from __future__ import annotations

import os
import uuid
from typing import Any

import schemathesis

SECRET = "SCHEMATHESIS_CLIENT_KEY"


@schemathesis.auth()
class ClientKey:
    """The header on all requests but those that are to lack it: one from the command line would be on them too."""

    def get(self, _case: Any, _context: Any) -> str:
        return os.environ[SECRET]

    def set(self, case: Any, data: str, _context: Any) -> None:
        found = getattr(getattr(getattr(case, "meta", None), "phase", None), "data", None)
        lacks = str(getattr(found, "parameter", "")).lower() == "authorization"
        if not lacks:
            case.headers = case.headers or {}
            case.headers["Authorization"] = f"Bearer {data}"


def storable(value: Any) -> Any:
    """What is left of a body at the door: no NUL, so that a text one letter too long may be short enough."""
    if isinstance(value, str):
        return value.replace("\x00", "")
    if isinstance(value, list):
        return [storable(one) for one in value]
    return {name: storable(one) for name, one in value.items()} if isinstance(value, dict) else value


@schemathesis.hook
def before_call(_context: Any, case: Any, _kwargs: Any) -> None:
    """The same key with another body is refused, and rightly so."""
    if isinstance(case.body, dict):
        case.body = storable(case.body)
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
