"""The brief of a social post: what it takes, what it mends, what it refuses and how it says so."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import translation
from pydantic import ValidationError

from marketing.content.brief import readable_errors
from marketing.content.social_brief import SocialPostBrief
from tests.content.briefs import brief


@pytest.fixture(autouse=True)
def _in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


def _errors(**changes: Any) -> dict[str, list[str]]:
    with pytest.raises(ValidationError) as caught:
        brief(**changes)
    return readable_errors(caught.value)


def test_needs_only_a_title_and_a_platform() -> None:
    small = SocialPostBrief.model_validate({"title": "Cisza", "platforms": ["x"]})
    assert (small.language, small.goal, small.tone, small.variants, small.date) == (
        "pl",
        "announce",
        "friendly",
        3,
        None,
    )


def test_keeps_text_on_one_line_in_nfc_without_control_characters() -> None:
    assert brief(title="  Nocny\x00 pocia\u0328g\n\u202eB ").title == "Nocny pociąg B"


def test_drops_empty_facts_and_takes_one_a_line() -> None:
    assert brief(facts="Raz\n\n  Dwa  \n").facts == ["Raz", "Dwa"]
    assert brief(facts=["Raz", " ", "Dwa"]).facts == ["Raz", "Dwa"]


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (["#nowość", "nowość", "NOWOŚĆ"], ["nowość"]),
        ("#zima, jazz #Łódź", ["zima", "jazz", "Łódź"]),
        (["nowa muzyka"], ["nowaMuzyka"]),
        (["live-2026!"], ["live2026"]),
        (["", "#"], []),
    ],
)
def test_normalises_hashtags(typed: Any, kept: list[str]) -> None:
    assert brief(hashtags=typed).hashtags == kept


@pytest.mark.parametrize("link", ["https://hardban.pl", "http://żółw.pl/ż?x=1#a", "https://hardban.example:8080/a"])
def test_takes_web_links(link: str) -> None:
    assert brief(link=f" {link} ").link == link


@pytest.mark.parametrize(
    "link",
    ["hardban.pl", "ftp://hardban.pl", "javascript:alert(1)", "https://", "https://a b.pl", "https://hardban.pl/\n",
     "https://hardban.pl/\x07", "https://jan:haslo@hardban.pl", "https://[::1", "https://localhost", "https://a.pl:99999",
     "https://a.pl/<b>"],
)  # fmt: skip
def test_refuses_what_is_no_web_link(link: str) -> None:
    if link.strip() != link:
        assert brief(link=link).link == link.strip()
    else:
        assert _errors(link=link) == {"link": ["Enter a link that begins with https:// or http://."]}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"title": " "}, "title", "Fill this in."),
        ({"title": "a" * 181}, "title", "Use at most 180 characters."),
        ({"facts": ["a"] * 21}, "facts", "Enter at most 20."),
        ({"facts": ["Raz", "a" * 301]}, "facts", "Line 2: Use at most 300 characters."),
        ({"platforms": []}, "platforms", "Choose at least one."),
        ({"platforms": ["x", "x"]}, "platforms", "Choose each platform once."),
        ({"platforms": ["myspace"]}, "platforms", "Choose platforms from the list; this one is not on it: myspace"),
        ({"variants": 6}, "variants", "Enter a number from 1 to 5."),
        ({"variants": "dużo"}, "variants", "Enter a whole number."),
        ({"date": "jutro"}, "date", "Enter a date such as 2026-07-03."),
        ({"tone": "krzyk"}, "tone", "Choose one of the offered values."),
        ({"hashtags": ["2026"]}, "hashtags", "A hashtag has letters, digits or _ and at most 50 characters: 2026"),
        ({"title": 5}, "title", "Enter text."),
    ],
)
def test_says_what_to_do_in_words(changes: dict[str, Any], field: str, message: str) -> None:
    assert _errors(**changes) == {field: [message]}


def test_a_missing_field_is_named() -> None:
    with pytest.raises(ValidationError) as caught:
        SocialPostBrief.model_validate({})
    assert readable_errors(caught.value) == {"title": ["Fill this in."], "platforms": ["Fill this in."]}


def test_an_empty_date_is_no_date() -> None:
    assert brief(date="").date is None


def test_survives_being_stored() -> None:
    assert SocialPostBrief.model_validate(brief().model_dump(mode="json")) == brief()
