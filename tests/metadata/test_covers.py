"""Covers: what is read of a picture, what the stores refuse in it, and files that are none."""

from __future__ import annotations

import io
import struct
import zlib

import pytest
from PIL import Image

from marketing.metadata.covers import UnreadableCoverError, describe, kdp_faults, release_faults, said

pytestmark = pytest.mark.once


def picture(form: str = "JPEG", size: tuple[int, int] = (3000, 3000), mode: str = "RGB") -> bytes:
    file = io.BytesIO()
    Image.new(mode, size).save(file, form)
    return file.getvalue()


def huge_png(width: int, height: int) -> bytes:
    """The head of a PNG that would unpack to terabytes."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + _END


_END = struct.pack(">I", 8) + b"IDAT" + b"\0" * 12


def test_a_picture_is_described_without_being_kept() -> None:
    content = picture("PNG", (300, 200))
    found = describe(io.BytesIO(content), len(content))
    assert found == {"format": "PNG", "width": 300, "height": 200, "mode": "RGB", "bytes": len(content)}
    assert said(found) == "300 × 200, RGB, PNG"


@pytest.mark.parametrize(
    ("content", "release", "kdp"),
    [
        (picture(), [], []),
        (picture("PNG"), [], ["format_book"]),
        (picture("TIFF", (1600, 2560)), ["small", "not_square", "format"], []),
        (picture("JPEG", (3000, 3100)), ["not_square"], []),
        (picture("JPEG", (600, 900)), ["small", "not_square"], ["small_book"]),
        (picture("JPEG", (3000, 3000), "CMYK"), ["colour"], ["colour"]),
        (picture("JPEG", (10_001, 700)), ["small", "not_square"], ["too_wide"]),
    ],
)
def test_each_store_names_what_it_refuses(content: bytes, release: list[str], kdp: list[str]) -> None:
    found = describe(io.BytesIO(content), len(content))
    assert (release_faults(found), kdp_faults(found)) == (release, kdp)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "unknown"),
        (b"<svg/>", "unknown"),
        (picture(size=(900, 900))[:2000], "broken"),
        (picture("PNG", (900, 900))[:-30], "broken"),
        (huge_png(12_000, 12_000), "too_many_pixels"),
        (huge_png(2_000_000, 2_000_000), "too_many_pixels"),
    ],
)
def test_what_is_no_usable_picture_is_told(content: bytes, code: str) -> None:
    with pytest.raises(UnreadableCoverError, match=code):
        describe(io.BytesIO(content), len(content))


def test_a_file_too_large_is_not_even_opened() -> None:
    with pytest.raises(UnreadableCoverError, match="too_large"):
        describe(io.BytesIO(b""), 50_000_001)
