"""The catalogue's pages: entries that keep what is typed, and facts sheets."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketing.models import Artist, Book, BrandVoice, Event, Fact, Release

HTMX = {"hx-request": "true"}
ARTIST = {"name": "Ćma i Gęślarze", "kind": "artist", "about": "", "link": "example.com/cma", "voice": ""}


@pytest.fixture
def artist(db: None) -> Artist:
    return Artist.objects.create(name="Ćma i Gęślarze")


def test_stores_an_artist_and_completes_the_link(page: Client) -> None:
    response = page.post(reverse("artist_new"), ARTIST)
    assert response.status_code == 302
    assert Artist.objects.get().link == "https://example.com/cma"


def test_refuses_the_same_name_twice_and_keeps_what_was_typed(page: Client, artist: Artist) -> None:
    response = page.post(reverse("artist_new"), {**ARTIST, "about": "Kwartet z Łodzi"})
    assert response.status_code == 422
    assert "Kwartet z Łodzi" in page.get(reverse("artist_new")).content.decode()


def test_a_draft_survives_and_is_gone_after_storing(page: Client, artist: Artist) -> None:
    page.post(reverse("entry_keep", args=["artist", artist.pk]), {**ARTIST, "about": "Szkic"}, headers=HTMX)
    assert "Szkic" in page.get(reverse("artist", args=[artist.pk])).content.decode()
    artist.refresh_from_db()
    assert artist.about == ""
    stored = page.post(reverse("artist", args=[artist.pk]), {**ARTIST, "about": "Na zawsze"}, follow=True)
    assert f'data-draft-sent="prometheus-draft:{stored.wsgi_request.user.pk}:entry-artist-{artist.pk}."' in (
        stored.content.decode()
    )
    assert "did not store" not in page.get(reverse("artist", args=[artist.pk])).content.decode()


def test_discards_a_draft(page: Client, artist: Artist) -> None:
    page.post(reverse("entry_keep", args=["artist", artist.pk]), {**ARTIST, "about": "Szkic"})
    page.post(reverse("entry_discard", args=["artist", artist.pk]))
    assert "Szkic" not in page.get(reverse("artist", args=[artist.pk])).content.decode()


def test_nobody_sees_the_draft_of_another(
    page: Client, stranger: User, sign_in: Callable[..., Client], artist: Artist
) -> None:
    page.post(reverse("entry_keep", args=["artist", artist.pk]), {**ARTIST, "about": "Szkic"})
    assert "Szkic" not in sign_in(stranger).get(reverse("artist", args=[artist.pk])).content.decode()


def test_search_finds_every_word_in_any_column(page: Client, artist: Artist) -> None:
    Event.objects.create(title="Noc", venue="Zajezdnia", artist=artist, starts_at=timezone.now())
    Event.objects.create(title="Dzień", venue="Zajezdnia", starts_at=timezone.now())
    found = page.get(reverse("events"), {"q": "noc zajezdnia"}, headers=HTMX).content.decode()
    assert "Noc" in found
    assert "Dzień" not in found


def test_the_list_asks_as_often_for_thirty_entries_as_for_two(
    page: Client, artist: Artist, django_assert_max_num_queries: Any
) -> None:
    for number in range(30):
        Event.objects.create(title=f"Noc {number}", artist=artist, starts_at=timezone.now())
    with django_assert_max_num_queries(8):
        page.get(reverse("events"))


def test_a_voice_keeps_lists_and_whole_samples(page: Client) -> None:
    typed = {
        "name": "Głos",
        "emoji": "none",
        "dos": "Krótko\r\n\r\nCiepło",
        "samples": "Pierwszy\r\ntekst\r\n---\r\nDrugi",
    }
    page.post(reverse("voice_new"), typed)
    voice = BrandVoice.objects.get()
    assert voice.dos == ["Krótko", "Ciepło"]
    assert voice.samples == ["Pierwszy\ntekst", "Drugi"]


def test_a_word_cannot_be_wanted_and_avoided(page: Client) -> None:
    typed = {"name": "Głos", "emoji": "none", "preferred_words": "Płyta", "banned_words": "płyta"}
    assert page.post(reverse("voice_new"), typed).status_code == 422


def test_deleting_takes_the_facts_along(page: Client, artist: Artist) -> None:
    Fact.objects.create(artist=artist, text="Kwartet z Łodzi")
    page.post(reverse("entry_delete", args=["artist", artist.pk]))
    assert not Fact.objects.exists()


@pytest.mark.parametrize(("kind", "model"), [("release", Release), ("book", Book)])
def test_every_kind_of_entry_has_a_facts_sheet(page: Client, kind: str, model: Any) -> None:
    entry = model.objects.create(title="Żółte światło")
    page.post(reverse("facts", args=[kind, entry.pk]), {"kind": "number", "text": "300 sztuk", "source": ""})
    assert [fact.text for fact in entry.facts.all()] == ["300 sztuk"]


@pytest.mark.parametrize(
    ("kind", "text", "source"),
    [("quote", "Płyta roku", ""), ("award", "Fryderyk", ""), ("price", "tanio", ""), ("link", "nie link", "")],
)
def test_refuses_a_claim_that_cannot_be_checked(
    page: Client, artist: Artist, kind: str, text: str, source: str
) -> None:
    url = reverse("facts", args=["artist", artist.pk])
    assert page.post(url, {"kind": kind, "text": text, "source": source}).status_code == 422
    assert not Fact.objects.exists()


def test_shows_which_facts_have_expired(page: Client, artist: Artist) -> None:
    Fact.objects.create(artist=artist, text="Przedsprzedaż", valid_until=date(2020, 1, 1))
    assert "expired on" in page.get(reverse("facts", args=["artist", artist.pk])).content.decode()


def test_changes_and_deletes_only_facts_of_this_sheet(page: Client, artist: Artist) -> None:
    other = Fact.objects.create(artist=Artist.objects.create(name="Inny"), text="Cudzy")
    sheet = reverse("facts", args=["artist", artist.pk])
    assert page.get(f"{sheet}?edit={other.pk}").status_code == 404
    assert page.post(reverse("fact_delete", args=["artist", artist.pk, other.pk])).status_code == 404
    own = Fact.objects.create(artist=artist, text="Trio")
    page.post(f"{sheet}?edit={own.pk}", {"kind": "plain", "text": "Kwartet", "source": ""})
    own.refresh_from_db()
    assert own.text == "Kwartet"


def test_an_analyst_reads_and_does_not_write(db: None, sign_in: Callable[..., Client], artist: Artist) -> None:
    analyst = User.objects.create_user("analityczka")
    analyst.groups.add(Group.objects.get(name="analyst"))
    client = sign_in(analyst)
    assert client.get(reverse("artists")).status_code == 200
    assert client.post(reverse("artist_new"), ARTIST).status_code == 403


def test_an_entry_fills_the_brief_with_its_particulars_and_facts_that_hold(page: Client, artist: Artist) -> None:
    release = Release.objects.create(
        title="Żółte światło", artist=artist, release_date=date(2027, 1, 15), link="https://example.com/z"
    )
    Fact.objects.create(release=release, text="300 sztuk")
    Fact.objects.create(release=release, text="Przedsprzedaż", valid_until=date(2020, 1, 1))
    form = page.get(reverse("posts"), {"entry": f"release:{release.pk}"}).context["form"]
    assert form["title"].value() == "Żółte światło"
    assert form["creator"].value() == "Ćma i Gęślarze"
    assert form["facts"].value() == "300 sztuk"
    assert str(form["date"].value()) == "2027-01-15"
    assert form["entry"].value() == f"release:{release.pk}"


@pytest.mark.parametrize("mark", ["release:99", "user:1", "release:", "x" * 300])
def test_an_entry_that_does_not_exist_fills_nothing(page: Client, mark: str) -> None:
    assert page.get(reverse("posts"), {"entry": mark}).status_code == 404


def test_search_offers_entries_of_every_kind(page: Client, artist: Artist) -> None:
    Book.objects.create(title="Ćma w bibliotece")
    found = page.get(reverse("catalogue_picks"), {"q": "Ćma"}).content.decode()
    assert "Ćma w bibliotece" in found
    assert "Ćma i Gęślarze" in found
