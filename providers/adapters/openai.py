"""The OpenAI-compatible protocol: one adapter for every vendor, their departures as data in `Quirks`."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from functools import partial
from http import HTTPStatus
from typing import Any

from providers.adapters import (
    openai_embeddings,
    openai_images,
    openai_keys,
    openai_models,
    openai_moderation,
    openai_reply,
    wire,
)
from providers.adapters.base import Adapter
from providers.adapters.failures import failure_of
from providers.adapters.openai_calls import Answered, PayloadOf, Refused, address, sound
from providers.adapters.openai_request import chat_payload
from providers.adapters.openai_stream import StreamState
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal
from providers.adapters.sse import Event, events, lines
from providers.errors import BrokenAnswerError, UnavailableError
from providers.types import (
    ChatRequest,
    Chunk,
    Completion,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    ImageRequest,
    Images,
    ListedModel,
    Moderation,
    ModerationRequest,
)

_CHAT = "chat/completions"
_DONE = "[DONE]"


class OpenAIAdapter(Adapter):
    """OpenAI's protocol, as OpenAI, Gemini, Groq, Mistral, OpenRouter, Ollama and many others speak it."""

    protocol = "openai"
    title = "OpenAI"

    def __init__(self) -> None:
        self._refused = Refused()

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            answered = await self._asked(endpoint, _CHAT, _chat(endpoint, request))
            return _completion(endpoint, request, answered)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        with secrets_kept(endpoint.api_key):
            async with aclosing(self._streamed(endpoint, request)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask what costs the vendor nothing; where that proves nothing, for one token. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            if not await openai_keys.proved(endpoint):
                await openai_keys.taken(self._asked(endpoint, _CHAT, _chat(endpoint, openai_keys.ONE_TOKEN)))

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each input, in as many calls as the vendor needs. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            return await openai_embeddings.embed(endpoint, request, partial(self._asked, endpoint))

    async def draw(self, endpoint: Endpoint, request: ImageRequest) -> Images:
        """The pictures, fetched at once where the vendor answers with links. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            return await openai_images.draw(endpoint, request, partial(self._asked, endpoint))

    async def moderate(self, endpoint: Endpoint, request: ModerationRequest) -> Moderation:
        """One verdict for each input. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            return await openai_moderation.moderate(endpoint, request, partial(self._asked, endpoint))

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """The models that the vendor lists for this key. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            return await openai_models.list_models(endpoint)

    async def _asked(self, endpoint: Endpoint, path: str, payload_of: PayloadOf) -> Answered:
        """The first sound 200 to a POST, asking again without the fields that the model refuses."""
        while True:
            payload = payload_of(self._refused.by(endpoint))
            reply = await wire.call(endpoint, "POST", address(endpoint, path), payload)
            if reply.status == HTTPStatus.OK:
                return sound(reply.headers, reply.body)
            self._learn_or_raise(endpoint, Refusal.read(reply.status, reply.headers, reply.body), payload)

    async def _streamed(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        while True:
            payload = chat_payload(endpoint, request, stream=True, refused=self._refused.by(endpoint))
            async with wire.opened(endpoint, address(endpoint, _CHAT), payload) as inflow:
                if inflow.status == HTTPStatus.OK:
                    async with aclosing(_chunks(endpoint, request, inflow)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                refusal = Refusal.read(inflow.status, inflow.headers, await inflow.read())
            self._learn_or_raise(endpoint, refusal, payload)

    def _learn_or_raise(self, endpoint: Endpoint, refusal: Refusal, payload: Mapping[str, Any]) -> None:
        """Remember the field that was refused, so that another try makes sense; else raise the refusal's error."""
        if not self._refused.learned(endpoint, refusal, payload):
            raise failure_of(refusal)


def _chat(endpoint: Endpoint, request: ChatRequest) -> PayloadOf:
    return lambda refused: chat_payload(endpoint, request, refused=refused)


def _completion(endpoint: Endpoint, request: ChatRequest, answered: Answered) -> Completion:
    reply = openai_reply.parse(answered.body)
    return openai_reply.completion(reply, request, model_id=endpoint.model_id, request_id=answered.request_id)


async def _chunks(endpoint: Endpoint, request: ChatRequest, inflow: wire.Inflow) -> AsyncGenerator[Chunk, None]:
    """The pieces of a 200, whatever the vendor made of our wish to stream."""
    kind = inflow.headers.get("content-type", "text/event-stream")
    if "text/event-stream" not in kind and "ndjson" not in kind:
        # Some vendors ignore the wish, some put an error here, some gateways a web page.
        whole = _completion(endpoint, request, sound(inflow.headers, await inflow.read()))
        yield Chunk(whole.text, whole.reasoning, whole.finish_reason, whole.usage, whole.model_id, whole.tool_calls)
        return
    state = StreamState(endpoint, request, inflow.headers)
    pieces = inflow.pieces()
    async with aclosing(wire.paced(lines(pieces) if "ndjson" in kind else events(pieces), state.patience)) as arriving:
        while event := await _next_event(arriving, state):
            chunk = state.take(event)
            if chunk:
                yield chunk
    yield state.last()


async def _next_event(arriving: AsyncGenerator[Event, None], state: StreamState) -> Event | None:
    """The next event, or None at the end. Raises ProviderError when the stream breaks before its finish reason."""
    try:
        event = await anext(arriving, None)
    except (UnavailableError, BrokenAnswerError):
        # After the finish reason the answer is whole; only its count got lost.
        if state.finished:
            return None
        raise
    return None if event is None or event.data.strip() == _DONE else event
