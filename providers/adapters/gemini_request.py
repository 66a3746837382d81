"""What goes out in Gemini's own format."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from providers.adapters.dialects import json_object, system_prompt
from providers.types import ChatRequest, Endpoint, Message, Role

_MODES = {"auto": "AUTO", "none": "NONE", "required": "ANY"}


def content_payload(endpoint: Endpoint, request: ChatRequest, refused: frozenset[str]) -> dict[str, Any]:
    """The body of generateContent; `refused`: fields that this model turned down before."""
    system = system_prompt(request, schema_in_words=not endpoint.json_schema)
    fields: dict[str, Any] = {
        "systemInstruction": {"parts": [{"text": system}]} if system else None,
        "contents": list(_turns(request.messages)),
        "generationConfig": _config(endpoint, request),
        "tools": _tools(request),
        "toolConfig": _tool_config(request),
    }
    gone = refused | set(endpoint.quirks.refused_parameters)
    return {name: value for name, value in fields.items() if value is not None and name not in gone}


def _config(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any]:
    schema = request.json_schema if endpoint.json_schema else None
    config: dict[str, Any] = {
        "maxOutputTokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stopSequences": list(request.stop) or None,
        "responseMimeType": "application/json" if schema else None,
        "responseJsonSchema": dict(schema.schema) if schema else None,
    }
    gone = set(endpoint.quirks.refused_parameters)
    return {name: value for name, value in config.items() if value is not None and name not in gone}


def _turns(messages: tuple[Message, ...]) -> Iterator[dict[str, Any]]:
    names = {call.call_id: call.name for said in messages for call in said.tool_calls}
    for said in messages:
        if said.role is Role.SYSTEM:
            continue
        if said.role is Role.TOOL:
            answer = {"name": names.get(said.call_id, said.call_id), "response": {"result": said.content}}
            yield {"role": "user", "parts": [{"functionResponse": answer}]}
            continue
        parts: list[dict[str, Any]] = [{"text": said.content}] if said.content else []
        parts += [
            {"functionCall": {"name": call.name, "args": json_object(call.arguments)}} for call in said.tool_calls
        ]
        yield {"role": "model" if said.role is Role.ASSISTANT else "user", "parts": parts}


def _tools(request: ChatRequest) -> list[dict[str, Any]] | None:
    declared = [
        {
            "name": tool.name,
            "description": tool.description,
            **({"parametersJsonSchema": dict(tool.parameters)} if tool.parameters else {}),
        }
        for tool in request.tools
    ]
    return [{"functionDeclarations": declared}] if declared else None


def _tool_config(request: ChatRequest) -> dict[str, Any] | None:
    if not request.tools or request.tool_choice == "auto":
        return None
    mode = _MODES.get(request.tool_choice)
    config = {"mode": mode} if mode else {"mode": "ANY", "allowedFunctionNames": [request.tool_choice]}
    return {"functionCallingConfig": config}
