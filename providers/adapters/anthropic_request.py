"""What goes out in Anthropic's messages format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.adapters.conversation import arguments, by_assistant, system_prompt, turns
from providers.adapters.dialects import compact
from providers.adapters.schemas import has_free_properties, without
from providers.types import ChatRequest, Endpoint, Message, Role, Tool

_CHOICES: Mapping[str, dict[str, Any]] = {"none": {"type": "none"}, "required": {"type": "any"}}
# Structured output refuses a schema with these.
_UNENFORCED = frozenset(
    {
        "minLength",
        "maxLength",
        "pattern",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
        "minProperties",
        "maxProperties",
    }
)


def messages_payload(
    endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool
) -> dict[str, Any]:
    """The body of a request, without the fields in `refused`.

    No sampling parameter is ever sent: the models of 2026 refuse `temperature` even at its default, and none needs it.
    Where the model does not follow this schema by itself, the schema is written into the system prompt.
    """
    output_config = None if "output_config" in refused else _output_config(endpoint, request)
    return compact(
        {
            "model": endpoint.model_id,
            "max_tokens": request.max_tokens,
            "system": system_prompt(request, schema_in_words=output_config is None) or None,
            "messages": [_turn(turn) for turn in turns(request)],
            # A stop sequence of white space alone is refused.
            "stop_sequences": [stop for stop in request.stop if stop.strip()] or None,
            "output_config": output_config,
            "tools": [_tool(tool) for tool in request.tools] or None,
            "tool_choice": _tool_choice(request),
            "stream": True if stream else None,
        },
        refused,
    )


def _output_config(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any] | None:
    schema = request.json_schema
    if schema is None or not endpoint.json_schema or has_free_properties(schema.schema):
        return None
    return {"format": {"type": "json_schema", "schema": without(schema.schema, _UNENFORCED, closed=True)}}


def _turn(turn: tuple[Message, ...]) -> dict[str, Any]:
    blocks = [block for message in turn for block in _blocks(message)]
    alone = len(blocks) == 1 and blocks[0]["type"] == "text"
    role = "assistant" if by_assistant(turn[0]) else "user"
    return {"role": role, "content": blocks[0]["text"] if alone else blocks}


def _blocks(message: Message) -> Iterator[dict[str, Any]]:
    if message.role is Role.TOOL:
        yield {"type": "tool_result", "tool_use_id": message.call_id, "content": message.content}
        return
    # An empty text block is refused.
    if message.content.strip():
        yield {"type": "text", "text": message.content}
    for call in message.tool_calls:
        yield {"type": "tool_use", "id": call.call_id, "name": call.name, "input": arguments(call.arguments)}


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    return compact({"name": tool.name, "description": tool.description or None, "input_schema": schema})


def _tool_choice(request: ChatRequest) -> dict[str, Any] | None:
    if not request.tools or request.tool_choice == "auto":
        return None
    return _CHOICES.get(request.tool_choice, {"type": "tool", "name": request.tool_choice})
