"""Wishes for functions in OpenAI's format: whole ones of an answer, and fragments of a stream put together."""

from __future__ import annotations

import json
from typing import Any

from pydantic import field_validator

from providers.adapters.openai_calls import Foreign
from providers.types import ToolCall

# More calls in one answer are no answer; it bounds what a hostile stream may pile up.
MOST_CALLS = 128


class Function(Foreign):
    """A function's name and its arguments: JSON as text, or (Ollama and others) the object itself."""

    name: str | None = None
    arguments: str | dict[str, Any] | None = None

    def written(self) -> str:
        """The arguments as text."""
        if isinstance(self.arguments, dict):
            return json.dumps(self.arguments, ensure_ascii=False)
        return self.arguments or ""


class Wish(Foreign):
    """A call, or a fragment of one in a stream. `index` says which of several it belongs to."""

    index: int | None = None
    id: str | None = None
    function: Function | None = None

    @field_validator("index", mode="before")
    @classmethod
    def _only_numbers(cls, value: Any) -> Any:
        return value if isinstance(value, int) else None

    @field_validator("id", mode="before")
    @classmethod
    def _only_text(cls, value: Any) -> Any:
        return value if isinstance(value, str) else None


class _Gathered:
    """One call as it grows."""

    def __init__(self, index: int | None) -> None:
        self.index = index
        self.call_id = ""
        self.name = ""
        self.arguments: list[str] = []


class ToolCalls:
    """The calls of one answer, from whole wishes and from fragments alike."""

    def __init__(self) -> None:
        self._gathered: list[_Gathered] = []
        self.characters = 0

    def __bool__(self) -> bool:
        """Whether there is any call."""
        return bool(self._gathered)

    def add(self, wishes: list[Wish]) -> None:
        """What an answer or a stream's event adds."""
        for wish in wishes:
            place = self._place_of(wish)
            if place is None:
                continue
            place.call_id = place.call_id or wish.id or ""
            if wish.function:
                place.name = place.name or wish.function.name or ""
                written = wish.function.written()
                place.arguments.append(written)
                self.characters += len(written) + len(place.name)

    def whole(self) -> tuple[ToolCall, ...]:
        """Every call with a name, in their order. A call without an id gets one; without arguments an empty object."""
        return tuple(
            ToolCall(one.call_id or f"call_{number}", one.name, "".join(one.arguments) or "{}")
            for number, one in enumerate(self._gathered)
            if one.name
        )

    def _place_of(self, wish: Wish) -> _Gathered | None:
        """The call that a wish belongs to, a new one if need be.

        Some vendors give no index, and some give every call the same: then a name with a new id, or after arguments
        that are whole, begins a new call.
        """
        known = [one for one in self._gathered if wish.index is None or one.index == wish.index]
        last = known[-1] if known else None
        if last is not None and not self._begins(wish, last):
            return last
        if len(self._gathered) >= MOST_CALLS:
            return None
        self._gathered.append(_Gathered(wish.index))
        return self._gathered[-1]

    @staticmethod
    def _begins(wish: Wish, last: _Gathered) -> bool:
        if not (wish.function and wish.function.name and last.name):
            return False
        if wish.id:
            return wish.id != last.call_id
        return wish.index is None or _is_json("".join(last.arguments))


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
