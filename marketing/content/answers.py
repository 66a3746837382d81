"""Reading a model's answer: the JSON object in it, however it is wrapped."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

import regex

from providers.errors import AnswerRejectedError

_THINKING = regex.compile(r"<think(?:ing)?>.*?</think(?:ing)?>", regex.DOTALL | regex.IGNORECASE)
_FENCED = regex.compile(r"```[a-zA-Z]*+[ \t]*+\n?(.*?)```", regex.DOTALL)
_STRING_OR_COMMA = regex.compile(r'"(?:[^"\\]|\\.)*+"|,(?=\s*[}\]])', regex.DOTALL)
_LONGEST_ANSWER = 200_000
# More opening braces than this in front of the object are not prose around an answer any more.
_MOST_STARTS = 40
_DECODER = json.JSONDecoder(strict=False)


def read_object(answer: str, key: str, item_keys: Collection[str] = ("text",)) -> tuple[dict[str, Any], bool]:
    """The JSON object with `key` in an answer, and whether it had to be dug out or mended.

    Understood: code fences, prose before and after, a thinking block, trailing commas, raw line ends in strings,
    a bare list or a single item where the object should be (an item is known by any of `item_keys`).
    Raises AnswerRejectedError when there is none.
    """
    if len(answer) > _LONGEST_ANSWER:
        raise AnswerRejectedError(f"The answer is far too long: {len(answer)} characters. Answer with one JSON object.")
    plain = _decoded(answer.strip())
    if isinstance(plain, dict) and key in plain:
        return plain, False
    for text in _candidates(answer):
        found = _shaped(_decoded(text), key, item_keys)
        if found is not None:
            return found, True
    raise AnswerRejectedError(_complaint(answer, key))


def _candidates(answer: str) -> list[str]:
    answer = _THINKING.sub(" ", answer)
    texts = [answer.strip(), *(match[1].strip() for match in _FENCED.finditer(answer))]
    starts = [match.start() for match in regex.finditer(r"[{\[]", answer)][:_MOST_STARTS]
    return texts + [answer[start:] for start in starts]


def _decoded(text: str) -> Any:
    if not text.startswith(("{", "[")):
        return None
    for attempt in (text, _STRING_OR_COMMA.sub(lambda match: "" if match[0] == "," else match[0], text)):
        try:
            return _DECODER.raw_decode(attempt)[0]
        except (ValueError, RecursionError):
            continue
    return None


def _shaped(value: Any, key: str, item_keys: Collection[str]) -> dict[str, Any] | None:
    if isinstance(value, dict):
        if key in value:
            return value
        return {key: [value]} if _is_item(value, item_keys) else None
    if (
        isinstance(value, list)
        and value
        and all(isinstance(item, dict) and _is_item(item, item_keys) for item in value)
    ):
        return {key: value}
    return None


def _is_item(value: dict[str, Any], item_keys: Collection[str]) -> bool:
    return any(key in value for key in item_keys)


def _complaint(answer: str, key: str) -> str:
    if not answer.strip():
        return "The answer is empty. Answer with one JSON object."
    if "{" in answer:
        return f'The JSON is broken, ends too early or lacks "{key}". Answer with one complete JSON object only.'
    return "The answer is prose, not JSON. Answer with one JSON object only, without any words around it."
