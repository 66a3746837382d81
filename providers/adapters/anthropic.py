"""Anthropic's messages protocol, as Claude speaks it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import Field, field_validator

from providers.adapters import anthropic_reply
from providers.adapters.anthropic_request import messages_payload
from providers.adapters.dialects import DialectAdapter, Growing, Question
from providers.adapters.openai_calls import Answered, Foreign, shaped
from providers.types import Capability, ChatRequest, Completion, Endpoint, ListedModel

_PAGE = 1000
_MOST_PAGES = 5


class AnthropicAdapter(DialectAdapter):
    """Claude through `/v1/messages`; `base_url` with or without `/v1` at its end."""

    protocol = "anthropic"
    title = "Anthropic"
    key_header = "x-api-key"
    # The one value that every model takes, and that refuses no sampling parameter by itself (anthropic.md, section 1).
    headers: ClassVar[Mapping[str, str]] = {"anthropic-version": "2023-06-01"}
    # A field that it does not take is named only in the sentence: "output_config: Extra inputs are not permitted".
    may_be_dropped = ("output_config", "tool_choice", "stop_sequences")

    def question(self, endpoint: Endpoint, request: ChatRequest, *, stream: bool, refused: frozenset[str]) -> Question:
        """A message in Anthropic's words."""
        payload = messages_payload(endpoint, request, stream=stream, refused=refused)
        return Question(_url(endpoint, "messages"), payload)

    def completion(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
        """The whole answer. Raises BrokenAnswerError and ContentRefusedError."""
        request_id = answered.headers.get("request-id", "")
        return anthropic_reply.completion(answered.body, endpoint, request, request_id)

    def growing(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> Growing:
        """A streamed answer before its first event."""
        return anthropic_reply.StreamState(endpoint, request, headers)

    async def check_key(self, endpoint: Endpoint) -> None:
        """List one model, which costs nothing; whether there is credit only a message would show."""
        await self.fetched(endpoint, _url(endpoint, "models?limit=1"))

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its context, its longest answer and the day it retires. Raises ProviderError."""
        found: list[ListedModel] = []
        path = f"models?limit={_PAGE}"
        for _ in range(_MOST_PAGES):
            answered = await self.fetched(endpoint, _url(endpoint, path))
            page = shaped(_Page, answered.body, "a list of models")
            found += [entry.model() for entry in page.data]
            if not page.has_more or not page.last_id:
                break
            path = f"models?limit={_PAGE}&after_id={page.last_id}"
        return tuple(found)


class _Supported(Foreign):
    supported: bool = False


class _Abilities(Foreign):
    structured_outputs: _Supported | None = None


class _Entry(Foreign):
    id: str
    max_input_tokens: int | None = None
    max_tokens: int | None = None
    capabilities: _Abilities | None = None
    lifecycle: str = ""
    retires_at: str | None = None

    @field_validator("max_input_tokens", "max_tokens", "capabilities", mode="wrap")
    @classmethod
    def _odd_is_unknown(cls, value: Any, read: Any) -> Any:
        # One odd fact about one model must not hide the others.
        try:
            return read(value)
        except ValueError:
            return None

    def model(self) -> ListedModel:
        """The entry in our words."""
        structured = self.capabilities.structured_outputs if self.capabilities else None
        return ListedModel(
            model_id=self.id,
            context_tokens=self.max_input_tokens,
            max_output_tokens=self.max_tokens,
            capabilities=frozenset({Capability.TEXT_GENERATION}),
            json_schema=structured.supported if structured else None,
            shutdown_on=_day(self.retires_at),
            retired=self.lifecycle == "retired",
        )


class _Page(Foreign):
    data: list[_Entry] = Field(default_factory=list)
    has_more: bool = False
    last_id: str | None = None


def _day(moment: str | None) -> date | None:
    try:
        return datetime.fromisoformat(moment).date() if moment else None
    except ValueError:
        return None


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{endpoint.base_url.rstrip('/').removesuffix('/v1')}/v1/{path}"
