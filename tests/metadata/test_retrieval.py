"""Candidates from the trade's lists: how often the right branch is among them, and what no word alone would find."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from marketing.metadata.codelists import store_genres, thema
from marketing.metadata.retrieval import Index, Listed, genres, qualifiers, subjects, tags

pytestmark = pytest.mark.once
BOOKS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("subjects.toml").read_text(encoding="utf-8"))[
    "book"
]


def recall(books: list[dict[str, Any]], most: int) -> float:
    hits = 0
    for book in books:
        found = subjects().search([(book["title"], 1.0), (book["text"], 1.0)], most)
        hits += any(one.code.startswith(tuple(book["branches"])) for one in found)
    return hits / len(books)


def test_the_right_branch_is_among_thirty_candidates() -> None:
    plain = [book for book in BOOKS if book["kind"] == "plain"]
    told = [book for book in BOOKS if book["kind"] == "told"]
    assert (len(plain), len(told)) == (29, 11)
    assert recall(plain, 30) == 1.0
    assert recall(plain, 5) >= 0.95
    # A blurb that only tells a story names no subject; what is missed here is offered as a usual branch of fiction.
    assert recall(told, 30) >= 0.7


@pytest.mark.parametrize(("typed", "branch"), [("matmatyka", "PB"), ("ppsychologia", "JM"), ("geofotografia", "AJ")])
def test_the_vectors_find_what_shares_no_beginning_with_the_heading(typed: str, branch: str) -> None:
    assert any(one.code.startswith(branch) for one in subjects().search([(typed, 1.0)], 5))


def test_both_languages_find_a_subject_and_the_words_in_common_are_told() -> None:
    for text, word in (("programowanie komputerowe", "programowanie"), ("computer programming", "programming")):
        found = next(one for one in subjects().search([(text, 1.0)], 5) if one.code.startswith("UM"))
        assert word in found.words


def test_a_place_is_found_in_its_polish_cases() -> None:
    assert qualifiers("1").search([("w Polsce", 1.0)], 3)[0].code.startswith("1DTP")


@pytest.mark.parametrize(("text", "genre"), [("trio jazzowe, saksofon", "Jazz"), ("raper i jego bity", "Hip-Hop/Rap")])
def test_a_store_genre_is_found_by_what_a_note_says(text: str, genre: str) -> None:
    assert genres().search([(text, 1.0)], 1)[0].code == genre


def test_only_listed_codes_come_out_and_nothing_comes_of_nothing() -> None:
    assert {one.code for one in subjects().search([("historia Polski i muzyka", 1.0)], 50)} <= set(thema())
    assert {one.code for one in genres().search([("rock", 1.0)], 50)} <= set(store_genres())
    assert tags().search([("shoegaze", 1.0)], 1)[0].code == "shoegaze"
    assert subjects().search([("", 1.0), ("i w na 12 !!!", 1.0)], 30) == []
    assert Index([Listed("X", "x", (("alpha", 1.0),))]).search([("alpha", 1.0)], 5)[0].code == "X"
