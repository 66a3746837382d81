"""Cohere's own protocol, version 2: chat, streams, embeddings, models and the check of a key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

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
from providers.adapters.openai_calls import Answered, Foreign, shaped
from providers.adapters.sse import Event
from providers.errors import AuthenticationError, BrokenAnswerError
from providers.types import (
    Capability,
    ChatRequest,
    Chunk,
    Completion,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    FinishReason,
    ListedModel,
    Message,
    Role,
    Tool,
    ToolCall,
    Usage,
)

_FINISHES = {
    "COMPLETE": FinishReason.STOP,
    "STOP_SEQUENCE": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "TOOL_CALL": FinishReason.TOOL_CALLS,
}
_CHOICES = {"none": "NONE", "required": "REQUIRED"}
_ENDPOINTS = {
    "chat": Capability.TEXT_GENERATION,
    "embed": Capability.EMBEDDINGS,
}
_MOST_INPUTS = 96
_PAGE = 1000
_MOST_PAGES = 5


class CohereAdapter(DialectAdapter):
    """Command and Embed models; `base_url` is https://api.cohere.com, with or without a version at its end."""

    protocol = "cohere"
    title = "Cohere"
    may_be_dropped = ("response_format", "seed", "tool_choice")

    def question(self, endpoint: Endpoint, request: ChatRequest, *, stream: bool, refused: frozenset[str]) -> Question:
        """A chat in Cohere's words."""
        gone = refused | set(endpoint.quirks.refused_parameters)
        payload = _payload(endpoint, request, stream=stream)
        return Question(_url(endpoint, "v2/chat"), {name: said for name, said in payload.items() if name not in gone})

    def completion(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
        """The whole answer. Raises BrokenAnswerError."""
        reply = shaped(_Reply, answered.body, "Cohere's answer")
        text = reply.message.text("text")
        thoughts = reply.message.text("thinking")
        calls = tuple(wish.call() for wish in reply.message.tool_calls)
        told = _FINISHES.get(reply.finish_reason, FinishReason.UNKNOWN)
        return Completion(
            text=text,
            model_id=endpoint.model_id,
            finish_reason=ended(told, reply.finish_reason, text, calls),
            usage=reply.usage.counted() or estimated(request, len(text) + len(thoughts)),
            reasoning=thoughts,
            vendor_request_id=reply.id,
            tool_calls=calls,
        )

    def growing(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> Growing:
        """A streamed answer before its first event."""
        return _Growing(endpoint, request, headers)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each input, 96 a call. Raises ProviderError."""
        vectors: list[tuple[float, ...]] = []
        counted = 0
        for at in range(0, len(request.inputs), _MOST_INPUTS):
            some = request.inputs[at : at + _MOST_INPUTS]
            payload: dict[str, Any] = {
                "model": endpoint.model_id,
                "texts": list(some),
                "input_type": "search_document",
                "embedding_types": ["float"],
                **({"output_dimension": request.dimensions} if request.dimensions else {}),
            }
            answered = await self.fetched(endpoint, _url(endpoint, "v2/embed"), payload, method="POST")
            found = shaped(_Vectors, answered.body, "vectors")
            if len(found.embeddings.vectors) != len(some):
                count = len(found.embeddings.vectors)
                raise BrokenAnswerError(f"{count} vectors for {len(some)} inputs", http_status=200)
            vectors += [tuple(one) for one in found.embeddings.vectors]
            counted += found.meta.billed.input_tokens or 0
        usage = Usage(counted or request.estimated_prompt_tokens, 0, estimated=not counted)
        return Embeddings(tuple(vectors), endpoint.model_id, usage)

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask whether the key is valid, which costs nothing; a 200 alone says nothing. Raises ProviderError."""
        answered = await self.fetched(endpoint, _url(endpoint, "v1/check-api-key"), {}, method="POST")
        if answered.body.get("valid") is not True:
            raise AuthenticationError("the vendor says that the key is not valid", http_status=200)

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its context and what it can do. Raises ProviderError."""
        found: list[ListedModel] = []
        token = ""
        for _ in range(_MOST_PAGES):
            more = f"&page_token={quote(token)}" if token else ""
            answered = await self.fetched(endpoint, _url(endpoint, f"v1/models?page_size={_PAGE}{more}"))
            page = shaped(_Page, answered.body, "a list of models")
            found += [entry.model() for entry in page.models]
            token = page.next_page_token or ""
            if not token:
                break
        return tuple(found)


class _Entry(Foreign):
    name: str
    endpoints: list[str] = Field(default_factory=list)
    context_length: float | None = None
    is_deprecated: bool = False

    def model(self) -> ListedModel:
        """The entry in our words."""
        return ListedModel(
            model_id=self.name,
            context_tokens=int(self.context_length) if self.context_length else None,
            capabilities=frozenset(_ENDPOINTS[one] for one in self.endpoints if one in _ENDPOINTS),
            retired=self.is_deprecated,
        )


class _Page(Foreign):
    models: list[_Entry] = Field(default_factory=list)
    next_page_token: str | None = None


class _Floats(Foreign):
    vectors: list[list[float]] = Field(alias="float")


class _Billed(Foreign):
    input_tokens: int | None = None


class _Meta(Foreign):
    billed: _Billed = Field(default_factory=_Billed, alias="billed_units")


class _Vectors(Foreign):
    embeddings: _Floats
    meta: _Meta = Field(default_factory=_Meta)


class _Function(Foreign):
    name: str = ""
    arguments: str = ""


class _Wish(Foreign):
    id: str = ""
    function: _Function = Field(default_factory=_Function)

    def call(self) -> ToolCall:
        """The wish in our words."""
        return ToolCall(self.id, self.function.name, self.function.arguments or "{}")


class _Part(Foreign):
    type: str = "text"
    text: str = ""
    thinking: str = ""


class _Said(Foreign):
    content: list[_Part] = Field(default_factory=list)
    tool_calls: list[_Wish] = Field(default_factory=list)

    def text(self, kind: str) -> str:
        """The parts of one kind."""
        return "".join(getattr(part, kind) for part in self.content if part.type == kind)


class _Tokens(Foreign):
    input_tokens: float | None = None
    output_tokens: float | None = None


class _Counts(Foreign):
    tokens: _Tokens = Field(default_factory=_Tokens)

    def counted(self) -> Usage | None:
        """The vendor's count, if it is whole."""
        if self.tokens.input_tokens is None or self.tokens.output_tokens is None:
            return None
        return Usage(int(self.tokens.input_tokens), int(self.tokens.output_tokens))


class _Reply(Foreign):
    id: str = ""
    finish_reason: str = ""
    message: _Said
    usage: _Counts = Field(default_factory=_Counts)


class _DeltaSaid(Foreign):
    content: _Part | None = None
    tool_calls: _Wish | None = None


class _Delta(Foreign):
    message: _DeltaSaid | None = None
    finish_reason: str = ""
    usage: _Counts | None = None


class _StreamEvent(Foreign):
    type: str
    delta: _Delta | None = None


class _Growing:
    """A streamed answer as its events come."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self.finished = False
        self._gathered = Gathered(request, endpoint.model_id)
        self._headers = headers
        self._end = _Delta()
        self._wishes: list[_Wish] = []

    def take(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""
        told = shaped(_StreamEvent, parsed_event(event, self._headers), "a stream's event")
        if told.type == "message-end":
            self.finished = True
            self._end = told.delta or self._end
            return None
        said = told.delta.message if told.delta else None
        if said and said.tool_calls:
            self._add_wish(told.type, said.tool_calls)
        part = said.content if said else None
        return self._gathered.add(part.text, part.thinking) if part else None

    def last(self) -> Chunk:
        """The closing chunk. Raises BrokenAnswerError when the answer is none."""
        if not self.finished:
            raise BrokenAnswerError("the stream ended before its last event", http_status=200)
        calls = tuple(wish.call() for wish in self._wishes)
        told = _FINISHES.get(self._end.finish_reason, FinishReason.UNKNOWN)
        reason = ended(told, self._end.finish_reason, self._gathered.whole, calls)
        counted = self._end.usage.counted() if self._end.usage else None
        usage = counted or self._gathered.estimated()
        return Chunk(finish_reason=reason, usage=usage, model_id=self._gathered.model_id, tool_calls=calls)

    def _add_wish(self, kind: str, wish: _Wish) -> None:
        if kind == "tool-call-start":
            self._wishes.append(wish)
        elif self._wishes:
            self._wishes[-1].function.arguments += wish.function.arguments


def _url(endpoint: Endpoint, path: str) -> str:
    root = endpoint.base_url.rstrip("/").removesuffix("/v2").removesuffix("/v1")
    return f"{root}/{path}"


def _payload(endpoint: Endpoint, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    schema = request.json_schema if endpoint.json_schema else None
    system = system_prompt(request, schema_in_words=not endpoint.json_schema)
    fields: dict[str, Any] = {
        "model": endpoint.model_id,
        "messages": [
            *([{"role": "system", "content": system}] if system else []),
            *(_message(said) for said in request.messages if said.role is not Role.SYSTEM),
        ],
        "max_tokens": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stop_sequences": list(request.stop) or None,
        "response_format": {"type": "json_object", "json_schema": dict(schema.schema)} if schema else None,
        "tools": [_tool(tool) for tool in request.tools] or None,
        "tool_choice": _CHOICES.get(request.tool_choice) if request.tools else None,
        "stream": stream,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _message(said: Message) -> dict[str, Any]:
    if said.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": said.call_id, "content": said.content}
    wishes = [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in said.tool_calls
    ]
    content = {"content": said.content} if said.content or not wishes else {}
    return {"role": said.role.value, **content, **({"tool_calls": wishes} if wishes else {})}


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": schema}}
