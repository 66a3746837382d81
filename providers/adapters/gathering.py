"""An answer as it is put together from a vendor's own words, whole or piece by piece, and judged at its end."""

from __future__ import annotations

import json
import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any, ClassVar
from uuid import uuid4

from providers.adapters.failures import failure_of
from providers.adapters.openai_reply import estimated
from providers.adapters.refusals import Refusal, carries_error
from providers.adapters.sse import Event
from providers.errors import BrokenAnswerError, ContentRefusedError
from providers.types import ChatRequest, Chunk, Completion, Endpoint, FinishReason, ToolCall, Usage

# The answer is whole by then: only its count may still come.
_PATIENCE_FOR_USAGE_SECONDS = 5.0


@dataclass(slots=True)
class _Call:
    call_id: str
    name: str
    pieces: list[str] = field(default_factory=list)


class Gathering(ABC):
    """One answer of one protocol. `take` puts a piece in: the whole answer, or an event of a stream.

    `finishes` are the vendor's reasons in our words, `failures` those that say there is no answer.
    """

    finishes: ClassVar[Mapping[str, FinishReason]] = {}
    failures: ClassVar[frozenset[str]] = frozenset()
    request_id_header: ClassVar[str] = "x-request-id"

    def __init__(self, endpoint: Endpoint, request: ChatRequest, headers: Mapping[str, str]) -> None:
        self.model_id = endpoint.model_id
        self.request_id = headers.get(self.request_id_header, "")
        self.reason = ""
        self.refusal = ""
        self.usage: Usage | None = None
        # Nothing more is to come; what the connection does from here on does not matter.
        self.over = False
        self._request = request
        self._headers = headers
        self._seconds = endpoint.timeout_seconds
        self._text: list[str] = []
        self._reasoning: list[str] = []
        self._calls: dict[Any, _Call] = {}

    @abstractmethod
    def take(self, body: Mapping[str, Any]) -> None:
        """Put one event in. Raises ProviderError when it is not the protocol's, or tells of an error."""

    def read(self, body: Mapping[str, Any]) -> None:
        """Put a whole answer in, where its shape is not that of an event. Raises as `take` does."""
        self.take(body)

    @property
    def finished(self) -> bool:
        """Whether the vendor said that the answer is whole."""
        return self.over

    def patience(self) -> float:
        """How many seconds of silence are borne now."""
        return min(self._seconds, _PATIENCE_FOR_USAGE_SECONDS) if self.finished else self._seconds

    def say(self, text: str | None = None, reasoning: str | None = None) -> None:
        """Add words of the answer or of the thinking before it."""
        if text:
            self._text.append(text)
        if reasoning:
            self._reasoning.append(reasoning)

    def call(self, place: Any, call_id: str | None, name: str | None, arguments: str = "") -> None:
        """Begin a tool call; `place` tells it from others, and vendors without ids are given one."""
        self._calls[place] = _Call(call_id or f"call_{uuid4().hex[:16]}", name or "", [arguments])

    def more_arguments(self, place: Any, piece: str | None) -> None:
        """Go on with a call that was begun."""
        if place in self._calls and piece:
            self._calls[place].pieces.append(piece)

    def chunk(self, event: Event) -> Chunk | None:
        """What an event adds for the reader. Raises ProviderError for an error event and for a corrupt one."""
        texts, reasonings = len(self._text), len(self._reasoning)
        self.take(self._parsed(event))
        text, reasoning = "".join(self._text[texts:]), "".join(self._reasoning[reasonings:])
        return Chunk(text, reasoning, model_id=self.model_id) if text or reasoning else None

    def completion(self) -> Completion:
        """The finished answer. Raises BrokenAnswerError and ContentRefusedError when it is none."""
        reason, calls = self._judged()
        return Completion(
            text="".join(self._text),
            model_id=self.model_id,
            finish_reason=reason,
            usage=self._counted(),
            reasoning="".join(self._reasoning).strip(),
            vendor_request_id=self.request_id,
            tool_calls=calls,
        )

    def last(self) -> Chunk:
        """The closing chunk of a stream. Raises as `completion` does, also when the end never came."""
        if not self.finished:
            raise BrokenAnswerError("the stream ended before the answer was finished", http_status=200)
        reason, calls = self._judged()
        if reason is FinishReason.UNKNOWN:
            raise BrokenAnswerError(f"the stream ended with {self.reason!r}", http_status=200)
        return Chunk(finish_reason=reason, usage=self._counted(), model_id=self.model_id, tool_calls=calls)

    def _judged(self) -> tuple[FinishReason, tuple[ToolCall, ...]]:
        reason = self.finishes.get(self.reason, FinishReason.UNKNOWN)
        if self.refusal or reason is FinishReason.CONTENT_FILTER:
            raise ContentRefusedError(self.refusal or f"the vendor's filter: {self.reason}", http_status=200)
        if self.reason in self.failures:
            raise BrokenAnswerError(f"the vendor says that the generation failed: {self.reason}", http_status=200)
        if not self.reason:
            raise BrokenAnswerError("an answer without a finish reason", http_status=200)
        calls = self._whole_calls(reason)
        if not calls and not "".join(self._text).strip():
            spent = "all tokens went into hidden reasoning" if reason is FinishReason.LENGTH else "no text in it"
            raise BrokenAnswerError(f"an empty answer ({self.reason}): {spent}", http_status=200)
        return FinishReason.TOOL_CALLS if calls and reason is FinishReason.STOP else reason, calls

    def _whole_calls(self, reason: FinishReason) -> tuple[ToolCall, ...]:
        whole: list[ToolCall] = []
        for call in self._calls.values():
            text = "".join(call.pieces) or "{}"
            if _is_json(text) and call.name:
                whole.append(ToolCall(call.call_id, call.name, text))
            elif reason is not FinishReason.LENGTH:
                raise BrokenAnswerError("a tool call that is not whole", http_status=200)
        return tuple(whole)

    def _counted(self) -> Usage:
        said = sum(len(piece) for piece in (*self._text, *self._reasoning))
        asked = sum(len(piece) for call in self._calls.values() for piece in call.pieces)
        return self.usage or estimated(self._request, said + asked)

    def _parsed(self, event: Event) -> dict[str, Any]:
        try:
            body = json.loads(event.data)
        except (ValueError, RecursionError):
            if self.finished:
                return {}
            # The cause would carry the event along.
            raise BrokenAnswerError("a stream event that is not JSON", http_status=200) from None
        if not isinstance(body, dict):
            raise BrokenAnswerError("a stream event that is not an object", http_status=200)
        if carries_error(body) or event.name == "error":
            raise failure_of(Refusal.of(HTTPStatus.OK, self._headers, body))
        return body


def counted(prompt: int | None, completion: int | None) -> Usage | None:
    """The vendor's count, if it is whole."""
    return None if prompt is None or completion is None else Usage(prompt, completion)


def tokens(counts: Mapping[str, Any] | None, *names: str) -> int | None:
    """The sum of some of a vendor's counts; None where the first is missing. A slip in numbers costs no answer."""
    found = [_whole_number((counts or {}).get(name)) for name in names]
    return None if found[0] is None else sum(number or 0 for number in found)


def _whole_number(value: Any) -> int | None:
    odd = isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf
    return None if odd else int(value)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
