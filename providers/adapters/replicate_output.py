"""What a Replicate model gave: text, pictures to fetch at once, vectors."""

from __future__ import annotations

import base64
import binascii
import json
import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote_to_bytes

from providers.adapters import wire
from providers.adapters.failures import failure
from providers.adapters.replicate_calls import key_header
from providers.adapters.replicate_schema import addresses
from providers.errors import BrokenAnswerError
from providers.types import Endpoint, Image

_BEGINNINGS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
)
_DEEPEST_NESTING = 4

Vector = tuple[float, ...]


def text_of(output: Any) -> str:
    """The words: a string, the pieces of one, or the JSON of an object."""
    if isinstance(output, str):
        return output
    if isinstance(output, list) and all(isinstance(piece, str) for piece in output):
        return "".join(output)
    return "" if output is None else json.dumps(output, ensure_ascii=False)


async def pictures_of(endpoint: Endpoint, output: Any, count: int) -> list[Image]:
    """The last `count` pictures, fetched: their addresses die within the hour, and earlier ones are mere steps.

    The token goes along only where it may. Raises BrokenAnswerError when there is none, and what fetching raises.
    """
    found = list(addresses(output))[-count:]
    if not found:
        raise BrokenAnswerError("the prediction brought no picture", http_status=200)
    return [_inline(one) if one.lower().startswith("data:") else await _fetched(endpoint, one) for one in found]


def vectors_of(output: Any, count: int) -> tuple[Vector, ...]:
    """One vector for each text, all of one length. Raises BrokenAnswerError."""
    found = _vectors(output)
    lengths = {len(vector) for vector in found}
    if len(found) != count or len(lengths) != 1 or 0 in lengths:
        raise BrokenAnswerError(f"{len(found)} vectors for {count} texts", http_status=200)
    if not all(math.isfinite(number) for vector in found for number in vector):
        raise BrokenAnswerError("a vector that is not made of numbers", http_status=200)
    return tuple(found)


async def _fetched(endpoint: Endpoint, url: str) -> Image:
    reply = await wire.call(endpoint, "GET", url, headers={"accept": "image/*"}, key_header=key_header(endpoint, url))
    if reply.status != HTTPStatus.OK:
        raise failure(reply.status, reply.headers, reply.body)
    return _picture(reply.body, reply.headers.get("content-type", ""))


def _inline(address: str) -> Image:
    head, _, data = address.partition(",")
    try:
        content = base64.b64decode(data, validate=True) if head.endswith(";base64") else unquote_to_bytes(data)
    except (ValueError, binascii.Error):
        raise BrokenAnswerError("a data address that cannot be read", http_status=200) from None
    return _picture(content, head[5:])


def _picture(content: bytes, said: str) -> Image:
    """By its first bytes, which do not lie, else by what the server says."""
    media_type = next((kind for beginning, kind in _BEGINNINGS if content.startswith(beginning)), "")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        media_type = "image/webp"
    media_type = media_type or said.partition(";")[0].strip().lower()
    if not content or not media_type.startswith("image/"):
        raise BrokenAnswerError(f"{media_type or 'nothing'} in place of a picture", http_status=200)
    return Image(content, media_type)


def _vectors(output: Any, depth: int = 0) -> list[Vector]:
    """Numbers are one vector; lists and objects with an `embedding` hold some."""
    if isinstance(output, Mapping):
        named = [value for name, value in output.items() if "embed" in str(name) or name in {"vector", "vectors"}]
        return _vectors(named[0], depth) if named else []
    if not isinstance(output, list) or depth > _DEEPEST_NESTING or not output:
        return []
    if all(isinstance(one, int | float) and not isinstance(one, bool) for one in output):
        return [tuple(map(float, output))]
    return [vector for inner in output for vector in _vectors(inner, depth + 1)]
