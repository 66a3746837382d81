"""Platforms as data, measuring and folding."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.content.counting import graphemes
from marketing.content.links import find_hashtags, find_urls
from marketing.content.measure import Level, fold, measure
from marketing.content.platforms import Status, platform, platforms
from tests.content.briefs import UNHURRIED, lines


def test_knows_ten_platforms_with_a_date() -> None:
    assert [place.slug for place in platforms()] == [
        "x", "facebook", "instagram", "tiktok", "youtube", "linkedin", "threads", "bluesky", "mastodon", "pinterest",
    ]  # fmt: skip
    assert all(place.as_of.year >= 2026 for place in platforms())


def test_blocks_only_on_proven_limits() -> None:
    limits = [
        limit for place in platforms() for limit in (place.text, place.title, place.second, place.hashtags) if limit
    ]
    for limit in limits:
        assert limit.blocks == (limit.max is not None and limit.status in {Status.CONFIRMED, Status.CORROBORATED})


def test_says_how_much_is_left() -> None:
    found = measure(platform("x"), "", "Zażółć gęślą jaźń")
    assert (found.used, found.limit, found.left, found.level) == (17, 280, 263, Level.OK)


def test_says_by_how_much_a_text_is_over() -> None:
    found = measure(platform("x"), "", "a" * 297)
    assert found.over
    assert (found.left, found.warnings[0].code, found.warnings[0].number) == (-17, "over", 17)


def test_counts_letters_typed_in_two_parts_once() -> None:
    assert measure(platform("facebook"), "", unicodedata.normalize("NFD", "żółć")).used == 4


def test_a_full_polish_youtube_description_is_over_in_bytes() -> None:
    assert measure(platform("youtube"), "Tytuł", "ą" * 2501).over
    assert not measure(platform("youtube"), "Tytuł", "ą" * 2500).over


def test_bluesky_has_a_second_cap_in_bytes() -> None:
    family = "👨‍👩‍👧‍👦" * 121
    found = measure(platform("bluesky"), "", family)
    assert (found.text.level, found.over) == (Level.OK, True)
    assert [warning.code for warning in found.warnings] == ["bytes_over"]


@pytest.mark.parametrize(
    ("slug", "tags", "level", "codes"),
    [
        ("instagram", 5, Level.OK, []),
        ("instagram", 6, Level.OVER, ["hashtags_over"]),
        ("threads", 2, Level.OVER, ["hashtags_over"]),
        ("x", 3, Level.WARNING, ["hashtags_many"]),
        ("youtube", 61, Level.WARNING, ["hashtags_too_many"]),
    ],
)
def test_judges_the_number_of_hashtags(slug: str, tags: int, level: Level, codes: list[str]) -> None:
    found = measure(platform(slug), "Tytuł", "Tekst " + " ".join(f"#t{number}a" for number in range(tags)))
    assert (found.level, [warning.code for warning in found.warnings]) == (level, codes)


@pytest.mark.parametrize(
    ("title", "codes"),
    [
        ("", ["title_missing"]),
        ("a" * 71, ["title_long"]),
        ("a" * 101, ["title_over"]),
        ("a<b", ["forbidden_characters"]),
    ],
)
def test_judges_a_title(title: str, codes: list[str]) -> None:
    assert [warning.code for warning in measure(platform("youtube"), title, "Opis").warnings] == codes


def test_an_empty_post_is_refused_where_text_is_required() -> None:
    assert measure(platform("x"), "", " ").over
    assert not measure(platform("facebook"), "", "").over


def test_warns_without_blocking_when_text_hides_behind_more() -> None:
    found = measure(platform("instagram"), "", "słowo " * 40)
    assert (found.level, found.warnings[0].code, found.warnings[0].limit) == (Level.OK, "folded", 125)


def test_folds_at_a_words_end() -> None:
    visible, hidden = fold(platform("instagram"), "słowo " * 30)
    assert visible.endswith(("słowo", "słowo "))
    assert len(visible) <= 125
    assert hidden.startswith((" słowo", "słowo"))


def test_never_folds_inside_a_link() -> None:
    text = "a" * 110 + " https://hardban.pl/bardzo-dluga-sciezka i dalej"
    assert fold(platform("instagram"), text)[1].startswith("https://hardban.pl/")


def test_shows_a_link_whole_when_it_begins_the_text() -> None:
    text = "https://hardban.pl/" + "a" * 150 + " reszta"
    assert fold(platform("instagram"), text) == (text.removesuffix(" reszta"), " reszta")


def test_does_not_fold_where_the_platform_does_not() -> None:
    assert fold(platform("x"), "a" * 600) == ("a" * 600, "")


@UNHURRIED
@given(st.lists(lines(60), max_size=12).map(" ".join), st.sampled_from(["facebook", "instagram", "linkedin"]))
def test_a_fold_loses_nothing_and_cuts_nothing_in_two(text: str, slug: str) -> None:
    visible, hidden = fold(platform(slug), text)
    whole = unicodedata.normalize("NFC", text)
    assert visible + hidden == whole
    assert len(graphemes(visible)) + len(graphemes(hidden)) == len(graphemes(whole))
    spans = (*find_urls(whole, any_domain=True), *find_hashtags(whole))
    assert not any(span.start < len(visible) < span.end for span in spans)
