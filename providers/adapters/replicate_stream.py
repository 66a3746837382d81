"""A prediction's text while it is written: server-sent events whose data is plain text."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from providers.adapters import wire
from providers.adapters.replicate_calls import key_header
from providers.adapters.replicate_output import text_of
from providers.adapters.replicate_prediction import Prediction, failed_run, refuse_unsuccessful
from providers.adapters.replicate_run import Run, within_timeout
from providers.adapters.sse import Event, events
from providers.adapters.thoughts import ThoughtSplitter
from providers.errors import BrokenAnswerError, ForbiddenAddressError, NetworkError, UnavailableError
from providers.types import ChatRequest, Chunk

# After `done` the answer is whole; its state follows within moments.
_LOOKS_AFTER_DONE = 4
_BETWEEN_LOOKS_SECONDS = 0.5


async def chunks(run: Run, request: ChatRequest, longest: int | None) -> AsyncGenerator[Chunk, None]:
    """The pieces of the answer, the last with finish reason and usage. `longest`: the answer's bound in tokens.

    Where the vendor does not stream, the text comes in one piece; where its stream breaks, what is missing does.
    Raises ProviderError, also in the middle.
    """
    teller = _Teller(run.now.model or run.endpoint.model_id)
    done = False
    async with aclosing(_events(run)) as arriving:
        async for event in arriving:
            if event.name in {"done", "error"}:
                _refuse_bad_end(event)
                done = True
                break
            if event.name == "output" and (chunk := teller.tell(event.data)):
                yield chunk
    last = await _state_after_done(run) if done else await _waited_for(run)
    if not done and (chunk := teller.tell(_missing(text_of(last.output), teller.told))):
        yield chunk
    text, reasoning = teller.close()
    yield Chunk(
        text,
        reasoning,
        last.finish_reason(longest),
        last.usage(request.estimated_prompt_tokens, len(teller.told)),
        last.model or run.endpoint.model_id,
    )


class _Teller:
    """What was told so far, thoughts kept apart from the answer."""

    def __init__(self, model_id: str) -> None:
        self._splitter = ThoughtSplitter()
        self._model_id = model_id
        self._has_text = False
        self.told = ""

    def tell(self, piece: str) -> Chunk | None:
        """The next piece as a chunk, if there is anything to show."""
        self.told += piece
        text, reasoning = self._splitter.feed(piece)
        self._has_text = self._has_text or bool(text.strip())
        return Chunk(text, reasoning, model_id=self._model_id) if text or reasoning else None

    def close(self) -> tuple[str, str]:
        """What was held back. Raises BrokenAnswerError when there was no answer at all."""
        text, reasoning = self._splitter.close()
        if not (self._has_text or text.strip()):
            raise BrokenAnswerError("an empty answer: no text in it", http_status=200)
        return text, reasoning


async def _events(run: Run) -> AsyncGenerator[Event, None]:
    """The events of the prediction's stream; none where it has none, and just an end where it breaks off.

    The prediction goes on by itself then, and its end tells the rest. Raises NetworkError when it stands still.
    """
    endpoint, url = run.endpoint, run.now.urls.stream
    if not url or run.now.ended:
        return
    headers = {"accept": "text/event-stream"}
    try:
        key = key_header(endpoint, url)
        async with wire.opened(endpoint, url, method="GET", headers=headers, key_header=key) as inflow:
            if inflow.status != HTTPStatus.OK or "text/event-stream" not in inflow.headers.get("content-type", ""):
                return
            async with aclosing(wire.paced(events(inflow.pieces()), lambda: endpoint.timeout_seconds)) as arriving:
                async for event in arriving:
                    yield event
    except (BrokenAnswerError, ForbiddenAddressError):
        return
    except NetworkError as error:
        if not error.never_left:
            raise


def _refuse_bad_end(event: Event) -> None:
    """Raise what an `error` event, or a `done` with a reason, amounts to."""
    said = _object(event.data)
    if event.name == "error":
        raise failed_run(str(said.get("detail") or event.data))
    if said.get("reason"):
        raise failed_run(f"the stream ended as {said['reason']!r}")


async def _state_after_done(run: Run) -> Prediction:
    """The state, and the metrics with it. The answer is whole already: a look that fails costs only the count."""
    for _ in range(_LOOKS_AFTER_DONE):
        try:
            if (await run.look()).ended:
                refuse_unsuccessful(run.now)
                return run.now
        except UnavailableError:
            pass
        await asyncio.sleep(_BETWEEN_LOOKS_SECONDS)
    return run.now


async def _waited_for(run: Run) -> Prediction:
    async with within_timeout(run.endpoint):
        return await run.finished()


def _missing(whole: str, told: str) -> str:
    """What the whole answer has beyond what was told. Raises BrokenAnswerError when it is another one."""
    if not whole.startswith(told):
        raise BrokenAnswerError("the stream told something else than the prediction's output", http_status=200)
    return whole[len(told) :]


def _object(data: str) -> dict[str, Any]:
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
