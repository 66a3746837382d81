"""What comes back in Anthropic's messages format, whole and as a stream."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from providers.adapters.dialects import Gathered, ended, estimated, parsed_event
from providers.adapters.openai_calls import Foreign, shaped
from providers.adapters.sse import Event
from providers.errors import BrokenAnswerError
from providers.types import ChatRequest, Chunk, Completion, Endpoint, FinishReason, ToolCall, Usage

_FINISHES = {
    "end_turn": FinishReason.STOP,
    "stop_sequence": FinishReason.STOP,
    "max_tokens": FinishReason.LENGTH,
    "model_context_window_exceeded": FinishReason.LENGTH,
    "tool_use": FinishReason.TOOL_CALLS,
    "refusal": FinishReason.CONTENT_FILTER,
}


class Counts(Foreign):
    """Tokens; what was read from or written to a cache is counted beside `input_tokens`."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    cache_creation_input_tokens: int | None = None
    cache_read_input_tokens: int | None = None

    def usage(self) -> Usage | None:
        """The vendor's count, if it is whole."""
        if self.input_tokens is None or self.output_tokens is None:
            return None
        cached = (self.cache_creation_input_tokens or 0) + (self.cache_read_input_tokens or 0)
        return Usage(self.input_tokens + cached, self.output_tokens)


class Block(Foreign):
    """A piece of content: text, thinking, a wish for a tool, or something newer that nobody reads yet."""

    type: str
    text: str = ""
    thinking: str = ""
    id: str = ""
    name: str = ""
    input: dict[str, Any] = Field(default_factory=dict)


class Reply(Foreign):
    """The fields that we read of an answer."""

    id: str = ""
    model: str = ""
    content: list[Block] = Field(default_factory=list)
    stop_reason: str | None = None
    usage: Counts = Field(default_factory=Counts)


def completion(body: Mapping[str, Any], endpoint: Endpoint, request: ChatRequest, request_id: str) -> Completion:
    """The finished answer. Raises BrokenAnswerError and ContentRefusedError."""
    reply = shaped(Reply, body, "a message")
    text = "".join(block.text for block in reply.content if block.type == "text")
    reasoning = "".join(block.thinking for block in reply.content if block.type == "thinking")
    calls = tuple(
        ToolCall(block.id, block.name, json.dumps(block.input, ensure_ascii=False))
        for block in reply.content
        if block.type == "tool_use"
    )
    return Completion(
        text=text,
        model_id=reply.model or endpoint.model_id,
        finish_reason=_ended(reply.stop_reason, text, calls),
        usage=reply.usage.usage() or estimated(request, len(text) + len(reasoning)),
        reasoning=reasoning,
        vendor_request_id=request_id or reply.id,
        tool_calls=calls,
    )


def _ended(word: str | None, text: str, calls: tuple[ToolCall, ...]) -> FinishReason:
    return ended(_FINISHES.get(word or "", FinishReason.UNKNOWN), word or "", text, calls)


class _Delta(Foreign):
    type: str = ""
    text: str = ""
    thinking: str = ""
    partial_json: str = ""
    stop_reason: str | None = None


class _StreamEvent(Foreign):
    type: str
    index: int = 0
    message: Reply | None = None
    content_block: Block | None = None
    delta: _Delta | None = None
    usage: Counts | None = None


class StreamState:
    """What is known of one streamed answer so far."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self._headers = headers
        self._gathered = Gathered(request, endpoint.model_id)
        self._counts = Counts()
        self._stop_reason: str | None = None
        self._wishes: dict[int, tuple[Block, list[str]]] = {}
        self.finished = False

    def take(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""
        told = shaped(_StreamEvent, parsed_event(event, self._headers), "a stream's event")
        if told.message:
            self._gathered.model_id = told.message.model or self._gathered.model_id
            self._count(told.message.usage)
        if told.usage:
            # Cumulative: what comes later replaces what came before.
            self._count(told.usage)
        if told.type == "message_stop":
            self.finished = True
        if told.content_block:
            return self._begin_block(told.index, told.content_block)
        return self._add(told.index, told.delta) if told.delta else None

    def last(self) -> Chunk:
        """The closing chunk. Raises BrokenAnswerError or ContentRefusedError when the answer is none."""
        if not self.finished:
            raise BrokenAnswerError("the stream ended before its last event", http_status=200)
        calls = tuple(
            ToolCall(block.id, block.name, _arguments(block, parts)) for block, parts in self._wishes.values()
        )
        reason = _ended(self._stop_reason, self._gathered.whole, calls)
        counted = self._counts.usage() or self._gathered.estimated()
        return Chunk(finish_reason=reason, usage=counted, model_id=self._gathered.model_id, tool_calls=calls)

    def _begin_block(self, index: int, block: Block) -> Chunk | None:
        if block.type == "tool_use":
            self._wishes[index] = (block, [])
        return self._gathered.add(block.text, block.thinking)

    def _add(self, index: int, delta: _Delta) -> Chunk | None:
        if delta.stop_reason:
            self._stop_reason = delta.stop_reason
        if delta.partial_json and index in self._wishes:
            self._wishes[index][1].append(delta.partial_json)
        return self._gathered.add(delta.text, delta.thinking)

    def _count(self, counts: Counts) -> None:
        self._counts = self._counts.model_copy(update=counts.model_dump(exclude_none=True))


def _arguments(block: Block, parts: list[str]) -> str:
    """The arguments of a tool as JSON. Raises BrokenAnswerError when the pieces make none."""
    text = "".join(parts)
    if not text:
        return json.dumps(block.input, ensure_ascii=False)
    try:
        json.loads(text)
    except ValueError:
        raise BrokenAnswerError("the arguments of a tool are not JSON", http_status=200) from None
    return text
