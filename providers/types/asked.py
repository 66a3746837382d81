"""What is asked of a provider: capabilities, messages, tools, and a request for each capability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from typing import Any, Protocol

# The one protocol that needs no vendor: the small model of this machine.
LOCAL_PROTOCOL = "local"


class Capability(StrEnum):
    """What a model can do, in the words of the provider file."""

    TEXT_GENERATION = "text-generation"
    EMBEDDINGS = "embeddings"
    IMAGE_GENERATION = "image-generation"
    CLASSIFICATION = "classification"
    ZERO_SHOT_CLASSIFICATION = "zero-shot-classification"
    SUMMARIZATION = "summarization"
    MODERATION = "moderation"


class Value(IntEnum):
    """How much a good answer matters. What matters little is served by the weakest model that will do."""

    LOW = 1
    NORMAL = 2
    HIGH = 3


class Role(StrEnum):
    """Who speaks in a chat message."""

    SYSTEM = "system"
    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A model's wish to have a function of the caller's run; `arguments` is JSON as the model wrote it."""

    call_id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may ask for; `parameters` is a JSON schema."""

    name: str
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message. `tool_calls` belong to the assistant, `call_id` to a tool's answer."""

    role: Role
    content: str
    tool_calls: tuple[ToolCall, ...] = ()
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class JSONSchema:
    """A schema that the answer must follow; `name` is 1 to 64 of `[a-zA-Z0-9_-]`."""

    name: str
    schema: Mapping[str, Any]


def estimated_tokens(text: str) -> int:
    """A cautious estimate: three characters a token, as Polish words split finer than English ones."""
    return len(text) // 3 + 4


class Request(Protocol):
    """What is asked of a model, whatever the capability: the part that routing and quotas need."""

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate of what goes in."""

    @property
    def max_tokens(self) -> int:
        """The most that may come out, in tokens; 0 where tokens are not what comes out."""


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A chat request before a provider is chosen. `max_tokens` bounds the answer, hidden reasoning included.

    `tool_choice` is `auto`, `none`, `required` or the name of one of `tools`. `options` are further fields in OpenAI's
    words (`top_p`, `presence_penalty` …), for vendors that know them.
    """

    messages: tuple[Message, ...]
    max_tokens: int = 1024
    temperature: float | None = None
    json_schema: JSONSchema | None = None
    seed: int | None = None
    stop: tuple[str, ...] = ()
    tools: tuple[Tool, ...] = ()
    tool_choice: str = "auto"
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate over all messages and tools."""
        said = sum(estimated_tokens(message.content) for message in self.messages)
        return said + sum(estimated_tokens(f"{tool.name}{tool.description}{tool.parameters}") for tool in self.tools)


@dataclass(frozen=True, slots=True)
class EmbeddingRequest:
    """Texts to turn into vectors. `dimensions` shortens them where the model can."""

    inputs: tuple[str, ...]
    dimensions: int | None = None
    max_tokens: int = 0

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate over all inputs."""
        return sum(estimated_tokens(text) for text in self.inputs)


@dataclass(frozen=True, slots=True)
class ImageRequest:
    """A picture to make. `width` and `height` in pixels; vendors round them to what their model can."""

    prompt: str
    width: int = 1024
    height: int = 1024
    count: int = 1
    seed: int | None = None
    max_tokens: int = 0

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate of the prompt."""
        return estimated_tokens(self.prompt)


@dataclass(frozen=True, slots=True)
class ClassificationRequest:
    """A text to label. With `labels` the model chooses among them (zero-shot); without, a classifier has its own.

    With `several` each label is judged by itself and the scores need not add up to 1.
    """

    text: str
    labels: tuple[str, ...] = ()
    several: bool = False
    max_tokens: int = 400

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate of text and labels."""
        return estimated_tokens(self.text + "".join(self.labels))


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """A text to shorten to at most `max_words` words, in its own language."""

    text: str
    max_words: int = 100

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate of the text."""
        return estimated_tokens(self.text)

    @property
    def max_tokens(self) -> int:
        """Room for the words: Polish takes up to three tokens for one."""
        return self.max_words * 3 + 100


@dataclass(frozen=True, slots=True)
class ModerationRequest:
    """Texts to check for what must not be published."""

    inputs: tuple[str, ...]
    max_tokens: int = 0

    @property
    def estimated_prompt_tokens(self) -> int:
        """A cautious estimate over all inputs."""
        return sum(estimated_tokens(text) for text in self.inputs)
