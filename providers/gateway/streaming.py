"""A streamed chat: fallback before the first words, heartbeats while nothing comes, an honest end."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator
from contextlib import suppress
from typing import Any, cast

from providers import orchestrator
from providers.access import StreamMode
from providers.errors import ProviderError
from providers.gateway import answered, door, faults
from providers.gateway.asked import Chat
from providers.gateway.exchange import Exchange, until_client_leaves
from providers.gateway.provenance import headers_of, plain
from providers.orchestrator import StreamBrokenError, Task
from providers.routing import Place
from providers.types import Chunk, Completion, FinishReason

# Proxies and clients close what is silent; a comment is no event and every client skips it.
HEARTBEAT_SECONDS = 5.0
# A client without a head learns the true status and provider; after this long it gets a head and heartbeats instead.
FIRST_PIECE_SECONDS = 10.0
_PIECE_CHARACTERS = 120
_HEARTBEAT = b": waiting\n\n"
_DONE = b"data: [DONE]\n\n"
_RESCUE_HEADER = "x-prometheus-stream"

_Check = Callable[[str, bool], str]


async def stream_chat(exchange: Exchange, request_id: uuid.UUID, task: Task, asked: Chat, check: _Check) -> None:
    """Answer in pieces; held back whole where the client wants it rescued, or a schema must be checked first."""
    if asked.n > 1:
        raise faults.invalid("A stream has one choice; ask for the others one by one.", "n", "unsupported_parameter")
    mode = exchange.headers.get(_RESCUE_HEADER) or exchange.caller.stream_mode
    held = mode == StreamMode.RESCUE or asked.request().json_schema is not None
    speaker = _Speaker(request_id, asked)
    work = _held(speaker, task, asked, check) if held else _passed_on(speaker, task, asked)
    await until_client_leaves(exchange, _told(exchange, speaker, work))


class _Speaker:
    """The pieces of one answer on their way to the client, in the order of OpenAI's stream."""

    def __init__(self, request_id: uuid.UUID, asked: Chat) -> None:
        self.headers = {"x-request-id": str(request_id)}
        self.fault: ProviderError | None = None
        self.request_id = request_id
        self.tokens = 0
        self._model = asked.model
        self._created = int(time.time())
        self._wants_usage = bool(asked.stream_options and asked.stream_options.include_usage)
        self._pieces: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._has_role = False

    def comes_from(self, provider: str, model_id: str) -> None:
        """Who speaks; the headers can still say so while nothing was sent."""
        self._model = model_id or self._model
        self.headers |= {"x-prometheus-provider": provider, "x-prometheus-model": plain(self._model)}

    def say(self, delta: dict[str, Any], reason: FinishReason | None = None) -> None:
        """Put a piece on its way; the first one names who speaks."""
        if not self._has_role:
            self._has_role = True
            delta = {"role": "assistant", "content": "", **delta}
        word = answered.finish(reason) if reason else None
        self._put(answered.chunk(self.request_id, self._model, self._created, delta, word))

    def end(self, completion: Completion) -> None:
        """The finish reason, the tokens where they are wanted, and the mark that the answer is whole."""
        calls = completion.tool_calls
        self.tokens = completion.usage.total_tokens
        self.say({"tool_calls": answered.tool_calls(calls, indexed=True)} if calls else {}, completion.finish_reason)
        if self._wants_usage:
            self._put(answered.usage_chunk(self.request_id, self._model, self._created, completion.usage))
        self._pieces.put_nowait(_DONE)

    def fail(self, error: ProviderError) -> None:
        """An error event in the place of an end: no finish reason, no `[DONE]`."""
        self.fault = error
        self._put(faults.of_provider(error).body())

    def close(self) -> None:
        """Nothing follows."""
        self._pieces.put_nowait(None)

    def _put(self, data: dict[str, Any]) -> None:
        self._pieces.put_nowait(answered.event(data))

    async def first(self) -> bytes | None:
        """The first piece, or a heartbeat when even that takes too long to keep the client without a head."""
        return await self._piece_within(FIRST_PIECE_SECONDS)

    async def rest(self, first: bytes) -> AsyncGenerator[bytes, None]:
        """All pieces, with heartbeats where none comes for a while."""
        piece: bytes | None = first
        while piece is not None:
            yield piece
            piece = await self._piece_within(HEARTBEAT_SECONDS)

    async def _piece_within(self, seconds: float) -> bytes | None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return await self._pieces.get()
        return _HEARTBEAT


async def _told(exchange: Exchange, speaker: _Speaker, work: Coroutine[Any, Any, None]) -> None:
    """Send what the work says. Raises the work's fault while nothing was sent, so that it has its HTTP status."""
    working = asyncio.ensure_future(_finished(speaker, work))
    try:
        first = await speaker.first()
        if speaker.fault and not isinstance(speaker.fault, StreamBrokenError):
            raise speaker.fault
        if first is not None:
            await exchange.events(speaker.rest(first), speaker.headers)
        await working
    finally:
        working.cancel()
        await asyncio.wait({working})
        await door.settle(exchange, speaker.tokens)


async def _finished(speaker: _Speaker, work: Coroutine[Any, Any, None]) -> None:
    try:
        await work
    except ProviderError as error:
        speaker.fail(error)
    finally:
        speaker.close()


async def _passed_on(speaker: _Speaker, task: Task, asked: Chat) -> None:
    """Each piece as it arrives."""

    async def forward(place: Place, chunk: Chunk) -> None:
        speaker.comes_from(place.candidate.provider, chunk.model_id or place.candidate.model_id)
        if chunk.text:
            speaker.say({"content": chunk.text})
        if chunk.reasoning:
            speaker.say({"reasoning_content": chunk.reasoning})

    answer = await orchestrator.stream(task, asked.request(), forward=forward, request_id=speaker.request_id)
    speaker.end(cast("Completion", answer.result))


async def _held(speaker: _Speaker, task: Task, asked: Chat, check: _Check) -> None:
    """The answer whole, restarted elsewhere if need be, and only then in pieces: the client sees one answer."""
    request_id = speaker.request_id
    answer = await orchestrator.complete(task, asked.request(), check=check, request_id=request_id)
    completion = answered.checked(cast("Completion", answer.result), answer.value)
    speaker.headers |= headers_of(request_id, [answer])
    speaker.comes_from(answer.provider, completion.model_id)
    for piece in _words(completion.text):
        speaker.say({"content": piece})
    speaker.end(completion)


def _words(text: str) -> Iterator[str]:
    """A finished text in pieces of a few words, as clients expect of a stream."""
    for at in range(0, len(text), _PIECE_CHARACTERS):
        yield text[at : at + _PIECE_CHARACTERS]
