"""Lengths as the platforms count them."""

from __future__ import annotations

import json
import time
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.content.counting import count, youtube_tags
from marketing.content.links import find_hashtags, find_urls
from marketing.content.platforms import Counting
from tests.content.briefs import UNHURRIED, lines

_SHARED = Path(__file__).resolve().parents[2].parent / "shared" / "domain" / "datasets" / "text_length_cases.json"


@pytest.mark.parametrize(
    ("text", "weighted"),
    [
        ("Zażółć gęślą jaźń", 17),
        ("„Cisza” – koniec", 16),
        ("Cisza…", 7),
        ("日本", 4),
        ("👨‍👩‍👧‍👦", 2),
        ("🇵🇱🇵🇱", 4),
        ("1⃣", 2),
        ("☺", 2),
        ("©", 1),
        ("hardban.pl", 23),
        ("https://hardban.pl/bardzo/dluga/sciezka?z=parametrem", 23),
        ("(https://hardban.pl/a).", 26),
        ("hardban.example", 15),
        ("studio.local", 12),
        ("jan@hardban.pl", 14),
        ("z\u0307", 1),
    ],
)
def test_weighs_a_text_as_x_does(text: str, weighted: int) -> None:
    assert count(Counting.X_WEIGHTED, text) == weighted


@pytest.mark.parametrize(
    ("counting", "text", "length"),
    [
        (Counting.CODEPOINTS, "żółw 🎧", 6),
        (Counting.UTF16, "żółw 🎧", 7),
        (Counting.UTF8, "żółw 🎧", 12),
        (Counting.GRAPHEMES, "👍🏽a\u0308", 2),
        (Counting.MASTODON, "https://hardban.example/bardzo-dluga-sciezka-do-plyty", 23),
        (Counting.MASTODON, "hardban.pl", 10),
        (Counting.MASTODON, "@luna@mastodon.social cześć", 11),
        (Counting.YOUTUBE_TAGS, "muzyka\nnowa płyta", 19),
        (Counting.ITEMS, "a\nb\n\nc", 3),
    ],
)
def test_counts_by_each_method(counting: Counting, text: str, length: int) -> None:
    assert count(counting, text) == length


def test_counts_no_comma_for_a_single_youtube_tag() -> None:
    assert youtube_tags(["nowa płyta"]) == len("nowa płyta") + 2


@pytest.mark.shared
def test_every_published_length_case_matches_in_every_column() -> None:
    cases = json.loads(_SHARED.read_text(encoding="utf-8"))["cases"]
    wrong = [case["name"] for case in cases if _measured(case["text"]) != _expected(case)]
    assert wrong == []
    assert len(cases) == 39


@pytest.mark.shared
def test_every_published_case_has_its_links_and_hashtags() -> None:
    cases = [case for case in json.loads(_SHARED.read_text(encoding="utf-8"))["cases"] if "urls" in case]
    for case in cases:
        assert [span.value for span in find_urls(case["text"])] == case["urls"], case["name"]
        assert [span.value for span in find_hashtags(case["text"])] == case["hashtags"], case["name"]


def _measured(text: str) -> tuple[int, int, int, int, int, bool]:
    weighted = count(Counting.X_WEIGHTED, text)
    others = (Counting.GRAPHEMES, Counting.UTF16, Counting.UTF8, Counting.CODEPOINTS)
    lengths = [count(method, text) for method in others]
    return (weighted, lengths[0], lengths[1], lengths[2], lengths[3], 1 <= weighted <= 280)


def _expected(case: dict[str, object]) -> tuple[object, ...]:
    columns = ("weighted_length", "graphemes", "utf16_units", "utf8_bytes", "code_points", "valid")
    return tuple(case[column] for column in columns)


@UNHURRIED
@given(st.one_of(st.text(st.characters(), max_size=80), lines(200)))
def test_never_raises_and_never_goes_below_zero(text: str) -> None:
    assert all(count(method, text) >= 0 for method in Counting)


@UNHURRIED
@given(lines(200), st.integers(1, 20))
def test_grows_by_plain_words_exactly(text: str, words: int) -> None:
    more = " abc" * words
    for method in (Counting.X_WEIGHTED, Counting.GRAPHEMES, Counting.UTF16, Counting.UTF8, Counting.MASTODON):
        assert count(method, text + more) == count(method, text) + len(more)


@UNHURRIED
@given(lines(200))
def test_x_counts_the_same_however_the_letters_are_typed(text: str) -> None:
    apart = unicodedata.normalize("NFD", text)
    assert count(Counting.X_WEIGHTED, apart) == count(Counting.X_WEIGHTED, unicodedata.normalize("NFC", text))


@pytest.mark.parametrize(
    "piece",
    [
        "a.",
        "_.a",
        "https://",
        "a.pl ",
        "https://a.pl/(",
        "https://a.pl/" + "(a" * 20,
        "#1",
        "@a.",
        "👨‍👩‍👧‍👦",
        "日.a.pl",
        "a@",
    ],
)
def test_counts_twelve_thousand_awkward_characters_quickly(piece: str) -> None:
    text = (piece * 12_000)[:12_000]
    began = time.process_time()
    for method in Counting:
        count(method, text)
    # Generous: it takes a tenth of this; a pattern that backtracks would take minutes.
    assert time.process_time() - began < 2
