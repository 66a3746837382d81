"""What comes back: usage, readings of limits, and a result for each capability."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from providers.types.asked import Capability, ToolCall


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
