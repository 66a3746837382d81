"""Entries of the catalogue keep their columns in line with their records, and a fact belongs to one entry."""

from datetime import date

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from marketing.models import Artist, Book, Fact, Release

pytestmark = pytest.mark.django_db


def test_a_releases_columns_follow_its_record():
    artists = [{"name": "Zorza", "role": "primary"}, {"name": "Ćma", "role": "featuring"}]
    record = {"title": "Świt", "artists": artists, "upc": "0012345678905", "release_date": "2026-12-18"}
    release = Release.objects.create(record=record)
    assert (release.title, release.artist_line, release.upc) == ("Świt", "Zorza", "0012345678905")
    assert release.release_date == date(2026, 12, 18)


def test_a_books_columns_follow_its_record():
    contributors = [{"role": "A01", "name": "Maria Wilk"}, {"role": "B06", "name": "Ewa Las"}]
    record = {"title": "Cisza", "contributors": contributors, "isbn13": "9788324000012", "publication_date": "soon"}
    book = Book.objects.create(record=record)
    assert (book.title, book.author_line, book.isbn13) == ("Cisza", "Maria Wilk", "9788324000012")
    assert book.publication_date is None


def test_a_fact_without_an_entry_is_refused():
    fact = Fact(text="Złota płyta")
    with pytest.raises(ValidationError):
        fact.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        fact.save()


def test_a_fact_of_two_entries_is_refused():
    artist, release = Artist.objects.create(name="Zorza"), Release.objects.create(title="Świt")
    with pytest.raises(IntegrityError), transaction.atomic():
        Fact.objects.create(text="Złota płyta", artist=artist, release=release)
