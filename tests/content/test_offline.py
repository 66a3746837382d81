"""Offline drafts: always possible, always within the limits, never a fact that nobody gave."""

from __future__ import annotations

import itertools
import string
from typing import Any

import pytest
import regex
from hypothesis import given, settings

from marketing.content.base import Part, Piece
from marketing.content.brief import GOALS, LANGUAGES, SUBJECTS, TONES
from marketing.content.cleaning import plain
from marketing.content.language import is_in
from marketing.content.links import find_hashtags, find_urls
from marketing.content.measure import measure
from marketing.content.offline.composer import compose_drafts
from marketing.content.offline.phrases import phrases
from marketing.content.platforms import Links, platform, platforms
from marketing.content.social_brief import SocialPostBrief
from marketing.content.social_posts import SocialPosts
from tests.content.briefs import LINK, UNHURRIED, any_brief, brief

_NUMBER = regex.compile(r"\d+")
_SETTINGS = settings(UNHURRIED, max_examples=40)


def _drafts(given_brief: SocialPostBrief) -> list[tuple[str, Piece]]:
    kind = SocialPosts()
    parts = kind.parts(given_brief)
    return [(part.platform, piece) for part in parts for piece in kind.offline(given_brief, part)]


def _numbers(given_brief: SocialPostBrief) -> set[str]:
    said = [given_brief.title, given_brief.creator, *given_brief.facts, given_brief.call_to_action, given_brief.link]
    found = set(_NUMBER.findall("\n".join([*said, *given_brief.hashtags])))
    date = given_brief.date
    return found | ({str(date.day), str(date.month), str(date.year)} if date else set())


@_SETTINGS
@given(any_brief())
def test_every_draft_of_every_brief_is_within_the_limits(given_brief: SocialPostBrief) -> None:
    for slug, piece in _drafts(given_brief):
        found = measure(platform(slug), piece.title, piece.text)
        assert not found.over, (slug, found.warnings, piece)
        assert not [warning.code for warning in found.warnings if warning.code.startswith("hashtags_over")]


@_SETTINGS
@given(any_brief())
def test_the_drafts_for_one_platform_all_differ(given_brief: SocialPostBrief) -> None:
    for _, group in itertools.groupby(_drafts(given_brief), key=lambda draft: draft[0]):
        texts = [piece.text for _, piece in group]
        assert len(set(texts)) == len(texts) == 5


@_SETTINGS
@given(any_brief())
def test_no_draft_has_a_number_that_the_brief_does_not(given_brief: SocialPostBrief) -> None:
    for slug, piece in _drafts(given_brief):
        assert set(_NUMBER.findall(f"{piece.title}\n{piece.text}")) <= _numbers(given_brief), (slug, piece)


@_SETTINGS
@given(any_brief())
def test_no_draft_has_a_link_that_the_brief_does_not(given_brief: SocialPostBrief) -> None:
    said = "\n".join([
        given_brief.link, given_brief.title, given_brief.creator, *given_brief.facts, given_brief.call_to_action,
    ])  # fmt: skip
    for slug, piece in _drafts(given_brief):
        for url in find_urls(f"{piece.title}\n{piece.text}", any_domain=True):
            assert url.value in said.replace("<", "‹").replace(">", "›") + said, (slug, url)


_CROSS = list(itertools.product(LANGUAGES, SUBJECTS, GOALS, TONES))


@pytest.mark.parametrize(("language", "subject", "goal", "tone"), _CROSS)
def test_every_kind_of_brief_has_drafts_in_its_language(language: str, subject: str, goal: str, tone: str) -> None:
    facts = {
        "pl": ["Album powstał w Gdańsku", "Nagrania trwały dwa lata"],
        "en": ["Recorded in Gdańsk", "It took two years"],
    }
    kinds: dict[str, Any] = {"language": language, "subject": subject, "goal": goal, "tone": tone}
    given_brief = brief(**kinds, facts=facts[language], platforms=["x", "facebook"], variants=5)
    for _, piece in _drafts(given_brief):
        assert is_in(piece.text, language, ["Nocny pociąg", "Luna Rey"]), piece.text
        assert "Nocny pociąg" in piece.text.replace("\u00a0", " ")


def test_the_same_brief_always_brings_the_same_draft() -> None:
    part = Part("facebook", "pl", (1, 2, 3))
    assert compose_drafts(brief(), part) == compose_drafts(brief(), part)


def test_a_position_brings_the_same_draft_alone_and_among_others() -> None:
    whole = compose_drafts(brief(variants=3), Part("x", "pl", (1, 2, 3)))
    assert compose_drafts(brief(variants=3), Part("x", "pl", (2,))) == (whole[1],)


def test_positions_beyond_the_asked_ones_bring_further_drafts() -> None:
    texts = [piece.text for piece in compose_drafts(brief(), Part("facebook", "pl", tuple(range(1, 13))))]
    assert len(set(texts)) == len(texts)


def test_puts_the_link_where_it_can_be_clicked() -> None:
    for place in platforms():
        (piece,) = compose_drafts(brief(), Part(place.slug, "pl", (1,)))
        assert (LINK in piece.text) == (place.links is Links.CLICKABLE), place.slug


def test_sends_readers_to_the_bio_where_links_are_dead() -> None:
    (piece,) = compose_drafts(brief(), Part("instagram", "pl", (1,)))
    assert "link w\u00a0bio" in piece.text


@pytest.mark.parametrize(("language", "written"), [("pl", "3 lipca 2026"), ("en", "3 July 2026")])
def test_writes_the_date_as_the_language_does(language: str, written: str) -> None:
    (piece,) = compose_drafts(brief(language=language), Part("facebook", language, (1,)))
    assert written in piece.text


@pytest.mark.parametrize(
    ("call", "slug", "printed"),
    [
        ("Zamów przedpremierowo", "x", f"Zamów przedpremierowo:\n{LINK}"),
        ("Zamów!", "x", f"Zamów!\n{LINK}"),
        ("Zamów tutaj:", "instagram", "Zamów tutaj – link w\u00a0bio."),
        ("Zamów!", "instagram", "Zamów! Link w\u00a0bio."),
        ("Zamów tutaj:", "pinterest", "Zamów tutaj."),
    ],
)
def test_uses_the_call_to_action_as_given(call: str, slug: str, printed: str) -> None:
    (piece,) = compose_drafts(brief(call_to_action=call), Part(slug, "pl", (1,)))
    assert printed in piece.text


def test_wanted_hashtags_come_first() -> None:
    (piece,) = compose_drafts(brief(hashtags=["zima", "jazz"]), Part("instagram", "pl", (1,)))
    assert [span.value for span in find_hashtags(piece.text)] == ["zima", "jazz", "LunaRey", "NocnyPociąg"]


def test_says_when_wanted_hashtags_were_left_out() -> None:
    (piece,) = compose_drafts(brief(hashtags=["zima", "jazz"]), Part("threads", "pl", (1,)))
    assert len(find_hashtags(piece.text)) == 1
    assert "hashtags_dropped" in piece.notes


def test_leaves_out_a_link_that_would_fill_the_post() -> None:
    (piece,) = compose_drafts(brief(link="https://hardban.example/" + "a" * 200), Part("x", "pl", (1,)))
    assert "hardban.example" not in piece.text
    assert "link_left_out" in piece.notes


def test_has_a_draft_even_for_a_title_that_cannot_be_cut() -> None:
    # Full-width digits cost X two each, and half a number would be another number.
    (piece,) = compose_drafts(brief(title="１" * 180), Part("x", "pl", (1,)))
    assert "１" not in piece.text
    assert not measure(platform("x"), "", piece.text).over
    assert "title_left_out" in piece.notes


def test_never_prints_the_audience() -> None:
    for _, piece in _drafts(brief(audience="kobiety z dużych miast", platforms=["x", "linkedin"], variants=5)):
        assert "kobiety" not in piece.text


def test_takes_a_fact_whole_or_not_at_all() -> None:
    fact = "To zdanie jest bardzo długie " + "i ciągnie się dalej " * 12 + "aż do końca"
    for _, piece in _drafts(brief(facts=[fact], platforms=["x", "facebook"], variants=5)):
        text = piece.text.replace("\u00a0", " ")
        assert (fact in text) or ("ciągnie" not in text)


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_complete_and_state_no_number(language: str) -> None:
    words = phrases(language)
    for subject in SUBJECTS:
        assert all(len(set(words.opening[subject][goal])) >= 6 for goal in GOALS)
        assert all(len(set(words.mood[subject][tone])) >= 5 for tone in ("friendly", "poetic", "energetic"))
        assert all(len(set(words.closing[subject][goal])) >= 5 for goal in ("announce", "sell", "remind"))
    assert not any(letter.isdigit() for line in _all_lines(language) for letter in line)


@pytest.mark.parametrize("language", LANGUAGES)
def test_phrases_are_plain_text_with_known_fields_only(language: str) -> None:
    fields = {name for line in _all_lines(language) for _, name, _, _ in string.Formatter().parse(line) if name}
    assert fields <= {"work", "date", "call", "name", "creator", "title"}
    assert all(plain(line) == line for line in _all_lines(language))


@pytest.mark.parametrize(
    "ending",
    ["gotowy", "gotowa", "zainteresowany", "zainteresowana", "chciałbyś", "chciałabyś", "mógłbyś", "byłeś", "byłaś"],
)
def test_polish_phrases_address_nobody_by_gender(ending: str) -> None:
    assert not any(ending in line.casefold() for line in _all_lines("pl"))


def _all_lines(language: str) -> list[str]:
    words = phrases(language)
    nested = [words.opening, words.mood, words.closing]
    flat = [words.date, words.closing_without_link, words.question, words.headline]
    lists = [lines for group in nested for by_key in group.values() for lines in by_key.values()]
    lists += [lines for group in flat for lines in group.values()]
    return [line for lines in lists for line in lines] + [words.link_in_bio, words.link_in_bio_after]


def test_a_draft_begins_with_something_to_read_not_with_an_hour_or_an_address() -> None:
    facts = ["Początek o 19.00 w sali na piętrze", "288 stron i twarda oprawa", "Zajezdnia, ul. Wąska 4, koło parku"]
    for position in range(1, 6):
        for slug in ("x", "facebook", "instagram"):
            given_brief = brief(facts=facts, platforms=[slug], variants=5)
            (piece,) = SocialPosts().offline(given_brief, Part(slug, "pl", (position,)))
            assert not piece.text.startswith(("Początek", "288", "Zajezdnia"))


def test_facts_begin_with_a_capital_and_titles_in_sentences_are_quoted() -> None:
    from marketing.content.registry import content_type

    kind = content_type("email-templates")
    mail = kind.load_brief({"title": "Żółte światło", "facts": ["drugi album kwartetu"], "language": "pl"})
    (piece,) = kind.offline(mail, kind.parts(mail)[0])
    assert piece.fields["points"] == ("Drugi album kwartetu",)
    assert "„Żółte światło”" in piece.fields["paragraphs"][0]
