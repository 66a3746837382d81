"""Releases and books on their pages: live checking, fixes, rows, drafts, exports and the check of a whole catalogue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse

from marketing import demo_catalogue
from marketing.metadata.books import onix
from marketing.models import Artist, Book, Brief, Job, Release
from marketing.tasks import run_job

TRACK = {"tracks.0.title": "Cisza", "tracks.0.isrc": "PLH9A2600001", "tracks.0._rest": '{"one_act": true}'}
FORM: dict[str, Any] = {"title": "Cisza", "artists.0.name": "Zorza", "artists.0.role": "primary", **TRACK}


@pytest.fixture
def release(db: None) -> Release:
    demo_catalogue.load()
    return Release.objects.get(title="Żółte światło")


@pytest.fixture
def book(release: Release) -> Book:
    return Book.objects.get(title="The Lighthouse Keeper’s Index")


def change(page: Client, kind: str, wish: str, form: dict[str, Any], number: int | None = None, **headers: str) -> Any:
    address = reverse("record_change", args=[kind, number] if number else [kind])
    return page.post(address, {**form, "do": wish}, headers=headers)


def test_the_demonstrations_entries_are_ready_for_stores(page: Client, release: Release, book: Book) -> None:
    for kind, entry in (("release", release), ("book", book)):
        html = page.get(reverse(kind, args=[entry.pk])).content.decode()
        assert "Stores take it" in html
        assert "100 / 100" in page.get(reverse(f"{kind}s")).content.decode()


def test_a_release_is_stored_with_its_rows_and_what_the_form_does_not_show(page: Client) -> None:
    artist = Artist.objects.create(name="Zorza")
    answer = change(page, "release", "save", FORM)
    stored = Release.objects.get()
    assert answer.headers["Location"] == reverse("release", args=[stored.pk])
    assert (stored.title, stored.artist_line, stored.artist) == ("Cisza", "Zorza", artist)
    assert stored.record["tracks"][0]["one_act"] is True


def test_rows_are_added_and_removed_without_losing_what_is_typed(page: Client) -> None:
    html = change(page, "release", "add:tracks", FORM).content.decode()
    assert 'name="tracks.1.title"' in html
    assert 'value="Cisza"' in html
    html = change(page, "release", "add:tracks.0.artists", FORM).content.decode()
    assert 'name="tracks.0.artists.0.name"' in html
    html = change(page, "release", "remove:tracks.0", FORM).content.decode()
    assert 'name="tracks.0.title"' not in html


@pytest.mark.parametrize("wish", ["add:nowhere", "remove:tracks.9", "fix:99", "fix:x", "remove:title", "dance", ""])
def test_a_wish_that_makes_no_sense_changes_nothing(page: Client, wish: str) -> None:
    html = change(page, "release", wish, FORM).content.decode()
    assert 'value="PLH9A2600001"' in html


def test_rows_that_were_never_filled_are_not_stored(page: Client) -> None:
    change(page, "release", "save", {**FORM, "tracks.1.title": "", "tracks.1.explicit": "explicit"})
    assert len(Release.objects.get().record["tracks"]) == 1


def test_while_typing_the_panel_says_what_stores_would_refuse(page: Client) -> None:
    html = page.post(reverse("record_check", args=["book"]), {"title": "A", "isbn13": "123"}).content.decode()
    assert 'id="panel"' in html
    assert 'data-to="f-isbn13"' in html
    assert Brief.objects.get().data["isbn13"] == "123"


def test_one_click_makes_the_fix_of_one_finding(page: Client) -> None:
    form = {**FORM, "title": "Cisza - Live", "tracks.0.title": "Inny"}
    html = page.post(reverse("record_check", args=["release"]), form).content.decode()
    fixes = [part.split('"')[0] for part in html.split('value="fix:')[1:]]
    titles = [change(page, "release", f"fix:{number}", form).content.decode() for number in fixes]
    assert any('name="title" value="Cisza (Live)"' in html for html in titles)


def test_all_safe_fixes_are_made_at_once(page: Client) -> None:
    form = {"title": "Cisza  nad   jeziorem", "country": "PL", "currency": "PLN", "price": "34,99", "tax_rate": "23"}
    html = change(page, "book", "fix-all", form).content.decode()
    assert 'value="Cisza nad jeziorem"' in html
    assert 'value="34.99"' in html


def test_what_was_typed_and_not_stored_is_there_again(page: Client, release: Release) -> None:
    page.post(reverse("record_check", args=["release", release.pk]), {**FORM, "title": "Ćma w trakcie"})
    html = page.get(reverse("release", args=[release.pk])).content.decode()
    assert "Ćma w trakcie" in html
    assert "did not store" in html
    release.refresh_from_db()
    assert release.title == "Żółte światło"


def test_without_a_title_nothing_is_stored_and_nothing_lost(page: Client) -> None:
    answer = change(page, "book", "save", {"title": "  ", "isbn13": "9788324000012"})
    assert answer.status_code == 422
    assert 'value="9788324000012"' in answer.content.decode()
    assert not Book.objects.exists()


def test_an_entry_that_may_be_there_already_is_named(page: Client, book: Book) -> None:
    form = {"title": "Another", "isbn13": "978-83-240-0001-2"}
    html = page.post(reverse("record_check", args=["book"]), form).content.decode()
    assert reverse("book", args=[book.pk]) in html


@pytest.mark.parametrize(
    ("kind", "form"), [("book", "onix"), ("book", "kdp"), ("book", "json"), ("release", "csv"), ("release", "json")]
)
def test_an_entry_and_a_whole_catalogue_leave_as_files(
    page: Client, release: Release, book: Book, kind: str, form: str
) -> None:
    entry = book if kind == "book" else release
    for arguments in ([kind, form, entry.pk], [kind, form]):
        answer = page.get(reverse("record_export", args=arguments))
        assert "attachment" in answer.headers["Content-Disposition"]
        assert entry.title.encode() in answer.content


def test_onix_leaves_only_when_the_schema_takes_it(page: Client, book: Book) -> None:
    answer = page.get(reverse("record_export", args=["book", "onix", book.pk]))
    assert onix.faults(answer.content) == []
    book.record = {**book.record, "language": "xx!"}
    book.save()
    answer = page.get(reverse("record_export", args=["book", "onix", book.pk]), follow=True)
    assert "the schema refuses it" in answer.content.decode()


def test_a_whole_catalogue_is_checked_as_one_job(page: Client, transactional_db: None) -> None:
    Release.objects.bulk_create(
        Release(title=f"R{number}", record={"title": f"R{number}", "upc": "1"}) for number in range(250)
    )
    page.post(reverse("check_all", args=["release"]), {"destination": "apple"})
    job = Job.objects.get()
    run_job(str(job.pk))
    job.refresh_from_db()
    assert (job.state, job.parts_done, job.result["checked"], job.result["ready"]) == (Job.State.DONE, 250, 250, 0)
    html = page.get(reverse("check_report", args=[job.pk])).content.decode()
    assert "250 entries checked, 0 ready" in html


def test_readers_look_and_change_nothing(db: None, sign_in: Callable[..., Client], release: Release) -> None:
    reader = User.objects.create_user("analityk")
    reader.groups.add(Group.objects.get(name="analyst"))
    client = sign_in(reader)
    html = client.get(reverse("release", args=[release.pk])).content.decode()
    assert 'value="save"' not in html
    assert change(client, "release", "save", FORM, release.pk).status_code == 403
