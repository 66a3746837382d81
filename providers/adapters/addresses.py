"""The guard on outgoing connections: a provider's address must be a public one, checked where the socket connects."""

from __future__ import annotations

import ipaddress
import socket

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.connector import AddrInfoType
from aiohttp.resolver import DefaultResolver

from providers.errors import ForbiddenAddressError

_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def is_public(host: str) -> bool:
    """Whether an IP address leads to the open internet. Addresses that carry another one are judged by that one.

    Raises ValueError when `host` is not an IP address.
    """
    address = ipaddress.ip_address(host)
    if isinstance(address, ipaddress.IPv4Address):
        return _is_public_v4(address)
    inner = _carried(address)
    if inner is not None:
        return _is_public_v4(inner)
    return address in _GLOBAL_UNICAST and address.is_global


def _is_public_v4(address: ipaddress.IPv4Address) -> bool:
    # Multicast counts as global in the standard library.
    return address.is_global and not address.is_multicast and not address.is_reserved


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address inside a mapped, 6to4, Teredo or NAT64 address: that is where the packets end up."""
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


class PublicResolver(AbstractResolver):
    """Names become addresses once, and the checked addresses are the ones that get connected.

    A name with one public and one private address is refused as a whole: that is how a guard is talked around.
    """

    def __init__(self) -> None:
        self._inner = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a name. Raises ForbiddenAddressError, and OSError when there are none."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            _refuse_private(result["host"], named=host)
        return found

    async def close(self) -> None:
        """Release what the system's resolver holds."""
        await self._inner.close()


def public_socket(target: AddrInfoType) -> socket.socket:
    """A socket for a connection to come; literal addresses never meet a resolver, so all are checked here as well."""
    family, kind, protocol, _name, sockaddr = target
    _refuse_private(str(sockaddr[0]), named=str(sockaddr[0]))
    return socket.socket(family, kind, protocol)


def _refuse_private(host: str, *, named: str) -> None:
    if not is_public(host):
        where = host if host == named else f"{named} ({host})"
        raise ForbiddenAddressError(f"{where} is not a public address and the provider is not marked as local")
