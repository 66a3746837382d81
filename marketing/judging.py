"""What a person's decision about a variant says of who wrote it."""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import Any

from marketing.models import Variant
from providers import orchestrator

_LONG = 600
_MOST_WORDS = 20_000


def kept(variant: Variant) -> None:
    """It was kept: worth the more, the less of it a person had to rewrite."""
    original, text = (f"{one.title}\n{one.text}" for one in (_Original(variant), variant))
    _rate(variant, alike(original, text))


def discarded(variant: Variant) -> None:
    """Another text was wanted in its place."""
    _rate(variant, 0.0)


def undecided(variant: Variant) -> None:
    """Nobody keeps it any more, which says nothing."""
    orchestrator.forget_rating(_subject(variant))


def alike(one: str, other: str) -> float:
    """How much of two texts is the same, from 0 to 1: by letters, in long ones by words."""
    if max(len(one), len(other)) <= _LONG:
        return SequenceMatcher(None, one, other, autojunk=False).ratio()
    # Letter by letter a long text that repeats itself takes minutes, and somebody waits for the page.
    return SequenceMatcher(None, one.split()[:_MOST_WORDS], other.split()[:_MOST_WORDS]).ratio()


class _Original:
    """A variant as the provider wrote it."""

    def __init__(self, variant: Variant) -> None:
        self.title, self.text = variant.original_title, variant.original_text


def _subject(variant: Variant) -> str:
    return f"variant:{variant.pk}"


def _rate(variant: Variant, score: float) -> None:
    attempts: list[dict[str, Any]] = variant.provenance.get("attempts") or []
    if variant.offline or not variant.provenance.get("provider") or not attempts:
        return
    # The last attempt is the one that answered, under the name that routing knows.
    orchestrator.rate(
        _subject(variant),
        provider=attempts[-1]["provider"],
        model_id=attempts[-1]["model"],
        feature=variant.job.content_type,
        language=variant.language,
        score=score,
    )
