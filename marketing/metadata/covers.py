"""Covers: what a picture is, and what the stores want of it. Its head is read; the picture itself is not kept."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any, BinaryIO

from PIL import Image, UnidentifiedImageError

MOST_BYTES = 50_000_000
# Past any store's largest cover, and far below what fills a machine.
MOST_PIXELS = 100_000_000
LEAST_RELEASE_PIXELS = 3000
# Amazon KDP: the longer side, the shorter side, either side at most.
KDP_LEAST, KDP_MOST = (1000, 625), 10_000
_FORMATS = ("JPEG", "PNG", "TIFF", "WEBP", "GIF", "BMP")
_JPEG_SCALE = 8


class UnreadableCoverError(Exception):
    """No picture that can be used; `code` is too_large, too_many_pixels, unknown or broken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def describe(file: BinaryIO, size: int) -> dict[str, Any]:
    """The cover as a record has it: format, width and height in pixels, mode, bytes. Raises UnreadableCoverError."""
    if size > MOST_BYTES:
        raise UnreadableCoverError("too_large")
    try:
        with warnings.catch_warnings():
            # Pillow's own limit is lower than ours and only warns.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            image = Image.open(file, formats=_FORMATS)
    except UnidentifiedImageError as wrong:
        raise UnreadableCoverError("unknown") from wrong
    except Image.DecompressionBombError as wrong:
        raise UnreadableCoverError("too_many_pixels") from wrong
    except (OSError, SyntaxError, ValueError) as wrong:
        raise UnreadableCoverError("broken") from wrong
    if image.width * image.height > MOST_PIXELS:
        raise UnreadableCoverError("too_many_pixels")
    found = {
        "format": image.format or "",
        "width": image.width,
        "height": image.height,
        "mode": image.mode,
        "bytes": size,
    }
    _read_through(image)
    return found


def _read_through(image: Image.Image) -> None:
    """Find a file that breaks off, without the memory of the whole picture. Raises UnreadableCoverError."""
    try:
        if image.format == "JPEG":
            # Decodes at an eighth of the size.
            image.draft("RGB", (max(1, image.width // _JPEG_SCALE), max(1, image.height // _JPEG_SCALE)))
            image.load()
        else:
            image.verify()
    except (OSError, SyntaxError, ValueError) as wrong:
        raise UnreadableCoverError("broken") from wrong


def said(cover: Mapping[str, Any]) -> str:
    """A cover in a few words that need no language, as in `1500 × 1200, CMYK, JPEG`."""
    width, height = cover.get("width") or "?", cover.get("height") or "?"
    return ", ".join([f"{width} × {height}", *(str(cover[one]) for one in ("mode", "format") if cover.get(one))])


def release_faults(cover: Mapping[str, Any]) -> list[str]:
    """What stores refuse in a release's cover (rule M31): small, not_square, colour, format."""
    width, height = _sides(cover)
    found = [] if min(width, height) >= LEAST_RELEASE_PIXELS else ["small"]
    found += [] if width == height else ["not_square"]
    return found + _look(cover, {"jpg", "jpeg", "png"})


def kdp_faults(cover: Mapping[str, Any]) -> list[str]:
    """What Amazon KDP's help asks of a book's cover: small_book, too_wide, colour, format_book."""
    width, height = _sides(cover)
    short, long = sorted((width, height))
    found = [] if long >= KDP_LEAST[0] and short >= KDP_LEAST[1] else ["small_book"]
    found += ["too_wide"] if long > KDP_MOST else []
    return found + _look(cover, {"jpg", "jpeg", "tif", "tiff"}, "format_book")


def _sides(cover: Mapping[str, Any]) -> tuple[int, int]:
    width, height = cover.get("width"), cover.get("height")
    return (width, height) if isinstance(width, int) and isinstance(height, int) else (0, 0)


def _look(cover: Mapping[str, Any], formats: set[str], code: str = "format") -> list[str]:
    found = [] if str(cover.get("mode") or "RGB") == "RGB" else ["colour"]
    return found + ([] if str(cover.get("format") or "jpeg").casefold() in formats else [code])
