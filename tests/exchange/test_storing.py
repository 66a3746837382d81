"""Out, in and equal: each format onto an empty catalogue and onto the entry itself, where it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from marketing.exchange import files, storing
from marketing.exchange.kdp import as_kdp
from marketing.exchange.tracks import as_tracks
from marketing.models import Artist, Book, Release
from marketing.records import KINDS, as_json, as_onix
from tests.metadata.test_book_rules import book
from tests.metadata.test_music_rules import release

pytestmark = pytest.mark.django_db
# What a format has no place for.
NOT_IN_ONIX = {"entered_on"}
NOT_IN_TRACKS = {"entered_on"}
IN_KDP = {
    *("title", "subtitle", "series", "series_number", "contributors", "description", "keywords", "bisac"),
    *("language", "publication_date", "publisher", "isbn13", "adult", "price", "currency"),
}
BOOK = book(
    subtitle="Opowieść o morzu",
    series="Latarnie",
    series_number="2",
    contributors=[{"role": "A01", "name": "Maria Zawada"}, {"role": "B06", "name": "Anna Lind"}],
    original_language="eng",
    original_title="The Index",
    keywords=["morze", "hel"],
    description="<p>Gdy gaśnie lampa, „zaczyna się” & trwa.</p>",
    adult=True,
)
RELEASE = release() | {
    "explicit": "explicit",
    "territories": ["PL", "DE"],
    "artists": [{"name": "Zorza", "role": "primary"}, {"name": "Ćma", "role": "remixer"}],
}
RELEASE["tracks"] = [
    {
        **release()["tracks"][0],
        "artists": [
            {"name": "Zorza", "role": "primary"},
            {"name": "Ćma", "role": "featuring"},
            {"name": "Łąki", "role": "with"},
            {"name": "Oś", "role": "producer"},
        ],
    }
]
Writer = Callable[[list[dict[str, Any]]], str | bytes]
FORMATS: list[tuple[str, str, Writer, dict[str, Any], Callable[[str], bool]]] = [
    ("book", "onix", as_onix, BOOK, lambda name: name not in NOT_IN_ONIX),
    ("book", "kdp", as_kdp, BOOK, lambda name: name in IN_KDP),
    ("book", "json", as_json, BOOK, lambda _name: True),
    ("release", "tracks", as_tracks, RELEASE, lambda name: name not in NOT_IN_TRACKS),
    ("release", "json", as_json, RELEASE, lambda _name: True),
]


def load(content: str | bytes, *, store: bool = True) -> list[storing.Verdict]:
    found = files.read(content.encode() if isinstance(content, str) else content)
    return storing.judge(found.kind, found.form, found.entries, store=store)


@pytest.mark.parametrize(("kind", "form", "write", "record", "carried"), FORMATS)
def test_a_record_goes_out_and_comes_back_equal(
    kind: str, form: str, write: Writer, record: dict[str, Any], carried: Callable[[str], bool]
) -> None:
    content = write([record])
    assert files.read(content.encode() if isinstance(content, str) else content).form == form
    assert [one.outcome for one in load(content, store=False)] == ["new"]
    assert not KINDS[kind].objects.exists()
    load(content)
    stored = KINDS[kind].objects.get().record
    assert {name: stored[name] for name in record if carried(name)} == {
        name: value for name, value in record.items() if carried(name)
    }
    assert [one.outcome for one in load(content)] == ["same"]
    # Texts of JSON differ in the order of their keys, messages of ONIX in their moment.
    assert form in {"onix", "json"} or write([stored]) == content


@pytest.mark.parametrize(("kind", "_form", "write", "record", "_carried"), FORMATS)
def test_a_record_comes_back_onto_itself_and_changes_nothing(
    kind: str, _form: str, write: Writer, record: dict[str, Any], _carried: Callable[[str], bool]
) -> None:
    entry = KINDS[kind].objects.create(record=record)
    assert [one.outcome for one in load(write([record]))] == ["same"]
    entry.refresh_from_db()
    assert entry.record == record


def test_what_a_file_does_not_say_stays() -> None:
    Book.objects.create(record=BOOK)
    (told,) = load(as_kdp([BOOK | {"title": "Indeks latarnika", "subtitle": "", "price": 39.99}]))
    assert (told.outcome, told.changed) == ("changed", ["price", "title"])
    stored = Book.objects.get()
    assert (stored.title, stored.record["subtitle"]) == ("Indeks latarnika", "Opowieść o morzu")
    assert stored.record["thema"] == BOOK["thema"]


def test_json_says_all_of_a_record_and_so_empties_a_field() -> None:
    Book.objects.create(record=BOOK)
    load(as_json([BOOK | {"subtitle": ""}]))
    assert Book.objects.get().record["subtitle"] == ""


def test_marks_of_a_track_stay_where_its_recording_comes_again() -> None:
    kept = {**RELEASE, "tracks": [{**RELEASE["tracks"][0], "one_act": True, "bpm": 96}]}
    Release.objects.create(record=kept)
    (told,) = load(as_tracks([{**RELEASE, "tracks": [{**RELEASE["tracks"][0], "title": "Inaczej"}]}]))
    (track,) = Release.objects.get().record["tracks"]
    assert (told.changed, track["title"], track["one_act"], track["bpm"]) == (["tracks"], "Inaczej", True, 96)


def test_an_entry_without_a_code_is_found_by_title_and_people_and_gets_its_code() -> None:
    Release.objects.create(record={**RELEASE, "upc": ""})
    assert [one.outcome for one in load(as_tracks([RELEASE]))] == ["changed"]
    assert Release.objects.get().upc == RELEASE["upc"]


def test_another_format_of_a_book_is_another_entry() -> None:
    Book.objects.create(record={**BOOK, "isbn13": "", "format": "epub"})
    (told,) = load(as_json([BOOK | {"isbn13": "", "format": "paperback", "product_form": "BC"}]))
    assert (told.outcome, Book.objects.count()) == ("new", 2)


def test_where_two_entries_may_be_meant_nothing_is_stored() -> None:
    for _ in range(2):
        Book.objects.create(record={**BOOK, "isbn13": ""})
    (told,) = load(as_json([BOOK]))
    assert (told.outcome, told.code, Book.objects.count()) == ("wrong", "ambiguous", 2)


def test_the_report_names_the_rules_that_an_entry_breaks() -> None:
    new, refused = load(as_json([BOOK | {"tax_rate": 23}, BOOK | {"isbn13": "9788324000013"}]))
    assert (new.outcome, "B19" in new.rules) == ("new", True)
    assert (refused.outcome, refused.rules) == ("wrong", ["B01"])


def test_a_single_act_is_made_and_tied_and_two_authors_are_not_one() -> None:
    load(as_tracks([RELEASE]))
    assert Release.objects.get().artist == Artist.objects.get(name="Zorza")
    both = [{"role": "A01", "name": "A"}, {"role": "A01", "name": "B"}]
    load(as_json([BOOK | {"contributors": both}]))
    assert Book.objects.get().author is None
