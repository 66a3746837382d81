"""What goes out in Anthropic's messages format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.adapters.dialects import json_object, system_prompt
from providers.types import ChatRequest, Endpoint, JSONSchema, Message, Role, Tool

_CHOICES = {"auto": {"type": "auto"}, "none": {"type": "none"}, "required": {"type": "any"}}
# Anthropic's structured output refuses a schema with these; the answer is held to them where it is checked.
_NOT_ENFORCED = {
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "pattern",
    "uniqueItems",
    "minProperties",
    "maxProperties",
}


def messages_payload(
    endpoint: Endpoint, request: ChatRequest, *, stream: bool = False, refused: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The body of a request. `refused`: fields that this model turned down before.

    No sampling parameter is sent: every newer model refuses `temperature` (anthropic.md, section 1).
    """
    refused = refused | set(endpoint.quirks.refused_parameters)
    has_field = request.json_schema is not None and endpoint.json_schema and "output_config" not in refused
    schema = request.json_schema
    fields: dict[str, Any] = {
        "model": endpoint.model_id,
        "max_tokens": request.max_tokens,
        "system": system_prompt(request, schema_in_words=not has_field) or None,
        "messages": list(_turns(request.messages)),
        "stop_sequences": [stop for stop in request.stop if stop.strip()] or None,
        "output_config": _output_config(schema) if schema and has_field else None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _tool_choice(request),
        "stream": True if stream else None,
    }
    return {name: value for name, value in fields.items() if value is not None and name not in refused}


def _turns(messages: tuple[Message, ...]) -> Iterator[dict[str, Any]]:
    """User and assistant in turn: neighbours of one role become one message, and the first is the user's."""
    turns: list[tuple[str, list[dict[str, Any]]]] = []
    for said in messages:
        if said.role is Role.SYSTEM:
            continue
        role = "assistant" if said.role is Role.ASSISTANT else "user"
        blocks = list(_blocks(said))
        if turns and turns[-1][0] == role:
            turns[-1][1].extend(blocks)
        elif blocks:
            turns.append((role, blocks))
    if not turns or turns[0][0] != "user":
        turns.insert(0, ("user", [{"type": "text", "text": "…"}]))
    for role, blocks in turns:
        alone = len(blocks) == 1 and blocks[0]["type"] == "text"
        yield {"role": role, "content": blocks[0]["text"] if alone else blocks}


def _blocks(said: Message) -> Iterator[dict[str, Any]]:
    if said.role is Role.TOOL:
        yield {"type": "tool_result", "tool_use_id": said.call_id, "content": said.content}
        return
    # An empty text block is refused.
    if said.content.strip():
        yield {"type": "text", "text": said.content}
    for call in said.tool_calls:
        yield {"type": "tool_use", "id": call.call_id, "name": call.name, "input": json_object(call.arguments)}


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {"name": tool.name, "description": tool.description, "input_schema": schema}


def _tool_choice(request: ChatRequest) -> dict[str, Any] | None:
    if not request.tools or request.tool_choice == "auto":
        return None
    return _CHOICES.get(request.tool_choice, {"type": "tool", "name": request.tool_choice})


def _output_config(schema: JSONSchema) -> dict[str, Any]:
    return {"format": {"type": "json_schema", "schema": _enforceable(schema.schema)}}


def _enforceable(schema: Any, *, named: bool = False) -> Any:
    """The schema with closed objects and without what Anthropic does not enforce; `named`: keys are properties."""
    if isinstance(schema, list | tuple):
        return [_enforceable(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    kept = {
        name: _enforceable(part, named=not named and name in {"properties", "$defs"})
        for name, part in schema.items()
        if named or name not in _NOT_ENFORCED
    }
    if not named and kept.get("type") == "object":
        kept["additionalProperties"] = False
    return kept
