"""OpenAI's Responses protocol; keys, models and everything but chats are spoken as its chat protocol does."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from providers.adapters.conversation import spoken, system_prompt
from providers.adapters.dialects import DialectAdapter, Question, compact
from providers.adapters.openai import OpenAIAdapter
from providers.adapters.openai_responses_reply import Responses
from providers.adapters.schemas import is_strict
from providers.types import ChatRequest, Endpoint, Message, Role, Tool

# The vendor refuses a smaller bound.
_FEWEST_TOKENS = 16


class OpenAIResponsesAdapter(DialectAdapter, OpenAIAdapter):
    """`/responses` for chats, the rest as `openai`. It knows neither `stop` nor `seed`: they are left out."""

    protocol = "openai-responses"
    title = "OpenAI Responses"
    refusable: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "temperature": ("'temperature'",),
        "text": ("text.format",),
        "tool_choice": ("'tool_choice'",),
    }
    gathering = Responses

    def question(self, endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> Question:
        """A request for one response, which the vendor is not to keep."""
        schema = request.json_schema if endpoint.json_schema and "text" not in refused else None
        payload = {
            "model": endpoint.model_id,
            "instructions": system_prompt(request, schema_in_words=schema is None) or None,
            "input": [item for said in spoken(request) for item in _items(said)],
            "max_output_tokens": max(request.max_tokens, _FEWEST_TOKENS),
            "temperature": request.temperature,
            "text": {"format": _format(request)} if schema else None,
            "tools": [_tool(tool) for tool in request.tools] or None,
            "tool_choice": _tool_choice(request),
            "store": False,
            "stream": True if stream else None,
        }
        return Question(f"{endpoint.base_url.rstrip('/')}/responses", compact(payload, refused))


def _format(request: ChatRequest) -> dict[str, Any] | None:
    schema = request.json_schema
    if schema is None:
        return None
    strict = is_strict(schema.schema)
    return {"type": "json_schema", "name": schema.name, "strict": strict, "schema": dict(schema.schema)}


def _items(said: Message) -> Iterator[dict[str, Any]]:
    if said.role is Role.TOOL:
        yield {"type": "function_call_output", "call_id": said.call_id, "output": said.content}
    elif said.content:
        yield {"role": said.role.value, "content": said.content}
    for call in said.tool_calls:
        yield {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    description = tool.description or None
    # Without a word on it the vendor holds tools to the rules of `strict`, which a caller's schema may not keep.
    return compact(
        {
            "type": "function",
            "name": tool.name,
            "description": description,
            "parameters": schema,
            "strict": is_strict(schema),
        }
    )


def _tool_choice(request: ChatRequest) -> Any:
    if not request.tools or request.tool_choice == "auto":
        return None
    if request.tool_choice in {"none", "required"}:
        return request.tool_choice
    return {"type": "function", "name": request.tool_choice}
