"""Google's own protocol for Gemini: generateContent, whole and streamed, embeddings and models."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from pydantic import Field

from providers.adapters.dialects import DialectAdapter, Gathered, Growing, Question, ended, estimated, parsed_event
from providers.adapters.gemini_request import content_payload
from providers.adapters.openai_calls import Answered, Foreign, shaped
from providers.adapters.sse import Event
from providers.errors import BrokenAnswerError, ContentRefusedError
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
    ToolCall,
    Usage,
)

_FINISHES = {
    "STOP": FinishReason.STOP,
    "MAX_TOKENS": FinishReason.LENGTH,
    "SAFETY": FinishReason.CONTENT_FILTER,
    "RECITATION": FinishReason.CONTENT_FILTER,
    "BLOCKLIST": FinishReason.CONTENT_FILTER,
    "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
    "SPII": FinishReason.CONTENT_FILTER,
    "IMAGE_SAFETY": FinishReason.CONTENT_FILTER,
}
_METHODS = {
    "generateContent": Capability.TEXT_GENERATION,
    "embedContent": Capability.EMBEDDINGS,
    "batchEmbedContents": Capability.EMBEDDINGS,
}
_MOST_INPUTS = 100
_PAGE = 1000
_MOST_PAGES = 5


class GeminiAdapter(DialectAdapter):
    """Gemini under `/v1beta`. The key travels in a header: in the address it would land in logs."""

    protocol = "gemini"
    title = "Google Gemini"
    key_header = "x-goog-api-key"

    def question(self, endpoint: Endpoint, request: ChatRequest, *, stream: bool, refused: frozenset[str]) -> Question:
        """A request in Gemini's words."""
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return Question(f"{_model(endpoint)}:{verb}", content_payload(endpoint, request, refused))

    def completion(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
        """The whole answer. Raises BrokenAnswerError and ContentRefusedError."""
        state = _Growing(endpoint, request, answered.headers)
        chunk = state.read(answered.body)
        last = state.last()
        return Completion(
            text=state.gathered.whole,
            model_id=state.gathered.model_id,
            finish_reason=last.finish_reason or FinishReason.UNKNOWN,
            usage=last.usage or estimated(request, state.gathered.characters),
            reasoning=chunk.reasoning if chunk else "",
            vendor_request_id=state.response_id,
            tool_calls=last.tool_calls,
        )

    def growing(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> Growing:
        """A streamed answer before its first event."""
        return _Growing(endpoint, request, headers)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each input, a hundred a call. Raises ProviderError."""
        vectors: list[tuple[float, ...]] = []
        for at in range(0, len(request.inputs), _MOST_INPUTS):
            some = request.inputs[at : at + _MOST_INPUTS]
            payload = {"requests": [_embedding(endpoint, text, request.dimensions) for text in some]}
            answered = await self.fetched(endpoint, f"{_model(endpoint)}:batchEmbedContents", payload, method="POST")
            found = shaped(_Vectors, answered.body, "vectors").embeddings
            if len(found) != len(some):
                raise BrokenAnswerError(f"{len(found)} vectors for {len(some)} inputs", http_status=200)
            vectors += [tuple(one.values) for one in found]
        usage = Usage(request.estimated_prompt_tokens, 0, estimated=True)
        return Embeddings(tuple(vectors), endpoint.model_id, usage)

    async def check_key(self, endpoint: Endpoint) -> None:
        """List one model; a bad key is a 400 here. Raises ProviderError."""
        await self.fetched(endpoint, f"{endpoint.base_url.rstrip('/')}/models?pageSize=1")

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its context and what it can do. Raises ProviderError."""
        found: list[ListedModel] = []
        token = ""
        for _ in range(_MOST_PAGES):
            more = f"&pageToken={quote(token)}" if token else ""
            url = f"{endpoint.base_url.rstrip('/')}/models?pageSize={_PAGE}{more}"
            page = shaped(_Page, (await self.fetched(endpoint, url)).body, "a list of models")
            found += [entry.model() for entry in page.models]
            token = page.next_page_token
            if not token:
                break
        return tuple(found)


class _Vector(Foreign):
    values: list[float] = Field(min_length=1)


class _Vectors(Foreign):
    embeddings: list[_Vector]


class _Entry(Foreign):
    name: str
    input_token_limit: int | None = Field(default=None, alias="inputTokenLimit")
    output_token_limit: int | None = Field(default=None, alias="outputTokenLimit")
    methods: list[str] = Field(default_factory=list, alias="supportedGenerationMethods")

    def model(self) -> ListedModel:
        """The entry in our words."""
        return ListedModel(
            model_id=self.name.removeprefix("models/"),
            context_tokens=self.input_token_limit,
            max_output_tokens=self.output_token_limit,
            capabilities=frozenset(_METHODS[method] for method in self.methods if method in _METHODS),
        )


class _Page(Foreign):
    models: list[_Entry] = Field(default_factory=list)
    next_page_token: str = Field(default="", alias="nextPageToken")


class _Wish(Foreign):
    name: str
    args: dict[str, Any] = Field(default_factory=dict)
    id: str = ""


class _Part(Foreign):
    text: str = ""
    thought: bool = False
    wish: _Wish | None = Field(default=None, alias="functionCall")


class _Content(Foreign):
    parts: list[_Part] = Field(default_factory=list)


class _Candidate(Foreign):
    content: _Content = Field(default_factory=_Content)
    finish_reason: str = Field(default="", alias="finishReason")


class _Feedback(Foreign):
    block_reason: str = Field(default="", alias="blockReason")


class _Counts(Foreign):
    prompt: int | None = Field(default=None, alias="promptTokenCount")
    candidates: int = Field(default=0, alias="candidatesTokenCount")
    thoughts: int = Field(default=0, alias="thoughtsTokenCount")


class _Reply(Foreign):
    candidates: list[_Candidate] = Field(default_factory=list)
    feedback: _Feedback | None = Field(default=None, alias="promptFeedback")
    counts: _Counts | None = Field(default=None, alias="usageMetadata")
    model: str = Field(default="", alias="modelVersion")
    response_id: str = Field(default="", alias="responseId")


class _Growing:
    """An answer as its events come; a whole answer is one event."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self.gathered = Gathered(request, endpoint.model_id)
        self.response_id = ""
        # Nothing but the end of the stream ends it; only the reason says whether the answer is whole.
        self.finished = False
        self._headers = headers
        self._finish = ""
        self._usage: Usage | None = None
        self._calls: list[ToolCall] = []

    def take(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""
        return self.read(parsed_event(event, self._headers))

    def read(self, body: Any) -> Chunk | None:
        """The same for JSON that was parsed before."""
        reply = shaped(_Reply, body, "Gemini's answer")
        if reply.feedback and reply.feedback.block_reason:
            raise ContentRefusedError(f"the prompt was blocked: {reply.feedback.block_reason}", http_status=200)
        self.gathered.model_id = reply.model or self.gathered.model_id
        self.response_id = reply.response_id or self.response_id
        if reply.counts and reply.counts.prompt is not None:
            # Thoughts are paid and counted as the answer's.
            self._usage = Usage(reply.counts.prompt, reply.counts.candidates + reply.counts.thoughts)
        if not reply.candidates:
            return None
        candidate = reply.candidates[0]
        self._finish = candidate.finish_reason or self._finish
        return self._add(candidate.content.parts)

    def _add(self, parts: list[_Part]) -> Chunk | None:
        for part in parts:
            if part.wish:
                call_id = part.wish.id or f"call_{len(self._calls)}"
                self._calls.append(ToolCall(call_id, part.wish.name, json.dumps(part.wish.args, ensure_ascii=False)))
        text = "".join(part.text for part in parts if not part.thought)
        return self.gathered.add(text, "".join(part.text for part in parts if part.thought))

    def last(self) -> Chunk:
        """The closing chunk. Raises BrokenAnswerError or ContentRefusedError when the answer is none."""
        if not self._finish:
            raise BrokenAnswerError("the answer ended without a finish reason", http_status=200)
        told = _FINISHES.get(self._finish, FinishReason.UNKNOWN)
        calls = tuple(self._calls)
        reason = ended(told, self._finish, self.gathered.whole, calls)
        counted = self._usage or self.gathered.estimated()
        return Chunk(finish_reason=reason, usage=counted, model_id=self.gathered.model_id, tool_calls=calls)


def _model(endpoint: Endpoint) -> str:
    return f"{endpoint.base_url.rstrip('/')}/models/{quote(endpoint.model_id.removeprefix('models/'), safe='')}"


def _embedding(endpoint: Endpoint, text: str, dimensions: int | None) -> dict[str, Any]:
    named = f"models/{endpoint.model_id.removeprefix('models/')}"
    asked: dict[str, Any] = {"model": named, "content": {"parts": [{"text": text}]}}
    return asked if dimensions is None else {**asked, "outputDimensionality": dimensions}
