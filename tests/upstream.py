"""A simulated upstream over real sockets: OpenAI-compatible places that answer, refuse, hang or break as told.

    with Upstream() as upstream:
        base_url = upstream.add("p1", rate_limited(), answers("Hello"))

The server runs in a thread of this process, so other processes (a worker, a browser) can reach it as well. Each chat
request takes the next behaviour of its place; the last one repeats. Raw streams instead of a web framework, because a
framework would not misbehave.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from tests.upstream_behaviours import (
    Behaviour,
    Exchange,
    TextOf,
    answers,
    cuts_body,
    drips,
    floods,
    garbage,
    hangs,
    posts,
    prose,
    rate_limited,
    redirects,
    replays,
    resets,
    server_error,
    slow,
    streams,
    write_post,
    wrong_content_type,
)

__all__ = [
    "Behaviour",
    "Exchange",
    "Recorded",
    "TextOf",
    "Upstream",
    "answers",
    "cuts_body",
    "drips",
    "floods",
    "garbage",
    "hangs",
    "posts",
    "prose",
    "rate_limited",
    "redirects",
    "replays",
    "resets",
    "server_error",
    "slow",
    "streams",
    "write_post",
    "wrong_content_type",
]


@dataclass(slots=True)
class Recorded:
    """A request as it arrived; `json` is None where the body is none. `client` is the connection's other end.

    `gave_up` tells that the client left before the end.
    """

    method: str
    path: str
    headers: Mapping[str, str]
    json: Any
    time: float
    client: tuple[str, int] = ("", 0)
    gave_up: bool = False
    body: bytes = b""


@dataclass(slots=True)
class _Place:
    behaviours: tuple[Behaviour, ...]
    keys: frozenset[str] | None
    requests: list[Recorded] = field(default_factory=list)
    routes: Mapping[str, Sequence[Behaviour]] = field(default_factory=dict)
    asked: dict[str, int] = field(default_factory=dict)

    def next_behaviour(self, method: str, path: str) -> Behaviour:
        """The next one of the route whose end fits, else of the place; models are listed where no route says else."""
        found = [route for route in self.routes if f"{method} {path}".startswith(_verb(route)) and _fits(route, path)]
        route = max(found, key=len, default="")
        if not route and method == "GET":
            return _lists_models
        behaviours = self.routes[route] if route else self.behaviours
        asked = self.asked.get(route, 0)
        self.asked[route] = asked + 1
        return behaviours[min(asked, len(behaviours) - 1)]


def _verb(route: str) -> str:
    return route.partition(" ")[0] + " "


def _fits(route: str, path: str) -> bool:
    return path.partition("?")[0].endswith(route.partition(" ")[2])


class Upstream:
    """The server. Use it as a context manager; `port` is a free one of 127.0.0.1."""

    def __init__(self) -> None:
        self.port = 0
        self._places: dict[str, _Place] = {}
        self._lock = threading.Lock()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._over = asyncio.Event()
        self._thread = threading.Thread(target=self._serve_in_thread, name="upstream", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(10), "the simulated upstream did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    def add(
        self,
        name: str,
        *behaviours: Behaviour,
        keys: set[str] | None = None,
        routes: Mapping[str, Behaviour | Sequence[Behaviour]] | None = None,
    ) -> str:
        """Open (or reset) a place and give its base URL. With `keys`, every other key is refused with 401.

        `routes` names a method and the end of a path (`GET /account`) with what happens there, once or in turn.
        """
        several = {route: acts if isinstance(acts, Sequence) else (acts,) for route, acts in (routes or {}).items()}
        place = _Place(behaviours or (answers("OK"),), None if keys is None else frozenset(keys), routes=several)
        with self._lock:
            self._places[name] = place
        return f"http://127.0.0.1:{self.port}/{name}/v1"

    def requests(self, name: str) -> list[Recorded]:
        """Everything that arrived at a place so far, in order."""
        with self._lock:
            return list(self._places[name].requests)

    def wait_for_requests(self, name: str, count: int = 1, *, seconds: float = 10) -> list[Recorded]:
        """The requests of a place as soon as there are `count` of them. Raises AssertionError after `seconds`."""
        deadline = time.monotonic() + seconds
        while len(found := self.requests(name)) < count:
            assert time.monotonic() < deadline, f"{name} saw {len(found)} requests instead of {count}"
            time.sleep(0.01)
        return found

    def _serve_in_thread(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_until_complete(self._serve())
        finally:
            self._loop.close()

    async def _serve(self) -> None:
        connections: set[asyncio.Task[None]] = set()

        def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._talk(reader, writer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(connected, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._over.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, kept open from request to request."""
        try:
            while await self._one_request(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    async def _one_request(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Whether the connection goes on."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.rstrip().split("\r\n")
        method, path, _ = first.split(" ", 2)
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        recorded = Recorded(method, path, headers, _as_json(body), time.time(), body=body)
        recorded.client = writer.get_extra_info("peername")[:2]
        behaviour = self._choose(recorded)
        exchange = Exchange(recorded.json if isinstance(recorded.json, dict) else {}, recorded.path, writer)
        acting = asyncio.ensure_future(behaviour(exchange))
        left = asyncio.ensure_future(reader.read(1))
        try:
            await asyncio.wait({acting, left}, return_when=asyncio.FIRST_COMPLETED)
            if not acting.done():
                recorded.gave_up = True
                return False
            await acting
            return not exchange.closed and await _next_request_begins(reader, left)
        except ConnectionError:
            recorded.gave_up = True
            raise
        finally:
            for task in (acting, left):
                task.cancel()
                with contextlib.suppress(asyncio.CancelledError, ConnectionError):
                    await task

    def _choose(self, recorded: Recorded) -> Behaviour:
        name = recorded.path.strip("/").partition("/")[0]
        with self._lock:
            place = self._places.get(name)
            if place is None:
                return replays(404, {}, {"error": {"message": f"no place {name}", "code": "not_found"}})
            place.requests.append(recorded)
            token = recorded.headers.get("authorization", "").removeprefix("Bearer ")
            if place.keys is not None and not {token, recorded.headers.get("x-api-key")} & place.keys:
                return _refuses_key
            return place.next_behaviour(recorded.method, recorded.path)


def _as_json(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return None


async def _next_request_begins(reader: asyncio.StreamReader, first: asyncio.Task[bytes]) -> bool:
    """Whether the client stays; the byte that told so is put back in front of the rest."""
    byte = await first
    if not byte:
        return False
    rest = bytes(reader._buffer)  # type: ignore[attr-defined]  # a StreamReader has no public way to give back
    reader._buffer.clear()  # type: ignore[attr-defined]  # as above
    reader.feed_data(byte + rest)
    return True


async def _refuses_key(exchange: Exchange) -> None:
    error = {"message": "Incorrect API key provided.", "type": "invalid_request_error", "code": "invalid_api_key"}
    await exchange.send_json({"error": error}, status=401)


async def _lists_models(exchange: Exchange) -> None:
    models = [{"id": "test-model", "object": "model", "created": 1_686_935_002, "owned_by": "tests"}]
    await exchange.send_json({"object": "list", "data": models})
