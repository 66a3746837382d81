"""One HTTP exchange below `/v1/`, straight on ASGI: a bounded body in, JSON or server-sent events out.

Django's own handler gives every request a thread and runs signals through it; these paths need neither (ADR 9).
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, MutableMapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from providers.access import Allowance, Caller, Limits, StreamMode
from providers.gateway.faults import Fault, invalid

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
# Told of a whole answer's status, content and headers.
BeforeAnswer = Callable[[int, bytes, dict[str, str]], Awaitable[None]]
Send = Callable[[Mapping[str, Any]], Awaitable[None]]

# Beyond every free model's context, and small enough to hold many at once.
LARGEST_BODY_BYTES = 4 * 1024 * 1024
_ALWAYS = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
)
# Made once: `json.dumps` makes one a call for anything but its defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
# Who stands before the door.
NOBODY = Caller(0, "", frozenset(), Limits(), StreamMode.PLAIN, 0, "")


class ClientLeftError(Exception):
    """The client hung up; nobody reads an answer any more."""


class Exchange:
    """A request and the pen to answer it with. Header names are lower case."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self.client: str = (scope.get("client") or ("", 0))[0]
        self.started = False
        # Of the answer, once it is given; a client that left gets none, for which servers write 499.
        self.status = 499
        # Set at the door, and by what the client's limits leave it.
        self.caller: Caller = NOBODY
        self.allowance: Allowance | None = None
        self.more_headers: dict[str, str] = {}
        # Set where an answer is shared or stored: it is told before it leaves, and may have to be finished anyway.
        self.before_answer: BeforeAnswer | None = None
        self.may_leave: Callable[[], bool] = lambda: True
        self._whole: bytes | None = None
        self._parsed: Any = None
        self._is_parsed = False
        self._receive = receive
        self._send = send

    async def json(self) -> Any:
        """The body. Raises Fault (400, 413, 415) and ClientLeftError."""
        if self.headers.get("content-type", "application/json").partition(";")[0].strip() != "application/json":
            raise Fault(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "Send JSON with 'Content-Type: application/json'.")
        if not self._is_parsed:
            if self._whole is None:
                self._whole = await self._body()
            try:
                self._parsed = json.loads(self._whole)
            except (ValueError, RecursionError):
                raise invalid("We could not parse the JSON body of your request.") from None
            self._is_parsed = True
        return self._parsed

    async def _body(self) -> bytes:
        parts: list[bytes] = []
        size = 0
        while True:
            message = await self._receive()
            if message["type"] == "http.disconnect":
                raise ClientLeftError
            part = message.get("body", b"")
            size += len(part)
            if size > LARGEST_BODY_BYTES:
                raise Fault(
                    HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                    f"The request is larger than {LARGEST_BODY_BYTES} bytes; send less.",
                )
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    async def left(self) -> None:
        """Return when the client has hung up; to be asked after the body was read."""
        while (await self._receive())["type"] != "http.disconnect":
            pass
        if not self.may_leave():
            await asyncio.Event().wait()

    async def answer(self, status: int, body: Any, headers: Mapping[str, str]) -> None:
        """A whole JSON answer."""
        content = _ENCODER.encode(body).encode()
        if self.before_answer:
            await self.before_answer(status, content, dict(headers))
        await self.give(status, content, headers)

    async def give(self, status: int, content: bytes, headers: Mapping[str, str]) -> None:
        """An answer that is already JSON."""
        size = ("content-length", str(len(content)))
        await self._head(status, [("content-type", "application/json"), size, *headers.items()])
        await self._send({"type": "http.response.body", "body": content})

    async def events(self, pieces: AsyncGenerator[bytes, None], headers: Mapping[str, str]) -> None:
        """Server-sent events as they come."""
        # A proxy in between must pass them on at once.
        unbuffered = [("content-type", "text/event-stream; charset=utf-8"), ("x-accel-buffering", "no")]
        await self._head(HTTPStatus.OK, [*unbuffered, *headers.items()])
        async with aclosing(pieces):
            async for piece in pieces:
                await self._send({"type": "http.response.body", "body": piece, "more_body": True})
        await self._send({"type": "http.response.body", "body": b""})

    async def _head(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.started, self.status = True, int(status)
        told = [*headers, *self.more_headers.items()]
        encoded = [(name.encode("latin-1"), value.encode("latin-1", "replace")) for name, value in told]
        await self._send({"type": "http.response.start", "status": int(status), "headers": [*encoded, *_ALWAYS]})


async def until_client_leaves(exchange: Exchange, work: Awaitable[None]) -> None:
    """Do the work, and cancel it the moment the client hangs up. Raises what the work raises."""
    own = asyncio.current_task()
    assert own is not None  # noqa: S101 - a coroutine runs in a task
    left = False

    def cancel(leaving: asyncio.Future[None]) -> None:
        nonlocal left
        left = not leaving.cancelled()
        if left:
            own.cancel()

    leaving = asyncio.ensure_future(exchange.left())
    leaving.add_done_callback(cancel)
    try:
        await work
    except asyncio.CancelledError:
        # Somebody else may want this task to end as well.
        if not left or own.uncancel() > 0:
            raise
    finally:
        leaving.remove_done_callback(cancel)
        leaving.cancel()
