from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.thoughts import ThoughtSplitter, split_thoughts


def in_pieces(text: str, cuts: list[int]) -> tuple[str, str]:
    places = [0, *sorted(min(cut, len(text)) for cut in cuts), len(text)]
    splitter = ThoughtSplitter()
    settled = [splitter.feed(text[start:end]) for start, end in itertools.pairwise(places)]
    settled.append(splitter.close())
    return "".join(part[0] for part in settled), "".join(part[1] for part in settled)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello", ("Hello", "")),
        ("<think>Hm</think>Hello", ("Hello", "Hm")),
        ("\n <think>Hm</think>\n\nHello", ("Hello", "Hm")),
        ("<think>Hm", ("", "Hm")),
        ("<thi", ("<thi", "")),
        ("Say <think>Hm</think>", ("Say <think>Hm</think>", "")),
        ("<think>a</thin b</think>c", ("c", "a</thin b")),
        ("", ("", "")),
    ],
)
def test_a_leading_thought_is_split_off(text: str, expected: tuple[str, str]) -> None:
    assert split_thoughts(text) == expected


@given(
    st.text("<>/think ab", max_size=12),
    st.text("<>/think ab", max_size=12),
    st.lists(st.integers(0, 60), max_size=8),
)
def test_it_does_not_matter_how_a_text_is_cut(thought: str, answer: str, cuts: list[int]) -> None:
    text = f"<think>{thought}</think>{answer}"
    assert in_pieces(text, cuts) == split_thoughts(text)
