"""What comes back in OpenAI's chat format, from many vendors with as many liberties."""

from __future__ import annotations

import json
from typing import Any

from pydantic import Field, ValidationError, field_validator

from providers.adapters.openai_calls import Foreign, shaped
from providers.adapters.openai_tools import Function, ToolCalls, Wish
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


class _Counts(Foreign):
    prompt_tokens: int = Field(ge=0)
    completion_tokens: int = Field(default=0, ge=0)


class Said(Foreign):
    """A message or a stream's delta. `content` is a string, a list of parts, or (Cloudflare) the JSON itself."""

    content: str | list[Any] | dict[str, Any] | None = None
    refusal: str | None = None
    reasoning: str | None = None
    reasoning_content: str | None = None
    tool_calls: list[Wish] = Field(default_factory=list)
    function_call: Function | None = None

    @field_validator("tool_calls", mode="before")
    @classmethod
    def _none_is_empty(cls, value: Any) -> Any:
        return [] if value is None else value

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

    def wishes(self) -> list[Wish]:
        """The calls that it asks for; the oldest way to ask knew only one."""
        return self.tool_calls or ([Wish(function=self.function_call)] if self.function_call else [])


class Choice(Foreign):
    """One alternative; we only ever ask for one. A whole answer fills `message`, a stream `delta`, old ones `text`."""

    message: Said | None = None
    delta: Said | None = None
    text: str | None = None
    finish_reason: str | None = None

    def said(self) -> Said | None:
        """What it adds, wherever it stands."""
        if self.message or self.delta:
            return self.message or self.delta
        return Said(content=self.text) if self.text is not None else None


class Reply(Foreign):
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
    return shaped(Reply, body, "a chat answer")


def finish(word: str | None) -> FinishReason:
    """The reason in our words."""
    return _FINISHES.get((word or "").lower(), FinishReason.UNKNOWN)


def completion(reply: Reply, request: ChatRequest, *, model_id: str, request_id: str) -> Completion:
    """The finished answer. Raises BrokenAnswerError and ContentRefusedError."""
    choice = reply.choices[0] if reply.choices else None
    said = choice.said() if choice else None
    if choice is None or said is None:
        raise BrokenAnswerError("an answer without choices", http_status=200)
    calls = ToolCalls()
    calls.add(said.wishes())
    text, thoughts = split_thoughts(said.text())
    reasoning = said.thoughts() or thoughts.strip()
    refuse_unusable(text, calls, choice.finish_reason, said.refusal or "")
    characters = len(text) + len(reasoning) + calls.characters
    return Completion(
        text=text,
        model_id=reply.model or model_id,
        finish_reason=with_calls(finish(choice.finish_reason), calls),
        usage=reply.counted() or estimated(request, characters),
        reasoning=reasoning,
        vendor_request_id=request_id or reply.id or "",
        tool_calls=calls.whole(),
    )


def with_calls(reason: FinishReason, calls: ToolCalls) -> FinishReason:
    """The reason as OpenAI would give it: some vendors say `stop` after a call, and `tool_calls` without one."""
    if calls.whole():
        return FinishReason.TOOL_CALLS if reason is FinishReason.STOP else reason
    return FinishReason.STOP if reason is FinishReason.TOOL_CALLS else reason


def refuse_unusable(text: str, calls: ToolCalls, word: str | None, refusal: str) -> None:
    """Raise what an ended answer amounts to when it is none: ContentRefusedError or BrokenAnswerError."""
    reason = finish(word)
    if refusal or reason is FinishReason.CONTENT_FILTER:
        raise ContentRefusedError(refusal or "the vendor's filter stopped the answer", http_status=200)
    if (word or "").lower() == FAILED:
        raise BrokenAnswerError("the vendor says that the generation failed", http_status=200)
    if not text.strip() and not calls.whole():
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
