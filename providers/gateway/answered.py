"""What a client reads: our results in OpenAI's shapes, whole and in pieces."""

from __future__ import annotations

import base64
import json
import struct
import time
import uuid
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from providers.types import Completion, Embeddings, FinishReason, Images, Moderation, ToolCall, Usage

_FINISH = {FinishReason.UNKNOWN: "stop"}


def chat_id(request_id: uuid.UUID) -> str:
    """The id of an answer, which leads an administrator to its attempts."""
    return f"chatcmpl-{request_id.hex}"


def chat(request_id: uuid.UUID, completions: Sequence[Completion]) -> dict[str, Any]:
    """A whole chat answer; several completions are its choices and their tokens add up."""
    return {
        "id": chat_id(request_id),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": completions[0].model_id,
        "choices": [_choice(index, completion) for index, completion in enumerate(completions)],
        "usage": usage(*(completion.usage for completion in completions)),
    }


def checked(completion: Completion, text: str) -> Completion:
    """The completion with its text as the check left it."""
    return completion if text == completion.text else replace(completion, text=text)


def _choice(index: int, completion: Completion) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": completion.text or None, "refusal": None}
    if completion.tool_calls:
        message["tool_calls"] = tool_calls(completion.tool_calls)
    if completion.reasoning:
        message["reasoning_content"] = completion.reasoning
    return {"index": index, "message": message, "logprobs": None, "finish_reason": finish(completion.finish_reason)}


def finish(reason: FinishReason) -> str:
    """OpenAI's word for the reason."""
    return _FINISH.get(reason, reason.value)


def tool_calls(calls: Sequence[ToolCall], *, indexed: bool = False) -> list[dict[str, Any]]:
    """The calls as OpenAI writes them; a stream's pieces carry their index."""
    return [
        {
            **({"index": index} if indexed else {}),
            "id": call.call_id,
            "type": "function",
            "function": {"name": call.name, "arguments": call.arguments},
        }
        for index, call in enumerate(calls)
    ]


def usage(*counted: Usage) -> dict[str, Any]:
    """Tokens, added up; `estimated` where a vendor did not count."""
    prompt = sum(one.prompt_tokens for one in counted)
    completion = sum(one.completion_tokens for one in counted)
    told: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if any(one.estimated for one in counted):
        told["estimated"] = True
    return told


def chunk(request_id: uuid.UUID, model: str, created: int, delta: dict[str, Any], reason: str | None) -> dict[str, Any]:
    """A piece of a streamed answer."""
    return {
        "id": chat_id(request_id),
        "object": "chat.completion.chunk",
        "created": created,
        "model": model,
        "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": reason}],
    }


def usage_chunk(request_id: uuid.UUID, model: str, created: int, counted: Usage) -> dict[str, Any]:
    """The piece with the tokens, which has no choices."""
    whole = chunk(request_id, model, created, {}, None)
    return {**whole, "choices": [], "usage": usage(counted)}


def event(data: dict[str, Any]) -> bytes:
    """A server-sent event."""
    return b"data: " + json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode() + b"\n\n"


def embeddings(result: Embeddings, *, as_base64: bool) -> dict[str, Any]:
    """Vectors as numbers, or as little-endian 32-bit floats in base64, which OpenAI's own client asks for."""
    return {
        "object": "list",
        "model": result.model_id,
        "data": [
            {"object": "embedding", "index": index, "embedding": _packed(vector) if as_base64 else list(vector)}
            for index, vector in enumerate(result.vectors)
        ],
        "usage": {"prompt_tokens": result.usage.prompt_tokens, "total_tokens": result.usage.total_tokens},
    }


def _packed(vector: Sequence[float]) -> str:
    return base64.b64encode(struct.pack(f"<{len(vector)}f", *vector)).decode()


def images(result: Images) -> dict[str, Any]:
    """Pictures as base64."""
    revised = {"revised_prompt": result.revised_prompt} if result.revised_prompt else {}
    return {
        "created": int(time.time()),
        "data": [{"b64_json": base64.b64encode(image.content).decode(), **revised} for image in result.images],
        "output_format": result.images[0].media_type.removeprefix("image/"),
        "usage": {
            "input_tokens": result.usage.prompt_tokens,
            "output_tokens": result.usage.completion_tokens,
            "total_tokens": result.usage.total_tokens,
        },
    }


def moderation(request_id: uuid.UUID, result: Moderation) -> dict[str, Any]:
    """Verdicts, one for each input."""
    return {
        "id": f"modr-{request_id.hex}",
        "model": result.model_id,
        "results": [
            {
                "flagged": verdict.flagged,
                "categories": {name: name in verdict.categories for name in verdict.scores},
                "category_scores": dict(verdict.scores),
            }
            for verdict in result.verdicts
        ],
    }
