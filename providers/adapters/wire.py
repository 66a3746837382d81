"""The one way out: HTTP requests over aiohttp, bounded in time and size and kept to allowed addresses."""

from __future__ import annotations

import asyncio
import json
import time
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, TypeVar

import aiohttp
from yarl import URL

from providers.adapters import connections, limits
from providers.adapters.redaction import redact
from providers.errors import AuthenticationError, BrokenAnswerError, ForbiddenAddressError, NetworkError, ProviderError
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
_PIECE_BYTES = 64 * 1024
# zlib's words for a window with the head of either coding: 32 + 15 finds out which.
_ZLIB_WINDOWS = {"gzip": 47, "deflate": 47}
# What aiohttp raises; a forbidden address comes out of the connector as it went in.
_FAULTS = (aiohttp.ClientError, TimeoutError, OSError, UnicodeError)


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
        self.headers: Mapping[str, str] = {name.lower(): value for name, value in response.headers.items()}
        limits.note(self.headers)

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The decoded bytes as they come. Raises BrokenAnswerError (also beyond the bound) and NetworkError."""
        unpacked = self._unpacking()
        arrived = 0
        try:
            async for packed in self._response.content.iter_any():
                for piece in unpacked(packed) if unpacked else (packed,):
                    arrived += len(piece)
                    self._refuse_beyond_bound(arrived)
                    yield piece
        except _FAULTS as exc:
            raise _translated(exc, self._endpoint) from _cause(exc)

    async def read(self) -> bytes:
        """Everything that is left, within `timeout_seconds`. Raises as `pieces` does."""
        try:
            async with asyncio.timeout(self._endpoint.timeout_seconds):
                return await self.whole()
        except TimeoutError as exc:
            raise _translated(exc, self._endpoint) from _cause(exc)

    async def whole(self) -> bytes:
        """Everything that is left; the caller bounds the time."""
        async with aclosing(self.pieces()) as pieces:
            found = [piece async for piece in pieces]
        return found[0] if len(found) == 1 else b"".join(found)

    def _refuse_beyond_bound(self, arrived: int) -> None:
        if arrived > LARGEST_ANSWER_BYTES:
            most = f"an answer of more than {LARGEST_ANSWER_BYTES} bytes"
            raise BrokenAnswerError(most, http_status=self.status)

    def _unpacking(self) -> Callable[[bytes], Iterator[bytes]] | None:
        """How the answer is unpacked, None where it is plain. Raises BrokenAnswerError for any other coding."""
        coding = self.headers.get("content-encoding", "").lower()
        if coding in {"", "identity"}:
            return None
        if coding not in _ZLIB_WINDOWS:
            raise BrokenAnswerError(f"an answer encoded as {coding}", http_status=self.status)
        return _Unpacking(coding, self.status)


class _Unpacking:
    """Unpacks gzip and deflate in bounded pieces: a packed kilobyte can hold a megabyte."""

    def __init__(self, coding: str, status: int) -> None:
        self._open = zlib.decompressobj(_ZLIB_WINDOWS[coding])
        self._is_raw = False
        self._coding, self._status = coding, status

    def __call__(self, packed: bytes) -> Iterator[bytes]:
        """The pieces inside, each of a bounded size. Raises BrokenAnswerError where it is not what it says."""
        try:
            piece = self._first(packed)
            while piece:
                yield piece
                rest = self._open.unconsumed_tail
                piece = self._open.decompress(rest, _PIECE_BYTES) if rest else b""
        except zlib.error as exc:
            raise BrokenAnswerError(f"the answer cannot be read: {exc}", http_status=self._status) from exc

    def _first(self, packed: bytes) -> bytes:
        try:
            return self._open.decompress(packed, _PIECE_BYTES)
        except zlib.error:
            if self._coding != "deflate" or self._is_raw:
                raise
            # Some servers leave out the head that deflate has.
            self._is_raw, self._open = True, zlib.decompressobj(-zlib.MAX_WBITS)
            return self._open.decompress(packed, _PIECE_BYTES)


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
    try:
        async with asyncio.timeout(endpoint.timeout_seconds):
            response = await _sent(endpoint, method, url, payload, _headers(endpoint, headers, key_header))
            try:
                inflow = Inflow(endpoint, response)
                return Reply(inflow.status, inflow.headers, await inflow.whole())
            finally:
                response.release()
    except _FAULTS as exc:
        raise _translated(exc, endpoint) from _cause(exc)


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
    try:
        async with asyncio.timeout(endpoint.timeout_seconds):
            response = await _sent(endpoint, method, url, payload, _headers(endpoint, headers, key_header))
    except _FAULTS as exc:
        raise _translated(exc, endpoint) from _cause(exc)
    try:
        yield Inflow(endpoint, response)
    finally:
        response.release()


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


async def _sent(
    endpoint: Endpoint, method: str, url: str, payload: Payload, headers: dict[str, str]
) -> aiohttp.ClientResponse:
    content: bytes | None
    if isinstance(payload, Mapping):
        content = json.dumps(payload, ensure_ascii=False).encode()
        headers.setdefault("content-type", "application/json")
    else:
        content = payload
    session = await connections.session(private=endpoint.allow_private_address)
    return await session.request(
        method,
        _address(url),
        data=content,
        headers=headers,
        allow_redirects=False,
        timeout=_timeout(min(_CONNECT_SECONDS, endpoint.timeout_seconds)),
    )


@lru_cache(maxsize=1024)
def _address(url: str) -> URL:
    return URL(url)


@lru_cache(maxsize=64)
def _timeout(connect_seconds: float) -> aiohttp.ClientTimeout:
    # All other waiting is bounded by whoever waits.
    return aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds)


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


def _translated(exc: Exception, endpoint: Endpoint) -> ProviderError:
    """Whatever went wrong below HTTP, as one of our errors, without secrets."""
    if isinstance(exc, aiohttp.ConnectionTimeoutError):
        return _failed_connection(exc, endpoint)
    if isinstance(exc, TimeoutError):
        return NetworkError(f"no answer within {endpoint.timeout_seconds:g} s")
    if isinstance(exc, aiohttp.InvalidURL | aiohttp.NonHttpUrlClientError | UnicodeError):
        return ForbiddenAddressError(_words("the address cannot be used", exc, endpoint))
    if isinstance(exc, aiohttp.ClientPayloadError):
        return BrokenAnswerError(_words("the answer broke off", exc, endpoint))
    if isinstance(exc, aiohttp.ClientResponseError):
        return BrokenAnswerError(_words("the answer is not HTTP", exc.message, endpoint))
    return _failed_connection(exc, endpoint)


def _cause(exc: Exception) -> Exception | None:
    """What may be printed as the cause: aiohttp's words on an answer hold the request's headers, the key among them."""
    return None if isinstance(exc, aiohttp.ClientResponseError) else exc


def _failed_connection(exc: Exception, endpoint: Endpoint) -> NetworkError:
    error = NetworkError(_words("the connection failed", exc, endpoint))
    # Without a connection nothing was sent, so nothing of a limit was used.
    error.never_left = isinstance(exc, aiohttp.ClientConnectorError | aiohttp.ConnectionTimeoutError)
    return error


def _words(what: str, why: object, endpoint: Endpoint) -> str:
    return redact(f"{what}: {why}", endpoint.api_key)
