"""Texts with several fields: what a model's answer has to keep, field by field, and the drafts without a model."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.content.base import Piece
from marketing.content.policies import breaches
from marketing.content.registry import content_type
from marketing.content.sheets.measuring import measure_sheet
from marketing.content.sheets.table import sheet, sheets
from providers.errors import AnswerRejectedError

BRIEF: dict[str, Any] = {
    "title": "Żółte światło",
    "creator": "Ćma i Gęślarze",
    "facts": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk"],
    "link": "https://example.com/zolte-swiatlo",
    "language": "pl",
    "variants": 1,
}
HEADLINES = [
    "Żółte światło",
    "Ćma i\u00a0Gęślarze",
    "Nowy folk z\u00a0Łodzi",
    "Winyl: 300 sztuk",
    "Posłuchaj kwartetu",
    "Muzyka na długi wieczór",
    "Zamów płytę",
    "Gęśle i\u00a0ćma w\u00a0jednym",
    "Brzmi jak drewno",
    "Cisza między nutami",
    "Wejdź w\u00a0to światło",
]
DESCRIPTIONS = [
    "Drugi album kwartetu, który gra ciszą i drewnem. Posłuchaj już dziś.",
    "Winyl w nakładzie 300 sztuk czeka na Twoją półkę. Zamów swój egzemplarz.",
    "Muzyka dla osób, które lubią słuchać uważnie i do końca.",
]


def check(kind: str = "ad-copy", place: str = "google-search", *, last_try: bool = False, **fields: Any) -> Piece:
    made = content_type(kind)
    brief = made.load_brief({**BRIEF, "platforms": [place]})
    answer = {"headlines": HEADLINES, "descriptions": DESCRIPTIONS, "paths": ["muzyka", "winyl"], **fields}
    (piece,) = made.check(brief, made.parts(brief)[0], json.dumps({"variants": [answer]}), last_try=last_try)
    return piece


def test_a_good_answer_becomes_an_ad_with_the_link_from_the_brief() -> None:
    piece = check()
    assert piece.fields["headlines"] == tuple(HEADLINES)
    assert piece.fields["final_url"] == (BRIEF["link"],)
    assert not measure_sheet(sheet("google-search"), piece.fields).over


def test_values_that_do_not_fit_are_left_out_and_named_when_too_few_are_left() -> None:
    with pytest.raises(AnswerRejectedError, match="headlines 1 is 9 over 30"):
        check(headlines=["Posłuchaj nowej muzyki z Łodzi już dziś"] * 12)


def test_on_the_last_try_long_values_are_shortened_at_a_word() -> None:
    long = ["Posłuchaj nowej muzyki z Łodzi już dzisiaj", "Zamów winyl zanim zniknie z półki sklepu", "Nowy album"]
    piece = check(headlines=long, last_try=True)
    assert "values_shortened" in piece.notes
    assert all(len(value) <= 30 for value in piece.fields["headlines"])


def test_near_repetitions_are_left_out() -> None:
    piece = check(headlines=[*HEADLINES, "Posłuchaj  kwartetu!", "ZAMÓW płytę"])
    assert piece.fields["headlines"] == tuple(HEADLINES)


def test_an_ad_takes_no_claim_that_the_brief_does_not_say() -> None:
    piece = check(headlines=[*HEADLINES, "Sprzedano 5000 płyt"])
    assert "unfounded_left_out" in piece.notes
    assert "Sprzedano 5000 płyt" not in piece.fields["headlines"]


@pytest.mark.parametrize(
    ("headline", "code"),
    [("Zamów płytę!", "exclamation_in_headline"), ("KUP TO TERAZ SZYBKO", "shouting"), ("Kliknij tutaj", "click_here")],
)
def test_the_rules_of_the_tool_are_known(headline: str, code: str) -> None:
    assert code in {breach.code for breach in breaches(sheet("google-search"), {"headlines": [headline]})}


def test_an_answer_in_the_wrong_language_is_refused() -> None:
    english = ["Listen to the new album tonight", "A quiet record for the evening", "Order the vinyl record now"] * 4
    with pytest.raises(AnswerRejectedError, match="not in Polish"):
        check(headlines=[text[:30] for text in english[:3]] + HEADLINES[:2], descriptions=english, last_try=True)


def test_tags_come_from_the_persons_words_and_the_lists_before_the_model() -> None:
    made = content_type("tags")
    brief = made.load_brief({**BRIEF, "platforms": ["tags-instagram"], "own_words": ["polski folk", "gęśle"]})
    answer = {"variants": [{"hashtags": ["wymyślony", "inny wymysł", "jeszcze jeden", "folk", "kolejny", "i kolejny"]}]}
    (piece,) = made.check(brief, made.parts(brief)[0], json.dumps(answer), last_try=False)
    tags = piece.fields["hashtags"]
    assert tags[:2] == ("polskiFolk", "gęśle")
    assert len(set(tags)) == len(tags)
    assert len([tag for tag in tags if tag in {"wymyślony", "innyWymysł", "jeszczeJeden", "kolejny", "iKolejny"}]) <= 1


@pytest.mark.parametrize("place", [one.slug for one in sheets()])
@pytest.mark.parametrize("language", ["pl", "en"])
def test_every_sheet_has_a_draft_within_its_limits(place: str, language: str) -> None:
    made = content_type(sheet(place).kind)
    for subject in ("release", "book", "event", "other"):
        brief = made.load_brief({**BRIEF, "language": language, "subject": subject, "platforms": [place]})
        for piece in made.offline(brief, made.parts(brief)[0]):
            measured = measure_sheet(sheet(place), piece.fields)
            assert not measured.over, (place, subject, piece.fields)
            assert not [breach for breach in measured.breaches if breach.strong]


VALUES = st.lists(st.one_of(st.text(max_size=120), st.none(), st.integers()), max_size=8)


@settings(max_examples=60)
@given(headlines=VALUES, descriptions=VALUES, paths=VALUES)
def test_whatever_a_model_writes_is_refused_or_fits(headlines: Any, descriptions: Any, paths: Any) -> None:
    with contextlib.suppress(AnswerRejectedError):
        piece = check(headlines=headlines, descriptions=descriptions, paths=paths, last_try=True)
        assert not measure_sheet(sheet("google-search"), piece.fields).over
