"""The cheapest true check of a key: what a vendor answers without cost, and what that says."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from http import HTTPStatus
from typing import Any

from providers.adapters import wire
from providers.adapters.failures import failure
from providers.adapters.openai_calls import address, quoted, sound
from providers.errors import AuthenticationError, InvalidRequestError
from providers.types import ChatRequest, Endpoint, Message, Role

ONE_TOKEN = ChatRequest(messages=(Message(Role.USER, "Hi"),), max_tokens=1)
# A listing that is forbidden, missing or not public says nothing about the right to chat.
_UNDECIDED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


async def proved(endpoint: Endpoint) -> bool:
    """Whether the vendor's own check proved the key; False where it decides nothing. Raises ProviderError."""
    quirks = endpoint.quirks
    if not quirks.check_path:
        return False
    payload: dict[str, Any] | None = {} if quirks.check_method == "POST" else None
    reply = await wire.call(endpoint, quirks.check_method, address(endpoint, quirks.check_path), payload)
    if reply.status in _UNDECIDED:
        return False
    if reply.status != HTTPStatus.OK:
        raise failure(reply.status, reply.headers, reply.body)
    body = sound(reply.headers, reply.body).body
    if not _says(body, quirks.check_field):
        raise AuthenticationError(f"the vendor's check says no: {quoted(body)}", http_status=reply.status)
    return True


async def taken(asking: Awaitable[object]) -> None:
    """Return when a request for one token brought any answer: which one does not matter, only that the key did."""
    with suppress(InvalidRequestError):
        await asking


def _says(body: Any, field: str) -> bool:
    """Whether the JSON says `path=word`; without a word, whether the field is true."""
    if not field:
        return True
    path, _, word = field.partition("=")
    for name in path.split("."):
        body = body.get(name) if isinstance(body, dict) else None
    return str(body).lower() == (word or "true").lower()
