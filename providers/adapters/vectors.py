"""Vectors out of a vendor's answer: one for each text, all of one length."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pydantic import FiniteFloat

from providers.errors import BrokenAnswerError

Vector = list[FiniteFloat]


def batches(inputs: tuple[str, ...], most: int) -> Iterator[tuple[str, ...]]:
    """The inputs in their order, at most so many at a time."""
    for at in range(0, len(inputs), most):
        yield inputs[at : at + most]


def checked(found: Sequence[Sequence[float]], count: int) -> tuple[tuple[float, ...], ...]:
    """The vectors of `count` texts. Raises BrokenAnswerError when some are missing, empty or of another length."""
    if len(found) != count:
        raise BrokenAnswerError(f"{len(found)} vectors for {count} texts", http_status=200)
    if any(not vector or len(vector) != len(found[0]) for vector in found):
        raise BrokenAnswerError("vectors of different lengths, or empty ones", http_status=200)
    return tuple(tuple(vector) for vector in found)
