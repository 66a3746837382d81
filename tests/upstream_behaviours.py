"""What a place of the simulated upstream can do with a chat request; import from `tests.upstream`."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

Behaviour = Callable[["Exchange"], Awaitable[None]]
TextOf = Callable[[dict[str, Any]], str]

_REASONS = {200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 429: "Too Many Requests"}


@dataclass(slots=True)
class Exchange:
    """One request and the pen to answer it with."""

    request: dict[str, Any]
    path: str
    writer: asyncio.StreamWriter
    closed: bool = False

    @property
    def model(self) -> str:
        """The model that was asked for."""
        return str(self.request.get("model", "test-model"))

    async def send(self, status: int, headers: Mapping[str, str], body: bytes, *, length: int | None = None) -> None:
        """A whole answer; `length` overrides the true Content-Length."""
        await self.send_head(status, {**headers, "content-length": str(len(body) if length is None else length)})
        self.writer.write(body)
        await self.writer.drain()

    async def send_head(self, status: int, headers: Mapping[str, str]) -> None:
        """The status line and the headers."""
        lines = [f"HTTP/1.1 {status} {_REASONS.get(status, 'Whatever')}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        await self.writer.drain()

    async def send_json(self, body: Any, *, status: int = 200, headers: Mapping[str, str] | None = None) -> None:
        """A whole JSON answer."""
        await self.send(status, {"content-type": "application/json", **(headers or {})}, json.dumps(body).encode())

    async def send_chunk(self, data: bytes) -> None:
        """A piece of a chunked answer."""
        self.writer.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        await self.writer.drain()

    def close(self) -> None:
        """End the connection after what was sent."""
        self.closed = True
        self.writer.close()


def answers(text: str | TextOf, *, finish_reason: str = "stop", usage: bool = True) -> Behaviour:
    """A right answer, streamed when the request asks for a stream."""

    async def act(exchange: Exchange) -> None:
        words = text(exchange.request) if callable(text) else text
        if exchange.request.get("stream"):
            pieces = [words[at : at + 12] for at in range(0, len(words), 12)]
            await streams(pieces, finish_reason=finish_reason)(exchange)
            return
        message = {"role": "assistant", "content": words}
        body: dict[str, Any] = {
            "id": "chatcmpl-test",
            "object": "chat.completion",
            "created": 1_760_000_000,
            "model": exchange.model,
            "choices": [{"index": 0, "message": message, "finish_reason": finish_reason}],
        }
        if usage:
            body["usage"] = _usage(exchange.request, words)
        await exchange.send_json(body, headers={"x-request-id": "req_test"})

    return act


def prose() -> Behaviour:
    """A right answer on the wire whose text is not the JSON that was asked for."""
    return answers("Sure, I would love to help you with that! Tell me a little more about the release first.")


def posts(n: int, write: Callable[[int, bool], dict[str, Any]] | None = None) -> Behaviour:
    """`n` social posts as JSON, Polish when the prompt says so; `write(number, polish)` gives each one."""
    compose = write or write_post

    def text(request: dict[str, Any]) -> str:
        prompt = " ".join(str(message.get("content", "")) for message in request.get("messages", []))
        polish = any(word in prompt for word in ("Polish", "polsk", "Polski"))
        variants = [compose(number, polish) for number in range(1, n + 1)]
        return json.dumps({"variants": variants}, ensure_ascii=False)

    return answers(text)


def write_post(number: int, polish: bool) -> dict[str, Any]:  # noqa: FBT001 - a plain pair of arguments for a hook
    """One post of the shape that the content types ask for."""
    openings = (
        (
            "Nowa płyta jest już z nami",
            "Tego wieczoru nie zapomnisz",
            "Posłuchaj tego z nami",
            "Mamy dla ciebie coś",
            "To już dziś",
        )
        if polish
        else (
            "The new record is here",
            "A night to remember",
            "Listen to this with us",
            "We made this for you",
            "Today is the day",
        )
    )
    opening = openings[(number - 1) % len(openings)]
    ending = (
        "i czeka na ciebie we wszystkich serwisach. Włącz i daj znać, co myślisz"
        if polish
        else "and it waits for you on every service. Press play and tell us what you think"
    )
    return {"title": None, "text": f"{opening} {ending} ({number}).", "hashtags": ["#muzyka" if polish else "#music"]}


def rate_limited(retry_after: str | float | None = None) -> Behaviour:
    """429 in OpenAI's shape, with Retry-After when given."""
    headers = {} if retry_after is None else {"retry-after": str(retry_after)}
    error = {"message": "Rate limit reached", "type": "requests", "param": None, "code": "rate_limit_exceeded"}
    return replays(429, headers, {"error": error})


def server_error(status: int = 503) -> Behaviour:
    """A fault of the server in OpenAI's shape."""
    error = {"message": "The server had an error", "type": "server_error", "param": None, "code": None}
    return replays(status, {}, {"error": error})


def replays(status: int, headers: Mapping[str, str], body: Any) -> Behaviour:
    """A given answer: `bytes` and `str` go out as they are, all else as JSON."""

    async def act(exchange: Exchange) -> None:
        if isinstance(body, bytes | str):
            await exchange.send(status, headers, body.encode() if isinstance(body, str) else body)
        else:
            await exchange.send_json(body, status=status, headers=headers)

    return act


def hangs(seconds: float = 3600) -> Behaviour:
    """Nothing for so long, then a closed connection."""

    async def act(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        exchange.close()

    return act


def slow(seconds: float, then: str | Behaviour = "OK") -> Behaviour:
    """A right answer (or another behaviour) after a while."""

    async def act(exchange: Exchange) -> None:
        await asyncio.sleep(seconds)
        await (answers(then) if isinstance(then, str) else then)(exchange)

    return act


def resets() -> Behaviour:
    """A connection torn down without a word (TCP RST)."""

    async def act(exchange: Exchange) -> None:
        raw: socket.socket = exchange.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        exchange.closed = True
        exchange.writer.transport.abort()

    return act


def cuts_body() -> Behaviour:
    """Half a JSON body, then the end, although Content-Length promised more."""

    async def act(exchange: Exchange) -> None:
        half = b'{"id": "chatcmpl-test", "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hal'
        await exchange.send(200, {"content-type": "application/json"}, half, length=len(half) * 2)
        exchange.close()

    return act


def garbage(body: bytes = b"\x00\xff{not json") -> Behaviour:
    """200 and JSON by its header, but not by its bytes."""
    return replays(200, {"content-type": "application/json"}, body)


def wrong_content_type() -> Behaviour:
    """200 with a web page."""
    page = "<!doctype html><title>Maintenance</title><h1>We will be back soon</h1>"
    return replays(200, {"content-type": "text/html; charset=utf-8"}, page)


def redirects(to: str) -> Behaviour:
    """302 to another address."""
    return replays(302, {"location": to}, b"")


def floods(size: int) -> Behaviour:
    """A chunked 200 of so many bytes that never becomes an answer."""

    async def act(exchange: Exchange) -> None:
        stream = bool(exchange.request.get("stream"))
        kind = "text/event-stream" if stream else "application/json"
        await exchange.send_head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        block = b"x" * 65536
        await exchange.send_chunk(b"data: " if stream else b'{"choices": "')
        for _ in range(size // len(block)):
            await exchange.send_chunk(block)
        await exchange.send_chunk(b"")

    return act


def drips(pause: float, piece: bytes = b" ") -> Behaviour:
    """A 200 that gives a byte now and then and never ends."""

    async def act(exchange: Exchange) -> None:
        kind = "text/event-stream" if exchange.request.get("stream") else "application/json"
        await exchange.send_head(200, {"content-type": kind, "transfer-encoding": "chunked"})
        while True:
            await exchange.send_chunk(piece)
            await asyncio.sleep(pause)

    return act


def streams(
    chunks: Iterable[str],
    *,
    finish_reason: str | None = "stop",
    cut_after: int | None = None,
    stall: float = 0,
    done: bool = True,
    crlf: bool = False,
) -> Behaviour:
    """A server-sent stream of text pieces.

    `cut_after`: the connection ends after so many pieces. `stall`: silence of so many seconds after the first piece.
    `done`: whether `[DONE]` ends it. `finish_reason=None`: the stream ends without one. `crlf`: Gemini's line ends.
    """
    pieces = list(chunks)

    async def act(exchange: Exchange) -> None:
        await exchange.send_head(200, {"content-type": "text/event-stream", "transfer-encoding": "chunked"})
        end = "\r\n\r\n" if crlf else "\n\n"
        for number, piece in enumerate(pieces):
            if number == cut_after:
                exchange.close()
                return
            await exchange.send_chunk(_event(exchange.model, {"content": piece}, None, end))
            if stall and number == 0:
                await asyncio.sleep(stall)
        if finish_reason:
            await exchange.send_chunk(_event(exchange.model, {}, finish_reason, end))
        if (exchange.request.get("stream_options") or {}).get("include_usage") and finish_reason:
            usage = {"model": exchange.model, "choices": [], "usage": _usage(exchange.request, "".join(pieces))}
            await exchange.send_chunk(f"data: {json.dumps(usage)}{end}".encode())
        if done:
            await exchange.send_chunk(f"data: [DONE]{end}".encode())
        await exchange.send_chunk(b"")

    return act


def _event(model: str, delta: dict[str, str], finish_reason: str | None, end: str) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    body = {"id": "chatcmpl-test", "object": "chat.completion.chunk", "model": model, "choices": [choice]}
    return f"data: {json.dumps(body)}{end}".encode()


def _usage(request: dict[str, Any], text: str) -> dict[str, int]:
    prompt = sum(len(str(message.get("content", ""))) for message in request.get("messages", [])) // 4 + 1
    completion = len(text) // 4 + 1
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}
