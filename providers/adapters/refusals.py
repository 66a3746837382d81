"""One tolerant reading of error bodies: vendors have at least nine shapes for the same few facts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from providers.adapters.redaction import LONGEST_RAW, redact

# Beyond this much text nothing is searched: it bounds the work on a hostile body.
_LONGEST_HAYSTACK = 8000
# A body that nests deeper than this says nothing that a person would read.
_DEEPEST = 8
_CODE_NAMES = ("code", "type", "status", "error_type", "error_code", "reason", "title", "internal_code")
_MESSAGE_NAMES = ("message", "msg", "detail", "error", "title")
_STATUS_DIGITS = 3
_STATUS_NAMES = ("code", "status", "status_code")
# Where the next layer of an error lies, from the most to the least telling.
_WRAPPERS = ("error", "errors", "detail", "message")
# What the Hugging Face Hub says beside the body, and sometimes instead of it.
_CODE_HEADER, _MESSAGE_HEADER = "x-error-code", "x-error-message"
_REDIRECTS = range(300, 400)
_FIRST_ERROR_STATUS, _LAST_ERROR_STATUS = 400, 599


@dataclass(frozen=True, slots=True)
class Refusal:
    """What a vendor said. `status` prefers the one in the body of a 200; `codes` are lower case.

    `haystack` is everything worth searching, in lower case; `body` the parsed JSON, or None; `whole` the answer as
    text, with whatever secrets it may hold.
    """

    status: int
    headers: Mapping[str, str]
    message: str
    codes: frozenset[str]
    param: str
    haystack: str
    body: Any
    whole: str = ""

    @classmethod
    def read(cls, status: int, headers: Mapping[str, str], body: bytes) -> Self:
        """From the answer's parts; never raises, whatever the bytes are."""
        text = body[: _LONGEST_HAYSTACK * 4].decode(errors="replace")
        try:
            parsed = json.loads(body)
        except (ValueError, RecursionError):
            parsed = None
        return cls.of(status, headers, text if parsed is None else parsed)

    @classmethod
    def of(cls, status: int, headers: Mapping[str, str], body: Any) -> Self:
        """From JSON that was parsed before (an event of a stream), or from plain text."""
        layers = _layers(body)
        said = _message(layers) or headers.get(_MESSAGE_HEADER, "")
        # Details, upstream quotes and quota names tell a day from a minute.
        whole = body if isinstance(body, str) else _written(body)
        searched = whole if isinstance(body, str) else f"{said}\n{whole}"
        return cls(
            status=_status(status, layers),
            headers=headers,
            message=said,
            codes=frozenset({*_codes(layers), headers.get(_CODE_HEADER, "").lower()} - {""}),
            param=next((param for layer in reversed(layers) if (param := _param(layer))), ""),
            haystack=searched[:_LONGEST_HAYSTACK].lower(),
            body=None if isinstance(body, str) else body,
            whole="" if body is None else whole[: LONGEST_RAW * 2],
        )

    def detail(self) -> str:
        """The vendor's words without key-like ones, for the administrator."""
        if self.status in _REDIRECTS:
            return redact(f"a redirect to {self.headers.get('location', 'nowhere')}, which is not followed")
        return redact(self.message or f"HTTP {self.status} without a word")

    def raw(self) -> str:
        """The whole answer without key-like words, where `detail` is only an extract of it."""
        text = redact(self.whole, longest=LONGEST_RAW)
        return "" if text == self.detail() else text


def carries_error(body: Any) -> bool:
    """Whether JSON that came with a 200 is an error all the same, be there choices beside it or not."""
    return isinstance(body, dict) and bool(body.get("error") or body.get("errors"))


def _written(body: Any) -> str:
    """The body as text, without the answer that may stand beside an error: a model's words are no vendor's."""
    said = {name: value for name, value in body.items() if name != "choices"} if isinstance(body, dict) else body
    return json.dumps(said, ensure_ascii=False, default=str)


def _layers(body: Any) -> list[Any]:
    """The body and the objects inside it that lead to the facts; the last one holds them."""
    layers = [body]
    while len(layers) < _DEEPEST:
        inner = _inner(layers[-1])
        if inner is None:
            break
        layers.append(inner)
    return layers


def _inner(layer: Any) -> Any:
    if isinstance(layer, list):
        return layer[0] if layer else None
    if not isinstance(layer, dict):
        return None
    return next((layer[name] for name in _WRAPPERS if isinstance(layer.get(name), dict | list) and layer[name]), None)


def _message(layers: list[Any]) -> str:
    """The words of the innermost layer that has any."""
    return next((said for layer in reversed(layers) if (said := _words_of(layer))), "")


def _words_of(layer: Any) -> str:
    if isinstance(layer, str):
        return layer
    if not isinstance(layer, dict):
        return ""
    said = next((layer[name] for name in _MESSAGE_NAMES if isinstance(layer.get(name), str) and layer[name]), "")
    metadata = layer.get("metadata")
    raw = metadata.get("raw") if isinstance(metadata, dict) else None
    where = ".".join(str(part) for part in layer["loc"]) if isinstance(layer.get("loc"), list) else ""
    return " – ".join(part for part in (where, str(said), raw if isinstance(raw, str) else "") if part)


def _codes(layers: list[Any]) -> Iterator[str]:
    """Everything that looks like a code, from the outer layers as well: vendors are not of one mind where it belongs.

    Google keeps its reasons in a list of details, Anthropic its newer codes in one object of them.
    """
    for layer in layers:
        details = layer.get("details") if isinstance(layer, dict) else None
        for place in (layer, *(details if isinstance(details, list) else [details])):
            if isinstance(place, dict):
                yield from (str(place[name]).lower() for name in _CODE_NAMES if _is_code(place.get(name)))


def _is_code(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool)


def _param(layer: Any) -> str:
    """The request field that the refusal is about."""
    if not isinstance(layer, dict):
        return ""
    if isinstance(layer.get("param"), str):
        return str(layer["param"])
    loc = layer.get("loc")
    return str(loc[-1]) if isinstance(loc, list) and loc else ""


def _status(status: int, layers: list[Any]) -> int:
    """The HTTP status, or the one that the body of a 200 owns up to."""
    if status >= _FIRST_ERROR_STATUS:
        return status
    said = (layer.get(name) for layer in reversed(layers) if isinstance(layer, dict) for name in _STATUS_NAMES)
    return next((number for value in said if (number := _error_status(value))), status)


def _error_status(value: Any) -> int:
    number = int(value) if isinstance(value, str) and value.isdecimal() and len(value) == _STATUS_DIGITS else value
    return number if isinstance(number, int) and _FIRST_ERROR_STATUS <= number <= _LAST_ERROR_STATUS else 0
