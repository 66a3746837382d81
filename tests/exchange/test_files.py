"""What a file is taken for by what stands in it, and what becomes of records that are ill."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.exchange import files
from marketing.exchange.files import FileError, read
from marketing.exchange.kdp import as_kdp
from marketing.exchange.tracks import as_tracks
from marketing.metadata.books import onix
from marketing.metadata.books.onix_reading import from_onix, reference_names
from marketing.records import as_json
from tests.metadata.test_book_rules import book
from tests.metadata.test_music_rules import release

pytestmark = pytest.mark.once


def onix_of(*books: dict[str, Any]) -> bytes:
    return onix.to_onix(books, "Hardban Lab")


def lines(*records: Any) -> bytes:
    return "\n".join(json.dumps(one) for one in records).encode()


@pytest.mark.parametrize(
    ("content", "form", "kind"),
    [
        (onix_of(book()), "onix", "book"),
        (onix_of(book()).decode().replace("UTF-8", "UTF-16").encode("utf-16"), "onix", "book"),
        (as_kdp([book()]).encode(), "kdp", "book"),
        (as_kdp([book()]).replace(",", ";").encode("cp1250", "ignore"), "kdp", "book"),
        (as_tracks([release()]).encode(), "tracks", "release"),
        (as_json([release()]).encode(), "json", "release"),
        (as_json([book(), book(isbn13="9788324000029")]).encode(), "json", "book"),
        (json.dumps([book()], indent=2).encode(), "json", "book"),
        (lines({"id": "a", "record": release()}), "json", "release"),
    ],
)
def test_a_file_is_known_by_what_stands_in_it(content: bytes, form: str, kind: str) -> None:
    found = read(content)
    assert (found.form, found.kind) == (form, kind)
    assert [entry.code for entry in found.entries] == [""] * len(found.entries)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b"<a/>", "no_onix"),
        (b"<ONIXMessage/>", "empty"),
        (b"<ONIXMessage><Product>", "no_onix"),
        (b'<ONIXMessage release="2.1"><Product/></ONIXMessage>', "no_onix"),
        (b'<!DOCTYPE a [<!ENTITY x "y">]><ONIXMessage><Product/></ONIXMessage>', "no_onix"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><ONIXMessage>&x;</ONIXMessage>', "no_onix"),
        (b"{}", "unknown_kind"),
        (b"[1, 2]", "no_json"),
        (b"[" * 100_000, "no_json"),
        (b"[" * 3_000_001, "too_many_records"),
        (b'{"title": "\xff"}', "no_json"),
        (b"PK\x03\x04\x00", "no_table"),
        (b"title,author\nA,B\n", "unknown_table"),
        (b"x" * 60_000_001, "too_large"),
        (lines(*({"title": "A", "isbn13": ""} for _ in range(20_001))), "too_many_records"),
    ],
)
def test_a_file_that_is_of_no_use_is_refused_with_its_reason(content: bytes, code: str) -> None:
    with pytest.raises(FileError) as refused:
        read(content)
    assert refused.value.code == code


def test_entities_that_grow_without_end_are_refused_before_they_grow() -> None:
    entities = "".join(f'<!ENTITY e{at} "{f"&e{at - 1};" * 10}">' for at in range(1, 12))
    bomb = f'<!DOCTYPE a [<!ENTITY e0 "boom">{entities}]><ONIXMessage a="&e11;"><Product/></ONIXMessage>'
    with pytest.raises(FileError, match="no_onix"):
        read(bomb.encode())


@pytest.mark.parametrize(
    ("change", "code", "column"),
    [
        ({"title": ""}, "missing", "title"),
        ({"title": "x" * 301}, "too_long", "title"),
        ({"isbn13": "9788324000013"}, "bad_code", "isbn13"),
        ({"contributors": "Anna"}, "no_list", "contributors"),
        ({"contributors": ["Anna"]}, "no_list", "contributors"),
        ({"keywords": "a, b"}, "no_list", "keywords"),
        ({"keywords": ["a"] * 201}, "too_many_rows", "keywords"),
        ({"adult": "no"}, "no_yes", "adult"),
        ({"description": ["a"]}, "no_text", "description"),
        ({"price": 1e300}, "bad_number", "price"),
        ({"description": "x" * 200_000}, "too_large", ""),
        ({"own": [[[[[[[[[[[[[[1]]]]]]]]]]]]]]}, "too_deep", "own"),
    ],
)
def test_a_record_that_cannot_be_held_is_left_out_with_its_field(
    change: dict[str, Any], code: str, column: str
) -> None:
    good, ill = read(lines(book(isbn13="9788324000029"), book(**change))).entries
    assert (good.code, ill.code, ill.column) == ("", code, column)
    assert ill.rule == ("B01" if code == "bad_code" else "")


def test_a_record_that_comes_again_is_left_out() -> None:
    found = read(lines(book(), book(title="Inny"), book(isbn13="", title="A"), book(isbn13="", title="A"))).entries
    assert [one.code for one in found] == ["", "repeated", "", "repeated"]
    assert [one.line for one in found] == [1, 2, 3, 4]


def test_codes_lose_their_hyphens_and_get_back_their_zeros() -> None:
    (found,) = read(lines(book(isbn13="83-240-0001-1"))).entries
    assert found.record["isbn13"] == "9788324000012"
    (padded,) = read(lines(release() | {"upc": 36000291452})).entries
    assert padded.record["upc"] == "036000291452"


def test_what_no_database_holds_is_taken_out() -> None:
    (found,) = read(b'{"title": "A\\u0000b\\ud800", "isbn13": "", "own": {"x\\u0000": "y\\u0000"}}').entries
    assert (found.record["title"], found.record["own"]) == ("Ab", {"x": "y"})


def test_short_tags_and_split_names_are_read() -> None:
    short = {long: tag for tag, long in reference_names().items()}
    message = onix_of(book(description="A & B"))
    for name in ("ONIXMessage", "Product", "DescriptiveDetail", "TitleDetail", "TitleElement", "TitleText", "IDValue"):
        message = re.sub(rf"(</?){name}(?=[ >])".encode(), rf"\1{short[name]}".encode(), message)
    inverted = b"<PersonNameInverted>Zawada, Maria</PersonNameInverted>"
    (found,) = from_onix(re.sub(rb"<PersonName>.*</PersonName>", inverted, message))
    assert (found["title"], found["description"]) == (book()["title"], "A & B")
    assert found["contributors"][0]["name"] == "Maria Zawada"


def test_markup_inside_a_description_becomes_text_with_markup() -> None:
    message = onix_of(book(description="DESCRIPTION")).replace(b"DESCRIPTION", b"<p>A &amp; <b>B</b></p>")
    assert from_onix(message)[0]["description"] == "<p>A &amp; <b>B</b></p>"


def test_a_notice_of_deletion_deletes_nothing() -> None:
    notice = re.sub(rb"<NotificationType>..", b"<NotificationType>05", onix_of(book()))
    (found,) = read(notice).entries
    assert found.code == "deletes"


def test_what_the_official_schema_says_comes_with_the_records() -> None:
    found = read(onix_of(book(language="xxx", country="ZZ")))
    assert len(found.entries) == 1
    assert any("xxx" in note for note in found.notes)
    assert read(onix_of(book())).notes == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)


@given(record=st.dictionaries(st.sampled_from(sorted({*release(), *book(), "own"})), JSON, max_size=20))
@settings(max_examples=60, deadline=None)
def test_no_record_is_so_odd_that_reading_breaks(record: dict[str, Any]) -> None:
    try:
        found = read(json.dumps([record]).encode())
    except FileError:
        return
    json.dumps([entry.record for entry in found.entries], allow_nan=False).encode()


@given(content=st.binary(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_bytes_are_so_odd_that_reading_breaks(content: bytes) -> None:
    for start in (b"", b"<", b"{", b"<ONIXMessage>", b"Release title,"):
        with pytest.raises(FileError):
            read(start + content)


def test_the_limits_are_those_that_the_page_names() -> None:
    assert (files.MOST_BYTES, files.MOST_RECORDS) == (60_000_000, 20_000)
