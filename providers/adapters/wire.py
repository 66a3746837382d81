"""The one way out: httpx requests over aiohttp connections, bounded in time and size and kept to allowed addresses."""

from __future__ import annotations

import asyncio
import json
import ssl
import threading
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from providers.adapters import limits
from providers.adapters.addresses import PublicResolver, public_socket
from providers.adapters.redaction import redact
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ForbiddenAddressError,
    NetworkError,
)
from providers.types import Endpoint

T = TypeVar("T")
Payload = Mapping[str, Any] | bytes | None

# The header that carries a key with the word `Bearer` before it; any other header carries the key alone.
BEARER = "authorization"
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})

LARGEST_ANSWER_BYTES = 16 * 1024 * 1024
# A stream may be slow, but not for ever.
LONGEST_STREAM_SECONDS = 900.0
_CONNECT_SECONDS = 5.0
# Vendors close idle connections after a minute; a reused one must not be half dead.
_KEEP_ALIVE_SECONDS = 20.0
_CONNECTIONS = 256
_READABLE_ENCODINGS = {"", "identity", "gzip", "deflate"}


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """A whole answer. Header names are lower case. It never prints: a vendor may have put the key into it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Inflow:
    """An answer that is still arriving. Iterate it once, or read it whole; either way its size is bounded."""

    def __init__(self, endpoint: Endpoint, response: httpx.Response) -> None:
        self._endpoint = endpoint
        self._response = response
        self.status = response.status_code
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        limits.note(self.headers)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The decoded bytes as they come. Raises BrokenAnswerError (also beyond the bound) and NetworkError."""
        # One layer of gzip multiplies a read by a thousand at most; stacked or newer codings would defeat the bound.
        coding = self.headers.get("content-encoding", "").lower()
        if coding not in _READABLE_ENCODINGS:
            raise BrokenAnswerError(f"an answer encoded as {coding}", http_status=self.status)
        arrived = 0
        with _faults_translated(self._endpoint):
            async for piece in self._response.aiter_bytes():
                arrived += len(piece)
                if arrived > LARGEST_ANSWER_BYTES:
                    most = f"an answer of more than {LARGEST_ANSWER_BYTES} bytes"
                    raise BrokenAnswerError(most, http_status=self.status)
                yield piece

    async def read(self) -> bytes:
        """Everything that is left, within `timeout_seconds`. Raises as `pieces` does."""
        with _faults_translated(self._endpoint):
            async with asyncio.timeout(self._endpoint.timeout_seconds), aclosing(self.pieces()) as pieces:
                return b"".join([piece async for piece in pieces])


async def call(
    endpoint: Endpoint,
    method: str,
    url: str,
    payload: Payload = None,
    *,
    headers: Mapping[str, str] = _NO_HEADERS,
    key_header: str = BEARER,
) -> Reply:
    """One request and its whole answer within `endpoint.timeout_seconds`, whatever its status.

    `payload` is JSON, or bytes whose `content-type` stands in `headers` (lower-case names). `key_header` carries the
    key; with an empty one the key stays here, as it must for addresses that are not the vendor's own.
    Raises NetworkError, BrokenAnswerError, ForbiddenAddressError or AuthenticationError.
    """
    with _faults_translated(endpoint):
        request = _request(endpoint, method, url, payload, _headers(endpoint, headers, key_header))
        async with asyncio.timeout(endpoint.timeout_seconds), _exchange(endpoint, request) as inflow:
            return Reply(inflow.status, inflow.headers, await inflow.read())


@asynccontextmanager
async def opened(
    endpoint: Endpoint,
    url: str,
    payload: Payload = None,
    *,
    method: str = "POST",
    headers: Mapping[str, str] = _NO_HEADERS,
    key_header: str = BEARER,
) -> AsyncIterator[Inflow]:
    """A request whose answer is read while it arrives; leaving early ends the connection. As `call` otherwise.

    The head must come within `endpoint.timeout_seconds`; the reader bounds what follows with `paced`.
    """
    with _faults_translated(endpoint):
        request = _request(endpoint, method, url, payload, _headers(endpoint, headers, key_header))
        exchange = _exchange(endpoint, request)
        async with asyncio.timeout(endpoint.timeout_seconds):
            inflow = await exchange.__aenter__()
    try:
        yield inflow
    finally:
        await exchange.__aexit__(None, None, None)


async def paced(items: AsyncGenerator[T, None], silence_seconds: Callable[[], float]) -> AsyncGenerator[T, None]:
    """The same items, with a bound on the silence before each and on the whole. Raises NetworkError."""
    end = time.monotonic() + LONGEST_STREAM_SECONDS
    async with aclosing(items):
        while True:
            seconds = min(silence_seconds(), max(0.0, end - time.monotonic()))
            # The bound covers the waiting only: what the reader does with an item is its own time.
            try:
                async with asyncio.timeout(seconds):
                    item = await anext(items)
            except StopAsyncIteration:
                return
            except TimeoutError as exc:
                raise NetworkError(f"the stream stood still for {seconds:g} s", http_status=200) from exc
            yield item


@asynccontextmanager
async def _exchange(endpoint: Endpoint, request: httpx.Request) -> AsyncIterator[Inflow]:
    transport = await _transport(private=endpoint.allow_private_address)
    response = await transport.handle_async_request(request)
    try:
        yield Inflow(endpoint, response)
    finally:
        await response.aclose()


def _request(endpoint: Endpoint, method: str, url: str, payload: Payload, headers: Mapping[str, str]) -> httpx.Request:
    seconds = endpoint.timeout_seconds
    as_json = {"content-type": "application/json"} if isinstance(payload, Mapping) else {}
    content = json.dumps(payload, ensure_ascii=False).encode() if isinstance(payload, Mapping) else payload
    return httpx.Request(
        method,
        url,
        headers={**as_json, **headers},
        content=content,
        extensions={
            "timeout": {"connect": min(_CONNECT_SECONDS, seconds), "read": seconds, "write": seconds, "pool": seconds}
        },
    )


def _headers(endpoint: Endpoint, added: Mapping[str, str], key_header: str) -> dict[str, str]:
    headers = {
        "accept": "application/json, text/event-stream",
        "accept-encoding": "identity",
        "user-agent": "prometheus-ai",
        **added,
        **endpoint.quirks.extra_headers,
    }
    if endpoint.api_key and key_header:
        if not (endpoint.api_key.isascii() and endpoint.api_key.isprintable()) or " " in endpoint.api_key:
            raise AuthenticationError("the key holds characters that no key has, perhaps a line break")
        headers[key_header] = f"Bearer {endpoint.api_key}" if key_header == BEARER else endpoint.api_key
    return headers


@contextmanager
def _faults_translated(endpoint: Endpoint) -> Iterator[None]:
    """Whatever goes wrong below HTTP, as one of our errors, without secrets and with its cause."""
    try:
        yield
    except (TimeoutError, httpx.TimeoutException) as exc:
        # The transport calls a connection that the other side dropped a timeout too; the cause knows better.
        if isinstance(exc.__cause__, aiohttp.ClientConnectionError) and not isinstance(exc.__cause__, TimeoutError):
            raise _failed_connection(exc, endpoint) from exc
        raise NetworkError(f"no answer within {endpoint.timeout_seconds:g} s") from exc
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, UnicodeError) as exc:
        raise ForbiddenAddressError(_words("the address cannot be used", exc, endpoint)) from exc
    except httpx.ReadError as exc:
        raise BrokenAnswerError(_words("the answer broke off", exc, endpoint)) from exc
    except (httpx.DecodingError, httpx.RemoteProtocolError) as exc:
        raise BrokenAnswerError(_words("the answer cannot be read", exc, endpoint)) from exc
    except aiohttp.ClientResponseError as exc:
        # Its own representation prints the request's headers, the key among them.
        cause = httpx.RemoteProtocolError(redact(exc.message, endpoint.api_key))
        raise BrokenAnswerError(_words("the answer is not HTTP", cause, endpoint)) from cause
    except (httpx.TransportError, aiohttp.ClientError, OSError) as exc:
        raise _failed_connection(exc, endpoint) from exc


def _failed_connection(exc: Exception, endpoint: Endpoint) -> NetworkError:
    error = NetworkError(_words("the connection failed", exc, endpoint))
    # Without a connection nothing was sent, so nothing of a limit was used. The transport's own class says less.
    never_made = aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError
    error.never_left = isinstance(exc, never_made) or isinstance(exc.__cause__, never_made)
    return error


def _words(what: str, exc: Exception, endpoint: Endpoint) -> str:
    return redact(f"{what}: {exc}", endpoint.api_key)


class _Clients:
    """The transports of one event loop, one for public and one for all addresses."""

    def __init__(self) -> None:
        self._transports: dict[bool, AiohttpTransport] = {}
        self._keeper = self._close_with_the_loop()

    async def start(self) -> None:
        """Tie the transports to the running loop."""
        await anext(self._keeper)

    def transport(self, *, private: bool) -> AiohttpTransport:
        """The transport for this kind of address, made on first use."""
        if private not in self._transports:
            self._transports[private] = _new_transport(private=private)
        return self._transports[private]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._keeper.aclose()

    async def _close_with_the_loop(self) -> AsyncGenerator[None, None]:
        # A loop closes its pending generators before it ends, so no caller has to remember.
        try:
            yield
        finally:
            for transport in self._transports.values():
                await transport.aclose()
            self._transports.clear()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()
_clients_lock = threading.Lock()


async def _transport(*, private: bool) -> AiohttpTransport:
    loop = asyncio.get_running_loop()
    with _clients_lock:
        clients = _clients.get(loop)
        is_new = clients is None
        if clients is None:
            clients = _clients[loop] = _Clients()
    if is_new:
        await clients.start()
    return clients.transport(private=private)


def _new_transport(*, private: bool) -> AiohttpTransport:
    connector = aiohttp.TCPConnector(
        ssl=_ssl_context(),
        limit=_CONNECTIONS,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        resolver=None if private else PublicResolver(),
        socket_factory=None if private else public_socket,
    )
    session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False)
    return AiohttpTransport(verify=_ssl_context(), trust_env=False, client=session)


@cache
def _ssl_context() -> ssl.SSLContext:
    # Reading the certificate store takes tens of milliseconds: once a process.
    return httpx.create_ssl_context()


async def aclose_clients() -> None:
    """Close the connections that the running loop holds; the next request opens new ones."""
    with _clients_lock:
        clients = _clients.pop(asyncio.get_running_loop(), None)
    if clients:
        await clients.aclose()
