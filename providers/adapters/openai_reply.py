"""What comes back in OpenAI's chat format, from many vendors with as many liberties."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from providers.adapters.thoughts import split_thoughts
from providers.errors import BrokenAnswerError, ContentRefusedError
from providers.types import ChatRequest, Completion, FinishReason, Usage

_FINISHES = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "end_turn": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "max_tokens": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "safety": FinishReason.CONTENT_FILTER,
    "tool_calls": FinishReason.TOOL_CALLS,
    "function_call": FinishReason.TOOL_CALLS,
}
# Mistral and OpenRouter finish a generation that failed with this word.
FAILED = "error"
_CHARACTERS_A_TOKEN = 4


class _Foreign(BaseModel):
    """What a vendor sent; its faults are told without quoting it."""

    model_config = ConfigDict(hide_input_in_errors=True)


class _Counts(_Foreign):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class Said(_Foreign):
    """A message or a stream's delta. `content` is a string, a list of parts, or (Cloudflare) the JSON itself."""

    content: str | list[Any] | dict[str, Any] | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None

    @field_validator("refusal", "reasoning", "reasoning_content", mode="before")
    @classmethod
    def _only_text(cls, value: Any) -> Any:
        return value if isinstance(value, str) else None

    def text(self) -> str:
        """The answer's own words."""
        if isinstance(self.content, dict):
            return json.dumps(self.content, ensure_ascii=False)
        if isinstance(self.content, list):
            return "".join(_part(part, "text") for part in self.content)
        return self.content or ""

    def thoughts(self) -> str:
        """The reasoning that came in a field of its own."""
        parts = self.content if isinstance(self.content, list) else []
        inside = "".join(_part(part, "thinking") for part in parts)
        return self.reasoning_content or self.reasoning or inside


class Choice(_Foreign):
    """One alternative; we only ever ask for one. A whole answer fills `message`, a stream `delta`."""

    message: Said | None = None
    delta: Said | None = None
    finish_reason: str | None = None


class Reply(_Foreign):
    """The fields that we read of an answer or of a stream's event."""

    id: str | None = None
    model: str | None = None
    choices: list[Choice] = Field(default_factory=list)
    usage: _Counts | None = None

    @field_validator("id", "model", mode="before")
    @classmethod
    def _only_text(cls, value: Any) -> Any:
        return value if isinstance(value, str) else None

    @field_validator("choices", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return [] if value is None else value

    @field_validator("usage", mode="wrap")
    @classmethod
    def _odd_counts_are_no_counts(cls, value: Any, read: Any) -> Any:
        # A vendor's slip in the numbers must not cost the answer.
        try:
            return read(value)
        except ValidationError:
            return None

    def counted(self) -> Usage | None:
        """The vendor's own count, if there is one."""
        counts = self.usage
        return Usage(counts.prompt_tokens, counts.completion_tokens) if counts else None


def parse(body: Any) -> Reply:
    """A typed answer. Raises BrokenAnswerError when it has not the protocol's shape."""
    try:
        return Reply.model_validate(body)
    except ValidationError as exc:
        fault = exc.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in fault["loc"]) or "body"
        raise BrokenAnswerError(f"not a chat answer: {where}: {fault['msg']}", http_status=200) from exc


def finish(word: str | None) -> FinishReason:
    """The reason in our words."""
    return _FINISHES.get((word or "").lower(), FinishReason.UNKNOWN)


def completion(reply: Reply, request: ChatRequest, *, model_id: str, request_id: str) -> Completion:
    """The finished answer. Raises BrokenAnswerError and ContentRefusedError."""
    if not reply.choices or reply.choices[0].message is None:
        raise BrokenAnswerError("an answer without choices", http_status=200)
    choice, said = reply.choices[0], reply.choices[0].message
    text, thoughts = split_thoughts(said.text())
    reason = finish(choice.finish_reason)
    reasoning = said.thoughts() or thoughts.strip()
    refuse_unusable(text, reason, choice.finish_reason, said.refusal or "")
    return Completion(
        text=text,
        model_id=reply.model or model_id,
        finish_reason=reason,
        usage=reply.counted() or estimated(request, len(text) + len(reasoning)),
        reasoning=reasoning,
        vendor_request_id=request_id or reply.id or "",
    )


def refuse_unusable(text: str, reason: FinishReason, word: str | None, refusal: str) -> None:
    """Raise what an ended answer amounts to when it is none: ContentRefusedError or BrokenAnswerError."""
    if refusal or reason is FinishReason.CONTENT_FILTER:
        raise ContentRefusedError(refusal or "the vendor's filter stopped the answer", http_status=200)
    if (word or "").lower() == FAILED:
        raise BrokenAnswerError("the vendor says that the generation failed", http_status=200)
    if not text.strip() and reason is not FinishReason.TOOL_CALLS:
        spent = "all tokens went into hidden reasoning" if reason is FinishReason.LENGTH else "no text in it"
        raise BrokenAnswerError(f"an empty answer ({word or 'no finish reason'}): {spent}", http_status=200)


def estimated(request: ChatRequest, characters: int) -> Usage:
    """A count for vendors that give none, from the length of the answer and its reasoning."""
    return Usage(request.estimated_prompt_tokens, characters // _CHARACTERS_A_TOKEN + 1, estimated=True)


def _part(part: Any, kind: str) -> str:
    """The text of a content part of this kind; Mistral nests thinking once more."""
    if isinstance(part, str):
        return part if kind == "text" else ""
    if not isinstance(part, dict) or part.get("type", "text") != kind:
        return ""
    value = part.get(kind)
    if isinstance(value, list):
        return "".join(_part(inner, "text") for inner in value)
    return value if isinstance(value, str) else ""
