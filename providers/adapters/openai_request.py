"""What goes out in OpenAI's chat format, with a vendor's departures applied."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from providers.types import ChatRequest, Endpoint, JSONSchema, Message, Quirks, Role, Tool

# Both names mean the same; a model that refuses one takes the other.
_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_TOOL_CHOICES = {"auto", "none", "required"}


def chat_payload(
    endpoint: Endpoint, request: ChatRequest, *, stream: bool = False, refused: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The body of a chat request. `refused`: fields that this model turned down before.

    Where the model does not follow a schema by itself, the schema is written into the system prompt.
    """
    quirks = endpoint.quirks
    refused = refused | set(quirks.refused_parameters)
    mode = _json_mode(endpoint, stream=stream) if "response_format" not in refused else "none"
    written = request.json_schema if mode != "json_schema" else None
    fields: dict[str, Any] = {
        "model": endpoint.model_id,
        "messages": [_message(said, quirks) for said in _messages(request, written)],
        _tokens_field(quirks.max_tokens_field, refused): request.max_tokens,
        "temperature": request.temperature,
        "stop": list(request.stop) or None,
        quirks.seed_field: request.seed,
        "response_format": _response_format(request.json_schema, mode),
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _tool_choice(request),
        "stream": True if stream else None,
        "stream_options": {"include_usage": True} if stream and quirks.stream_usage else None,
    }
    return {name: value for name, value in fields.items() if value is not None and name not in refused}


def _tokens_field(preferred: str, refused: frozenset[str]) -> str:
    return _OTHER_NAME.get(preferred, preferred) if preferred in refused else preferred


def _json_mode(endpoint: Endpoint, *, stream: bool) -> str:
    """How this endpoint may be told to write JSON."""
    quirks = endpoint.quirks
    if stream and not quirks.json_in_streams:
        return "none"
    # A vendor's plain JSON mode is for all its models, a schema only for those that follow one.
    return quirks.json_mode if endpoint.json_schema or quirks.json_mode == "json_object" else "none"


def _message(said: Message, quirks: Quirks) -> dict[str, Any]:
    fields: dict[str, Any] = {"role": said.role.value, "content": said.content}
    if said.tool_calls:
        fields["content"] = said.content or None
        fields["tool_calls"] = [
            {
                "id": _call_id(call.call_id, quirks),
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in said.tool_calls
        ]
    if said.call_id:
        fields["tool_call_id"] = _call_id(said.call_id, quirks)
    return fields


def _call_id(call_id: str, quirks: Quirks) -> str:
    """An id that the vendor takes, the same one for a call and for its answer."""
    length = quirks.call_id_length
    if not length or (len(call_id) == length and call_id.isascii() and call_id.isalnum()):
        return call_id
    return hashlib.sha256(call_id.encode()).hexdigest()[:length]


def _tool(tool: Tool) -> dict[str, Any]:
    function: dict[str, Any] = {"name": tool.name}
    if tool.description:
        function["description"] = tool.description
    if tool.parameters:
        function["parameters"] = tool.parameters
    return {"type": "function", "function": function}


def _tool_choice(request: ChatRequest) -> Any:
    # Where nothing is chosen, vendors say `auto` themselves; some refuse to hear it.
    if not request.tools or request.tool_choice == "auto":
        return None
    if request.tool_choice in _TOOL_CHOICES:
        return request.tool_choice
    return {"type": "function", "function": {"name": request.tool_choice}}


def _messages(request: ChatRequest, written: JSONSchema | None) -> tuple[Message, ...]:
    if written is None:
        return request.messages
    schema = json.dumps(written.schema, ensure_ascii=False, separators=(",", ":"))
    order = (
        "Answer with one JSON object and nothing else: no introduction, no explanation, no code fence. "
        f"It must be valid against this JSON Schema:\n{schema}"
    )
    first, *rest = request.messages
    if first.role is Role.SYSTEM:
        return (Message(Role.SYSTEM, f"{first.content}\n\n{order}"), *rest)
    return (Message(Role.SYSTEM, order), *request.messages)


def _response_format(schema: JSONSchema | None, mode: str) -> dict[str, Any] | None:
    if schema is None or mode == "none":
        return None
    if mode == "json_object":
        return {"type": "json_object"}
    named = {"name": schema.name, "strict": _is_strict(schema.schema), "schema": schema.schema}
    return {"type": "json_schema", "json_schema": named}


def _is_strict(schema: Any) -> bool:
    """Whether a schema keeps the rules of `strict`: closed objects, every property required."""
    if isinstance(schema, list | tuple):
        return all(_is_strict(part) for part in schema)
    if not isinstance(schema, Mapping):
        return True
    properties = schema.get("properties")
    if isinstance(properties, Mapping):
        closed = schema.get("additionalProperties") is False
        if not closed or set(schema.get("required", ())) != set(properties):
            return False
        return _is_strict(list(properties.values())) and _is_strict(schema.get("$defs", {}))
    return all(_is_strict(part) for part in schema.values())
