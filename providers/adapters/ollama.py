"""Ollama's own protocol: chat as lines of JSON, with a context as large as the request needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from providers.adapters.dialects import (
    DialectAdapter,
    Gathered,
    Growing,
    Question,
    ended,
    estimated,
    json_object,
    parsed_event,
    system_prompt,
)
from providers.adapters.openai_calls import Answered, Foreign, shaped
from providers.adapters.sse import Event
from providers.errors import BrokenAnswerError
from providers.types import (
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

_FINISHES = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
# Ollama cuts a longer prompt without a word, so the context is asked for; in steps, as each size loads the model anew.
_CONTEXT_STEP = 4096


class OllamaAdapter(DialectAdapter):
    """A model server of one's own under `/api`; `base_url` is the host's root, with or without `/api`."""

    protocol = "ollama"
    title = "Ollama"

    def question(self, endpoint: Endpoint, request: ChatRequest, *, stream: bool, refused: frozenset[str]) -> Question:
        """A chat in Ollama's words."""
        payload = _payload(endpoint, request, stream=stream)
        kept = {name: value for name, value in payload.items() if name not in refused}
        return Question(_url(endpoint, "chat"), kept)

    def completion(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
        """The whole answer. Raises BrokenAnswerError."""
        state = _Growing(endpoint, request, answered.headers)
        chunk = state.read(answered.body)
        last = state.last()
        return Completion(
            text=state.gathered.whole,
            model_id=state.gathered.model_id,
            finish_reason=last.finish_reason or FinishReason.UNKNOWN,
            usage=last.usage or estimated(request, state.gathered.characters),
            reasoning=chunk.reasoning if chunk else "",
            tool_calls=last.tool_calls,
        )

    def growing(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> Growing:
        """A streamed answer before its first line."""
        return _Growing(endpoint, request, headers)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each input. Raises ProviderError."""
        payload: dict[str, Any] = {"model": endpoint.model_id, "input": list(request.inputs)}
        if request.dimensions:
            payload["dimensions"] = request.dimensions
        answered = await self.fetched(endpoint, _url(endpoint, "embed"), payload, method="POST")
        found = shaped(_Vectors, answered.body, "vectors")
        if len(found.embeddings) != len(request.inputs):
            raise BrokenAnswerError(
                f"{len(found.embeddings)} vectors for {len(request.inputs)} inputs", http_status=200
            )
        counted = found.prompt_eval_count
        usage = Usage(request.estimated_prompt_tokens if counted is None else counted, 0, estimated=counted is None)
        return Embeddings(tuple(tuple(one) for one in found.embeddings), found.model or endpoint.model_id, usage)

    async def check_key(self, endpoint: Endpoint) -> None:
        """List the models: there is no key, only a server that runs or does not. Raises ProviderError."""
        await self.fetched(endpoint, _url(endpoint, "tags"))

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """The models on that server. Raises ProviderError."""
        answered = await self.fetched(endpoint, _url(endpoint, "tags"))
        return tuple(
            ListedModel(one.name, free=True) for one in shaped(_Tags, answered.body, "a list of models").models
        )


class _Tag(Foreign):
    name: str


class _Tags(Foreign):
    models: list[_Tag] = Field(default_factory=list)


class _Vectors(Foreign):
    model: str = ""
    embeddings: list[list[float]]
    prompt_eval_count: int | None = None


class _Function(Foreign):
    name: str
    arguments: dict[str, Any] = Field(default_factory=dict)


class _Wish(Foreign):
    function: _Function


class _Said(Foreign):
    content: str = ""
    thinking: str = ""
    tool_calls: list[_Wish] = Field(default_factory=list)


class _Line(Foreign):
    """A line of a chat, or of the older generate, whose text stands in `response`."""

    model: str = ""
    message: _Said | None = None
    response: str = ""
    thinking: str = ""
    done: bool = False
    done_reason: str = "stop"
    prompt_eval_count: int | None = None
    eval_count: int | None = None


class _Growing:
    """An answer as its lines come; a whole answer is one line."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self.gathered = Gathered(request, endpoint.model_id)
        self.finished = False
        self._headers = headers
        self._last = _Line()
        self._calls: list[ToolCall] = []

    def take(self, event: Event) -> Chunk | None:
        """What a line adds for the reader. Raises ProviderError for an error and for a corrupt line."""
        return self.read(parsed_event(event, self._headers))

    def read(self, body: Any) -> Chunk | None:
        """The same for JSON that was parsed before."""
        line = shaped(_Line, body, "a line of Ollama's answer")
        said = line.message or _Said(content=line.response, thinking=line.thinking)
        self.gathered.model_id = line.model or self.gathered.model_id
        self._last = line
        self.finished = line.done
        for wish in said.tool_calls:
            arguments = wish.function.model_dump_json(include={"arguments"})
            call_id = f"call_{len(self._calls)}"
            self._calls.append(ToolCall(call_id, wish.function.name, arguments[len('{"arguments":') : -1]))
        return self.gathered.add(said.content, said.thinking)

    def last(self) -> Chunk:
        """The closing chunk. Raises BrokenAnswerError when the last line never came."""
        line = self._last
        if not line.done:
            raise BrokenAnswerError("the answer ended before its last line", http_status=200)
        calls = tuple(self._calls)
        told = _FINISHES.get(line.done_reason, FinishReason.UNKNOWN)
        reason = ended(told, line.done_reason, self.gathered.whole, calls)
        if line.prompt_eval_count is None or line.eval_count is None:
            usage = self.gathered.estimated()
        else:
            usage = Usage(line.prompt_eval_count, line.eval_count)
        return Chunk(finish_reason=reason, usage=usage, model_id=self.gathered.model_id, tool_calls=calls)


def _url(endpoint: Endpoint, path: str) -> str:
    root = endpoint.base_url.rstrip("/").removesuffix("/api").removesuffix("/v1")
    return f"{root}/api/{path}"


def _payload(endpoint: Endpoint, request: ChatRequest, *, stream: bool) -> dict[str, Any]:
    needed = request.estimated_prompt_tokens + request.max_tokens
    options: dict[str, Any] = {
        "num_ctx": -(-needed // _CONTEXT_STEP) * _CONTEXT_STEP,
        "num_predict": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stop": list(request.stop) or None,
    }
    schema = request.json_schema if endpoint.json_schema else None
    system = system_prompt(request, schema_in_words=not endpoint.json_schema)
    fields: dict[str, Any] = {
        "model": endpoint.model_id,
        "messages": [
            *([{"role": "system", "content": system}] if system else []),
            *(_message(said) for said in request.messages if said.role is not Role.SYSTEM),
        ],
        "stream": stream,
        "format": dict(schema.schema) if schema else None,
        "options": {name: value for name, value in options.items() if value is not None},
        "tools": [_tool(tool) for tool in request.tools] or None,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _tool(tool: Tool) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}


def _message(said: Message) -> dict[str, Any]:
    wishes = [{"function": {"name": call.name, "arguments": json_object(call.arguments)}} for call in said.tool_calls]
    return {"role": said.role.value, "content": said.content, **({"tool_calls": wishes} if wishes else {})}
