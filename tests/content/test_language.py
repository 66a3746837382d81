"""Telling the language of a post."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from marketing.content.language import is_in

_POSTS: dict[str, list[dict[str, Any]]] = tomllib.loads(
    Path(__file__).with_name("posts.toml").read_text(encoding="utf-8"),
)
_BOTH = ("pl", "en")


def test_more_than_98_of_100_posts_are_judged_right() -> None:
    asked = [(own, post, wanted) for own in (*_BOTH, "other") for post in _POSTS[own] for wanted in _BOTH]
    wrong = [
        post["text"] for own, post, wanted in asked if is_in(post["text"], wanted, post["names"]) != (own == wanted)
    ]
    assert len(_POSTS["pl"]) + len(_POSTS["en"]) >= 60
    assert len(wrong) / len(asked) < 0.02, wrong


@pytest.mark.parametrize("language", _BOTH)
def test_no_post_in_the_right_language_is_refused(language: str) -> None:
    assert [post["text"] for post in _POSTS[language] if not is_in(post["text"], language, post["names"])] == []


@pytest.mark.parametrize("language", _BOTH)
def test_names_alone_pass_as_either(language: str) -> None:
    assert all(is_in(post["text"], language, post["names"]) for post in _POSTS["either"])


def test_refuses_a_text_that_changes_language_half_way() -> None:
    text = (
        "Nowy album „Cisza” ukazuje się w piątek i jest o wszystkim, co zostaje po koncercie.\n\n"
        "This is a record about everything that stays with you after the concert is over and the lights are on."
    )
    assert not is_in(text, "pl", ["Cisza"])


def test_a_long_foreign_title_does_not_make_a_post_foreign() -> None:
    title = "Everything That Stays With You After the Lights Are On"
    assert is_in(f"Premiera: Luna Rey – {title}. Płyta już w sklepach.", "pl", [title, "Luna Rey"])
