"""Pictures in OpenAI's format: made by one call, and fetched at once where the vendor answers with links."""

from __future__ import annotations

import base64
import binascii
import math
from functools import partial
from http import HTTPStatus
from urllib.parse import unquote_to_bytes, urlsplit

from pydantic import Field

from providers.adapters import wire
from providers.adapters.openai_calls import Ask, Foreign, Payload, prompt_usage, shaped
from providers.errors import BrokenAnswerError
from providers.types import Endpoint, Image, ImageRequest, Images

_NO_KEY = ""
_DATA = "data:"


class _Picture(Foreign):
    url: str | None = None
    b64_json: str | None = None
    revised_prompt: str | None = None


class _Reply(Foreign):
    model: str | None = None
    data: list[_Picture] = Field(min_length=1)


async def draw(endpoint: Endpoint, request: ImageRequest, ask: Ask) -> Images:
    """The pictures themselves. Raises ProviderError, BrokenAnswerError too when a link gives no picture."""
    answered = await ask("images/generations", partial(_payload, endpoint, request))
    reply = shaped(_Reply, answered.body, "an answer with pictures")
    pictures = reply.data[: request.count]
    contents = [await _content(endpoint, picture) for picture in pictures]
    return Images(
        images=tuple(Image(content, media_type(content)) for content in contents),
        model_id=reply.model or endpoint.model_id,
        usage=prompt_usage(answered.body, request.estimated_prompt_tokens),
        revised_prompt=next((picture.revised_prompt for picture in pictures if picture.revised_prompt), ""),
        vendor_request_id=answered.request_id,
    )


def media_type(content: bytes) -> str:
    """What kind of picture the bytes are, whatever was said about them. Raises BrokenAnswerError."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "image/webp"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if content[4:12] in {b"ftypavif", b"ftypavis"}:
        return "image/avif"
    raise BrokenAnswerError(f"{len(content)} bytes that are no picture", http_status=HTTPStatus.OK)


def nearest_size(sizes: tuple[str, ...], width: int, height: int) -> str:
    """The wanted size, or the one of `sizes` (`WxH`) whose shape, then area, comes closest to it."""
    if not sizes:
        return f"{width}x{height}"

    def distance(size: str) -> tuple[float, float]:
        other_width, other_height = map(int, size.split("x"))
        shape = abs(math.log(other_width / other_height * height / width))
        return round(shape, 6), abs(math.log(other_width * other_height / (width * height)))

    return min(sizes, key=distance)


def _payload(endpoint: Endpoint, request: ImageRequest, refused: frozenset[str]) -> Payload:
    quirks = endpoint.quirks
    fields: Payload = {
        "model": endpoint.model_id,
        "prompt": request.prompt,
        "n": request.count,
        "size": nearest_size(quirks.image_sizes, request.width, request.height),
        quirks.seed_field: request.seed,
        "response_format": quirks.image_response_format or None,
    }
    left_out = refused | set(quirks.refused_parameters)
    return {name: value for name, value in fields.items() if value is not None and name not in left_out}


async def _content(endpoint: Endpoint, picture: _Picture) -> bytes:
    if picture.b64_json:
        return _decoded(picture.b64_json.encode())
    if picture.url and picture.url.startswith(_DATA):
        head, _, data = picture.url.partition(",")
        return _decoded(data.encode()) if head.endswith(";base64") else unquote_to_bytes(data)
    if picture.url:
        return await _downloaded(endpoint, picture.url)
    raise BrokenAnswerError("a picture without bytes and without a link", http_status=HTTPStatus.OK)


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error:
        raise BrokenAnswerError("a picture that is not base64", http_status=HTTPStatus.OK) from None


async def _downloaded(endpoint: Endpoint, url: str) -> bytes:
    """The bytes behind a link. It leads to a stranger's storage, so the key stays here."""
    reply = await wire.call(endpoint, "GET", url, headers={"accept": "image/*"}, key_header=_NO_KEY)
    if reply.status != HTTPStatus.OK:
        # The link itself is as good as a key to the picture.
        where = urlsplit(url).hostname
        raise BrokenAnswerError(f"the picture at {where} came with HTTP {reply.status}", http_status=reply.status)
    return reply.body
