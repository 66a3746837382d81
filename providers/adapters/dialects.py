"""What the vendors' own chat protocols share: ask, learn what a model refuses, pass a stream on to its true end."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import Any, ClassVar

from providers.adapters import wire
from providers.adapters.base import Adapter
from providers.adapters.failures import failure, failure_of
from providers.adapters.gathering import Gathering
from providers.adapters.listing import ModelPage
from providers.adapters.openai_calls import Answered, shaped, sound
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal
from providers.adapters.sse import Event, events
from providers.errors import BrokenAnswerError, UnavailableError
from providers.types import ChatRequest, Chunk, Completion, Endpoint, ListedModel

_REFUSING = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
_REFUSAL_CODES = {"unsupported_parameter", "unknown_parameter", "unsupported_value"}
_MOST_PAGES = 20
_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Question:
    """Where a request goes and what it says."""

    url: str
    payload: dict[str, Any]


class DialectAdapter(Adapter):
    """A protocol that is one question in JSON and one answer, whole or as a stream.

    `key_header` carries the key, `headers` go with every request. `refusable` are the fields that a model may refuse
    and that the answer survives without, each with the words that such a refusal has. `gathering` reads the answers,
    `reading` cuts a stream into events, and `stream_types` are the content types that are streams.
    """

    key_header: ClassVar[str] = wire.BEARER
    headers: ClassVar[Mapping[str, str]] = _NOTHING
    refusable: ClassVar[Mapping[str, tuple[str, ...]]] = _NOTHING
    gathering: ClassVar[type[Gathering]]
    reading: ClassVar[Callable[..., AsyncGenerator[Event, None]]] = staticmethod(events)
    stream_types: ClassVar[tuple[str, ...]] = ("text/event-stream",)

    def __init__(self) -> None:
        super().__init__()
        # Fields that a model turned down, so that the next call does not ask twice. Losing it costs one request.
        self._turned_down: dict[tuple[str, str], frozenset[str]] = {}

    @abstractmethod
    def question(self, endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> Question:
        """The request in the vendor's words, without the fields in `refused`."""

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            while True:
                asked = self.question(endpoint, request, self._left_out(endpoint), stream=False)
                reply = await self._call(endpoint, "POST", asked.url, asked.payload)
                if reply.status == HTTPStatus.OK:
                    return self._whole(endpoint, request, sound(reply.headers, reply.body)).completion()
                self._drop_or_raise(endpoint, Refusal.read(reply.status, reply.headers, reply.body), asked)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        with secrets_kept(endpoint.api_key):
            async with aclosing(self._in_pieces(endpoint, request)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def fetched(
        self, endpoint: Endpoint, url: str, payload: Mapping[str, Any] | None = None, *, method: str = "GET"
    ) -> Answered:
        """The sound JSON of a 200. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            reply = await self._call(endpoint, method, url, payload)
            if reply.status != HTTPStatus.OK:
                raise failure(reply.status, reply.headers, reply.body)
            return sound(reply.headers, reply.body)

    async def listed(
        self, endpoint: Endpoint, page: type[ModelPage], url_of: Callable[[str], str]
    ) -> tuple[ListedModel, ...]:
        """All pages of a list; `url_of` makes the address out of what the page before said. Raises ProviderError."""
        found: list[ListedModel] = []
        mark = ""
        for _ in range(_MOST_PAGES):
            answered = await self.fetched(endpoint, url_of(mark))
            read = shaped(page, answered.body, "a list of models")
            found += read.listed()
            mark = read.following()
            if not mark:
                break
        return tuple(found)

    async def _call(self, endpoint: Endpoint, method: str, url: str, payload: Mapping[str, Any] | None) -> wire.Reply:
        return await wire.call(endpoint, method, url, payload, headers=self.headers, key_header=self.key_header)

    def _whole(self, endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Gathering:
        gathering = self.gathering(endpoint, request, answered.headers)
        gathering.read(answered.body)
        return gathering

    async def _in_pieces(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        while True:
            asked = self.question(endpoint, request, self._left_out(endpoint), stream=True)
            opened = wire.opened(endpoint, asked.url, asked.payload, headers=self.headers, key_header=self.key_header)
            async with opened as inflow:
                if inflow.status == HTTPStatus.OK:
                    async with aclosing(self._pieces(endpoint, request, inflow)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                refusal = Refusal.read(inflow.status, inflow.headers, await inflow.read())
            self._drop_or_raise(endpoint, refusal, asked)

    async def _pieces(
        self, endpoint: Endpoint, request: ChatRequest, inflow: wire.Inflow
    ) -> AsyncGenerator[Chunk, None]:
        """The pieces of a 200, whatever the vendor made of our wish to stream."""
        kind = inflow.headers.get("content-type", self.stream_types[0])
        if not any(stream_type in kind for stream_type in self.stream_types):
            whole = self._whole(endpoint, request, sound(inflow.headers, await inflow.read())).completion()
            yield Chunk(whole.text, whole.reasoning, whole.finish_reason, whole.usage, whole.model_id, whole.tool_calls)
            return
        gathering = self.gathering(endpoint, request, inflow.headers)
        arriving = wire.paced(type(self).reading(inflow.pieces()), gathering.patience)
        async with aclosing(arriving):
            while not gathering.over and (event := await _next_event(arriving, gathering)):
                chunk = gathering.chunk(event)
                if chunk:
                    yield chunk
        yield gathering.last()

    def _left_out(self, endpoint: Endpoint) -> frozenset[str]:
        learned = self._turned_down.get((endpoint.base_url, endpoint.model_id), frozenset())
        return learned | set(endpoint.quirks.refused_parameters)

    def _drop_or_raise(self, endpoint: Endpoint, refusal: Refusal, asked: Question) -> None:
        """Remember the field that was refused, so that another try makes sense; else raise the refusal's error."""
        field = self._refused_field(refusal, asked.payload) if refusal.status in _REFUSING else None
        if field is None or field in self._left_out(endpoint):
            raise failure_of(refusal)
        self._turned_down[endpoint.base_url, endpoint.model_id] = self._left_out(endpoint) | {field}

    def _refused_field(self, refusal: Refusal, payload: Mapping[str, Any]) -> str | None:
        sent = [field for field in self.refusable if _has(payload, field)]
        named = refusal.param.partition(".")[0]
        if named in sent and not _REFUSAL_CODES.isdisjoint(refusal.codes):
            return named
        said = refusal.message.lower()
        return next((field for field in sent if any(words in said for words in self.refusable[field])), None)


def root(endpoint: Endpoint, *versions: str) -> str:
    """The base URL without a version at its end, which people write or leave out."""
    url = endpoint.base_url.rstrip("/")
    found = next((version for version in versions if url.endswith(f"/{version}")), "")
    return url.removesuffix(f"/{found}") if found else url


def compact(fields: Mapping[str, Any], refused: frozenset[str] = frozenset()) -> dict[str, Any]:
    """The fields that say something and are not refused."""
    return {name: value for name, value in fields.items() if value is not None and name not in refused}


def _has(payload: Mapping[str, Any], field: str) -> bool:
    return field in payload or any(field in part for part in payload.values() if isinstance(part, Mapping))


async def _next_event(arriving: AsyncGenerator[Event, None], gathering: Gathering) -> Event | None:
    """The next event, or None at the end. Raises ProviderError when the stream breaks before it is finished."""
    try:
        return await anext(arriving, None)
    except (UnavailableError, BrokenAnswerError):
        # After the finish reason the answer is whole; only its count got lost.
        if gathering.finished:
            return None
        raise
