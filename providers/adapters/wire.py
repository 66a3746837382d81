"""The one way out: requests over aiohttp connections, bounded in time and size and kept to allowed addresses."""

from __future__ import annotations

import asyncio
import json
import os
import ssl
import threading
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import aiohttp
import certifi
from yarl import URL

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
_READ_BYTES = 64 * 1024
# How zlib is told of each coding that we read; any other would be decoded by somebody without our bound.
_WINDOWS = {"gzip": zlib.MAX_WBITS | 16, "deflate": zlib.MAX_WBITS}


@dataclass(frozen=True, slots=True, repr=False)
class Reply:
    """A whole answer. Header names are lower case. It never prints: a vendor may have put the key into it."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Inflow:
    """An answer that is still arriving. Iterate it once, or read it whole; either way its size is bounded."""

    def __init__(self, endpoint: Endpoint, response: aiohttp.ClientResponse) -> None:
        self._endpoint = endpoint
        self._response = response
        self.status = response.status
        self.headers = _headers_of(response)
        limits.note(self.headers)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The decoded bytes as they come. Raises BrokenAnswerError (also beyond the bound) and NetworkError."""
        decoded = self._decoding()
        arrived = 0
        with _faults_translated(self._endpoint):
            async for piece in self._response.content.iter_chunked(_READ_BYTES):
                for part in decoded(piece):
                    arrived += len(part)
                    self._bound(arrived)
                    yield part

    async def read(self) -> bytes:
        """Everything that is left, within `timeout_seconds`. Raises as `pieces` does."""
        with _faults_translated(self._endpoint):
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return await self.all()

    async def all(self) -> bytes:
        """Everything that is left; its caller bounds the time. Raises as `pieces` does."""
        async with aclosing(self.pieces()) as pieces:
            return b"".join([piece async for piece in pieces])

    def _bound(self, arrived: int) -> None:
        if arrived > LARGEST_ANSWER_BYTES:
            raise BrokenAnswerError(f"an answer of more than {LARGEST_ANSWER_BYTES} bytes", http_status=self.status)

    def _decoding(self) -> Callable[[bytes], Iterable[bytes]]:
        coding = self.headers.get("content-encoding", "").lower()
        if coding in {"", "identity"}:
            return _as_it_is
        if coding not in _WINDOWS:
            raise BrokenAnswerError(f"an answer encoded as {coding}", http_status=self.status)
        return _Inflating(_WINDOWS[coding]).parts


def _headers_of(response: aiohttp.ClientResponse) -> dict[str, str]:
    """The headers with lower-case names, equal ones joined as HTTP says."""
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.raw_headers:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode(errors="replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _as_it_is(piece: bytes) -> tuple[bytes]:
    return (piece,)


class _Inflating:
    """A compressed answer, inflated a bounded part at a time, so that its true size is known before it is held."""

    def __init__(self, window: int) -> None:
        self._inflater = zlib.decompressobj(window)
        self._begun = False

    def parts(self, piece: bytes) -> Iterator[bytes]:
        """What this piece inflates to. Raises zlib.error."""
        while piece:
            yield self._inflated(piece)
            piece = self._inflater.unconsumed_tail

    def _inflated(self, piece: bytes) -> bytes:
        try:
            part = self._inflater.decompress(piece, _READ_BYTES)
        except zlib.error:
            if self._begun:
                raise
            # Some servers mean the bare form by `deflate`.
            self._inflater = zlib.decompressobj(-zlib.MAX_WBITS)
            part = self._inflater.decompress(piece, _READ_BYTES)
        self._begun = True
        return part


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
        request = _request(method, url, payload, _headers(endpoint, headers, key_header))
        async with asyncio.timeout(endpoint.timeout_seconds), _exchange(endpoint, request) as inflow:
            return Reply(inflow.status, inflow.headers, await inflow.all())


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
        request = _request(method, url, payload, _headers(endpoint, headers, key_header))
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


@dataclass(frozen=True, slots=True, repr=False)
class _Request:
    """What goes out. It never prints: the key is among its headers."""

    method: str
    url: URL
    headers: dict[str, str]
    content: bytes | None


@asynccontextmanager
async def _exchange(endpoint: Endpoint, request: _Request) -> AsyncIterator[Inflow]:
    session = await _session(private=endpoint.allow_private_address)
    asked = session.request(
        request.method,
        request.url,
        headers=request.headers,
        data=request.content,
        allow_redirects=False,
        timeout=_timeouts(endpoint.timeout_seconds),
    )
    async with asked as response:
        yield Inflow(endpoint, response)


@cache
def _timeouts(seconds: float) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(connect=seconds, sock_connect=min(_CONNECT_SECONDS, seconds), sock_read=seconds)


def _request(method: str, url: str, payload: Payload, headers: dict[str, str]) -> _Request:
    if isinstance(payload, Mapping):
        content: bytes | None = json.dumps(payload, ensure_ascii=False).encode()
        headers = {"content-type": "application/json", **headers}
    else:
        content = payload
    address = _address(url)
    if address.scheme not in {"http", "https"} or not address.host:
        raise aiohttp.InvalidURL(url, "only http:// and https:// addresses can be asked")
    return _Request(method, address, headers, content)


@lru_cache(maxsize=512)
def _address(url: str) -> URL:
    try:
        return URL(url)
    except ValueError as exc:
        raise aiohttp.InvalidURL(url, str(exc)) from exc


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
    except TimeoutError as exc:
        error = NetworkError(f"no answer within {endpoint.timeout_seconds:g} s")
        # Without a connection nothing was sent, so nothing of a limit was used.
        error.never_left = isinstance(exc, aiohttp.ConnectionTimeoutError)
        raise error from exc
    except (aiohttp.InvalidURL, UnicodeError) as exc:
        raise ForbiddenAddressError(_words("the address cannot be used", exc, endpoint)) from exc
    except aiohttp.ClientPayloadError as exc:
        raise BrokenAnswerError(_words("the answer broke off", exc, endpoint)) from exc
    except zlib.error as exc:
        raise BrokenAnswerError(_words("the answer cannot be read", exc, endpoint)) from exc
    except aiohttp.ClientResponseError as exc:
        # Its own representation prints the request's headers, the key among them.
        cause = aiohttp.ClientPayloadError(redact(exc.message, endpoint.api_key))
        raise BrokenAnswerError(_words("the answer is not HTTP", cause, endpoint)) from cause
    except (aiohttp.ClientError, OSError) as exc:
        error = NetworkError(_words("the connection failed", exc, endpoint))
        error.never_left = isinstance(exc, aiohttp.ClientConnectorError)
        raise error from exc


def _words(what: str, exc: Exception, endpoint: Endpoint) -> str:
    return redact(f"{what}: {exc}", endpoint.api_key)


class _Clients:
    """The sessions of one event loop, one for public and one for all addresses."""

    def __init__(self) -> None:
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._keeper = self._close_with_the_loop()

    async def start(self) -> None:
        """Tie the sessions to the running loop."""
        await anext(self._keeper)

    def session(self, *, private: bool) -> aiohttp.ClientSession:
        """The session for this kind of address, made on first use."""
        if private not in self._sessions:
            self._sessions[private] = _new_session(private=private)
        return self._sessions[private]

    async def aclose(self) -> None:
        """Close every connection."""
        await self._keeper.aclose()

    async def _close_with_the_loop(self) -> AsyncGenerator[None, None]:
        # A loop closes its pending generators before it ends, so no caller has to remember.
        try:
            yield
        finally:
            for session in self._sessions.values():
                await session.close()
            self._sessions.clear()


_clients: WeakKeyDictionary[asyncio.AbstractEventLoop, _Clients] = WeakKeyDictionary()
_clients_lock = threading.Lock()


async def _session(*, private: bool) -> aiohttp.ClientSession:
    loop = asyncio.get_running_loop()
    with _clients_lock:
        clients = _clients.get(loop)
        is_new = clients is None
        if clients is None:
            clients = _clients[loop] = _Clients()
    if is_new:
        await clients.start()
    return clients.session(private=private)


def _new_session(*, private: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=_ssl_context(),
        limit=_CONNECTIONS,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        resolver=None if private else PublicResolver(),
        socket_factory=None if private else public_socket,
    )
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
    )


@cache
def _ssl_context() -> ssl.SSLContext:
    # Reading the certificate store takes tens of milliseconds: once a process.
    # The machine's own choice where it has made one, else Mozilla's list, which also bare containers then have.
    return ssl.create_default_context(cafile=os.environ.get("SSL_CERT_FILE") or certifi.where())


async def aclose_clients() -> None:
    """Close the connections that the running loop holds; the next request opens new ones."""
    with _clients_lock:
        clients = _clients.pop(asyncio.get_running_loop(), None)
    if clients:
        await clients.aclose()
