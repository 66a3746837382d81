"""Near-duplicates: which entries look alike and why, what does not, what people said, and how long 10,000 take."""

from __future__ import annotations

import time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from marketing.duplicates import Reason, among, pairs, sign_of, twins_of
from marketing.models import Book, NotDuplicate, Release
from tests.pages.conftest import marketer


def book(title: str, author: str = "Maria Wilk", **more: Any) -> dict[str, Any]:
    return {"title": title, "contributors": [{"role": "A01", "name": author}], **more}


def song(title: str, *isrcs: str, seconds: int = 200, artist: str = "Zorza", **more: Any) -> dict[str, Any]:
    tracks = [{"title": title, "isrc": isrc, "duration_s": seconds} for isrc in isrcs or ("",)]
    return {"title": title, "artists": [{"name": artist, "role": "primary"}], "tracks": tracks, **more}


def reason(kind: str, one: dict[str, Any], other: dict[str, Any]) -> str:
    found = list(among([sign_of(kind, 1, one), sign_of(kind, 2, other)]))
    return found[0].reason.value if found else ""


@pytest.mark.once
@pytest.mark.parametrize(
    ("kind", "one", "other", "why"),
    [
        ("book", book("Żółte światło"), book("Zolte swiatlo"), "title"),
        ("book", book("Cisza nad jeziorem", "Wilk Maria"), book("Cisza nad jeziorem"), "title"),
        ("book", book("Cisza nad jeziorem"), book("Cisza nad jezorem"), "similar"),
        ("book", book("Cisza", isbn13="978-83-240-0001-2"), book("Inna", "Jan Nowak", isbn13="9788324000012"), "code"),
        ("book", book("Cisza nad jeziorem"), book("Cisza nad jeziorem", "Jan Nowak"), ""),
        ("book", book("Kroniki, tom 1"), book("Kroniki, tom 2"), ""),
        ("book", book("Kroniki II"), book("Kroniki III"), ""),
        # Editions of one work have codes of their own.
        ("book", book("Cisza", isbn13="1", format="epub"), book("Cisza", isbn13="2", format="pdf"), ""),
        ("release", song("Noc", "PL1"), song("Night", "PL-1"), "recording"),
        ("release", song("Noc (Live)"), song("Noc"), "title"),
        ("release", song("Nocny pociag do Lodzi"), song("Nocny pociąg do Łodz"), "similar"),
        # A single stands on an album too.
        ("release", song("Noc", "PL1"), song("Dni", "PL1", "PL2", "PL3"), ""),
        ("release", song("Noc"), song("Świt"), ""),
        ("release", {"title": 5, "tracks": "x"}, {"artists": [None], "tracks": [3]}, ""),
    ],
)
def test_what_looks_alike(kind: str, one: dict[str, Any], other: dict[str, Any], why: str) -> None:
    assert reason(kind, one, other) == why


@pytest.mark.once
def test_ten_thousand_records_are_compared_in_seconds_and_each_planted_pair_is_found() -> None:
    words = [
        f"{a}{b}"
        for a in ("zor", "mgl", "swi", "rze", "kam", "las", "wia", "sne", "pta", "mro")
        for b in ("za", "iste", "tlo", "ka", "ien", "owy", "try", "zny", "ki", "zy")
    ]
    signs = [
        sign_of("book", number, book(f"{words[number % 100]} {words[number // 100]} {number}", f"Autor {number % 700}"))
        for number in range(10_000)
    ]
    planted = [
        sign_of("book", 10_000 + at, book(f"{words[at]} {words[0]} {at}".title(), f"AUTOR {at % 700}"))
        for at in range(100)
    ]
    began = time.process_time()
    found = {(one.one, one.other) for one in among([*signs, *planted])}
    assert time.process_time() - began < 20
    assert {(at, 10_000 + at) for at in range(100)} <= found
    assert len(found) < 200


@pytest.fixture
def desk(client: Client, db: None) -> Client:
    client.force_login(marketer("redaktorka"), backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_a_pair_is_listed_with_its_reason_until_somebody_says_no(desk: Client) -> None:
    one, other = (Book.objects.create(record=book(title)) for title in ("Żółte światło", "Zolte swiatlo"))
    Release.objects.create(record=song("Żółte światło"))
    address = reverse("duplicates", args=["book"])
    page = desk.get(address).content.decode()
    assert "the same title and people: Żółte światło" in page
    assert reverse("book", args=[one.pk]) in page
    assert reverse("book", args=[other.pk]) in page
    assert "Perhaps the same entry:" in desk.get(reverse("book", args=[one.pk])).content.decode()

    answer = desk.post(reverse("not_duplicate", args=["book", other.pk, one.pk]), follow=True)
    assert "No two entries look alike." in answer.content.decode()
    assert NotDuplicate.objects.get().by.username == "redaktorka"  # type: ignore[union-attr]
    assert twins_of("book", one.record, one.pk) == []
    assert pairs("book") == []
    assert desk.get(reverse("duplicates", args=["artist"])).status_code == 404


def test_saving_what_is_there_already_warns_and_saves(desk: Client) -> None:
    Book.objects.create(record=book("Cisza nad jeziorem"))
    typed = {
        "do": "save",
        "title": "Cisza nad jezorem",
        "contributors.0.name": "Maria Wilk",
        "contributors.0.role": "A01",
    }
    page = desk.post(reverse("record_change", args=["book"]), typed, follow=True).content.decode()
    assert "It looks like an entry that is there already: “Cisza nad jeziorem”" in page
    assert Book.objects.count() == 2
    assert [one.reason for one in pairs("book")] == [Reason.SIMILAR]
