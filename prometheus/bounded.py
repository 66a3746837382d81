"""A limit on what one request may send, kept before a byte of it is stored: Django alone would spool it all first."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings

App = Callable[[Any, Any, Any], Awaitable[None]]
_TOO_LARGE = 413


class Bounded:
    """An ASGI application behind the limit: 413 as soon as a request says, or turns out, to be larger."""

    def __init__(self, inner: App) -> None:
        self._inner = inner

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Serve one connection."""
        most = settings.MOST_BODY_BYTES
        if scope["type"] != "http":
            await self._inner(scope, receive, send)
        elif _declared(scope) > most:
            await _refuse(send)
        else:
            await self._inner(scope, _counting(receive, most), send)


def _declared(scope: Any) -> int:
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value)
    return 0


def _counting(receive: Any, most: int) -> Callable[[], Awaitable[Any]]:
    """What comes in, until it is too much; then the client counts as gone and nothing more is taken."""
    taken = 0

    async def counted() -> Any:
        nonlocal taken
        message = await receive()
        taken += len(message.get("body", b""))
        return {"type": "http.disconnect"} if taken > most else message

    return counted


async def _refuse(send: Any) -> None:
    words = b"The request is too large."
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", str(len(words)).encode()),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": _TOO_LARGE, "headers": headers})
    await send({"type": "http.response.body", "body": words})
