"""What comes back from Cohere's chat, version 2, whole and as named events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field, field_validator

from providers.adapters.gathering import Gathering, counted, tokens
from providers.adapters.openai_calls import Foreign, shaped
from providers.types import FinishReason


class _Function(Foreign):
    name: str | None = None
    arguments: str | None = None


class _Wish(Foreign):
    id: str | None = None
    function: _Function | None = None


class _Part(Foreign):
    text: str | None = None
    thinking: str | None = None


class _Said(Foreign):
    """A message has lists of parts and calls, an event one of each; both are read as lists.

    `tool_plan` is what the model means to do with its tools: thinking, not an answer.
    """

    content: list[_Part] = Field(default_factory=list)
    tool_calls: list[_Wish] = Field(default_factory=list)
    tool_plan: str | None = None

    @field_validator("content", "tool_calls", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        if isinstance(value, str):
            return [{"text": value}]
        return value if isinstance(value, list) else [] if value is None else [value]


class _End(Foreign):
    message: _Said | None = None
    finish_reason: str | None = None
    usage: dict[str, Any] | None = None
    error: str | None = None


class _Reply(_End):
    id: str | None = None


class _Event(Foreign):
    type: str
    index: int = 0
    delta: _End | None = None


class Chat(Gathering):
    """One answer of Cohere's. A stream of it is whole when `message-end` came."""

    finishes: ClassVar[Mapping[str, FinishReason]] = {
        "COMPLETE": FinishReason.STOP,
        "STOP_SEQUENCE": FinishReason.STOP,
        "MAX_TOKENS": FinishReason.LENGTH,
        "TOOL_CALL": FinishReason.TOOL_CALLS,
    }
    failures = frozenset({"ERROR", "TIMEOUT"})

    def read(self, body: Mapping[str, Any]) -> None:
        """A whole answer."""
        reply = shaped(_Reply, body, "Cohere's answer")
        self.request_id = reply.id or self.request_id
        self._add(reply.message)
        for number, wish in enumerate(reply.message.tool_calls if reply.message else []):
            self._begin_call(number, wish)
        self._end(reply)

    def take(self, body: Mapping[str, Any]) -> None:
        """An event; those of unknown types say nothing."""
        event = shaped(_Event, body, "a stream's event")
        self.request_id = str(body.get("id") or self.request_id)
        if not event.delta:
            return
        self._add(event.delta.message)
        for wish in event.delta.message.tool_calls if event.delta.message else []:
            if event.type == "tool-call-start":
                self._begin_call(event.index, wish)
            elif wish.function:
                self.more_arguments(event.index, wish.function.arguments)
        if event.type == "message-end":
            self._end(event.delta)
            self.over = True

    def _add(self, message: _Said | None) -> None:
        if message:
            self.say(None, message.tool_plan)
            for part in message.content:
                self.say(part.text, part.thinking)

    def _begin_call(self, place: int, wish: _Wish) -> None:
        function = wish.function or _Function()
        self.call(place, wish.id, function.name, function.arguments or "")

    def _end(self, end: _End) -> None:
        self.reason = end.finish_reason or self.reason
        # What went through the model, and not only what is billed.
        usage = end.usage or {}
        counts = usage.get("tokens") or usage.get("billed_units")
        if isinstance(counts, dict):
            self.usage = counted(tokens(counts, "input_tokens"), tokens(counts, "output_tokens"))
