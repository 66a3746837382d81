"""What travels between the orchestrator and the adapters: frozen dataclasses, no Django."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from typing import Any, Protocol

from providers.vendor_runs import RunBook

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


@dataclass(frozen=True, slots=True)
class LimitReading:
    """What a vendor says of one of its limits; None where it does not say.

    `metric` is `requests` or `tokens`, `period` as in a quota. `reset_seconds` from now. `source` is `header` or
    `body`; a body speaks of the limit that a refusal is about.
    """

    metric: str | None
    period: str | None = None
    limit: int | None = None
    remaining: int | None = None
    reset_seconds: float | None = None
    source: str = "header"


class FinishReason(StrEnum):
    """Why a model stopped. `UNKNOWN` is never treated as a complete answer in a stream."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"
    TOOL_CALLS = "tool_calls"
    UNKNOWN = "unknown"


class Result(Protocol):
    """What came back, whatever the capability: the part that is recorded."""

    @property
    def model_id(self) -> str:
        """What the vendor says answered."""

    @property
    def usage(self) -> Usage:
        """Tokens, perhaps estimated."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A finished answer. `model_id` is what the vendor says answered, often a dated snapshot.

    `first_token_ms`: of a stream, how long its first words took from the moment it was asked.
    """

    text: str
    model_id: str
    finish_reason: FinishReason
    usage: Usage
    reasoning: str = ""
    vendor_request_id: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    first_token_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Embeddings:
    """One vector for each input, in the order of the inputs; all of one length."""

    vectors: tuple[tuple[float, ...], ...]
    model_id: str
    usage: Usage
    vendor_request_id: str = ""


@dataclass(frozen=True, slots=True)
class Image:
    """One picture, already fetched: vendors' links die within the hour. `media_type` such as `image/png`."""

    content: bytes = field(repr=False)
    media_type: str


@dataclass(frozen=True, slots=True)
class Images:
    """The pictures that were asked for. `revised_prompt` is what the vendor made of the prompt, if it says so."""

    images: tuple[Image, ...]
    model_id: str
    usage: Usage
    revised_prompt: str = ""
    vendor_request_id: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its score from 0 to 1."""

    name: str
    score: float


@dataclass(frozen=True, slots=True)
class Classification:
    """Labels, the best first."""

    labels: tuple[Label, ...]
    model_id: str
    usage: Usage
    vendor_request_id: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a moderation says of one input: score from 0 to 1 by category, and the categories that are too high."""

    flagged: bool
    scores: Mapping[str, float]
    categories: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Moderation:
    """One verdict for each input, in their order."""

    verdicts: tuple[Verdict, ...]
    model_id: str
    usage: Usage
    vendor_request_id: str = ""


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A model as its vendor lists it; None where the vendor does not say."""

    model_id: str
    context_tokens: int | None = None
    max_output_tokens: int | None = None
    capabilities: frozenset[Capability] | None = None
    json_schema: bool | None = None
    free: bool | None = None
    shutdown_on: date | None = None
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a streamed answer. The last one carries the finish reason, the usage and all tool calls, whole."""

    text: str = ""
    reasoning: str = ""
    finish_reason: FinishReason | None = None
    usage: Usage | None = None
    model_id: str = ""
    tool_calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class Quirks:
    """Where a vendor departs from the protocol, as data.

    `max_tokens_field`: OpenAI's reasoning models want `max_completion_tokens`, most others `max_tokens`.
    `refused_parameters`: request fields that are left out. `stream_usage`: whether `stream_options` is understood.
    `seed_field`: Mistral says `random_seed`. `extra_headers`: sent with every request, never secret.
    `json_mode`: `json_schema` where models follow one, `json_object` where the vendor only promises JSON, `none`.
    `json_in_streams`: whether that holds for streams too (Cloudflare: no).
    `call_id_length`: Mistral takes ids of tool calls of exactly 9 letters and digits; 0 takes any.

    `check_path`: what proves a key: a path below the base URL, one from the host's root (`/health`), or a whole
    address; empty where every listing is public and only a chat proves it. `check_method`: how it is asked.
    `check_field`: what its JSON must say besides 200, as `valid` (true) or `result.status=active`.
    `models_path`: where the models are listed, in the same three spellings.

    `embedding_fields`: added to every request for vectors (NVIDIA's `input_type`). `embedding_batch`: the most texts
    in one. `image_sizes`: the only sizes the vendor takes, such as `1536x1024`; empty takes any.
    `image_response_format`: `b64_json` or `url` where it must be asked for; newer models refuse to be asked.
    `hub_url` and `rows_url`: Hugging Face's other two hosts, which know its models and data sets and hold the rows.
    """

    max_tokens_field: str = "max_tokens"
    refused_parameters: tuple[str, ...] = ()
    stream_usage: bool = True
    seed_field: str = "seed"
    extra_headers: Mapping[str, str] = field(default_factory=dict)
    json_mode: str = "json_schema"
    json_in_streams: bool = True
    call_id_length: int = 0
    check_path: str = "models"
    check_method: str = "GET"
    check_field: str = ""
    models_path: str = "models"
    embedding_fields: Mapping[str, str] = field(default_factory=dict)
    embedding_batch: int = 2048
    image_sizes: tuple[str, ...] = ()
    image_response_format: str = ""
    hub_url: str = "https://huggingface.co"
    rows_url: str = "https://datasets-server.huggingface.co"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to send a request to: provider, model and key together. The key never prints.

    `runs` remembers what is started there and goes on by itself, where the protocol knows such runs.
    """

    provider: str
    protocol: str
    base_url: str
    model_id: str
    api_key: str = field(default="", repr=False)
    timeout_seconds: float = 30.0
    allow_private_address: bool = False
    json_schema: bool = False
    quirks: Quirks = field(default_factory=Quirks)
    runs: RunBook | None = field(default=None, repr=False, compare=False)
