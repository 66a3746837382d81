"""aiohttp's sessions, one for each event loop and kind of address, closed with the loop."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import AsyncGenerator
from functools import cache
from weakref import WeakKeyDictionary

import aiohttp
import certifi

from providers.adapters.addresses import PublicResolver, public_socket

# Vendors close idle connections after a minute; a reused one must not be half dead.
_KEEP_ALIVE_SECONDS = 20.0
_CONNECTIONS = 256


class _Sessions:
    """The sessions of one event loop, one for public and one for all addresses."""

    def __init__(self) -> None:
        self.made: dict[bool, aiohttp.ClientSession] = {}
        self._keeper = self._close_with_the_loop()

    async def start(self) -> None:
        """Tie the sessions to the running loop."""
        await anext(self._keeper)

    async def aclose(self) -> None:
        """Close every connection."""
        await self._keeper.aclose()

    async def _close_with_the_loop(self) -> AsyncGenerator[None, None]:
        # A loop closes its pending generators before it ends, so no caller has to remember.
        try:
            yield
        finally:
            for one in self.made.values():
                await one.close()
            self.made.clear()


_sessions: WeakKeyDictionary[asyncio.AbstractEventLoop, _Sessions] = WeakKeyDictionary()
_lock = threading.Lock()


async def session(*, private: bool) -> aiohttp.ClientSession:
    """The running loop's session for all (`private`) or for public addresses only, made on first use."""
    loop = asyncio.get_running_loop()
    with _lock:
        own = _sessions.get(loop)
        is_new = own is None
        if own is None:
            own = _sessions[loop] = _Sessions()
    if is_new:
        await own.start()
    found = own.made.get(private)
    if found is None:
        found = own.made[private] = _new_session(private=private)
    return found


def _new_session(*, private: bool) -> aiohttp.ClientSession:
    connector = aiohttp.TCPConnector(
        ssl=_ssl_context(),
        limit=_CONNECTIONS,
        keepalive_timeout=_KEEP_ALIVE_SECONDS,
        resolver=None if private else PublicResolver(),
        socket_factory=None if private else public_socket,
    )
    # Cookies tell vendors nothing, and a proxy from the environment would go around the guard on addresses.
    return aiohttp.ClientSession(
        connector=connector, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False, auto_decompress=False
    )


@cache
def _ssl_context() -> ssl.SSLContext:
    # Reading the certificate store takes tens of milliseconds: once a process.
    return ssl.create_default_context(cafile=certifi.where())


async def aclose_sessions() -> None:
    """Close the connections that the running loop holds; the next request opens new ones."""
    with _lock:
        own = _sessions.pop(asyncio.get_running_loop(), None)
    if own:
        await own.aclose()
