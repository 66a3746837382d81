"""A short answer in every vendor's own words, whole and as a stream, for tests that hold for all of them."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import Any

from tests.upstream import Behaviour, Exchange, replays


@dataclass(frozen=True)
class Native:
    """What a vendor answers to a chat, the same as a stream's events, its list of models, and an error in a stream."""

    whole: dict[str, Any]
    events: tuple[str, ...]
    models: dict[str, Any]
    error: str
    content_type: str = "text/event-stream"


def _sse(*events: dict[str, Any], end: str = "\n\n", named: bool = True) -> tuple[str, ...]:
    return tuple(
        (f"event: {event['type']}\n" if named and "type" in event else "") + f"data: {json.dumps(event)}{end}"
        for event in events
    )


_TEXT = "Hello there"
_MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "model": "native-model",
    "content": [{"type": "text", "text": _TEXT}],
    "stop_reason": "end_turn",
    "usage": {"input_tokens": 10, "output_tokens": 4},
}
_RESPONSE = {
    "id": "resp_1",
    "object": "response",
    "status": "completed",
    "error": None,
    "model": "native-model",
    "output": [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": _TEXT}]}],
    "usage": {"input_tokens": 10, "output_tokens": 4, "total_tokens": 14},
}
_CONTENT = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": _TEXT}]}, "finishReason": "STOP", "index": 0}],
    "usageMetadata": {"promptTokenCount": 10, "candidatesTokenCount": 4, "totalTokenCount": 14},
    "modelVersion": "native-model",
}
_COHERE = {
    "id": "1",
    "finish_reason": "COMPLETE",
    "message": {"role": "assistant", "content": [{"type": "text", "text": _TEXT}]},
    "usage": {"tokens": {"input_tokens": 10, "output_tokens": 4}},
}
_LINE = {
    "model": "native-model",
    "message": {"role": "assistant", "content": _TEXT},
    "done": True,
    "done_reason": "stop",
    "prompt_eval_count": 10,
    "eval_count": 4,
}


def _cohere_said(text: str) -> dict[str, Any]:
    return {"type": "content-delta", "index": 0, "delta": {"message": {"content": {"text": text}}}}


def _gemini_said(text: str) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0}]}


NATIVE: dict[str, Native] = {
    "anthropic": Native(
        _MESSAGE,
        _sse(
            {"type": "message_start", "message": {**_MESSAGE, "content": [], "stop_reason": None}},
            {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
            {"type": "ping"},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hello"}},
            {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": " there"}},
            {"type": "something_new", "index": 0},
            {"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 4}},
            {"type": "message_stop"},
        ),
        {"data": [{"type": "model", "id": "native-model", "max_input_tokens": 200_000}], "has_more": False},
        *_sse({"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}),
    ),
    "gemini": Native(
        _CONTENT,
        _sse(
            _gemini_said("Hello"),
            _gemini_said(" there"),
            {**_CONTENT, "candidates": [{"finishReason": "STOP"}]},
            end="\r\n\r\n",
        ),
        {"models": [{"name": "models/native-model", "supportedGenerationMethods": ["generateContent"]}]},
        *_sse({"error": {"code": 503, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}),
    ),
    "cohere": Native(
        _COHERE,
        _sse(
            {"type": "message-start", "delta": {"message": {"role": "assistant", "content": None}}},
            _cohere_said("Hello"),
            _cohere_said(" there"),
            {"type": "message-end", "delta": {"finish_reason": "COMPLETE", "usage": _COHERE["usage"]}},
        ),
        {"models": [{"name": "native-model", "endpoints": ["chat"], "context_length": 128_000}], "valid": True},
        *_sse({"error": {"message": "overloaded", "type": "overloaded_error"}}),
    ),
    "ollama": Native(
        _LINE,
        tuple(
            json.dumps(line) + "\n"
            for line in (
                {"model": "native-model", "message": {"role": "assistant", "content": "Hello"}, "done": False},
                {"model": "native-model", "message": {"role": "assistant", "content": " there"}, "done": False},
                {**_LINE, "message": {"role": "assistant", "content": ""}},
            )
        ),
        {"models": [{"name": "native-model"}]},
        json.dumps({"error": "the server is overloaded"}) + "\n",
        content_type="application/x-ndjson",
    ),
    "openai-responses": Native(
        _RESPONSE,
        _sse(
            {"type": "response.created", "response": {**_RESPONSE, "status": "in_progress", "output": []}},
            {"type": "response.output_text.delta", "delta": "Hello"},
            {"type": "response.output_text.delta", "delta": " there"},
            {"type": "response.completed", "response": _RESPONSE},
        ),
        {"object": "list", "data": [{"id": "native-model", "object": "model"}]},
        *_sse(
            {
                "type": "error",
                "error": {"type": "service_unavailable_error", "code": "server_is_overloaded", "message": "Busy"},
            }
        ),
    ),
}


def answers_natively(protocol: str) -> Behaviour:
    """The whole answer."""
    return replays(200, {}, NATIVE[protocol].whole)


def lists_natively(protocol: str) -> Behaviour:
    """The list of models, and whatever else proves a key."""
    return replays(200, {}, NATIVE[protocol].models)


def streams_natively(protocol: str, *, until: int | None = None, then: str = "", stall: float = 0) -> Behaviour:
    """The first `until` events, then some other text, or silence of `stall` seconds."""
    native = NATIVE[protocol]

    async def act(exchange: Exchange) -> None:
        headers = {"content-type": native.content_type, "transfer-encoding": "chunked"}
        await exchange.send_head(200, headers)
        for event in native.events[:until]:
            await exchange.send_chunk(event.encode())
        if then:
            await exchange.send_chunk(then.encode())
        if stall:
            await asyncio.sleep(stall)
        await exchange.send_chunk(b"")

    return act
