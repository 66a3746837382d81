"""What an audio file says of itself: its length and format, and the tags that stores and players read.

Reading only, and in memory of the process alone: the file is never changed, and no byte of it is kept.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

from tinytag import ParseError, TinyTag, TinyTagException

from marketing.metadata.music.codes import compact
from marketing.safety.text import one_line, storable

LONGEST = 300


class UnreadableAudioError(Exception):
    """No audio file that can be read; `code` is unknown or broken."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True, slots=True)
class Audio:
    """A file as it describes itself; what it does not say is empty, 0 or None. `seconds` is its length."""

    name: str
    form: str
    seconds: float
    sample_rate: int
    channels: int
    bit_depth: int | None = None
    title: str = ""
    artist: str = ""
    album: str = ""
    isrc: str = ""
    track: int = 0
    composers: tuple[str, ...] = ()


def read_audio(name: str, file: BinaryIO) -> Audio:
    """Read MP3 (ID3v1, v2.2 to 2.4), MP4, FLAC, Ogg, WAV or AIFF. Raises UnreadableAudioError."""
    try:
        found = TinyTag.get(name, file_obj=file)
    except ParseError as wrong:
        raise UnreadableAudioError("broken") from wrong
    except TinyTagException as wrong:
        raise UnreadableAudioError("unknown") from wrong
    if not found.samplerate or not found.duration:
        raise UnreadableAudioError("broken")
    codes = found.other.get("isrc") or [""]
    return Audio(
        name=_text(name),
        form=(found.mime_type or "").rpartition("/")[2] or name.rpartition(".")[2].casefold()[:10],
        seconds=round(found.duration, 2),
        sample_rate=found.samplerate,
        channels=found.channels or 0,
        bit_depth=found.bitdepth,
        title=_text(found.title),
        artist=_text(found.artist),
        album=_text(found.album),
        isrc=compact(_text(codes[0]))[:20],
        track=found.track or 0,
        composers=tuple(_text(one) for one in (found.composer, *found.other.get("composer", [])) if one)[:20],
    )


def _text(value: str | None) -> str:
    return str(one_line(storable(value or "")))[:LONGEST]
