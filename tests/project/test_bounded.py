"""What is larger than a request may be is refused before it is stored."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from django.conf import settings as django_settings
from django.test import Client

from prometheus.bounded import Bounded

pytestmark = [pytest.mark.once, pytest.mark.anyio]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def taken() -> list[int]:
    return []


@pytest.fixture
def client(taken: list[int], settings: Any) -> httpx.AsyncClient:
    settings.MOST_BODY_BYTES = 1000

    async def app(_scope: Any, receive: Any, send: Any) -> None:
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            size += len(message["body"])
            taken.append(size)
            more = message.get("more_body", False)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    return httpx.AsyncClient(transport=httpx.ASGITransport(Bounded(app)), base_url="http://desk")


async def test_a_request_within_the_limit_passes(client: httpx.AsyncClient) -> None:
    assert (await client.post("/", content=b"x" * 1000)).status_code == 200


async def test_a_request_that_says_it_is_larger_is_refused_at_once(client: httpx.AsyncClient, taken: list[int]) -> None:
    answer = await client.post("/", content=b"x" * 1001)
    assert (answer.status_code, taken) == (413, [])


async def test_a_request_that_hides_its_size_is_cut_where_it_gets_too_large(
    client: httpx.AsyncClient, taken: list[int]
) -> None:
    async def pieces() -> Any:
        for _ in range(100):
            yield b"x" * 100

    with pytest.raises(AssertionError):
        await client.post("/", content=pieces())
    assert max(taken) <= 1000


def test_the_documentation_page_hands_its_token_to_a_signed_in_person(admin_client: Client) -> None:
    html = admin_client.get("/api/v1/docs").content.decode()
    assert 'data-api-csrf="true"' in html
    assert 'data-csrf-token=""' not in html
    assert 'data-api-csrf="true"' not in Client().get("/api/v1/docs").content.decode()
    assert django_settings.MOST_BODY_BYTES == 200 * 1024 * 1024
