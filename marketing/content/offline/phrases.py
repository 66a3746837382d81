"""The phrases of offline drafts, read from the files beside this, one a language."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

_FOLDER = Path(__file__).parent
_Lists = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Phrases:
    """One language's copy. Outer keys are subjects, inner ones goals or tones; a tone without a list says nothing."""

    link_in_bio: str
    link_in_bio_after: str
    neutral: Mapping[str, str]
    work: Mapping[str, str]
    opening: Mapping[str, _Lists]
    mood: Mapping[str, _Lists]
    date: _Lists
    closing: Mapping[str, _Lists]
    closing_without_link: _Lists
    question: _Lists
    headline: _Lists


@functools.cache
def phrases(language: str) -> Phrases:
    """The phrases of a language. Raises FileNotFoundError when there are none."""
    data = tomllib.loads((_FOLDER / f"phrases.{language}.toml").read_text(encoding="utf-8"))
    return Phrases(
        link_in_bio=data["link_in_bio"],
        link_in_bio_after=data["link_in_bio_after"],
        neutral=data["neutral"],
        work=data["work"],
        opening={subject: _lists(lists) for subject, lists in data["opening"].items()},
        mood={subject: _lists(lists) for subject, lists in data["mood"].items()},
        date=_lists(data["date"]),
        closing={subject: _lists(lists) for subject, lists in data["closing"].items()},
        closing_without_link=_lists(data["closing_without_link"]),
        question=_lists(data["question"]),
        headline=_lists(data["headline"]),
    )


def _lists(data: Mapping[str, list[str]]) -> _Lists:
    return {name: tuple(lines) for name, lines in data.items()}
