"""Sentences that an editor has labelled: how many false ones are marked, and how many marks are deserved."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from marketing.content.brief import PromotionBrief
from marketing.content.grounding import Block, ground, open_claims

_SHEETS = tomllib.loads(Path(__file__).with_name("claims.toml").read_text(encoding="utf-8"))["sheet"]
FEWEST_CASES = 120
LEAST_RECALL, LEAST_PRECISION = 0.95, 0.95


def marked(sheet: dict[str, Any], sentence: str) -> bool:
    brief = PromotionBrief(title="Żółte światło", **{name: sheet[name] for name in ("facts", "date", "subject")})
    return bool(open_claims(ground([Block("text", 0, sentence)], brief.sources())))


def judged(language: str) -> Iterator[tuple[str, bool, bool]]:
    """Each sentence with whether it is false and whether it is marked."""
    for sheet in _SHEETS:
        if sheet["language"] == language:
            for sentence in sheet["true"]:
                yield sentence, False, marked(sheet, sentence)
            for sentence in sheet["false"]:
                yield sentence, True, marked(sheet, sentence)


@pytest.mark.parametrize("language", ["pl", "en"])
def test_false_sentences_are_marked_and_true_ones_are_not(language: str) -> None:
    cases = list(judged(language))
    found = [case for case in cases if case[1] and case[2]]
    missed = [sentence for sentence, false, mark in cases if false and not mark]
    needless = [sentence for sentence, false, mark in cases if mark and not false]
    recall = len(found) / (len(found) + len(missed))
    precision = len(found) / (len(found) + len(needless))
    print(f"{language}: {len(cases)} sentences, recall {recall:.3f}, precision {precision:.3f}")  # noqa: T201
    print("missed:", missed, "needless:", needless, sep="\n")  # noqa: T201 - what a failure is about
    assert len({sentence for sentence, *_ in cases}) >= FEWEST_CASES
    assert recall >= LEAST_RECALL, missed
    assert precision >= LEAST_PRECISION, needless
