"""What a recorded success says, read from the recording itself and independently of the product."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.providers.replay.recordings import Recording


@dataclass(frozen=True)
class Said:
    """Text, tokens in and out (None where the vendor counts none), finish reason in our words, pieces of a stream."""

    text: str
    tokens: tuple[int, int] | None
    finish: str
    pieces: tuple[str, ...] = ()
    tools: tuple[tuple[str, Any], ...] = ()


_FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "eos_token": "stop",
    "STOP": "stop",
    "COMPLETE": "stop",
    "completed": "stop",
    "max_tokens": "length",
    "MAX_TOKENS": "length",
    "tool_use": "tool_calls",
}


def _finish(word: str) -> str:
    return _FINISH.get(word, word)


def _openai_tokens(usage: Any) -> tuple[int, int] | None:
    return (usage["prompt_tokens"], usage["completion_tokens"]) if usage else None


def _openai(body: Any) -> Said:
    choice = body["choices"][0]
    message = choice.get("message", {})
    content = message.get("content", choice.get("text")) or ""
    usage = body.get("usage")
    tools = tuple(
        (call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in message.get("tool_calls") or ()
    )
    return Said(
        content if isinstance(content, str) else json.dumps(content, ensure_ascii=False),
        _openai_tokens(usage),
        choice["finish_reason"],
        tools=tools,
    )


def _openai_stream(text: str) -> Said:
    events = list(_data(text))
    choices = [event["choices"][0] for event in events if event["choices"]]
    pieces = tuple(said for choice in choices if (said := choice["delta"].get("content")))
    usage = next((event["usage"] for event in events if event.get("usage")), None)
    finish = next(choice["finish_reason"] for choice in choices if choice.get("finish_reason"))
    return Said(
        "".join(pieces), (usage["prompt_tokens"], usage["completion_tokens"]) if usage else None, finish, pieces
    )


def _data(text: str) -> Iterator[Any]:
    for line in text.splitlines():
        if line.startswith("data:") and (said := line.removeprefix("data:").strip()) != "[DONE]":
            yield json.loads(said)


def _anthropic_tokens(usage: Any) -> tuple[int, int]:
    cached = (usage.get("cache_creation_input_tokens") or 0) + (usage.get("cache_read_input_tokens") or 0)
    return usage["input_tokens"] + cached, usage["output_tokens"]


def _anthropic(body: Any) -> Said:
    text = "".join(block["text"] for block in body["content"] if block["type"] == "text")
    tools = tuple((block["name"], block["input"]) for block in body["content"] if block["type"] == "tool_use")
    return Said(text, _anthropic_tokens(body["usage"]), _finish(body["stop_reason"]), tools=tools)


def _anthropic_stream(text: str) -> Said:
    events = list(_data(text))
    start = next(event["message"] for event in events if event["type"] == "message_start")
    end = [event for event in events if event["type"] == "message_delta"][-1]
    deltas = [event["delta"] for event in events if event["type"] == "content_block_delta"]
    pieces = tuple(delta["text"] for delta in deltas if delta["type"] == "text_delta" and delta["text"])
    names = [
        event["content_block"]["name"] for event in events if event.get("content_block", {}).get("type") == "tool_use"
    ]
    arguments = "".join(delta["partial_json"] for delta in deltas if delta["type"] == "input_json_delta")
    tools = ((names[0], json.loads(arguments or "{}")),) if len(names) == 1 else ()
    usage = {**start["usage"], **end["usage"]}
    return Said("".join(pieces), _anthropic_tokens(usage), _finish(end["delta"]["stop_reason"]), pieces, tools)


def _gemini_said(body: Any) -> tuple[str, str]:
    candidate = body["candidates"][0]
    parts = candidate.get("content", {}).get("parts", [])
    return "".join(part.get("text", "") for part in parts if not part.get("thought")), candidate.get("finishReason", "")


def _gemini_tokens(usage: Any) -> tuple[int, int]:
    return usage["promptTokenCount"], usage.get("candidatesTokenCount", 0) + usage.get("thoughtsTokenCount", 0)


def _gemini(body: Any) -> Said:
    text, finish = _gemini_said(body)
    return Said(text, _gemini_tokens(body["usageMetadata"]), _finish(finish))


def _gemini_stream(text: str) -> Said:
    events = list(_data(text))
    said = [_gemini_said(event) for event in events]
    pieces = tuple(piece for piece, _ in said if piece)
    return Said("".join(pieces), _gemini_tokens(events[-1]["usageMetadata"]), _finish(said[-1][1]), pieces)


def _cohere(body: Any) -> Said:
    text = "".join(part["text"] for part in body["message"]["content"] if part["type"] == "text")
    tokens = body["usage"]["tokens"]
    return Said(text, (int(tokens["input_tokens"]), int(tokens["output_tokens"])), _finish(body["finish_reason"]))


def _ollama_stream(text: str) -> Said:
    events = [json.loads(line) for line in text.splitlines() if line.strip()]
    pieces = tuple(event["response"] for event in events if event["response"])
    last = events[-1]
    return Said(
        "".join(pieces), (last["prompt_eval_count"], last["eval_count"]), last.get("done_reason", "stop"), pieces
    )


def _responses(body: Any) -> Said:
    items = [item for item in body["output"] if item["type"] == "message"]
    text = "".join(part["text"] for item in items for part in item["content"] if part["type"] == "output_text")
    calls = [item for item in body["output"] if item["type"] == "function_call"]
    tools = tuple((call["name"], json.loads(call["arguments"])) for call in calls)
    finish = "tool_calls" if tools else _finish(body["status"])
    if body["status"] == "incomplete":
        finish = "length"
    return Said(text, (body["usage"]["input_tokens"], body["usage"]["output_tokens"]), finish, tools=tools)


def _responses_stream(text: str) -> Said:
    events = list(_data(text))
    pieces = tuple(
        event["delta"] for event in events if event["type"] == "response.output_text.delta" and event["delta"]
    )
    last = next(event["response"] for event in events if event["type"] in {"response.completed", "response.incomplete"})
    whole = _responses(last)
    return Said("".join(pieces), whole.tokens, whole.finish, pieces, whole.tools)


_SHAPES: dict[str, Callable[[Any], Said]] = {
    "anthropic": _anthropic,
    "anthropic stream": _anthropic_stream,
    "gemini": _gemini,
    "gemini stream": _gemini_stream,
    "cohere": _cohere,
    "ollama stream": _ollama_stream,
    "openai-responses": _responses,
    "openai-responses stream": _responses_stream,
}


def said(recording: Recording, protocol: str) -> Said:
    """What a chat or a stream says, by the vendor's shape."""
    streamed = "sse" in recording.response or recording.operation.endswith("-stream")
    shape = _SHAPES.get(f"{protocol} stream" if streamed else protocol)
    usual = _openai_stream if streamed else _openai
    return (shape or usual)(recording.body)
