"""A whole campaign: one brief becomes every channel in both languages, is followed as one, and leaves as one file."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from marketing import sets
from marketing.content.registry import content_type
from marketing.models import Book, BriefSet, Job, Variant
from marketing.services import edit_variant
from marketing.tasks import run_job

FORM: dict[str, Any] = {
    "subject": "release",
    "title": "Żółte światło",
    "title_en": "Yellow Light",
    "creator": "Ćma i Gęślarze",
    "facts": "Drugi album kwartetu z Łodzi\r\nWinyl w nakładzie 300 sztuk\r\nNagrane na setkę w przędzalni",
    "facts_en": "The quartet’s second album\r\n300 copies on vinyl\r\nRecorded live in a spinning mill",
    "date": "2027-01-15",
    "link": "https://example.com/zolte-swiatlo",
    "goal": "announce",
    "tone": "friendly",
    "languages": ["pl", "en"],
    "own_words": "polski folk, winyl",
    "platforms": ["bluesky", "facebook"],
    "ad_formats": ["google-search"],
    "mail_formats": ["newsletter"],
    "tag_formats": ["tags-instagram"],
    "variants": "1",
    "sender": "Hardban Records",
    "postal_address": "ul. Wąska 4, 50-001 Wrocław",
}
KINDS = ["social-posts", "ad-copy", "email-templates", "tags"]


@pytest.fixture
def sent(page: Client) -> BriefSet:
    """A campaign as the form sends it."""
    answer = page.post(reverse("briefs"), FORM)
    made = BriefSet.objects.get()
    assert answer.headers["Location"] == reverse("brief_set", args=[made.pk])
    return made


def write(job: Job) -> None:
    """What the desk composes offline, stored as a worker stores it."""
    kind = content_type(job.content_type)
    brief = kind.load_brief(job.brief)
    for part in kind.parts(brief):
        for position, piece in zip(part.positions, kind.offline(brief, part), strict=True):
            variant = Variant.objects.create(
                root=job,
                job=job,
                platform=part.platform,
                position=position,
                language=part.language,
                title=piece.title,
                text=piece.text,
                original_text=piece.text,
            )
            fields = {name: list(values) for name, values in piece.fields.items()}
            edit_variant(variant, title=piece.title, text=piece.text, fields=fields)
    Job.objects.filter(pk=job.pk).update(state=Job.State.DONE, parts_done=job.parts_total)


def test_one_click_asks_for_every_channel_in_both_languages(sent: BriefSet) -> None:
    jobs = list(sent.jobs.order_by("created_at"))
    assert [(job.brief["language"], job.content_type) for job in jobs] == [
        (language, kind) for language in ("pl", "en") for kind in KINDS
    ]
    assert sets.tally(sent).total == 10


def test_each_language_draws_on_its_own_words(sent: BriefSet) -> None:
    polish, english = (sent.jobs.get(content_type="ad-copy", brief__language=code).brief for code in ("pl", "en"))
    assert (polish["title"], english["title"]) == ("Żółte światło", "Yellow Light")
    assert polish["facts"][1] == "Winyl w nakładzie 300 sztuk"
    assert english["facts"][1] == "300 copies on vinyl"
    assert polish["own_words"] == ["polski folk", "winyl"]


def test_words_become_hashtags_and_the_sender_stands_in_the_mail(sent: BriefSet) -> None:
    posts, mail = (sent.jobs.filter(content_type=kind).first() for kind in ("social-posts", "email-templates"))
    assert posts
    assert mail
    assert posts.brief["hashtags"] == ["polskiFolk", "winyl"]
    assert mail.brief["sender"] == "Hardban Records"


def test_without_english_words_the_others_serve(page: Client) -> None:
    page.post(reverse("briefs"), {**FORM, "title_en": "", "facts_en": ""})
    english = Job.objects.filter(brief__language="en").first()
    assert english
    assert english.brief["title"] == "Żółte światło"
    assert "Winyl w nakładzie 300 sztuk" in english.brief["facts"]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"platforms": [], "ad_formats": [], "mail_formats": [], "tag_formats": []}, "No channel is chosen"),
        ({"languages": []}, "No language is chosen"),
        ({"title": ""}, "The title is missing"),
        ({"link": "no address"}, "This is no web address"),
        ({"own_words": "x" * 61}, "60"),
        ({"facts_en": "x" * 301}, "300"),
    ],
)
def test_a_campaign_that_cannot_be_written_is_sent_back_whole(page: Client, wrong: dict[str, Any], words: str) -> None:
    answer = page.post(reverse("briefs"), {**FORM, **wrong})
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Job.objects.exists()
    assert not BriefSet.objects.exists()


@pytest.mark.parametrize(("entry", "left_out"), [("", {"amazon-books", "tags-kdp"}), ("book", set())])
def test_a_campaign_without_choices_takes_every_channel_that_makes_sense(
    page: Client, entry: str, left_out: set[str]
) -> None:
    book = Book.objects.create(title="Żółw i gęś")
    html = page.get(reverse("briefs"), {"entry": f"book:{book.pk}"} if entry else {}).content.decode()
    boxes = re.findall(r'<input type="checkbox" name="(?:platforms|\w+_formats)" value="([\w-]+)"([^>]*)>', html)
    assert len(boxes) == 29
    assert {slug for slug, more in boxes if "checked" not in more} == left_out


def test_who_took_every_channel_away_does_not_get_them_back(page: Client) -> None:
    page.post(reverse("brief_save", args=["briefs"]), {"title": "Cisza", "platforms": ["x"]})
    html = page.get(reverse("briefs")).content.decode()
    assert re.findall(r'name="(?:platforms|\w+_formats)" value="([\w-]+)"[^>]*checked', html) == ["x"]


def test_its_page_has_one_bar_for_everything_and_asks_until_all_is_done(page: Client, sent: BriefSet) -> None:
    first, *others = sent.jobs.order_by("created_at")
    write(first)
    html = page.get(reverse("brief_set", args=[sent.pk])).content.decode()
    assert html.count("<progress") == 1
    assert '<progress max="10" value="2"' in html
    assert "every 2s" in html
    for job in others:
        write(job)
    part = page.get(reverse("brief_set", args=[sent.pk]), headers={"hx-request": "true"}).content.decode()
    assert "every 2s" not in part
    assert "<progress" not in part
    assert "10 texts" in part
    assert "<html" not in part


def test_the_start_page_shows_the_campaign_and_not_its_eight_jobs(page: Client, sent: BriefSet) -> None:
    html = page.get(reverse("start")).content.decode()
    assert reverse("brief_set", args=[sent.pk]) in html
    assert "/jobs/" not in html
    assert "every 3s" in html


def test_the_start_page_asks_for_all_campaigns_at_once(page: Client) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as asked:
            page.get(reverse("start"))
        return len(asked)

    page.post(reverse("briefs"), FORM)
    one = queries()
    page.post(reverse("briefs"), FORM)
    page.post(reverse("briefs"), FORM)
    assert queries() == one


def test_stopping_ends_what_waits_and_trying_again_writes_only_that(page: Client, sent: BriefSet) -> None:
    first = sent.jobs.order_by("created_at")[0]
    write(first)
    page.post(reverse("brief_set_cancel", args=[sent.pk]))
    assert sets.tally(sent).state == Job.State.CANCELLED
    page.post(reverse("brief_set_retry", args=[sent.pk]))
    states = [job.state for job in sent.jobs.order_by("created_at")]
    assert states == [Job.State.DONE, *[Job.State.WAITING] * 7]


def test_one_that_failed_is_not_called_done(sent: BriefSet) -> None:
    sent.jobs.update(state=Job.State.DONE)
    sent.jobs.filter(content_type="tags").update(state=Job.State.FAILED)
    assert sets.tally(sent).state == Job.State.FAILED


def test_everything_leaves_in_one_archive_and_an_unproven_ad_stays_back(page: Client, sent: BriefSet) -> None:
    for job in sent.jobs.all():
        write(job)
    ad = Variant.objects.get(platform="google-search", language="en")
    edit_variant(ad, title="", text=ad.text, fields={**ad.fields, "descriptions": ["Sold 98,765 times.", "A record."]})
    answer = page.get(reverse("brief_set_archive", args=[sent.pk]))
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        assert archive.testzip() is None
        assert "300" in archive.read("pl/ads/google-search-1.csv").decode()
        assert b"List-Unsubscribe" in archive.read("en/emails/newsletter-1.eml")
        assert "en/ads/google-search-1" in archive.read("kept back.txt").decode()
    assert {"pl/posts/bluesky-1.txt", "en/tags/tags-instagram-1.txt", "pl/emails/newsletter-1.html"} <= names
    assert not any(name.startswith("en/ads/") for name in names)


def test_there_is_no_archive_before_the_first_text(page: Client, sent: BriefSet) -> None:
    assert page.get(reverse("brief_set_archive", args=[sent.pk])).status_code == 404


def test_the_brief_is_used_again_as_it_was_sent(page: Client, sent: BriefSet) -> None:
    html = page.get(f"{reverse('briefs')}?set={sent.pk}").content.decode()
    assert 'value="Yellow Light"' in html
    assert "Recorded live in a spinning mill" in html
    assert page.get(f"{reverse('briefs')}?set=nonsense").status_code == 404


def test_another_persons_campaign_is_not_found(
    sent: BriefSet, stranger: User, boss: User, sign_in: Callable[..., Client]
) -> None:
    for name in ("brief_set", "brief_set_archive"):
        assert sign_in(stranger).get(reverse(name, args=[sent.pk])).status_code == 404
    assert sign_in(stranger).post(reverse("brief_set_cancel", args=[sent.pk])).status_code == 404
    assert sign_in(boss).get(reverse("brief_set", args=[sent.pk])).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_without_a_provider_workers_compose_the_whole_campaign(page: Client, sent: BriefSet) -> None:
    for job in sent.jobs.all():
        run_job(str(job.pk))
    tally = sets.tally(sent)
    assert (tally.state, tally.done) == (Job.State.DONE, 10)
    assert Variant.objects.filter(root__brief_set=sent).count() == 10
