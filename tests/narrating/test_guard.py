"""The guard: of a thousand spoiled sentences none passes, and honest ones do."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from django.utils import translation

from marketing.narrating.guard import faults
from marketing.narrating.sayable import PLACEHOLDER
from marketing.narrating.telling import filled, tell
from tests.narrating.attacks import attacks, offered

pytestmark = pytest.mark.once
HONEST = tomllib.loads(Path(__file__).with_name("honest.toml").read_text(encoding="utf-8"))
LANGUAGES = ["pl", "en"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_none_of_five_hundred_spoiled_sentences_passes(language: str) -> None:
    spoiled = attacks(language, 500)
    assert len({sentence for _way, sentence in spoiled}) > 180
    assert [one for one in spoiled if not faults([one[1]], offered(), language)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_spoiled_sentence_among_honest_ones_spoils_all(language: str) -> None:
    for way, sentence in attacks(language, 60, seed=3):
        assert faults([HONEST[language][0], sentence, HONEST[language][1]], offered(), language), way


@pytest.mark.parametrize("language", LANGUAGES)
def test_honest_sentences_pass(language: str) -> None:
    refused = {one: why for one in HONEST[language] if (why := faults([one], offered(), language))}
    assert len(HONEST[language]) >= 60
    assert len(refused) <= 0.05 * len(HONEST[language]), refused


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_template_speaks_under_the_same_guard(language: str) -> None:
    with translation.override(language):
        told = tell(offered())
    assert len(told) == 10
    assert [why for sentence in told for why in faults([sentence], offered(), language)] == []
    for pieces in filled(told, offered()):
        assert any(fact for _text, fact in pieces)
        assert not PLACEHOLDER.search("".join(text for text, _fact in pieces))


def test_faults_are_words_that_a_model_can_act_on() -> None:
    found = faults(["Wydatki wyniosły {spend}, dzięki wideo, w maju."], offered(), "pl")
    assert sorted(found) == [
        "Sentence 1 names a cause or an effect (“dzieki”).",
        "Sentence 1 names a date or a span of time (“maju”).",
    ]
    assert faults([], offered(), "pl") == ["There is no sentence."]
    assert faults(["Wydatki: {spend}."] * 7, offered(), "pl") == ["At most 6 sentences."]
