"""How much of a text a person left as it was: short ones by letters, long ones by words."""

from __future__ import annotations

from marketing.judging import alike


def test_a_short_text_is_compared_by_letters() -> None:
    assert alike("Nowy album już jest.", "Nowy album już jest!") == 0.95


def test_a_long_text_that_repeats_itself_is_compared_by_words() -> None:
    words = [f"słowo{number % 700}" for number in range(10_000)]
    changed = [*words[:9_000], *("inne" for _ in range(1_000))]
    assert round(alike(" ".join(words), " ".join(changed)), 2) == 0.9
    assert alike("ala ma kota " * 4_000, "ala ma kota " * 4_000) == 1.0
