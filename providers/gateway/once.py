"""Spending once: repeated, identical and recently answered requests of a client get the answer that is there.

- `Idempotency-Key`: for a day the same key brings the same answer, also while the first request still runs, in whatever
  process, and after that process was killed. The call is finished and stored even if the client hangs up.
- Identical requests that run at the same time share one call, where they ask for the same answer: with a temperature
  of 0 or a seed, and for vectors and moderations. Others may want to differ.
- `Cache-Control: max-age=N` accepts an answer that is not older. Nothing is stored for those who do not ask.

Never across clients. Streams are always asked for anew.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError

from providers.errors import ProviderError
from providers.gateway import stored
from providers.gateway.exchange import Exchange
from providers.gateway.faults import Fault, invalid
from providers.gateway.stored import Ask, Claimed, Given, OtherRequestError

Endpoint = Callable[[Exchange, uuid.UUID], Awaitable[None]]

_LONGEST_KEY = 255
# How long a second request waits for the first one, and how often it looks where that one runs elsewhere.
_PATIENCE_SECONDS = 120.0
_LOOK_SECONDS = 0.25
_ALIKE = frozenset({"/v1/embeddings", "/v1/moderations"})

_INTERRUPTED = Fault(HTTPStatus.BAD_GATEWAY, "The same request, running before this one, was interrupted.", "api_error")

# What runs in this process, by client and fingerprint.
_running: dict[tuple[int, str], _Shared] = {}


class _Shared:
    """One call that several requests wait for."""

    def __init__(self) -> None:
        self.followers = 0
        self.answer: asyncio.Future[Given] = asyncio.get_running_loop().create_future()
        # A failure that nobody waits for is no fault.
        self.answer.add_done_callback(lambda done: done.cancelled() or done.exception())


async def serve(exchange: Exchange, request_id: uuid.UUID, endpoint: Endpoint) -> None:
    """Answer with what is there, or let the endpoint answer. Raises as it does, and Fault (400, 409, 422)."""
    if exchange.method != "POST":
        await endpoint(exchange, request_id)
        return
    body = await _read(exchange)
    if body is None or body.get("stream"):
        await endpoint(exchange, request_id)
        return
    client, key = f"client:{exchange.caller.client_id}", exchange.headers.get("idempotency-key", "")
    max_age = _max_age(exchange.headers.get("cache-control", ""))
    if len(key) > _LONGEST_KEY:
        raise invalid(f"An Idempotency-Key has at most {_LONGEST_KEY} characters.")
    if not key and max_age is None and not _wants_the_same(exchange, body):
        await endpoint(exchange, request_id)
        return
    fingerprint = _fingerprint(exchange, body)
    if key:
        await _by_key(exchange, Ask(client, key, fingerprint, request_id), endpoint)
    elif max_age is not None:
        await _by_age(exchange, Ask(client, f"cache:{fingerprint}", fingerprint, request_id), endpoint, max_age)
    else:
        await _shared(exchange, fingerprint, request_id, endpoint)


async def _read(exchange: Exchange) -> dict[str, Any] | None:
    """The body, or None where the endpoint will say what is wrong with it."""
    try:
        body = await exchange.json()
    except Fault:
        return None
    return body if isinstance(body, dict) else None


def _fingerprint(exchange: Exchange, body: dict[str, Any]) -> str:
    canonical = json.dumps([exchange.path.rstrip("/"), body], sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _max_age(header: str) -> float | None:
    for part in header.lower().split(","):
        name, _, value = part.strip().partition("=")
        if name == "max-age" and value.isascii() and value.isdigit() and int(value) > 0:
            return float(value)
    return None


def _wants_the_same(exchange: Exchange, body: dict[str, Any]) -> bool:
    sure = body.get("temperature") == 0 or body.get("seed") is not None
    return exchange.path.rstrip("/") in _ALIKE or (sure and body.get("n", 1) == 1)


async def _by_key(exchange: Exchange, ask: Ask, endpoint: Endpoint) -> None:
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            found = await stored.claim(ask)
        except OtherRequestError:
            raise Fault(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "This Idempotency-Key was used for another request.",
                code="idempotency_key_reused",
            ) from None
        if isinstance(found, Given):
            await exchange.give(found.status, found.content, {**found.headers, "idempotency-replayed": "true"})
            return
        if isinstance(found, Claimed):
            await _answer_and_keep(exchange, found, endpoint)
            return
        if time.monotonic() > until:
            raise Fault(
                HTTPStatus.CONFLICT,
                "A request with this Idempotency-Key is still running.",
                code="idempotency_in_progress",
                headers={"retry-after": "5"},
            )
        await asyncio.sleep(_LOOK_SECONDS)


async def _answer_and_keep(exchange: Exchange, claimed: Claimed, endpoint: Endpoint) -> None:
    # The answer is paid for; a client that lost its connection will ask for it again.
    exchange.may_leave = lambda: False

    kept = False

    async def keep(status: int, content: bytes, headers: dict[str, str]) -> None:
        nonlocal kept
        kept = status == HTTPStatus.OK
        if kept:
            await stored.keep(claimed, Given(status, headers, content))

    exchange.before_answer = keep
    async with _alive(claimed):
        try:
            await endpoint(exchange, claimed.request_id)
        finally:
            if not kept:
                await asyncio.shield(stored.release(claimed))


@asynccontextmanager
async def _alive(claimed: Claimed) -> AsyncIterator[None]:
    async def renew() -> None:
        while True:
            await asyncio.sleep(stored.RENEWAL_SECONDS)
            await stored.renew(claimed)

    renewing = asyncio.ensure_future(renew())
    try:
        yield
    finally:
        renewing.cancel()
        await asyncio.wait({renewing})


async def _by_age(exchange: Exchange, ask: Ask, endpoint: Endpoint, seconds: float) -> None:
    found = await stored.fresh(ask, seconds)
    if found:
        told = {"age": str(int(found.age)), "x-prometheus-cache": "hit"}
        await exchange.give(found.status, found.content, {**found.headers, **told})
        return

    async def keep(status: int, content: bytes, headers: dict[str, str]) -> None:
        if status == HTTPStatus.OK:
            await stored.keep_fresh(ask, Given(status, headers, content))

    exchange.before_answer = keep
    await endpoint(exchange, ask.request_id)


async def _shared(exchange: Exchange, fingerprint: str, request_id: uuid.UUID, endpoint: Endpoint) -> None:
    place = (exchange.caller.client_id, fingerprint)
    running = _running.get(place)
    if running is not None:
        running.followers += 1
        try:
            given = await asyncio.shield(running.answer)
        finally:
            running.followers -= 1
        await exchange.give(given.status, given.content, {**given.headers, "x-prometheus-shared": "true"})
        return
    own = _running[place] = _Shared()
    exchange.may_leave = lambda: own.followers == 0

    async def pass_on(status: int, content: bytes, headers: dict[str, str]) -> None:
        if not own.answer.done():
            own.answer.set_result(Given(status, headers, content))

    exchange.before_answer = pass_on
    try:
        await endpoint(exchange, request_id)
    except (Fault, ProviderError, ValidationError) as fault:
        if not own.answer.done():
            own.answer.set_exception(fault)
        raise
    finally:
        del _running[place]
        if not own.answer.done():
            own.answer.set_exception(_INTERRUPTED)
