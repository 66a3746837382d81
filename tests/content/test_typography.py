"""Polish typography."""

from __future__ import annotations

import pytest
from hypothesis import given

from marketing.content.links import unbreakable
from marketing.content.typography import polish, quoted
from tests.content.briefs import UNHURRIED, lines


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ('Album "Cisza" już jest', "Album „Cisza” już jest"),
        ("Album “Cisza” już jest", "Album „Cisza” już jest"),
        ("Cisza - nowa płyta", "Cisza – nowa płyta"),
        ("Koncert w Łodzi i w Gdyni", "Koncert w\u00a0Łodzi i\u00a0w\u00a0Gdyni"),
        ("e-book, R&B i punk-rock", "e-book, R&B i\u00a0punk-rock"),
        ("https://hardban.pl/a-b/w?i=z", "https://hardban.pl/a-b/w?i=z"),
        ("#w @i a@b.pl", "#w @i a@b.pl"),
        ("„Już” dobrze", "„Już” dobrze"),
        ('Winyl 12" i 7"', 'Winyl 12" i\u00a07"'),
    ],
)
def test_sets_polish_prose(typed: str, printed: str) -> None:
    assert polish(typed) == printed


@UNHURRIED
@given(lines(200))
def test_leaves_links_and_hashtags_alone(text: str) -> None:
    assert [span.value for span in unbreakable(text)] == [span.value for span in unbreakable(polish(text))]


@UNHURRIED
@given(lines(200))
def test_sets_a_text_once(text: str) -> None:
    assert polish(polish(text)) == polish(text)


@pytest.mark.parametrize(
    ("title", "language", "printed"),
    [("Cisza", "pl", "„Cisza”"), ("Silence", "en", "“Silence”"), ("„Cisza” i krzyk", "pl", "„Cisza” i krzyk")],
)
def test_quotes_a_title_once(title: str, language: str, printed: str) -> None:
    assert quoted(title, language) == printed
