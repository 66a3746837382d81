from __future__ import annotations

import asyncio
import socket
from dataclasses import replace

import pytest
from aiohttp.abc import ResolveResult
from aiohttp.resolver import ThreadedResolver

from providers.adapters import addresses
from providers.adapters.addresses import PublicResolver, is_public
from providers.adapters.base import adapter_for
from providers.errors import ForbiddenAddressError, NetworkError
from tests.providers.adapters.asking import HELLO, chat, chat_fault, stream
from tests.providers.adapters.conftest import PlaceOf
from tests.upstream import Upstream, answers


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",  # noqa: S104
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1",
        "::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd12::1", "fec0::1", "ff02::1", "2001:db8::1", "::7f00:1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::",
    ],
)  # fmt: skip
def test_a_private_address_is_not_public(host: str) -> None:
    assert not is_public(host)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "104.18.7.192", "2606:4700::6812:7c0", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_an_address_of_the_open_internet_is_public(host: str) -> None:
    assert is_public(host)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "LOCALHOST",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "[::]",
        "0.0.0.0",  # noqa: S104
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "169.254.169.254",
    ],
)
def test_a_private_place_is_never_reached(place: PlaceOf, upstream: Upstream, host: str) -> None:
    endpoint, name = place(answers("You should not see this"), allow_private_address=False)
    hidden = replace(endpoint, base_url=endpoint.base_url.replace("127.0.0.1", host))
    assert type(chat_fault(hidden)) is ForbiddenAddressError
    assert upstream.requests(name) == []


def test_a_private_place_is_never_streamed_from(place: PlaceOf) -> None:
    _, error = stream(place(answers("You should not see this"), allow_private_address=False)[0])
    assert type(error) is ForbiddenAddressError


def test_a_place_marked_as_local_is_reached(place: PlaceOf) -> None:
    endpoint, _ = place(answers("Hello"))
    assert chat(replace(endpoint, base_url=endpoint.base_url.replace("127.0.0.1", "localhost"))).text == "Hello"


def test_an_open_connection_to_a_local_place_helps_nobody_else(place: PlaceOf) -> None:
    endpoint, _ = place(answers("Hello"))
    guarded = replace(endpoint, allow_private_address=False)

    async def one_after_the_other() -> None:
        await adapter_for("openai").chat(endpoint, HELLO)
        await adapter_for("openai").chat(guarded, HELLO)

    with pytest.raises(ForbiddenAddressError):
        asyncio.run(one_after_the_other())


class Answering(ThreadedResolver):
    """The system's resolver with made-up answers: there is no name server to lean on in tests."""

    found: tuple[str, ...] = ()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=socket.AF_INET6 if ":" in address else socket.AF_INET,
                proto=0,
                flags=0,
            )
            for address in self.found
        ]


@pytest.mark.parametrize("found", [("10.0.0.7",), ("8.8.8.8", "10.0.0.7"), ("2606:4700::1", "::ffff:10.0.0.7")])
def test_a_name_with_a_private_address_is_refused(monkeypatch: pytest.MonkeyPatch, found: tuple[str, ...]) -> None:
    monkeypatch.setattr(addresses, "DefaultResolver", Answering)
    monkeypatch.setattr(Answering, "found", found)

    async def resolve() -> None:
        await PublicResolver().resolve("rebound.example", 443)

    with pytest.raises(ForbiddenAddressError, match=r"rebound\.example"):
        asyncio.run(resolve())


def test_a_name_with_public_addresses_keeps_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(addresses, "DefaultResolver", Answering)
    monkeypatch.setattr(Answering, "found", ("8.8.8.8", "2606:4700::1"))

    async def resolve() -> list[str]:
        resolver = PublicResolver()
        found = await resolver.resolve("open.example", 443)
        await resolver.close()
        return [result["host"] for result in found]

    assert asyncio.run(resolve()) == ["8.8.8.8", "2606:4700::1"]


def test_a_public_literal_gets_its_socket() -> None:
    target = (socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", ("8.8.8.8", 443))
    with addresses.public_socket(target) as made:
        assert made.family == socket.AF_INET


def test_a_place_that_cannot_speak_tls_is_a_network_fault(place: PlaceOf) -> None:
    endpoint, _ = place()
    assert type(chat_fault(replace(endpoint, base_url=endpoint.base_url.replace("http:", "https:")))) is NetworkError


def test_a_name_that_does_not_exist_is_a_network_fault(place: PlaceOf) -> None:
    endpoint, _ = place(allow_private_address=False)
    assert type(chat_fault(replace(endpoint, base_url="http://does-not-exist.invalid/v1"))) is NetworkError


@pytest.mark.parametrize("url", ["ftp://example.org/v1", "not an address", "http://"])
def test_an_unusable_address_is_said_to_be_one(place: PlaceOf, url: str) -> None:
    endpoint, _ = place()
    assert type(chat_fault(replace(endpoint, base_url=url))) is ForbiddenAddressError
