"""What comes back in OpenAI's Responses format, whole and as typed events."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, ClassVar

from pydantic import Field

from providers.adapters.failures import failure_of
from providers.adapters.gathering import Gathering, counted, tokens
from providers.adapters.openai_calls import Foreign, shaped
from providers.adapters.refusals import Refusal
from providers.types import FinishReason

_ENDS = {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
_THOUGHTS = {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}


class _Part(Foreign):
    type: str = ""
    text: str | None = None
    refusal: str | None = None


class _Item(Foreign):
    type: str = ""
    content: list[_Part] | None = None
    summary: list[_Part] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class _Incomplete(Foreign):
    reason: str | None = None


class _Response(Foreign):
    id: str | None = None
    model: str | None = None
    status: str | None = None
    error: dict[str, Any] | None = None
    incomplete_details: _Incomplete | None = None
    output: list[_Item] = Field(default_factory=list)
    usage: dict[str, Any] | None = None


class _Event(Foreign):
    type: str
    delta: Any = None
    response: dict[str, Any] | None = None


class Responses(Gathering):
    """One response. A stream of it ends with an event that holds the whole response once more."""

    finishes: ClassVar[Mapping[str, FinishReason]] = {
        "completed": FinishReason.STOP,
        "max_output_tokens": FinishReason.LENGTH,
        "content_filter": FinishReason.CONTENT_FILTER,
    }
    failures = frozenset({"failed", "cancelled", "queued", "in_progress", "incomplete"})

    def read(self, body: Mapping[str, Any]) -> None:
        """A whole response."""
        response = self._end(body)
        for item in response.output:
            self._item(item)

    def take(self, body: Mapping[str, Any]) -> None:
        """An event; those of unknown types say nothing."""
        event = shaped(_Event, body, "a stream's event")
        words = event.delta if isinstance(event.delta, str) else None
        if event.type == "response.output_text.delta":
            self.say(words)
        elif event.type in _THOUGHTS:
            self.say(None, words)
        elif event.type == "response.refusal.delta":
            self.refusal += words or ""
        elif event.type in _ENDS:
            self._take_end(event.response or {})

    def _take_end(self, body: Mapping[str, Any]) -> None:
        response = self._end(body)
        # The words came in pieces before, if the vendor sends pieces; the calls are taken whole from here.
        told = bool(self._text or self.refusal)
        for item in response.output:
            if item.type == "function_call" or (item.type == "message" and not told):
                self._item(item)
        self.over = True

    def _end(self, body: Mapping[str, Any]) -> _Response:
        response = shaped(_Response, body, "a response")
        if response.error:
            raise failure_of(Refusal.of(HTTPStatus.OK, self._headers, body))
        self.model_id = response.model or self.model_id
        self.request_id = self.request_id or response.id or ""
        cut_short = response.incomplete_details.reason if response.incomplete_details else None
        self.reason = cut_short or response.status or ""
        self.usage = counted(tokens(response.usage, "input_tokens"), tokens(response.usage, "output_tokens"))
        return response

    def _item(self, item: _Item) -> None:
        if item.type == "function_call":
            self.call(len(self._calls), item.call_id, item.name, item.arguments or "")
        for part in item.content or []:
            self.refusal += part.refusal or ""
            if part.type == "output_text":
                self.say(part.text)
        if item.type == "reasoning":
            for part in (item.summary or []) + (item.content or []):
                self.say(None, part.text)
