"""A release's audio files and covers on their page: compared, taken over where it is ticked, and never kept."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from marketing.metadata.checking import check
from marketing.models import Book, Release
from tests import audio
from tests.metadata.test_book_rules import book
from tests.metadata.test_covers import picture
from tests.metadata.test_music_rules import release


@pytest.fixture
def album(db: None) -> Release:
    return Release.objects.create(record=release())


def send(page: Client, entry: Release | Book, step: str, **files: Any) -> Any:
    kind = "release" if isinstance(entry, Release) else "book"
    sent = {
        name: [SimpleUploadedFile(known, content) for known, content in given.items()] for name, given in files.items()
    }
    return page.post(reverse("record_media", args=[kind, entry.pk]), {"step": step, **sent})


def test_files_are_compared_and_ticked_values_are_taken_over(page: Client, album: Release) -> None:
    track = release()["tracks"][0]
    file = audio.flac(200, TITLE=track["title"], ISRC="PLH9A2600009", ARTIST="Zorza")
    answer = send(page, album, "read", files={"1.flac": file, "notes.txt": b"text"})
    html = page.get(answer.headers["Location"]).content.decode()
    assert 'value="tracks.0.isrc"' in html
    assert "notes.txt: is no audio file" in html
    page.post(answer.headers["Location"], {"step": "accept", "take": ["tracks.0.isrc"]})
    album.refresh_from_db()
    assert album.record["tracks"][0]["isrc"] == "PLH9A2600009"
    assert album.record["tracks"][0]["duration_s"] == track["duration_s"]
    assert album.record["tracks"][0]["audio"]["sample_rate"] == 44_100
    assert 'name="take"' not in page.get(answer.headers["Location"]).content.decode()


def test_files_sent_one_after_the_other_stand_beside_each_other_until_they_are_dropped(
    page: Client, album: Release
) -> None:
    send(page, album, "read", files={"1.wav": audio.wav(1)})
    address = send(page, album, "read", files={"2.mp3": audio.mp3(1, TIT2="Obcy")}).headers["Location"]
    html = page.get(address).content.decode()
    assert "1.wav: no track" in html
    assert "Obcy" in html
    send(page, album, "drop")
    assert "1.wav" not in page.get(address).content.decode()


def test_no_file_is_told(page: Client, album: Release) -> None:
    assert send(page, album, "read").status_code == 422
    assert send(page, album, "cover").status_code == 422


def test_a_cover_is_checked_by_its_rule_and_forgotten(page: Client, album: Release) -> None:
    address = send(page, album, "cover", file={"c.png": picture("PNG", (1500, 1200))}).headers["Location"]
    html = page.get(address).content.decode()
    assert "It must be square." in html
    album.refresh_from_db()
    (found,) = [one for one in check("music", album.record).findings if one.rule.id == "M31"]
    assert "1500 × 1200, RGB, PNG" in found.message
    send(page, album, "cover", file={"c.jpg": picture()})
    assert "Stores take this cover." in page.get(address).content.decode()
    send(page, album, "no-cover")
    album.refresh_from_db()
    assert album.record["cover"] == {}


def test_a_books_cover_keeps_what_it_says_in_words(page: Client) -> None:
    entry = Book.objects.create(record={**book(), "cover": {"title": "Indeks"}})
    address = send(page, entry, "cover", file={"c.png": picture("PNG", (1600, 2560))}).headers["Location"]
    assert "It must be a JPG or TIFF." in page.get(address).content.decode()
    entry.refresh_from_db()
    assert (entry.record["cover"]["title"], entry.record["cover"]["width"]) == ("Indeks", 1600)


def test_a_picture_that_is_none_is_refused_in_words(page: Client, album: Release) -> None:
    assert send(page, album, "cover", file={"c.png": b"no picture"}).status_code == 422


def test_only_releases_and_books_have_files(page: Client) -> None:
    assert page.get(reverse("record_media", args=["artist", 1])).status_code == 404
    entry = Book.objects.create(record=book())
    assert send(page, entry, "read", files={"1.wav": audio.wav(1)}).status_code == 302
