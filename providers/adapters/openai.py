"""The OpenAI-compatible chat protocol: one adapter for every vendor, their departures as data in `Quirks`."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from providers.adapters import openai_reply, wire
from providers.adapters.base import Adapter
from providers.adapters.failures import failure, failure_of
from providers.adapters.limits import readings
from providers.adapters.openai_request import chat_payload, refused_field
from providers.adapters.openai_stream import StreamState
from providers.adapters.redaction import secrets_kept
from providers.adapters.refusals import Refusal, carries_error
from providers.adapters.sse import Event, events
from providers.errors import BrokenAnswerError, InvalidRequestError, UnavailableError
from providers.types import ChatRequest, Chunk, Completion, Endpoint, Message, Role

_REFUSING = {HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY}
# A listing that is forbidden, missing or not public says nothing about the right to chat.
_LISTING_UNDECIDED = {HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}
# Reasoning models refuse three fields at most; then it is something else.
_MOST_REFUSED_FIELDS = 4
_ONE_TOKEN = ChatRequest(messages=(Message(Role.USER, "Hi"),), max_tokens=1)
_DONE = "[DONE]"


class OpenAIAdapter(Adapter):
    """OpenAI's chat completions, as OpenAI, Gemini, Groq, Mistral, OpenRouter, Ollama and many others speak them."""

    protocol = "openai"
    title = "OpenAI"

    def __init__(self) -> None:
        # Fields that a model turned down, so that the next call does not ask twice. Losing it costs one request.
        self._learned: dict[tuple[str, str], frozenset[str]] = {}

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            headers, body = await self._answered(endpoint, request)
            return _completion(endpoint, request, headers, body)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        with secrets_kept(endpoint.api_key):
            async with aclosing(self._streamed(endpoint, request)) as chunks:
                async for chunk in chunks:
                    yield chunk

    async def check_key(self, endpoint: Endpoint) -> None:
        """List the models; where the list is closed or public, ask for one token. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            if not await _listed(endpoint):
                # Which answer comes does not matter, only that the key brought one.
                with suppress(InvalidRequestError):
                    headers, body = await self._answered(endpoint, _ONE_TOKEN)
                    _sound(headers, body)

    async def _streamed(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        while True:
            payload = chat_payload(endpoint, request, stream=True, refused=self._refused(endpoint))
            async with wire.opened(endpoint, _url(endpoint, "chat/completions"), payload) as inflow:
                if inflow.status == HTTPStatus.OK:
                    async with aclosing(_chunks(endpoint, request, inflow)) as chunks:
                        async for chunk in chunks:
                            yield chunk
                    return
                refusal = Refusal.read(inflow.status, inflow.headers, await inflow.read())
            self._learn_or_raise(endpoint, refusal, payload)

    async def _answered(self, endpoint: Endpoint, request: ChatRequest) -> tuple[Mapping[str, str], bytes]:
        """Headers and body of the first 200, asking again without the fields that the model refuses."""
        while True:
            payload = chat_payload(endpoint, request, refused=self._refused(endpoint))
            reply = await wire.call(endpoint, "POST", _url(endpoint, "chat/completions"), payload)
            if reply.status == HTTPStatus.OK:
                return reply.headers, reply.body
            self._learn_or_raise(endpoint, Refusal.read(reply.status, reply.headers, reply.body), payload)

    def _refused(self, endpoint: Endpoint) -> frozenset[str]:
        return self._learned.get((endpoint.base_url, endpoint.model_id), frozenset())

    def _learn_or_raise(self, endpoint: Endpoint, refusal: Refusal, payload: Mapping[str, Any]) -> None:
        """Remember the field that was refused, so that another try makes sense; else raise the refusal's error."""
        known = self._refused(endpoint)
        field = refused_field(refusal, payload) if refusal.status in _REFUSING else None
        if field is None or field in known or len(known) >= _MOST_REFUSED_FIELDS:
            raise failure_of(refusal)
        self._learned[endpoint.base_url, endpoint.model_id] = known | {field}


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{endpoint.base_url.rstrip('/')}/{path.lstrip('/')}"


async def _listed(endpoint: Endpoint) -> bool:
    """Whether a listing proved the key. Raises ProviderError when it disproved it."""
    if not endpoint.quirks.check_path:
        return False
    reply = await wire.call(endpoint, "GET", _url(endpoint, endpoint.quirks.check_path))
    if reply.status in _LISTING_UNDECIDED:
        return False
    if reply.status != HTTPStatus.OK:
        raise failure(reply.status, reply.headers, reply.body)
    _sound(reply.headers, reply.body)
    return True


def _json_object(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The body as a JSON object. Raises BrokenAnswerError."""
    try:
        parsed = json.loads(body)
    except (ValueError, RecursionError):
        kind = headers.get("content-type", "unknown")
        # The cause would carry the whole body along.
        raise BrokenAnswerError(f"{len(body)} bytes of {kind} that are not JSON", http_status=200) from None
    if not isinstance(parsed, dict | list):
        raise BrokenAnswerError("JSON that is not an object", http_status=200)
    return parsed if isinstance(parsed, dict) else {"error": parsed}


def _sound(headers: Mapping[str, str], body: bytes) -> dict[str, Any]:
    """The JSON of a 200. Raises what an `error` inside it amounts to, and BrokenAnswerError."""
    parsed = _json_object(headers, body)
    if carries_error(parsed):
        raise failure_of(Refusal.of(HTTPStatus.OK, headers, parsed))
    return parsed


def _completion(endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str], body: bytes) -> Completion:
    reply = openai_reply.parse(_sound(headers, body))
    request_id = headers.get("x-request-id", "")
    answer = openai_reply.completion(reply, request, model_id=endpoint.model_id, request_id=request_id)
    return replace(answer, limits=readings(headers, now=time.time()))


async def _chunks(endpoint: Endpoint, request: ChatRequest, inflow: wire.Inflow) -> AsyncGenerator[Chunk, None]:
    """The pieces of a 200, whatever the vendor made of our wish to stream."""
    kind = inflow.headers.get("content-type", "text/event-stream")
    if "text/event-stream" not in kind:
        # Some vendors ignore the wish, some put an error here, some gateways a web page.
        whole = _completion(endpoint, request, inflow.headers, await inflow.read())
        yield Chunk(whole.text, whole.reasoning, whole.finish_reason, whole.usage, whole.model_id)
        return
    state = StreamState(endpoint, request, inflow.headers)
    async with aclosing(wire.paced(events(inflow.pieces()), state.patience)) as arriving:
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
