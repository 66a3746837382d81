"""What comes back in Anthropic's messages format, whole and as named events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from providers.adapters.gathering import Gathering, counted, tokens
from providers.adapters.openai_calls import Foreign, shaped
from providers.types import ChatRequest, Endpoint, FinishReason

_CACHED = ("cache_creation_input_tokens", "cache_read_input_tokens")


class _Block(Foreign):
    """A piece of content: text, thinking, a wish for a tool, or something newer that nobody reads yet."""

    type: str = ""
    text: str | None = None
    thinking: str | None = None
    id: str | None = None
    name: str | None = None
    input: Any = None


class _StopDetails(Foreign):
    explanation: str | None = None


class _Message(Foreign):
    id: str | None = None
    model: str | None = None
    content: list[_Block] = Field(default_factory=list)
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None
    usage: dict[str, Any] | None = None


class _Delta(Foreign):
    text: str | None = None
    thinking: str | None = None
    partial_json: str | None = None
    stop_reason: str | None = None
    stop_details: _StopDetails | None = None


class _Event(Foreign):
    type: str
    index: int = 0
    message: _Message | None = None
    content_block: _Block | None = None
    delta: _Delta | None = None
    usage: dict[str, Any] | None = None


class Messages(Gathering):
    """One message of Claude's. A stream of it is whole when `message_stop` came, and has no `[DONE]`."""

    request_id_header = "request-id"
    finishes: ClassVar[Mapping[str, FinishReason]] = {
        "end_turn": FinishReason.STOP,
        "stop_sequence": FinishReason.STOP,
        "max_tokens": FinishReason.LENGTH,
        "model_context_window_exceeded": FinishReason.LENGTH,
        "tool_use": FinishReason.TOOL_CALLS,
        "refusal": FinishReason.CONTENT_FILTER,
    }
    # A paused turn of the vendor's own tools wants to be continued; we ask for none of them.
    failures = frozenset({"pause_turn"})

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        super().__init__(endpoint, request, headers)
        self._counts: dict[str, Any] = {}

    def read(self, body: Mapping[str, Any]) -> None:
        """A whole message."""
        message = shaped(_Message, body, "a message")
        self._begin(message)
        for index, block in enumerate(message.content):
            self._block(index, block)
        self._stop(message.stop_reason, message.stop_details)

    def take(self, body: Mapping[str, Any]) -> None:
        """An event; those of unknown types say nothing."""
        event = shaped(_Event, body, "a stream's event")
        if event.message:
            self._begin(event.message)
        self._count(event.usage)
        if event.content_block:
            self._block(event.index, event.content_block)
        if event.delta:
            self.say(event.delta.text, event.delta.thinking)
            self.more_arguments(event.index, event.delta.partial_json)
            self._stop(event.delta.stop_reason, event.delta.stop_details)
        self.over = event.type == "message_stop"

    def _begin(self, message: _Message) -> None:
        self.model_id = message.model or self.model_id
        self.request_id = self.request_id or message.id or ""
        self._count(message.usage)

    def _count(self, counts: dict[str, Any] | None) -> None:
        # Cumulative in a stream: what comes later replaces what came before.
        self._counts |= {name: count for name, count in (counts or {}).items() if count is not None}
        self.usage = counted(tokens(self._counts, "input_tokens", *_CACHED), tokens(self._counts, "output_tokens"))

    def _block(self, index: int, block: _Block) -> None:
        if block.type == "tool_use":
            # In a stream the input begins empty and comes in pieces of JSON.
            self.call(index, block.id, block.name, json.dumps(block.input, ensure_ascii=False) if block.input else "")
        else:
            self.say(block.text, block.thinking)

    def _stop(self, reason: str | None, details: _StopDetails | None) -> None:
        self.reason = reason or self.reason
        if self.reason == "refusal":
            self.refusal = (details.explanation if details else None) or "the model declined to answer"
