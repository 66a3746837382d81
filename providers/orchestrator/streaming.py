"""Passing on a streamed answer while it arrives, and knowing when it is too late to turn to somebody else."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing

from providers.adapters.base import Adapter
from providers.errors import ProviderError
from providers.routing import Place
from providers.types import ChatRequest, Chunk, Completion, Endpoint, FinishReason, Usage, estimated_tokens

# Where a piece comes from, and the piece.
Forward = Callable[[Place, Chunk], Awaitable[None]]


class StreamBrokenError(ProviderError):
    """An answer broke off after its first words were passed on; asking elsewhere would begin it anew.

    `cause` is what went wrong; its blame stays with the place.
    """

    try_next = False

    def __init__(self, cause: ProviderError) -> None:
        super().__init__(cause.detail, http_status=cause.http_status, wait_seconds=cause.wait_seconds)
        self.cause = cause
        self.blame = cause.blame

    @property
    def kind(self) -> str:
        """The cause's stable word."""
        return self.cause.kind


async def passed_on(
    adapter: Adapter, endpoint: Endpoint, request: ChatRequest, forward: Callable[[Chunk], Awaitable[None]]
) -> Completion:
    """The whole answer, each of its pieces forwarded as it comes.

    Raises what the adapter raises while nothing was said yet, StreamBrokenError afterwards.
    """
    gathered = _Gathered(endpoint.model_id, request.estimated_prompt_tokens)
    try:
        async with aclosing(adapter.stream(endpoint, request)) as chunks:
            async for chunk in chunks:
                gathered.take(chunk)
                await forward(chunk)
    except ProviderError as error:
        if gathered.has_begun:
            raise StreamBrokenError(error) from error
        raise
    return gathered.completion()


class _Gathered:
    """A streamed answer as it grows."""

    def __init__(self, model_id: str, asked_tokens: int) -> None:
        self._model_id = model_id
        self._asked_tokens = asked_tokens
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._last = Chunk()
        self._asked_at = time.monotonic()
        self._first_ms: int | None = None

    @property
    def has_begun(self) -> bool:
        """Whether anything that a reader sees was passed on."""
        return bool(self._text or self._reasoning)

    def take(self, chunk: Chunk) -> None:
        """Add a piece."""
        if self._first_ms is None and (chunk.text or chunk.reasoning):
            self._first_ms = round((time.monotonic() - self._asked_at) * 1000)
        if chunk.text:
            self._text.append(chunk.text)
        if chunk.reasoning:
            self._reasoning.append(chunk.reasoning)
        self._model_id = chunk.model_id or self._model_id
        self._last = chunk

    def completion(self) -> Completion:
        """The answer as if it had come in one piece."""
        last = self._last
        said = "".join((*self._text, *self._reasoning))
        return Completion(
            text="".join(self._text),
            model_id=self._model_id,
            finish_reason=last.finish_reason or FinishReason.UNKNOWN,
            usage=last.usage or Usage(self._asked_tokens, estimated_tokens(said), estimated=True),
            reasoning="".join(self._reasoning),
            tool_calls=last.tool_calls,
            first_token_ms=self._first_ms,
        )
