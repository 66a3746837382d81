"""Which of our adapters meets which recorded operation, and with what request."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from typing import Any

from providers.adapters.base import Adapter, adapter_for
from providers.errors import ProviderError
from providers.types import (
    ChatRequest,
    Chunk,
    EmbeddingRequest,
    Endpoint,
    ImageRequest,
    JSONSchema,
    Message,
    ModerationRequest,
    Role,
    Tool,
)
from tests.providers.replay.recordings import Recording

SECRET = "sk-proj-PLANTED0secret1with2digits3and4letters"
_HELLO = (Message(Role.SYSTEM, "Be brief."), Message(Role.USER, "Say hello in JSON."))
_SCHEMA = JSONSchema("answer", {"type": "object", "additionalProperties": False, "properties": {}, "required": []})
_NATIVE = {"generate": "gemini", "ollama": "ollama", "responses": "openai-responses"}
_PROTOCOLS = {"anthropic", "cohere", "huggingface", "replicate"}
_METHODS = {
    "embed": "embed",
    "embeddings": "embed",
    "feature-extraction": "embed",
    "images": "draw",
    "moderations": "moderate",
    "models-list": "list_models",
}


def protocol_of(recording: Recording) -> str:
    """The wire protocol that the exchange was spoken in."""
    if recording.operation == "ollama-openai-chat":
        return "openai"
    native = next((name for word, name in _NATIVE.items() if recording.operation.startswith(word)), "")
    return native or (recording.provider if recording.provider in _PROTOCOLS else "openai")


def method_of(recording: Recording) -> str:
    """What our side does: a method of the adapter, or of the clients beside it."""
    operation = recording.operation
    if recording.provider == "replicate" and recording.kind != "error":
        return f"replicate {operation}"
    if operation.startswith("hub-model-info"):
        return "hub model"
    if operation in {"models-get", "inference-endpoint"}:
        return operation
    return _METHODS.get(operation, "stream" if "stream" in operation else "chat")


def endpoint_at(name: str, recording: Recording, base_url: str) -> Endpoint:
    """Where the exchange is played back."""
    return Endpoint(
        provider=name,
        protocol=protocol_of(recording),
        base_url=base_url,
        # Replicate knows a model by its owner and name; the recorded requests name a version or nothing.
        model_id="acme/writer" if recording.provider == "replicate" else recording.model,
        api_key=SECRET,
        timeout_seconds=5.0,
        allow_private_address=True,
        json_schema="json" in recording.operation,
    )


def chat_request(recording: Recording) -> ChatRequest:
    """A request like the recorded one where the answer depends on it."""
    tools = "tool" in recording.operation or recording.provider in {"gemini", "huggingface"}
    return ChatRequest(
        messages=_HELLO,
        max_tokens=300,
        json_schema=_SCHEMA if "json" in recording.operation else None,
        tools=(Tool("weather", "Tells the weather."),) if tools else (),
    )


async def asked(adapter: Adapter, method: str, endpoint: Endpoint, recording: Recording) -> Any:
    """Whatever the method answers. Raises ProviderError."""
    if method == "chat":
        return await adapter.chat(endpoint, chat_request(recording))
    if method == "embed":
        return await adapter.embed(endpoint, EmbeddingRequest(("Ruby is a programmer's best friend",)))
    if method == "draw":
        return await adapter.draw(endpoint, ImageRequest("A line drawing of a cat"))
    if method == "moderate":
        return await adapter.moderate(endpoint, ModerationRequest(("Have a great day!",)))
    assert method == "list_models", method
    return await adapter.list_models(endpoint)


def ask(endpoint: Endpoint, recording: Recording) -> Any:
    """The answer to the recorded operation. Raises ProviderError."""
    return asyncio.run(asked(adapter_for(endpoint.protocol), method_of(recording), endpoint, recording))


def stream(endpoint: Endpoint, recording: Recording) -> tuple[list[Chunk], ProviderError | None]:
    """Every chunk that came, and the error that ended the stream, if one did."""

    async def collect() -> tuple[list[Chunk], ProviderError | None]:
        chunks: list[Chunk] = []
        try:
            streaming = adapter_for(endpoint.protocol).stream(endpoint, chat_request(recording))
            async with aclosing(streaming) as arriving:
                async for chunk in arriving:
                    chunks.append(chunk)  # noqa: PERF401 - what came before a fault counts
        except ProviderError as error:
            return chunks, error
        return chunks, None

    return asyncio.run(collect())
