"""How often an address came with a bad key or password in the last minute, in constant memory.

Counted in Django's cache: with Redis for all processes together, without it for each process.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import time

from django.conf import settings
from django.core.cache import cache

MOST_BAD_A_MINUTE = 20
WINDOW_SECONDS = 60
# Addresses share this many counters, so that a flood of them fills no memory.
_BUCKETS = 4096
_IPV6_NETWORK = 64


def bad_keys(address: str | None) -> int:
    """Count one more bad key; how many there were in this minute, this one included."""
    return _count("key", address)


def bad_sign_ins(address: str | None) -> int:
    """Count one more failed sign-in; how many there were in this minute, this one included."""
    return _count("sign-in", address)


def seconds_left() -> int:
    """When this minute's counts end."""
    return WINDOW_SECONDS - int(time.time()) % WINDOW_SECONDS


def _count(kind: str, address: str | None) -> int:
    name = _bucket(kind, address, int(time.time()) // WINDOW_SECONDS)
    cache.add(name, 0, WINDOW_SECONDS)
    try:
        return int(cache.incr(name))
    except ValueError:
        # It ended between the two; the next one counts again.
        return 1


def _bucket(kind: str, address: str | None, minute: int) -> str:
    """Two addresses that share a counter share it for a minute only, and nobody can choose whose."""
    words = f"{kind}:{minute}:{_network(address)}".encode()
    digest = hmac.digest(settings.SECRET_KEY.encode(), words, hashlib.sha256)
    return f"bad:{kind}:{int.from_bytes(digest[:4], 'big') % _BUCKETS}:{minute % 2}"


def _network(address: str | None) -> str:
    """An address, or the /64 that one IPv6 customer has to themselves."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((parsed, _IPV6_NETWORK), strict=False))
    return str(parsed)
