"""Small words for asking an adapter in a plain synchronous test."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

import pytest

from providers.adapters.base import adapter_for
from providers.errors import ProviderError
from providers.types import (
    Capability,
    ChatRequest,
    Chunk,
    Completion,
    Endpoint,
    JSONSchema,
    ListedModel,
    Message,
    Role,
)

HELLO = ChatRequest(messages=(Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Say hello.")), max_tokens=50)
SCHEMA = JSONSchema(
    "post",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["text"],
        "properties": {"text": {"type": "string", "minLength": 5, "maxLength": 120}},
    },
)


def chat(endpoint: Endpoint, request: ChatRequest = HELLO) -> Completion:
    return asyncio.run(adapter_for(endpoint.protocol).chat(endpoint, request))


def chat_fault(endpoint: Endpoint, request: ChatRequest = HELLO) -> ProviderError:
    """The error that a chat ends with."""
    with pytest.raises(ProviderError) as caught:
        chat(endpoint, request)
    return caught.value


def stream(endpoint: Endpoint, request: ChatRequest = HELLO) -> tuple[list[Chunk], ProviderError | None]:
    """Every chunk that came, and the error that ended the stream, if one did."""

    async def collect() -> tuple[list[Chunk], ProviderError | None]:
        chunks: list[Chunk] = []
        try:
            async with aclosing(adapter_for(endpoint.protocol).stream(endpoint, request)) as arriving:
                async for chunk in arriving:
                    chunks.append(chunk)  # noqa: PERF401 - what came before a fault counts
        except ProviderError as error:
            return chunks, error
        return chunks, None

    return asyncio.run(collect())


def perform(endpoint: Endpoint, capability: Capability, request: Any) -> Any:
    """The native answer to a request of any capability."""
    return asyncio.run(adapter_for(endpoint.protocol).perform(endpoint, capability, request))


def perform_fault(endpoint: Endpoint, capability: Capability, request: Any) -> ProviderError:
    """The error that such a request ends with."""
    with pytest.raises(ProviderError) as caught:
        perform(endpoint, capability, request)
    return caught.value


def list_models(endpoint: Endpoint) -> tuple[ListedModel, ...]:
    return asyncio.run(adapter_for(endpoint.protocol).list_models(endpoint))


def check_key(endpoint: Endpoint) -> None:
    asyncio.run(adapter_for(endpoint.protocol).check_key(endpoint))
