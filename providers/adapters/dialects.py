"""What the vendors' own chat protocols share: ask, learn what a model refuses, and pass a stream on until its true end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar, Protocol

from providers.adapters import wire
from providers.adapters.base import Adapter
from providers.adapters.failures import failure
from providers.adapters.openai_calls import Answered, Refused, sound
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal
from providers.adapters.sse import Event, events, lines
from providers.types import ChatRequest, Chunk, Completion, Endpoint, Usage

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
                refusal = Refusal.read(reply.status, reply.headers, reply.body)
                self._refused.learn_or_raise(endpoint, refusal, asked.payload)

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
            self._refused.learn_or_raise(endpoint, refusal, asked.payload)

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

    def estimated(self) -> Usage:
        """A count from the lengths."""
        return estimated(self.request, self.characters)


def estimated(request: ChatRequest, characters: int) -> Usage:
    """A count for an answer without one, from the length of its text and reasoning."""
    return Usage(request.estimated_prompt_tokens, characters // _CHARACTERS_A_TOKEN + 1, estimated=True)
