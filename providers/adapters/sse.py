"""Server-sent events, or lines of JSON, out of bytes that arrive in pieces of any size."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass

from providers.errors import BrokenAnswerError

LARGEST_EVENT_BYTES = 4 * 1024 * 1024
# A carriage return at the very end may be half of a CRLF: it waits for the next piece.
_LINE_END = re.compile(rb"\r\n|\n|\r(?!\Z)")
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Event:
    """One event: its name (`message` where none was given) and its data lines joined by newlines."""

    name: str
    data: str


async def events(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Event, None]:
    """The events of a stream; comments and fields that nobody reads are left out.

    An event that the end of the stream left without its empty line is given as well: whether its data is whole is
    for the reader to see. Raises BrokenAnswerError for an endless event and for bytes that are not UTF-8.
    """
    parser = _Parser()
    async for piece in pieces:
        for event in parser.feed(piece):
            yield event
    for event in parser.feed(b"\n\n"):
        yield event


async def lines(pieces: AsyncIterator[bytes]) -> AsyncGenerator[Event, None]:
    """The lines of a stream of JSON lines (NDJSON), each as an event; empty ones are left out. Raises as `events`."""
    parser = _Parser()
    async for piece in pieces:
        for line in parser.whole_lines(piece):
            yield Event("message", line)
    for line in parser.whole_lines(b"\n"):
        yield Event("message", line)


class _Parser:
    def __init__(self) -> None:
        self._waiting: list[bytes] = []
        self._size = 0
        self._name = ""
        self._data: list[str] = []
        self._at_start = True

    def feed(self, piece: bytes) -> Iterator[Event]:
        """The events that this piece completes."""
        for line in self._lines(piece):
            if line:
                self._field(line)
            else:
                yield from self._dispatch()

    def whole_lines(self, piece: bytes) -> Iterator[str]:
        """The lines with something in them that this piece completes, as they are."""
        for line in self._lines(piece):
            self._forget()
            if line.strip():
                yield _text(line)

    def _lines(self, piece: bytes) -> list[bytes]:
        """The lines that are whole now. Only a piece with a line end is joined: an endless line stays cheap."""
        if self._at_start and piece:
            piece, self._at_start = piece.removeprefix(_BYTE_ORDER_MARK), False
        self._size += len(piece)
        if self._size > LARGEST_EVENT_BYTES:
            raise BrokenAnswerError(f"a stream event of more than {LARGEST_EVENT_BYTES} bytes")
        half_an_end = bool(self._waiting) and self._waiting[-1].endswith(b"\r")
        self._waiting.append(piece)
        if not half_an_end and b"\n" not in piece and b"\r" not in piece:
            return []
        *lines, rest = _LINE_END.split(b"".join(self._waiting))
        self._waiting = [rest]
        return lines

    def _field(self, line: bytes) -> None:
        name, _, value = _text(line).partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._data.append(value)
        elif name == "event":
            self._name = value

    def _dispatch(self) -> Iterator[Event]:
        if self._data:
            yield Event(self._name or "message", "\n".join(self._data))
        self._name, self._data = "", []
        self._forget()

    def _forget(self) -> None:
        """Count only what still waits."""
        self._size = sum(len(waiting) for waiting in self._waiting)


def _text(line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        # The cause would carry the bytes along.
        raise BrokenAnswerError("a stream that is not UTF-8") from None
