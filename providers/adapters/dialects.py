"""What the vendors' own chat protocols share: ask, learn what a model refuses, pass a stream on to its true end."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from providers.adapters import wire
from providers.adapters.base import Adapter
from providers.adapters.failures import failure, failure_of
from providers.adapters.openai_calls import Answered, Refused, sound
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal, carries_error
from providers.adapters.sse import Event, events, lines
from providers.errors import BrokenAnswerError, ContentRefusedError
from providers.types import (
    ChatRequest,
    Chunk,
    Completion,
    Endpoint,
    FinishReason,
    JSONSchema,
    Role,
    ToolCall,
    Usage,
)

_CHARACTERS_A_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Question:
    """Where a request goes and what it says."""

    url: str
    payload: dict[str, Any]


class Growing(Protocol):
    """A streamed answer as it grows."""

    @property
    def finished(self) -> bool:
        """Whether the vendor said that the answer is whole; nothing is read after that."""

    def take(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""

    def last(self) -> Chunk:
        """The closing chunk. Raises BrokenAnswerError or ContentRefusedError when the answer is none."""


class DialectAdapter(Adapter):
    """A protocol that is one question in JSON and one answer, whole or as a stream.

    `key_header` carries the key, `headers` go with every request, `may_be_dropped` are fields that a model may refuse
    by name and that the answer survives without.
    """

    key_header: ClassVar[str] = wire.BEARER
    headers: ClassVar[Mapping[str, str]] = {}
    may_be_dropped: ClassVar[tuple[str, ...]] = ()

    def __init__(self) -> None:
        self._refused = Refused(self.may_be_dropped)

    @abstractmethod
    def question(self, endpoint: Endpoint, request: ChatRequest, *, stream: bool, refused: frozenset[str]) -> Question:
        """The request in the vendor's words."""

    @abstractmethod
    def completion(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
        """The whole answer. Raises BrokenAnswerError and ContentRefusedError."""

    @abstractmethod
    def growing(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> Growing:
        """A streamed answer before its first event."""

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            while True:
                asked = self.question(endpoint, request, stream=False, refused=self._refused.by(endpoint))
                reply = await self.call(endpoint, "POST", asked.url, asked.payload)
                if reply.status == HTTPStatus.OK:
                    return self.completion(endpoint, request, sound(reply.headers, reply.body))
                self._learn_or_raise(endpoint, Refusal.read(reply.status, reply.headers, reply.body), asked)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        with secrets_kept(endpoint.api_key):
            async with aclosing(self._streamed(endpoint, request)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def call(
        self, endpoint: Endpoint, method: str, url: str, payload: Mapping[str, Any] | None = None
    ) -> wire.Reply:
        """One exchange with this protocol's headers. Raises as `wire.call` does."""
        return await wire.call(endpoint, method, url, payload, headers=self.headers, key_header=self.key_header)

    async def fetched(
        self, endpoint: Endpoint, url: str, payload: Mapping[str, Any] | None = None, *, method: str = "GET"
    ) -> Answered:
        """The sound JSON of a 200. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            reply = await self.call(endpoint, method, url, payload)
            if reply.status != HTTPStatus.OK:
                raise failure(reply.status, reply.headers, reply.body)
            return sound(reply.headers, reply.body)

    async def _streamed(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        while True:
            asked = self.question(endpoint, request, stream=True, refused=self._refused.by(endpoint))
            opened = wire.opened(endpoint, asked.url, asked.payload, headers=self.headers, key_header=self.key_header)
            async with opened as inflow:
                if inflow.status == HTTPStatus.OK:
                    async with aclosing(self._chunks(endpoint, request, inflow)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                refusal = Refusal.read(inflow.status, inflow.headers, await inflow.read())
            self._learn_or_raise(endpoint, refusal, asked)

    def _learn_or_raise(self, endpoint: Endpoint, refusal: Refusal, asked: Question) -> None:
        if not self._refused.learned(endpoint, refusal, asked.payload):
            raise failure_of(refusal)

    async def _chunks(
        self, endpoint: Endpoint, request: ChatRequest, inflow: wire.Inflow
    ) -> AsyncGenerator[Chunk, None]:
        """The pieces of a 200, whatever the vendor made of our wish to stream."""
        reading = _reading(inflow.headers.get("content-type", "text/event-stream"))
        if reading is None:
            whole = self.completion(endpoint, request, sound(inflow.headers, await inflow.read()))
            yield Chunk(whole.text, whole.reasoning, whole.finish_reason, whole.usage, whole.model_id, whole.tool_calls)
            return
        state = self.growing(endpoint, request, inflow.headers)
        async with aclosing(wire.paced(reading(inflow.pieces()), lambda: endpoint.timeout_seconds)) as arriving:
            while not state.finished and (event := await anext(arriving, None)):
                chunk = state.take(event)
                if chunk:
                    yield chunk
        yield state.last()


def _reading(kind: str) -> Callable[[AsyncIterator[bytes]], AsyncGenerator[Event, None]] | None:
    if "ndjson" in kind:
        return lines
    return events if "text/event-stream" in kind else None


def parsed_event(event: Event, headers: Mapping[str, str]) -> dict[str, Any]:
    """The JSON object of an event. Raises BrokenAnswerError, and what an error inside it amounts to."""
    try:
        body = json.loads(event.data)
    except (ValueError, RecursionError):
        raise BrokenAnswerError("a stream event that is not JSON", http_status=200) from None
    if not isinstance(body, dict):
        raise BrokenAnswerError("a stream event that is not an object", http_status=200)
    if carries_error(body) or event.name == "error":
        raise failure_of(Refusal.of(HTTPStatus.OK, headers, body))
    return body


def ended(reason: FinishReason, word: str, text: str, calls: Sequence[ToolCall]) -> FinishReason:
    """The reason of an answer that is one. Raises ContentRefusedError and BrokenAnswerError for one that is none."""
    if reason is FinishReason.CONTENT_FILTER:
        raise ContentRefusedError(f"the vendor stopped the answer: {word}", http_status=200)
    if reason is FinishReason.UNKNOWN:
        raise BrokenAnswerError(f"an answer that ended with {word or 'no reason'}", http_status=200)
    if not text.strip() and not calls:
        spent = "all tokens went into thinking" if reason is FinishReason.LENGTH else "no text in it"
        raise BrokenAnswerError(f"an empty answer ({word}): {spent}", http_status=200)
    return FinishReason.TOOL_CALLS if calls else reason


def json_object(text: str) -> dict[str, Any]:
    """The arguments of a tool call that a caller hands back; anything but an object becomes an empty one."""
    try:
        parsed = json.loads(text or "{}")
    except ValueError:
        parsed = None
    return parsed if isinstance(parsed, dict) else {}


def schema_order(schema: JSONSchema) -> str:
    """The words that ask for JSON where a model does not follow a schema by itself."""
    worded = json.dumps(schema.schema, ensure_ascii=False, separators=(",", ":"))
    return (
        "Answer with one JSON object and nothing else: no introduction, no explanation, no code fence. "
        f"It must be valid against this JSON Schema:\n{worded}"
    )


def system_prompt(request: ChatRequest, *, schema_in_words: bool) -> str:
    """All that the system says, and the order for JSON where it must be put into words."""
    said = [message.content for message in request.messages if message.role is Role.SYSTEM]
    if request.json_schema and schema_in_words:
        said.append(schema_order(request.json_schema))
    return "\n\n".join(said)


@dataclass(slots=True)
class Gathered:
    """The pieces of a streamed answer, counted for vendors that do not count."""

    request: ChatRequest
    model_id: str
    text: list[str] = field(default_factory=list)
    characters: int = 0

    def add(self, text: str, reasoning: str = "") -> Chunk | None:
        """The chunk for the reader, if there is anything to read."""
        self.characters += len(text) + len(reasoning)
        if text:
            self.text.append(text)
        return Chunk(text, reasoning, model_id=self.model_id) if text or reasoning else None

    @property
    def whole(self) -> str:
        """The text so far."""
        return "".join(self.text)

    def estimated(self) -> Usage:
        """A count from the lengths."""
        return estimated(self.request, self.characters)


def estimated(request: ChatRequest, characters: int) -> Usage:
    """A count for an answer without one, from the length of its text and reasoning."""
    return Usage(request.estimated_prompt_tokens, characters // _CHARACTERS_A_TOKEN + 1, estimated=True)
