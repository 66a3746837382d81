"""OpenAI's Responses protocol, which its newest models want; keys, models and the rest are OpenAI's own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Mapping
from typing import Any

from pydantic import Field

from providers.adapters.dialects import (
    DialectAdapter,
    Gathered,
    Growing,
    Question,
    ended,
    estimated,
    parsed_event,
    system_prompt,
)
from providers.adapters.failures import failure_of
from providers.adapters.openai import OpenAIAdapter
from providers.adapters.openai_calls import Answered, Foreign, shaped
from providers.adapters.refusals import Refusal
from providers.adapters.sse import Event
from providers.errors import BrokenAnswerError, ContentRefusedError
from providers.types import ChatRequest, Chunk, Completion, Endpoint, FinishReason, Message, Role, Tool, ToolCall, Usage

_INCOMPLETE = {"max_output_tokens": FinishReason.LENGTH, "content_filter": FinishReason.CONTENT_FILTER}
_ENDS = {"response.completed", "response.incomplete"}


class _Chat(DialectAdapter):
    """The chat alone; whatever else the vendor offers is spoken by OpenAI's own adapter."""

    may_be_dropped = ("temperature", "text", "tool_choice")

    def question(self, endpoint: Endpoint, request: ChatRequest, *, stream: bool, refused: frozenset[str]) -> Question:
        """A request in the words of Responses; nothing is stored at the vendor."""
        gone = refused | set(endpoint.quirks.refused_parameters)
        payload = _payload(endpoint, request, stream=stream)
        url = f"{endpoint.base_url.rstrip('/')}/responses"
        return Question(url, {name: value for name, value in payload.items() if name not in gone})

    def completion(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
        """The whole answer. Raises ProviderError."""
        reply = shaped(_Reply, answered.body, "a response")
        request_id = answered.headers.get("x-request-id") or reply.id
        return reply.completion(endpoint, request, request_id, answered.body)

    def growing(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> Growing:
        """A streamed answer before its first event."""
        return _Growing(endpoint, request, headers)

    async def check_key(self, endpoint: Endpoint) -> None:
        """OpenAI's adapter does that."""
        raise NotImplementedError


class OpenAIResponsesAdapter(OpenAIAdapter):
    """`/responses` for chats; embeddings, pictures, moderation, models and keys as with OpenAI."""

    protocol = "openai-responses"
    title = "OpenAI Responses"

    def __init__(self) -> None:
        super().__init__()
        self._chat = _Chat()

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        return await self._chat.chat(endpoint, request)

    def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        return self._chat.stream(endpoint, request)


class _Part(Foreign):
    type: str
    text: str = ""
    refusal: str = ""


class _Item(Foreign):
    """A piece of output: a message, a wish for a function, reasoning, or something newer."""

    type: str
    content: list[_Part] | None = None
    summary: list[_Part] | None = None
    call_id: str = ""
    name: str = ""
    arguments: str = ""


class _Why(Foreign):
    reason: str = ""


class _Counts(Foreign):
    input_tokens: int
    output_tokens: int


class _Reply(Foreign):
    id: str = ""
    model: str = ""
    status: str = ""
    output: list[_Item] = Field(default_factory=list)
    incomplete_details: _Why | None = None
    usage: _Counts | None = None

    def _parts(self, kind: str) -> Iterator[_Part]:
        for item in self.output:
            yield from (part for part in item.content or () if part.type == kind)

    def completion(self, endpoint: Endpoint, request: ChatRequest, request_id: str, body: Any) -> Completion:
        """The finished answer. Raises ProviderError."""
        if self.status == "failed":
            raise failure_of(Refusal.of(200, {}, body))
        text = "".join(part.text for part in self._parts("output_text"))
        refusal = "".join(part.refusal for part in self._parts("refusal"))
        if refusal:
            raise ContentRefusedError(refusal, http_status=200)
        calls = tuple(
            ToolCall(item.call_id, item.name, item.arguments or "{}")
            for item in self.output
            if item.type == "function_call"
        )
        thoughts = "".join(part.text for item in self.output for part in item.summary or ())
        word = self.incomplete_details.reason if self.incomplete_details else self.status
        told = FinishReason.STOP if self.status == "completed" else _INCOMPLETE.get(word, FinishReason.UNKNOWN)
        usage = Usage(self.usage.input_tokens, self.usage.output_tokens) if self.usage else None
        return Completion(
            text=text,
            model_id=self.model or endpoint.model_id,
            finish_reason=ended(told, word, text, calls),
            usage=usage or estimated(request, len(text) + len(thoughts)),
            reasoning=thoughts,
            vendor_request_id=request_id,
            tool_calls=calls,
        )


class _StreamEvent(Foreign):
    type: str
    delta: str | None = None
    response: dict[str, Any] | None = None


class _Growing:
    """A streamed answer as its events come; the last one holds the whole again."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self.finished = False
        self._endpoint = endpoint
        self._request = request
        self._headers = headers
        self._gathered = Gathered(request, endpoint.model_id)
        self._whole: dict[str, Any] | None = None

    def take(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""
        body = parsed_event(event, self._headers)
        told = shaped(_StreamEvent, body, "a stream's event")
        if told.type in {"error", "response.failed"}:
            raise failure_of(Refusal.of(200, self._headers, told.response or body))
        if told.type in _ENDS:
            self.finished, self._whole = True, told.response
        if told.type == "response.output_text.delta":
            return self._gathered.add(told.delta or "")
        if told.type == "response.reasoning_summary_text.delta":
            return self._gathered.add("", told.delta or "")
        return None

    def last(self) -> Chunk:
        """The closing chunk. Raises ProviderError when the answer is none."""
        if self._whole is None:
            raise BrokenAnswerError("the stream ended before its last event", http_status=200)
        reply = shaped(_Reply, self._whole, "a response")
        whole = reply.completion(self._endpoint, self._request, reply.id, self._whole)
        return Chunk(
            finish_reason=whole.finish_reason, usage=whole.usage, model_id=whole.model_id, tool_calls=whole.tool_calls
        )


def _payload(endpoint: Endpoint, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    schema = request.json_schema if endpoint.json_schema else None
    named = {"type": "json_schema", "name": schema.name, "schema": dict(schema.schema)} if schema else None
    fields: dict[str, Any] = {
        "model": endpoint.model_id,
        "instructions": system_prompt(request, schema_in_words=not endpoint.json_schema) or None,
        "input": [item for said in request.messages for item in _items(said)],
        "max_output_tokens": request.max_tokens,
        "temperature": request.temperature,
        "text": {"format": named} if named else None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _tool_choice(request),
        "store": False,
        "stream": True if stream else None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _items(said: Message) -> Iterator[dict[str, Any]]:
    if said.role is Role.TOOL:
        yield {"type": "function_call_output", "call_id": said.call_id, "output": said.content}
    elif said.role is not Role.SYSTEM and said.content:
        yield {"role": said.role.value, "content": said.content}
    for call in said.tool_calls:
        yield {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments}


def _tool(tool: Tool) -> dict[str, Any]:
    return {
        "type": "function",
        "name": tool.name,
        "description": tool.description,
        "parameters": dict(tool.parameters),
    }


def _tool_choice(request: ChatRequest) -> Any:
    if not request.tools or request.tool_choice == "auto":
        return None
    if request.tool_choice in {"none", "required"}:
        return request.tool_choice
    return {"type": "function", "name": request.tool_choice}
