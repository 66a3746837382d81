"""Releases and books out and in again: ONIX by the official schema, the distributor's table, KDP's sheet."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pycountry
import pytest

from marketing import demo_catalogue, demo_records
from marketing.exchange import files, kdp
from marketing.exchange.kdp import as_kdp
from marketing.exchange.tracks import as_tracks
from marketing.metadata import checking
from marketing.metadata.books import onix
from marketing.metadata.books.onix_reading import from_onix
from marketing.records import as_onix
from marketing.safety.text import one_line
from tests.conftest import SHARED

DATASETS = SHARED / "domain" / "datasets"
# What ONIX has no place for.
LEFT_BEHIND = {"entered_on"}


def cases(name: str) -> list[dict[str, Any]]:
    lines = (DATASETS / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["record"] for line in lines]


def ready(kind: str, name: str) -> list[dict[str, Any]]:
    return [record for record in cases(name) if checking.check(kind, record).is_ready]


def read_back(table: str) -> list[dict[str, Any]]:
    """The records of a table, as an import reads them."""
    return [entry.record for entry in files.read(table.encode()).entries]


@pytest.mark.shared
def test_every_ready_book_is_valid_onix_and_comes_back_as_it_was() -> None:
    books = ready("book", "book_record_cases.jsonl")
    message = as_onix(books)
    for before, after in zip(books, from_onix(message), strict=True):
        for name, value in before.items():
            if name not in LEFT_BEHIND and not (name == "series_number" and not before["series"]):
                assert after[name] == (value.strip() if isinstance(value, str) else value), name


def _language(code: str) -> str:
    """The library's code of a language that a table gives as `eng`, `en-US` or not at all."""
    short = code.partition("-")[0]
    found = pycountry.languages.get(**{"alpha_2" if len(short) == len("en") else "alpha_3": short}) if short else None
    return getattr(found, "bibliographic", None) or found.alpha_3 if found else ""


def catalogue_of(number: int) -> list[dict[str, Any]]:
    """So many books out of a real table of ratings; after its last row it begins again, each round as a new edition."""
    with (DATASETS / "books_catalogue_ratings.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return [_book_of(rows[at % len(rows)], at // len(rows)) for at in range(number)]


def _book_of(row: dict[str, str], round_: int) -> dict[str, Any]:
    edition = f" ({round_ + 1})" if round_ else ""
    return {
        "title": (" ".join(row["title"].split()) or row["title"]) + edition,
        "original_title": row["original_title"],
        "isbn13": row["isbn13"].split(".")[0].zfill(13) if row["isbn13"] and not round_ else "",
        "language": _language(row["language_code"]),
        "contributors": [{"role": "A01", "name": name} for name in row["authors"].split(", ")],
        "format": "paperback",
    }


@pytest.mark.shared
@pytest.mark.once
def test_a_catalogue_of_ten_thousand_books_is_one_valid_message() -> None:
    books = catalogue_of(10_000)
    message = onix.to_onix(books, "Hardban Lab")
    assert onix.faults(message) == []
    back = from_onix(message)
    assert len(back) == 10_000
    assert [(one["title"], one["isbn13"]) for one in back] == [(one["title"], one["isbn13"]) for one in books]
    assert [one["contributors"] for one in back] == [one["contributors"] for one in books]


def test_every_book_of_the_demonstration_is_onix_that_the_schema_takes() -> None:
    books = [demo_catalogue._BOOK, *demo_records.BOOKS]
    message = as_onix(books)
    assert onix.faults(message) == []
    assert [one["isbn13"] for one in from_onix(message)] == [one["isbn13"] for one in books]


def test_some_of_the_demonstration_has_faults_to_mend() -> None:
    found = {
        one["title"]: [finding.rule.id for finding in checking.check(kind, one).findings if finding.level == "error"]
        for kind, records in (("music", demo_records.RELEASES), ("book", demo_records.BOOKS))
        for one in records
    }
    assert {title for title, rules in found.items() if not rules} == {
        *("Lód na Wiśle", "Paper Boats", "Sól i popiół", "Atlas of Small Rivers")
    }
    assert {"M02", "M13", "M31"} <= set(found["Szkło ft. Kuna"])
    assert {"M14", "M22"} <= set(found["Night Tram - Live"])
    assert {"B05", "B19"} <= set(found["Ostatni zegarmistrz"])
    assert {"B10", "B17"} <= set(found["The Salt Choir"])


def test_a_price_and_its_tax_add_up_to_a_grosz() -> None:
    message = onix.to_onix(
        [{"title": "A", "price": 34.99, "price_type": "02", "tax_rate": 5, "currency": "PLN"}], "Hardban Lab"
    ).decode()
    assert "<TaxableAmount>33.32</TaxableAmount>" in message
    assert "<TaxAmount>1.67</TaxAmount>" in message


def test_markup_and_marks_in_a_book_stay_text() -> None:
    message = onix.to_onix([{"title": "A & B <C>", "description": "<p>Łódź & morze</p>"}], "Hardban Lab")
    (back,) = from_onix(message)
    assert (back["title"], back["description"]) == ("A & B <C>", "<p>Łódź & morze</p>")


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (b"<ONIXMessage><a>", "no well-formed XML"),
        (b"<catalogue/>", "no ONIX 3.0 message"),
        (b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "no ONIX 3.0 message"),
    ],
)
def test_a_file_that_is_no_onix_is_refused_with_a_reason(message: bytes, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        from_onix(message)


@pytest.mark.shared
def test_every_ready_release_comes_back_from_the_distributors_table() -> None:
    releases = ready("music", "music_release_cases.jsonl")
    for before in releases:
        (after,) = read_back(as_tracks([before]))
        for name in ("title", "version", "upc", "release_date", "genre", "c_line", "explicit"):
            assert after.get(name, "") == one_line(before.get(name, ""))
        assert after.get("territories", []) == before.get("territories", [])
        for track, back in zip(before["tracks"], after["tracks"], strict=True):
            assert [back[name] for name in ("title", "isrc", "composers", "instrumental")] == [
                one_line(track[name]) for name in ("title", "isrc", "composers", "instrumental")
            ]


def test_a_releases_own_warning_and_countries_come_back_and_an_older_table_is_still_read() -> None:
    release = {
        "title": "Żar",
        "upc": "",
        "explicit": "clean",
        "territories": ["PL", "DE"],
        "tracks": [{"title": "Żar"}],
    }
    (now,) = read_back(as_tracks([release]))
    assert (now["explicit"], now["territories"]) == ("clean", ["PL", "DE"])
    older = "\n".join(line.rsplit(",", 4)[0] for line in as_tracks([release]).splitlines())
    (earlier,) = read_back(older)
    assert "territories" not in earlier


def test_a_table_without_its_columns_is_refused() -> None:
    with pytest.raises(files.FileError, match="columns Release version"):
        read_back("Release title,UPC\r\n1,2\r\n")
    with pytest.raises(files.FileError, match="unknown_table"):
        read_back("a,b\r\n1,2\r\n")


def test_a_title_that_looks_like_a_formula_is_defused_and_comes_back() -> None:
    release = {"title": "=1+1", "upc": "", "tracks": [{"title": "-minus", "number": 1}]}
    table = as_tracks([release])
    assert "'=1+1" in table
    (now,) = read_back(table)
    assert (now["title"], now["tracks"][0]["title"]) == ("=1+1", "-minus")


def test_kdp_gets_seven_keywords_and_its_own_columns() -> None:
    book = {
        "title": "A",
        "keywords": [f"k{number}" for number in range(9)],
        "contributors": [{"role": "A01", "name": "B"}],
    }
    (row,) = csv.DictReader(io.StringIO(as_kdp([book]).removeprefix("\ufeff")))
    assert list(row) == list(kdp.COLUMNS)
    assert (row["Author"], row["Keyword 7"], row["Adult content"]) == ("B", "k6", "no")
