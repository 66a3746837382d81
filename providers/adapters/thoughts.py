"""Keeping a model's thinking apart from its answer when both come in one text."""

from __future__ import annotations

_OPENING, _CLOSING = "<think>", "</think>"


class ThoughtSplitter:
    """Splits `<think>…</think>` at the beginning of a text from the rest, however the pieces are cut.

    Only the beginning counts: an answer may well speak about the tag later.
    """

    def __init__(self) -> None:
        self._waiting = ""
        self._state = "before"

    def feed(self, piece: str) -> tuple[str, str]:
        """The (text, reasoning) that this piece settles."""
        if self._state == "after":
            return piece, ""
        if self._state == "between":
            return self._between(piece), ""
        self._waiting += piece
        if self._state == "before":
            opening = self._waiting.lstrip()
            if opening.startswith(_OPENING):
                self._state, self._waiting = "inside", opening.removeprefix(_OPENING)
            elif _OPENING.startswith(opening):
                return "", ""
            else:
                return self._leave(self._waiting), ""
        return self._inside()

    def close(self) -> tuple[str, str]:
        """What was held back when the text ended."""
        rest, self._waiting = self._waiting, ""
        return ("", rest) if self._state == "inside" else (rest, "")

    def _inside(self) -> tuple[str, str]:
        thought, tag, rest = self._waiting.partition(_CLOSING)
        if tag:
            self._waiting = ""
            return self._between(rest), thought
        # The end of the piece may be the beginning of the closing tag.
        kept = next((size for size in range(len(_CLOSING) - 1, 0, -1) if thought.endswith(_CLOSING[:size])), 0)
        self._waiting = thought[len(thought) - kept :]
        return "", thought[: len(thought) - kept]

    def _between(self, piece: str) -> str:
        """The white space after a thought belongs to neither."""
        text = piece.lstrip()
        self._state = "after" if text else "between"
        return text

    def _leave(self, text: str) -> str:
        self._state, self._waiting = "after", ""
        return text


def split_thoughts(text: str) -> tuple[str, str]:
    """The (text, reasoning) of a whole answer."""
    splitter = ThoughtSplitter()
    text, reasoning = splitter.feed(text)
    rest, thought = splitter.close()
    return text + rest, reasoning + thought
