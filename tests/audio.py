"""Small audio files, written byte by byte after the formats' own specifications: WAV, MP3, FLAC and MP4, with tags."""

from __future__ import annotations

import io
import struct
import wave

_RATE = 44_100


def wav(seconds: float = 1.0) -> bytes:
    """Silence without tags: 16 bit, two channels."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(_RATE)
        out.writeframes(b"\0" * 4 * int(_RATE * seconds))
    return file.getvalue()


def mp3(seconds: float = 1.0, **frames: str) -> bytes:
    """Silent MPEG frames behind an ID3v2.4 tag in UTF-8; `frames` by their identifiers, such as TIT2."""
    body = b"".join(
        name.encode() + _syncsafe(len(text.encode()) + 1) + b"\0\0\3" + text.encode() for name, text in frames.items()
    )
    frame = b"\xff\xfb\x90\x64" + b"\0" * 413
    return b"ID3\4\0\0" + _syncsafe(len(body)) + body + frame * int(seconds * _RATE / 1152 + 1)


def _syncsafe(number: int) -> bytes:
    return bytes((number >> shift) & 0x7F for shift in (21, 14, 7, 0))


def flac(seconds: float = 1.0, **comments: str) -> bytes:
    """The head of a FLAC file: its stream's description and Vorbis comments, which is all that is read of it."""
    samples = int(_RATE * seconds)
    packed = (_RATE << 44) | (1 << 41) | (15 << 36) | samples
    stream = struct.pack(">HH", 4096, 4096) + b"\0" * 6 + packed.to_bytes(8, "big") + b"\0" * 16
    said = [f"{name}={text}".encode() for name, text in comments.items()]
    body = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(said))
    body += b"".join(struct.pack("<I", len(one)) + one for one in said)
    return b"fLaC\0" + len(stream).to_bytes(3, "big") + stream + b"\x84" + len(body).to_bytes(3, "big") + body


def m4a(seconds: float = 1.0, isrc: str = "", **atoms: str) -> bytes:
    """The head of an MP4 file; `atoms` by their names without the sign of copyright, such as nam."""
    entry = b"\0" * 6 + struct.pack(">H8xHHHHI", 1, 2, 16, 0, 0, _RATE << 16)
    decoder = b"\x04\x0d" + struct.pack(">BB3xII", 0x40, 0x15, 128_000, 128_000)
    stream = _atom(b"esds", b"\0" * 4 + b"\x03" + bytes([len(decoder) + 3]) + b"\0\1\0" + decoder)
    described = _atom(b"stsd", struct.pack(">II", 0, 1) + _atom(b"mp4a", entry + stream))
    told = struct.pack(">IIIII", 0, 0, 0, _RATE, int(_RATE * seconds))
    length = _atom(b"mdhd", told + b"\0" * 4)
    track = _atom(b"trak", _atom(b"mdia", length + _atom(b"minf", _atom(b"stbl", described))))
    items = b"".join(_atom(b"\xa9" + name.encode(), _data(text)) for name, text in atoms.items())
    if isrc:
        mean = _atom(b"mean", b"\0" * 4 + b"com.apple.iTunes")
        items += _atom(b"----", mean + _atom(b"name", b"\0" * 4 + b"ISRC") + _data(isrc))
    tags = _atom(b"udta", _atom(b"meta", b"\0" * 4 + _atom(b"ilst", items)))
    return _atom(b"ftyp", b"M4A \0\0\0\0") + _atom(b"moov", _atom(b"mvhd", told + b"\0" * 80) + track + tags)


def _atom(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body) + 8) + name + body


def _data(text: str) -> bytes:
    return _atom(b"data", struct.pack(">II", 1, 0) + text.encode())
