"""The library: what is found by its words on either database, what narrows it, and favourites."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from marketing import finding, library_views, services
from marketing.models import Favourite, Job, LibraryEntry, Review, Variant

pytestmark = pytest.mark.django_db
FOX = "Żółty lis śpi. Premiera 12-calowego winyla: https://example.com/lis #NocWydawców"


def found(page: Client, **asked: str) -> list[Any]:
    return [card.variant.pk for card in page.get(reverse("library"), asked).context["cards"]]


@pytest.fixture
def fox(job: Job, make_variant: Callable[..., Variant]) -> Variant:
    return make_variant(job, text=FOX, title="Łąka", kept_at=timezone.now())


@pytest.fixture
def goose(job: Job, make_variant: Callable[..., Variant]) -> Variant:
    return make_variant(job, text="Gęś lata nad żółtą łąką", position=2, language="en", kept_at=timezone.now())


@pytest.mark.parametrize(
    "words",
    [
        *("żółty", "ZOLTY", "zol", "śpi lis", "laka", "ŁĄKA żół", "12-calowego", "nocwyd", "example.com/lis"),
        *('"lis spi"', "„żółty lis śp”", "„żółty lis śp"),
    ],
)
def test_words_are_found_from_their_beginning_in_any_order_with_or_without_polish_letters(
    page: Client, fox: Variant, words: str
) -> None:
    assert found(page, q=words) == [fox.pk]


@pytest.mark.parametrize("words", ["ółty", "lisy", '"spi lis"', "lis lata", "winyl OR lata", "NOT lata"])
def test_what_does_not_stand_there_is_not_found(page: Client, fox: Variant, goose: Variant, words: str) -> None:
    assert found(page, q=words) == []


@pytest.mark.parametrize("words", ['"', "*", "' -- ; ()", "&|!<->", ":*", "♥", "\x00"])
def test_signs_alone_find_nothing_and_break_nothing(page: Client, fox: Variant, words: str) -> None:
    assert page.get(reverse("library"), {"q": words}).status_code == 200
    assert finding.entries(words).count() == 0


def test_the_title_of_the_brief_counts_too(page: Client, fox: Variant) -> None:
    assert found(page, q=fox.root.title.split()[0]) == [fox.pk]


def test_the_latest_kept_text_comes_first_and_the_next_page_goes_on(page: Client, job: Job, make_variant: Any) -> None:
    made = [make_variant(job, position=number, kept_at=timezone.now()) for number in range(1, 31)]
    first = page.get(reverse("library"), {"q": "powieść"})
    second = found(page, q="powieść", before=first.context["older"])
    expected = [one.pk for one in reversed(made)]
    assert [card.variant.pk for card in first.context["cards"]] + second == expected
    assert found(page, q="powieść", before="99999999999999999999") == expected[:24]


def test_an_edited_text_is_found_by_its_new_words_alone(page: Client, fox: Variant) -> None:
    services.edit_variant(fox, title="", text="Wilk wyje")
    assert (found(page, q="wilk"), found(page, q="lis")) == ([fox.pk], [])


def test_what_is_no_longer_kept_or_no_longer_there_leaves_no_word_behind(fox: Variant, goose: Variant) -> None:
    services.keep_variant(fox, keep=False)
    goose.root.delete()
    assert LibraryEntry.objects.count() == 0
    assert finding.entries("żół").count() == 0


def test_texts_stored_in_bulk_are_found_after_mending(page: Client, fox: Variant) -> None:
    Variant.objects.filter(pk=fox.pk).update(kept_at=None)
    other = Variant(
        root=fox.root, job=fox.root, platform="x", position=9, language="pl", text="Borsuk", original_text=""
    )
    other.kept_at = timezone.now() - timedelta(days=1)
    Variant.objects.bulk_create([other])
    assert found(page, q="borsuk") == []
    assert (finding.mend(), finding.mend()) == (2, 0)
    assert (found(page, q="borsuk"), LibraryEntry.objects.count()) == ([other.pk], 1)


def test_filters_narrow_with_and_without_words(page: Client, editor: User, fox: Variant, goose: Variant) -> None:
    Review.objects.create(variant=fox, state=Review.State.APPROVED)
    Favourite.objects.create(owner=editor, variant=goose)
    assert found(page, language="en") == found(page, starred="yes") == [goose.pk]
    assert found(page, state="approved") == found(page, state="approved", q="lis") == [fox.pk]
    assert found(page, state="approved", q="lata") == []
    assert found(page, language="xx", state="nonsense", platform="x") == [goose.pk, fox.pk]


def test_an_empty_answer_offers_to_lift_each_filter(page: Client, fox: Variant) -> None:
    html = page.get(reverse("library"), {"q": "nic", "starred": "yes", "language": "en"}).content.decode()
    for kept_on in ("?starred=yes&amp;language=en", "?q=nic&amp;language=en", "?q=nic&amp;starred=yes"):
        assert f'href="{kept_on}"' in html


def test_a_favourite_is_ones_own(page: Client, boss: User, sign_in: Any, fox: Variant) -> None:
    address = reverse("variant_favourite", args=[fox.pk])
    for _again in range(2):
        answer = page.post(address, {"star": "yes"}, headers={"hx-request": "true"})
    assert "Among your favourites." in answer.content.decode()
    assert (found(page, starred="yes"), found(sign_in(boss), starred="yes")) == ([fox.pk], [])
    page.post(address, {"star": "no"})
    assert found(page, starred="yes") == []


def test_nobody_stars_what_they_may_not_see(stranger: User, sign_in: Any, fox: Variant) -> None:
    assert sign_in(stranger).post(reverse("variant_favourite", args=[fox.pk]), {"star": "yes"}).status_code == 404


def test_filters_by_kind_and_by_the_days_of_keeping(page: Client, job: Job, make_variant: Any) -> None:
    kept = make_variant(job, kept_at=timezone.now())
    today = timezone.localdate().isoformat()

    def shown(**asked: str) -> list[Any]:
        return [card.variant.pk for card in page.get(reverse("library"), asked).context["cards"]]

    assert shown(kind="social-posts", since=today, until=today, q="powieść") == [kept.pk]
    assert shown(kind="tags") == []
    assert shown(until="2020-01-01") == []
    assert shown(since="2999-01-01") == []
    assert shown(kind="'", since="2026-99-99", until="9999-12-31") == [kept.pk]


@pytest.mark.parametrize("few", [0, 100])
def test_who_has_many_jobs_and_who_has_few_find_their_own_alone(
    page: Client, stranger: User, make_job: Any, fox: Variant, make_variant: Any, monkeypatch: Any, few: int
) -> None:
    monkeypatch.setattr(library_views, "FEW_JOBS", few)
    make_variant(make_job(stranger), text=FOX, kept_at=timezone.now())
    assert found(page) == [fox.pk]
    assert found(page, q="lis") == [fox.pk]
