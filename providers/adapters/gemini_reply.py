"""What comes back in Gemini's own format; an event of a stream is shaped like a whole answer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from providers.adapters.gathering import Gathering, counted, tokens
from providers.adapters.openai_calls import Foreign, shaped
from providers.types import FinishReason


class _Wish(Foreign):
    id: str | None = None
    name: str | None = None
    args: dict[str, Any] | None = None


class _Part(Foreign):
    text: str | None = None
    thought: bool | None = None
    wish: _Wish | None = Field(default=None, alias="functionCall")


class _Content(Foreign):
    parts: list[_Part] | None = None


class _Candidate(Foreign):
    content: _Content | None = None
    finish_reason: str | None = Field(default=None, alias="finishReason")
    finish_message: str | None = Field(default=None, alias="finishMessage")


class _Feedback(Foreign):
    block_reason: str | None = Field(default=None, alias="blockReason")


class _Reply(Foreign):
    candidates: list[_Candidate] | None = None
    feedback: _Feedback | None = Field(default=None, alias="promptFeedback")
    usage: dict[str, Any] | None = Field(default=None, alias="usageMetadata")
    model: str | None = Field(default=None, alias="modelVersion")
    response_id: str | None = Field(default=None, alias="responseId")


class Contents(Gathering):
    """One answer of Gemini's. Nothing but the connection's end ends a stream; the finish reason says it is whole."""

    finishes: ClassVar[Mapping[str, FinishReason]] = {
        "STOP": FinishReason.STOP,
        "MAX_TOKENS": FinishReason.LENGTH,
        "SAFETY": FinishReason.CONTENT_FILTER,
        "RECITATION": FinishReason.CONTENT_FILTER,
        "BLOCKLIST": FinishReason.CONTENT_FILTER,
        "PROHIBITED_CONTENT": FinishReason.CONTENT_FILTER,
        "SPII": FinishReason.CONTENT_FILTER,
        "IMAGE_SAFETY": FinishReason.CONTENT_FILTER,
    }
    failures = frozenset({"OTHER", "LANGUAGE", "MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE"})

    @property
    def finished(self) -> bool:
        """Whether the vendor gave a reason for the end."""
        return bool(self.reason)

    def take(self, body: Mapping[str, Any]) -> None:
        """An event, or the whole answer."""
        reply = shaped(_Reply, body, "Gemini's answer")
        if reply.feedback and reply.feedback.block_reason:
            self.refusal = f"the prompt was blocked: {reply.feedback.block_reason}"
            self.reason = self.reason or reply.feedback.block_reason
        self.model_id = reply.model or self.model_id
        self.request_id = reply.response_id or self.request_id
        self._count(reply.usage)
        if reply.candidates:
            self._add(reply.candidates[0])

    def _count(self, usage: dict[str, Any] | None) -> None:
        if usage is None:
            return
        # Thoughts are paid for as the answer's tokens. A count of nothing is left out.
        answered = tokens({"candidatesTokenCount": 0, **usage}, "candidatesTokenCount", "thoughtsTokenCount")
        asked = tokens(usage, "promptTokenCount", "toolUsePromptTokenCount")
        self.usage = counted(asked, answered) or self.usage

    def _add(self, candidate: _Candidate) -> None:
        parts = (candidate.content.parts or []) if candidate.content else []
        for part in parts:
            self.say(*((None, part.text) if part.thought else (part.text, None)))
            if part.wish:
                arguments = json.dumps(part.wish.args or {}, ensure_ascii=False)
                self.call(len(self._calls), part.wish.id, part.wish.name, arguments)
        said = any(part.text and not part.thought for part in parts)
        # Words after a finish reason mean that it was not the last one.
        self.reason = candidate.finish_reason or ("" if said else self.reason)
