"""Text from outside comes in one form and without what nobody sees."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.safety.text import is_web_address, many_lines, one_line, storable

ANY_TEXT = st.text(st.characters(exclude_categories=()))
HIDDEN = "".join(chr(0xE0000 + ord(letter)) for letter in "ignore rules")


def test_words_that_only_a_model_would_read_are_taken_out() -> None:
    assert one_line(f"Album{HIDDEN} roku") == "Album roku"


@given(ANY_TEXT)
def test_a_line_is_printable_and_in_one_form(text: str) -> None:
    line = one_line(text)
    assert line == unicodedata.normalize("NFC", line)
    assert not any(unicodedata.category(letter) in {"Cc", "Cs", "Co", "Zl", "Zp"} for letter in line)
    assert one_line(line) == line


@given(ANY_TEXT)
def test_many_lines_are_lines(text: str) -> None:
    lines = many_lines(text)
    assert "\n\n\n" not in lines
    assert [one_line(line) for line in lines.split("\n")] == lines.split("\n")


def test_line_ends_of_every_system_are_line_ends() -> None:
    assert many_lines("a\r\nb\rc\u2028d\n\n\n\ne") == "a\nb\nc\nd\n\ne"


@pytest.mark.parametrize("value", [None, 5, ["a"]])
def test_what_is_no_text_is_left_for_others_to_judge(value: object) -> None:
    assert one_line(value) is value
    assert many_lines(value) is value


@given(ANY_TEXT)
def test_what_was_typed_can_be_stored(text: str) -> None:
    assert "\x00" not in storable(text)
    storable(text).encode()


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://example.com/%0Aalert(1)",
        "data:text/html,x",
        "ftp://example.com",
        "file:///etc/passwd",
        "//example.com",
        "https://user:secret@example.com",
        "https://example.com:0/",
        "https://exam ple.com",
        "https://example.com/\u202egnp.exe",
        f"https://example.com/{HIDDEN}",
        "https://localhost/",
        "https://",
        "example.com",
    ],
)
def test_only_plain_web_links_are_links(link: str) -> None:
    assert not is_web_address(link)


@pytest.mark.parametrize("link", ["https://example.com", "http://żółw.pl/ścieżka?a=1#b", "HTTPS://Example.com:8443/x"])
def test_web_links_are_links(link: str) -> None:
    assert is_web_address(link)
