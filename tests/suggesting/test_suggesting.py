"""Suggestions for a record: asked as a job, shown beside what stands there, accepted field by field."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from marketing.metadata.codelists import store_genres, thema
from marketing.models import Book, Job, Release, Suggestion
from marketing.services import save_brief
from marketing.suggesting import digest, propose, value_at
from marketing.tasks import run_job
from providers.audit import AuditEntry
from providers.models import Rating
from tests.suggesting.conftest import BOOK, good_book
from tests.upstream import Upstream, answers


def ask(desk: Client, kind: str, entry: Book | Release) -> Job:
    answer = desk.post(reverse("suggest", args=[kind, entry.pk]))
    job = Job.objects.latest("created_at")
    assert answer.headers["Location"] == reverse("job", args=[job.pk])
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE, job.failure
    return job


def decide(desk: Client, entry: Book | Release, do: str, **fields: Any) -> str:
    kind = "book" if isinstance(entry, Book) else "release"
    entry.refresh_from_db()
    seen = {f"seen-{one.pk}": digest(value_at(entry.record, one.field)) for one in entry.suggestions.all()}
    answer = desk.post(reverse("suggestion_decide", args=[kind, entry.pk]), {"do": do, **seen, **fields}, follow=True)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_models_picks_are_shown_beside_today_and_accepted_one_by_one(
    desk: Client, book: Book, connect: Any, upstream: Upstream
) -> None:
    connect("groq", answers(good_book))
    job = ask(desk, "book", book)
    assert job.result["provenance"]["provider"] == "groq"
    book.refresh_from_db()
    assert book.record == BOOK

    one = book.suggestions.get(field="thema")
    assert one.value
    assert one.before == ["FB"]
    assert one.value[0].startswith("FF")
    assert "1DTP" in one.value
    page = desk.get(reverse("suggestions", args=["book", book.pk])).content.decode()
    for shown in ("FB", one.value[0], thema()["1DTP"].en, "Komisarz prowadzi śledztwo", "śledztwo na Mazurach", "Groq"):
        assert shown in page

    assert "Accepted." in decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": [*one.value, "FB"]})
    book.refresh_from_db()
    # What stood there and was ticked stays behind what is new; what the form does not show stays as it was.
    assert book.record == {**BOOK, "thema": [*one.value, "FB"]}
    told = AuditEntry.objects.get(deed="changed", object_type="book")
    assert (told.actor, told.before["thema"], told.after["suggestion"]) == ("redaktorka", ["FB"], one.pk)
    assert Rating.objects.get(subject=f"suggestion:{one.pk}").score == pytest.approx(2 / 3)

    keywords = book.suggestions.get(field="keywords")
    decide(desk, book, f"reject:{keywords.pk}")
    book.refresh_from_db()
    assert book.record["keywords"] == []
    assert Rating.objects.get(subject=f"suggestion:{keywords.pk}").score == 0


def test_without_a_provider_the_lists_are_offered_with_the_words_in_common(desk: Client, book: Book) -> None:
    job = ask(desk, "book", book)
    assert job.result["provenance"]["failure"]
    one = book.suggestions.get(field="thema")
    assert (one.source, one.value) == ("lists", ["FB"])
    offered = {item["value"]: item["reason"] for item in one.items}
    crime = next(code for code in offered if code.startswith("FF"))
    assert "śledztwo" in offered[crime] or "sledztwo" in offered[crime]
    page = desk.get(reverse("suggestions", args=["book", book.pk])).content.decode()
    assert "Words in common" in page
    decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": [crime]})
    book.refresh_from_db()
    assert book.record["thema"] == [crime]


def test_a_field_that_changed_since_it_was_looked_at_is_not_overwritten(desk: Client, book: Book) -> None:
    ask(desk, "book", book)
    one = book.suggestions.get(field="thema")
    seen = digest(["FB"])
    book.refresh_from_db()
    book.record = {**book.record, "thema": ["FM"]}
    book.save()
    page = decide(desk, book, f"accept:{one.pk}", **{f"seen-{one.pk}": seen, f"choose-{one.pk}": ["FB"]})
    assert "the field changed in the meantime" in page
    assert "Replace it all the same" in page
    book.refresh_from_db()
    assert book.record["thema"] == ["FM"]
    assert "left alone" in decide(desk, book, "all")
    book.refresh_from_db()
    assert book.record["thema"] == ["FM"]
    # Having seen it, the person decides.
    decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": ["FB"]})
    book.refresh_from_db()
    assert book.record["thema"] == ["FB"]


def test_nothing_that_was_not_offered_can_be_chosen_and_a_list_has_its_bound(desk: Client, book: Book) -> None:
    ask(desk, "book", book)
    one = book.suggestions.get(field="thema")
    codes = [item["value"] for item in one.items]
    assert len(codes) >= 5
    assert "at most 5" in decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": ["FB", *codes[:5]]})
    decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": [codes[0], "XXX999", "<b>"]})
    book.refresh_from_db()
    assert book.record["thema"] == [codes[0]]
    assert "decided on this already" in decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": []})


def test_an_unsaved_form_takes_what_was_accepted_and_keeps_what_was_typed(
    desk: Client, book: Book, editor: User
) -> None:
    ask(desk, "book", book)
    save_brief(editor, f"entry-book-{book.pk}", {**BOOK, "subtitle": "Zaczęte"})
    one = book.suggestions.get(field="thema")
    code = one.items[0]["value"]
    decide(desk, book, f"accept:{one.pk}", **{f"choose-{one.pk}": [code]})
    page = desk.get(reverse("book", args=[book.pk])).content.decode()
    assert "Zaczęte" in page
    assert f"\n{code}</textarea>" in page


def test_a_release_gets_a_listed_genre_tags_and_the_rules_own_spelling(
    desk: Client, connect: Any, upstream: Upstream
) -> None:
    record = {
        "title": "Świt (ft. Ola) ",
        "type": "single",
        "artists": [{"name": "Zorza", "role": "primary"}],
        "title_language": "pl",
        "description": "Trio jazzowe: saksofon i fortepian, bebop nad ranem.",
        "tracks": [],
    }
    release = Release.objects.create(record=record)
    ask(desk, "release", release)
    found = {one.field: one for one in release.suggestions.all()}
    assert found["genre"].value == "Jazz"
    assert found["genre"].value in store_genres()
    assert "bebop" in [item["value"] for item in found["tags"].items]
    assert (found["title"].source, str(found["title"].value).endswith(" ")) == ("rule", False)
    decide(desk, release, "all")
    release.refresh_from_db()
    assert (release.record["genre"], release.title) == ("Jazz", found["title"].value)
    assert not release.suggestions.filter(state="open").exists()


def test_asking_again_replaces_what_is_open(desk: Client, book: Book) -> None:
    ask(desk, "book", book)
    first = set(book.suggestions.values_list("pk", flat=True))
    ask(desk, "book", book)
    assert set(book.suggestions.filter(state="replaced").values_list("pk", flat=True)) == first


def test_a_text_with_what_the_record_does_not_say_is_refused(connect: Any, upstream: Upstream) -> None:
    def boastful(request: dict[str, Any]) -> str:
        words = "Bestseller roku 2025, 100 000 sprzedanych egzemplarzy."
        return good_book(request).replace("Lód pęka i jezioro oddaje tajemnicę.", words)

    connect("groq", answers(boastful))
    found = propose("book", BOOK, "pl")
    assert found.provenance["refused"] == 1
    assert "description" not in {one.field for one in found.proposals}
    assert Suggestion.objects.count() == 0
