"""A streamed answer as it grows: which pieces to show, and whether it may be called finished."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from providers.adapters import openai_reply
from providers.adapters.failures import failure_of
from providers.adapters.openai_calls import quoted
from providers.adapters.openai_reply import Choice
from providers.adapters.openai_tools import ToolCalls
from providers.adapters.refusals import Refusal, carries_error
from providers.adapters.sse import Event
from providers.adapters.thoughts import ThoughtSplitter
from providers.errors import BrokenAnswerError
from providers.types import ChatRequest, Chunk, Endpoint, FinishReason, Usage

# The answer is whole by then: only its count may still come.
_PATIENCE_FOR_USAGE_SECONDS = 5.0


class StreamState:
    """What is known of one streamed answer so far."""

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._request = request
        self._headers = headers
        self._splitter = ThoughtSplitter()
        self._calls = ToolCalls()
        self._finish = ""
        self._refusal = ""
        self._usage: Usage | None = None
        self._model_id = endpoint.model_id
        self._characters = 0
        self._has_text = False

    @property
    def finished(self) -> bool:
        """Whether the vendor said that the answer is whole."""
        return bool(self._finish)

    def patience(self) -> float:
        """How many seconds of silence are borne now."""
        seconds = self._endpoint.timeout_seconds
        return min(seconds, _PATIENCE_FOR_USAGE_SECONDS) if self.finished else seconds

    def take(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""
        body = self._parsed(event)
        if carries_error(body) or event.name == "error":
            raise failure_of(Refusal.of(200, self._headers, body))
        reply = openai_reply.parse(body)
        self._model_id = reply.model or self._model_id
        self._usage = reply.counted() or self._usage
        return self._add(reply.choices[0]) if reply.choices else None

    def last(self) -> Chunk:
        """The closing chunk. Raises BrokenAnswerError or ContentRefusedError when the answer is none."""
        if not self._finish:
            raise BrokenAnswerError("the stream ended without a finish reason", http_status=200)
        text, reasoning = self._splitter.close()
        self._note(text, reasoning)
        openai_reply.refuse_unusable("text" if self._has_text else "", self._calls, self._finish, self._refusal)
        reason = openai_reply.with_calls(openai_reply.finish(self._finish), self._calls)
        if reason is FinishReason.UNKNOWN:
            raise BrokenAnswerError(f"the stream ended with {self._finish!r}", http_status=200)
        counted = self._usage or openai_reply.estimated(self._request, self._characters + self._calls.characters)
        return Chunk(text, reasoning, reason, counted, self._model_id, self._calls.whole())

    def _parsed(self, event: Event) -> Any:
        try:
            return json.loads(event.data)
        except (ValueError, RecursionError):
            if self.finished:
                return {}
            raise BrokenAnswerError(
                "a stream event that is not JSON", http_status=200, raw=quoted(event.data)
            ) from None

    def _add(self, choice: Choice) -> Chunk | None:
        said = choice.said()
        text, thoughts = self._splitter.feed(said.text()) if said else ("", "")
        reasoning = (said.thoughts() if said else "") + thoughts
        wishes = said.wishes() if said else []
        self._calls.add(wishes)
        self._refusal += (said.refusal or "") if said else ""
        # Words after a finish reason mean that it was not the last one.
        self._finish = choice.finish_reason or ("" if text or wishes else self._finish)
        self._note(text, reasoning)
        return Chunk(text, reasoning, model_id=self._model_id) if text or reasoning else None

    def _note(self, text: str, reasoning: str) -> None:
        self._characters += len(text) + len(reasoning)
        self._has_text = self._has_text or bool(text.strip())
