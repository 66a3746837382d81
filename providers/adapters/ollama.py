"""Ollama's own protocol: chats as lines of JSON, in a context that holds the whole prompt."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from providers.adapters import listing, vectors
from providers.adapters.conversation import arguments, spoken, system_prompt, tool_names
from providers.adapters.dialects import DialectAdapter, Question, compact, root
from providers.adapters.gathering import Gathering, counted, tokens
from providers.adapters.openai_calls import Foreign, shaped
from providers.adapters.sse import lines
from providers.adapters.thoughts import ThoughtSplitter
from providers.errors import BrokenAnswerError
from providers.types import (
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    FinishReason,
    ListedModel,
    Message,
    Role,
    Tool,
    Usage,
)

# Another context size loads the model anew, so it grows in few steps.
_SMALLEST_CONTEXT = 4096
_ONE_TOKEN = ChatRequest(messages=(Message(Role.USER, "Hi"),), max_tokens=1)


class _Function(Foreign):
    name: str | None = None
    arguments: dict[str, Any] | None = None


class _Wish(Foreign):
    id: str | None = None
    function: _Function


class _Said(Foreign):
    content: str | None = None
    thinking: str | None = None
    tool_calls: list[_Wish] | None = None


class _Line(Foreign):
    """A line of `/api/chat`, or of the older `/api/generate`, whose text stands in `response`."""

    model: str | None = None
    message: _Said | None = None
    response: str | None = None
    thinking: str | None = None
    done: bool = False
    done_reason: str | None = None


class Lines(Gathering):
    """One answer of Ollama's; a whole answer is a single line. It ends with the line that says `done`."""

    finishes: ClassVar[Mapping[str, FinishReason]] = {"stop": FinishReason.STOP, "length": FinishReason.LENGTH}
    # The model was only loaded, or thrown out of memory.
    failures = frozenset({"load", "unload"})

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        super().__init__(endpoint, request, headers)
        self._splitter = ThoughtSplitter()

    def read(self, body: Mapping[str, Any]) -> None:
        """A whole answer, which says `done` as the last line of a stream does."""
        self.take(body)
        if not self.over:
            raise BrokenAnswerError("an answer that is not done", http_status=200)

    def take(self, body: Mapping[str, Any]) -> None:
        """A line."""
        line = shaped(_Line, body, "a line of Ollama's")
        said = line.message or _Said(content=line.response, thinking=line.thinking)
        self.model_id = line.model or self.model_id
        self.say(None, said.thinking)
        # Models whose thinking Ollama does not know write it into the text.
        self.say(*self._splitter.feed(said.content or ""))
        for wish in said.tool_calls or []:
            asked = json.dumps(wish.function.arguments or {}, ensure_ascii=False)
            self.call(len(self._calls), wish.id, wish.function.name, asked)
        if line.done:
            self.say(*self._splitter.close())
            self.over = True
            # Versions before 2024 give no reason.
            self.reason = line.done_reason or "stop"
            self.usage = counted(tokens(body, "prompt_eval_count"), tokens(body, "eval_count"))


class OllamaAdapter(DialectAdapter):
    """A model server of one's own under `/api`; `base_url` is its root, with or without `/api` or `/v1`."""

    protocol = "ollama"
    title = "Ollama"
    refusable: ClassVar = {"format": ("format", "grammar", "schema")}
    gathering = Lines
    reading = staticmethod(lines)
    stream_types = ("ndjson",)

    def question(self, endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> Question:
        """A chat."""
        return Question(_url(endpoint, "chat"), _payload(endpoint, request, refused, stream=stream))

    async def check_key(self, endpoint: Endpoint) -> None:
        """List the models of one's own server; Ollama's cloud lists them to anyone, so its key is tried on a token."""
        if not endpoint.api_key:
            await self.fetched(endpoint, _url(endpoint, "tags"))
            return
        payload = _payload(endpoint, _ONE_TOKEN, frozenset(), stream=False)
        await self.fetched(endpoint, _url(endpoint, "chat"), payload, method="POST")

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """The models that the server has. Raises ProviderError."""
        return await self.listed(endpoint, _Page, lambda _: _url(endpoint, "tags"))

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each text, none of which is cut. Raises ProviderError."""
        longest = max((EmbeddingRequest((text,)).estimated_prompt_tokens for text in request.inputs), default=0)
        payload = {
            "model": endpoint.model_id,
            "input": list(request.inputs),
            "dimensions": request.dimensions,
            "truncate": False,
            "options": {"num_ctx": _context(longest)},
        }
        answered = await self.fetched(endpoint, _url(endpoint, "embed"), compact(payload), method="POST")
        found = shaped(_Vectors, answered.body, "vectors")
        asked = tokens(answered.body, "prompt_eval_count")
        estimate = Usage(request.estimated_prompt_tokens, 0, estimated=True)
        usage = counted(asked, 0) or estimate
        whole = vectors.checked(found.embeddings, len(request.inputs))
        return Embeddings(whole, found.model or endpoint.model_id, usage)


class _Vectors(Foreign):
    model: str | None = None
    embeddings: list[vectors.Vector]


class _Page(listing.ModelPage):
    models: list[dict[str, Any]] = Field(default_factory=list)

    def listed(self) -> Iterator[ListedModel]:
        """What a model can do is not told here."""
        for entry in self.models:
            if model_id := listing.name(entry, "model") or listing.name(entry, "name"):
                yield ListedModel(model_id)


def _payload(endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> dict[str, Any]:
    schema = request.json_schema if endpoint.json_schema and "format" not in refused else None
    system = system_prompt(request, schema_in_words=schema is None)
    names = tool_names(request)
    options = {
        "num_ctx": _context(request.estimated_prompt_tokens + request.max_tokens),
        "num_predict": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stop": list(request.stop) or None,
    }
    return compact(
        {
            "model": endpoint.model_id,
            "messages": [
                *([{"role": "system", "content": system}] if system else []),
                *(_message(said, names) for said in spoken(request)),
            ],
            "stream": stream,
            "format": dict(schema.schema) if schema else None,
            "options": compact(options, refused),
            # There is no choice of tools here; what must not be called is not shown.
            "tools": [_tool(tool) for tool in request.tools if request.tool_choice != "none"] or None,
            # Newer versions then refuse what does not fit instead of cutting it; older ones do not know the words.
            "truncate": False,
            "shift": False,
        },
        refused,
    )


def _context(needed: int) -> int:
    """The smallest context of 4096 tokens, 8192, 16384 … that holds so many."""
    size = _SMALLEST_CONTEXT
    while size < needed:
        size *= 2
    return size


def _message(said: Message, names: Mapping[str, str]) -> dict[str, Any]:
    wishes = [{"function": {"name": call.name, "arguments": arguments(call.arguments)}} for call in said.tool_calls]
    tool_name = names.get(said.call_id) if said.role is Role.TOOL else None
    return compact(
        {"role": said.role.value, "content": said.content, "tool_calls": wishes or None, "tool_name": tool_name}
    )


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": schema}}


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{root(endpoint, 'api', 'v1')}/api/{path}"
