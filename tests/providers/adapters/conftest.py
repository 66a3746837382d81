from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from providers.types import Endpoint
from tests.upstream import Behaviour, Upstream

SECRET = "sk-proj-PLANTED0secret1with2digits3and4letters"


@pytest.fixture(scope="session")
def upstream() -> Iterator[Upstream]:
    with Upstream() as server:
        yield server


_numbers = itertools.count(1)

PlaceOf = Callable[..., tuple[Endpoint, str]]


@pytest.fixture
def place(upstream: Upstream) -> PlaceOf:
    """Opens a new place with the given behaviours: its endpoint and its name."""

    def open_place(
        *behaviours: Behaviour, keys: set[str] | None = None, routes: dict[str, Behaviour] | None = None, **changes: Any
    ) -> tuple[Endpoint, str]:
        name = f"place{next(_numbers)}"
        base_url = upstream.add(name, *behaviours, keys=keys, routes=routes)
        facts: dict[str, Any] = {"api_key": SECRET, "timeout_seconds": 5.0, "allow_private_address": True, **changes}
        usual = {"provider": name, "protocol": "openai", "base_url": base_url, "model_id": "test-model"}
        return Endpoint(**{**usual, **facts}), name

    return open_place
