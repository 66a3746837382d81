"""What goes out in OpenAI's chat format, with a vendor's departures applied."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.adapters.refusals import Refusal
from providers.types import ChatRequest, Endpoint, JSONSchema, Message, Role

# Both names mean the same; a model that refuses one takes the other.
_OTHER_NAME = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_REFUSAL_CODES = {"unsupported_parameter", "unknown_parameter", "unsupported_value", "extra_forbidden"}
_NEVER_DROPPED = {"model", "messages", "stream"}


def chat_payload(
    endpoint: Endpoint, request: ChatRequest, *, stream: bool = False, refused: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The body of a chat request. `refused`: fields that this model turned down before.

    Where the model does not follow a schema by itself, the schema is written into the system prompt.
    """
    quirks = endpoint.quirks
    refused = refused | set(quirks.refused_parameters)
    schema_field = request.json_schema if endpoint.json_schema and "response_format" not in refused else None
    written = request.json_schema if schema_field is None else None
    fields: dict[str, Any] = {
        "model": endpoint.model_id,
        "messages": [{"role": said.role.value, "content": said.content} for said in _messages(request, written)],
        _tokens_field(quirks.max_tokens_field, refused): request.max_tokens,
        "temperature": request.temperature,
        "stop": list(request.stop) or None,
        quirks.seed_field: request.seed,
        "response_format": _response_format(schema_field),
        "stream": True if stream else None,
        "stream_options": {"include_usage": True} if stream and quirks.stream_usage else None,
    }
    return {name: value for name, value in fields.items() if value is not None and name not in refused}


def refused_field(refusal: Refusal, payload: Mapping[str, Any]) -> str | None:
    """The field of the payload that a refusal says is not understood, if dropping it may help."""
    name = refusal.param.partition(".")[0]
    known = name in payload and name not in _NEVER_DROPPED
    return name if known and not _REFUSAL_CODES.isdisjoint(refusal.codes) else None


def _tokens_field(preferred: str, refused: frozenset[str]) -> str:
    return _OTHER_NAME.get(preferred, preferred) if preferred in refused else preferred


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


def _response_format(schema: JSONSchema | None) -> dict[str, Any] | None:
    if schema is None:
        return None
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
