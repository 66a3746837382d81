"""What travels between the orchestrator and the adapters: frozen dataclasses, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Capability(StrEnum):
    """What a model can do, in the words of the provider file."""

    TEXT_GENERATION = "text-generation"
    EMBEDDINGS = "embeddings"
    IMAGE_GENERATION = "image-generation"
    CLASSIFICATION = "classification"
    ZERO_SHOT_CLASSIFICATION = "zero-shot-classification"
    SUMMARIZATION = "summarization"
    MODERATION = "moderation"


class Role(StrEnum):
    """Who speaks in a chat message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class JSONSchema:
    """A schema that the answer must follow; `name` is 1 to 64 of `[a-zA-Z0-9_-]`."""

    name: str
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request before a provider is chosen. `max_tokens` bounds the answer, hidden reasoning included."""

    messages: tuple[Message, ...]
    max_tokens: int = 1024
    temperature: float | None = None
    json_schema: JSONSchema | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate: three characters a token, as Polish words split finer than English ones."""
        return sum(len(message.content) // 3 + 4 for message in self.messages)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the vendor counted them; `estimated` where the vendor did not say."""

    prompt_tokens: int
    completion_tokens: int
    estimated: bool = False

    @property
    def total_tokens(self) -> int:
        """Prompt and completion together."""
        return self.prompt_tokens + self.completion_tokens


class FinishReason(StrEnum):
    """Why a model stopped. `UNKNOWN` is never treated as a complete answer in a stream."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    TOOL_CALLS = "tool_calls"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer. `model_id` is what the vendor says answered, often a dated snapshot."""

    text: str
    model_id: str
    finish_reason: FinishReason
    usage: Usage
    reasoning: str = ""
    vendor_request_id: str = ""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed answer. The last one carries the finish reason and the usage."""

    text: str = ""
    reasoning: str = ""
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    model_id: str = ""


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a vendor departs from the protocol, as data.

    `max_tokens_field`: OpenAI's reasoning models want `max_completion_tokens`, most others `max_tokens`.
    `refused_parameters`: request fields that are left out. `stream_usage`: whether `stream_options` is understood.
    `seed_field`: Mistral says `random_seed`. `extra_headers`: sent with every request, never secret.
    `check_path`: what a GET proves a key with; empty where every listing is public and only a chat proves it.
    """

    max_tokens_field: str = "max_tokens"
    refused_parameters: tuple[str, ...] = ()
    stream_usage: bool = True
    seed_field: str = "seed"
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    check_path: str = "models"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to send a request to: provider, model and key together. The key never prints."""

    provider: str
    protocol: str
    base_url: str
    model_id: str
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    allow_private_address: bool = False
    json_schema: bool = False
    quirks: Quirks = field(default_factory=Quirks)
