"""What goes out in Gemini's own format."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from providers.adapters.conversation import arguments, by_assistant, system_prompt, tool_names, turns
from providers.adapters.dialects import compact
from providers.adapters.schemas import without
from providers.types import ChatRequest, Endpoint, Message, Role, Tool

_MODES = {"none": "NONE", "required": "ANY"}
# Keywords that `responseJsonSchema` does not know.
_UNENFORCED = frozenset(
    {"minLength", "maxLength", "pattern", "uniqueItems", "multipleOf", "exclusiveMinimum", "exclusiveMaximum"}
)
# Newer models want the signature of their thinking back with a call. Nobody here keeps it; Google's documentation
# gives this word for calls that come from elsewhere.
_FOREIGN_SIGNATURE = "skip_thought_signature_validator"


def content_payload(endpoint: Endpoint, request: ChatRequest, refused: frozenset[str]) -> dict[str, Any]:
    """The body of `generateContent`, without the fields in `refused`.

    Gemma models refuse `systemInstruction`: the system's words then open the conversation.
    """
    schema = request.json_schema if endpoint.json_schema and "responseJsonSchema" not in refused else None
    system = system_prompt(request, schema_in_words=schema is None)
    apart = "systemInstruction" not in refused
    config = {
        "maxOutputTokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stopSequences": list(request.stop) or None,
        "responseMimeType": "application/json" if schema else None,
        "responseJsonSchema": without(schema.schema, _UNENFORCED) if schema else None,
    }
    return compact(
        {
            "systemInstruction": {"parts": [{"text": system}]} if system and apart else None,
            "contents": _contents(request, "" if apart else system),
            "generationConfig": compact(config, refused),
            "tools": [{"functionDeclarations": [_tool(tool) for tool in request.tools]}] if request.tools else None,
            "toolConfig": _tool_config(request),
        },
        refused,
    )


def _contents(request: ChatRequest, opening: str) -> list[dict[str, Any]]:
    names = tool_names(request)
    contents: list[dict[str, Any]] = []
    for turn in turns(request):
        parts = [part for message in turn for part in _parts(message, names)]
        contents.append({"role": "model" if by_assistant(turn[0]) else "user", "parts": parts})
    if opening:
        contents[0]["parts"].insert(0, {"text": opening})
    return contents


def _parts(message: Message, names: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    if message.role is Role.TOOL:
        name = names.get(message.call_id, message.call_id)
        yield {"functionResponse": {"name": name, "response": {"result": message.content}}}
        return
    if message.content.strip():
        yield {"text": message.content}
    for number, call in enumerate(message.tool_calls):
        asked = {"functionCall": {"name": call.name, "args": arguments(call.arguments)}}
        # Only the first call of a step is looked at.
        yield {**asked, "thoughtSignature": _FOREIGN_SIGNATURE} if number == 0 else asked


def _tool(tool: Tool) -> dict[str, Any]:
    return compact(
        {
            "name": tool.name,
            "description": tool.description or None,
            "parametersJsonSchema": dict(tool.parameters) or None,
        }
    )


def _tool_config(request: ChatRequest) -> dict[str, Any] | None:
    if not request.tools or request.tool_choice == "auto":
        return None
    mode = _MODES.get(request.tool_choice)
    chosen = {"mode": mode} if mode else {"mode": "ANY", "allowedFunctionNames": [request.tool_choice]}
    return {"functionCallingConfig": chosen}
