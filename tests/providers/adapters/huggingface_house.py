"""Endpoints of Hugging Face at the simulated upstream, and its recordings."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import ProviderError
from providers.types import (
    EmbeddingRequest,
    Endpoint,
    Quirks,
)
from tests.providers.adapters.conftest import SECRET
from tests.upstream import Behaviour, Upstream, replays

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00" * 20
JPEG = b"\xff\xd8\xff\xe0" + b"\x00" * 20
RECORDINGS = Path(__file__).parents[4] / "shared" / "provider-apis" / "recordings"
NO_RIGHT = {"error": "This authentication method does not have sufficient permissions to call Inference Providers"}


class House:
    """The router, the Hub and the row server of one test, all at one place of the simulated upstream."""

    def __init__(self, upstream: Upstream) -> None:
        self.upstream = upstream
        self.name = "hugging-face"

    def open(self, *acts: Behaviour, routes: dict[str, Any] | None = None, **changes: Any) -> Endpoint:
        base_url = self.upstream.add(self.name, *acts, routes=routes).removesuffix("/v1")
        facts: dict[str, Any] = {"model_id": "org/name", "api_key": SECRET, "timeout_seconds": 5.0, **changes}
        return Endpoint(
            provider="hf",
            protocol="huggingface",
            base_url=base_url,
            allow_private_address=True,
            quirks=Quirks(hub_url=base_url, rows_url=base_url),
            **facts,
        )

    @property
    def paths(self) -> list[str]:
        return [request.path.removeprefix(f"/{self.name}") for request in self.upstream.requests(self.name)]

    @property
    def bodies(self) -> list[Any]:
        return [request.json for request in self.upstream.requests(self.name)]


@pytest.fixture
def house(upstream: Upstream) -> House:
    return House(upstream)


def recorded(name: str) -> dict[str, Any]:
    return json.loads((RECORDINGS / f"huggingface--{name}.json").read_text())["response"]  # type: ignore[no-any-return]


def replayed(name: str) -> Behaviour:
    response = recorded(name)
    return replays(response["status"], response["headers"], response.get("body", response.get("sse")))


def ask(endpoint: Endpoint, method: str, request: Any) -> Any:
    return asyncio.run(getattr(adapter_for("huggingface"), method)(endpoint, request))


def fault(endpoint: Endpoint, method: str, request: Any) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(endpoint, method, request)
    return caught.value


def embed(endpoint: Endpoint, *texts: str) -> tuple[tuple[float, ...], ...]:
    return ask(endpoint, "embed", EmbeddingRequest(texts)).vectors  # type: ignore[no-any-return]


# Chat
