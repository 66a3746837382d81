"""Clients with keys, and the threads that serve the door closed after each test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, TypeVar

import pytest

from providers import access
from providers.access import Caller, Scope
from providers.access.client_keys import Issued, create_client

T = TypeVar("T")


@pytest.fixture
def make(transactional_db: None) -> Iterator[Callable[..., Issued]]:
    """`make(scopes, **limits)` creates a client with its first key."""
    made: list[Issued] = []

    def create(*scopes: str, **fields: Any) -> Issued:
        issued = create_client(fields.pop("name", f"module {len(made)}"), scopes or ("openai",), **fields)
        made.append(issued)
        return issued

    yield create
    access.close()


def run(story: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(story)


def come(secret: str, scope: Scope | None = None, address: str = "192.0.2.7") -> Caller:
    """One call with a key, as the gateway makes it."""
    return run(access.authenticate(f"Bearer {secret}", scope, address=address))
