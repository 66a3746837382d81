"""Anthropic's messages protocol, as Claude speaks it."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from datetime import date, datetime
from http import HTTPStatus
from types import MappingProxyType
from typing import Any

from pydantic import Field, field_validator

from providers.adapters import anthropic_reply, wire
from providers.adapters.anthropic_request import messages_payload
from providers.adapters.base import Adapter
from providers.adapters.failures import failure
from providers.adapters.openai_calls import Answered, Foreign, Refused, shaped, sound
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal
from providers.adapters.sse import Event, events
from providers.types import Capability, ChatRequest, Chunk, Completion, Endpoint, ListedModel

_KEY_HEADER = "x-api-key"
# The one value that every model takes, and that refuses no sampling parameter by itself (anthropic.md, section 1).
_VERSION: Mapping[str, str] = MappingProxyType({"anthropic-version": "2023-06-01"})
_PAGE = 1000
_MOST_PAGES = 5
# Anthropic names the field that it does not take only in its sentence: "output_config: Extra inputs are not permitted".
_MAY_BE_DROPPED = ("output_config", "tool_choice", "stop_sequences")


class AnthropicAdapter(Adapter):
    """Claude through `/v1/messages`; `base_url` with or without `/v1` at its end."""

    protocol = "anthropic"
    title = "Anthropic"

    def __init__(self) -> None:
        self._refused = Refused(_MAY_BE_DROPPED)

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            while True:
                payload = messages_payload(endpoint, request, refused=self._refused.by(endpoint))
                reply = await _call(endpoint, "POST", "messages", payload)
                if reply.status == HTTPStatus.OK:
                    answered = sound(reply.headers, reply.body)
                    return anthropic_reply.completion(answered.body, endpoint, request, _request_id(answered))
                self._refused.learn_or_raise(endpoint, Refusal.read(reply.status, reply.headers, reply.body), payload)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        with secrets_kept(endpoint.api_key):
            async with aclosing(self._streamed(endpoint, request)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def check_key(self, endpoint: Endpoint) -> None:
        """List one model, which costs nothing; whether there is credit only a message would show."""
        with secrets_kept(endpoint.api_key):
            await _fetched(endpoint, "models?limit=1")

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its context, its longest answer and the day it retires. Raises ProviderError."""
        found: list[ListedModel] = []
        path = f"models?limit={_PAGE}"
        with secrets_kept(endpoint.api_key):
            for _ in range(_MOST_PAGES):
                page = shaped(_Page, (await _fetched(endpoint, path)).body, "a list of models")
                found += [entry.model() for entry in page.data]
                if not page.has_more or not page.last_id:
                    break
                path = f"models?limit={_PAGE}&after_id={page.last_id}"
        return tuple(found)

    async def _streamed(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        while True:
            payload = messages_payload(endpoint, request, stream=True, refused=self._refused.by(endpoint))
            opened = wire.opened(
                endpoint, _url(endpoint, "messages"), payload, headers=_VERSION, key_header=_KEY_HEADER
            )
            async with opened as inflow:
                if inflow.status == HTTPStatus.OK:
                    async with aclosing(_chunks(endpoint, request, inflow)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                refusal = Refusal.read(inflow.status, inflow.headers, await inflow.read())
            self._refused.learn_or_raise(endpoint, refusal, payload)


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


async def _call(endpoint: Endpoint, method: str, path: str, payload: dict[str, Any] | None = None) -> wire.Reply:
    return await wire.call(endpoint, method, _url(endpoint, path), payload, headers=_VERSION, key_header=_KEY_HEADER)


async def _fetched(endpoint: Endpoint, path: str) -> Answered:
    reply = await _call(endpoint, "GET", path)
    if reply.status != HTTPStatus.OK:
        raise failure(reply.status, reply.headers, reply.body)
    return sound(reply.headers, reply.body)


def _request_id(answered: Answered) -> str:
    return answered.headers.get("request-id", "")


async def _chunks(endpoint: Endpoint, request: ChatRequest, inflow: wire.Inflow) -> AsyncGenerator[Chunk, None]:
    """The pieces of a 200, whatever the vendor made of our wish to stream."""
    if "text/event-stream" not in inflow.headers.get("content-type", "text/event-stream"):
        answered = sound(inflow.headers, await inflow.read())
        whole = anthropic_reply.completion(answered.body, endpoint, request, _request_id(answered))
        yield Chunk(
            whole.text, whole.reasoning, whole.finish_reason, whole.usage, whole.model_id, tool_calls=whole.tool_calls
        )
        return
    state = anthropic_reply.StreamState(endpoint, request, inflow.headers)
    silence = wire.paced(events(inflow.pieces()), lambda: endpoint.timeout_seconds)
    async with aclosing(silence) as arriving:
        while not state.finished and (event := await _next_event(arriving)):
            chunk = state.take(event)
            if chunk:
                yield chunk
    yield state.last()


async def _next_event(arriving: AsyncGenerator[Event, None]) -> Event | None:
    return await anext(arriving, None)
