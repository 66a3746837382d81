"""Ads, e-mails and tags on their pages: counters, sources, what keeps an ad back, and the files to take away."""

from __future__ import annotations

import csv
import email
import io
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from marketing.content.registry import content_type
from marketing.models import Brief, Job, Variant
from marketing.services import edit_variant

AD: dict[str, Any] = {
    "title": "Żółte światło",
    "creator": "Ćma i Gęślarze",
    "facts": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk", "Nagrane na setkę w przędzalni"],
    "link": "https://example.com/zolte-swiatlo",
    "platforms": ["google-search"],
    "language": "pl",
    "variants": 1,
}
MAIL: dict[str, Any] = {
    **{name: AD[name] for name in ("title", "creator", "facts", "link", "language", "variants")},
    "sender": "Hardban Records",
    "postal_address": "ul. Wąska 4, 50-001 Wrocław",
    "platforms": ["newsletter"],
}


@pytest.fixture
def written(editor: User, make_job: Callable[..., Job], make_variant: Callable[..., Variant]) -> Callable[..., Variant]:
    """A text with several fields, as the desk composes it offline; `fields` replace some of its own."""

    def make(kind: str, brief: dict[str, Any], **fields: list[str]) -> Variant:
        made = content_type(kind)
        loaded = made.load_brief(brief)
        (part,) = made.parts(loaded)
        (piece,) = made.offline(loaded, part)
        job = make_job(editor, content_type=kind, title=AD["title"], brief=loaded.model_dump(mode="json"))
        values = {**{name: list(texts) for name, texts in piece.fields.items()}, **fields}
        texts = {"platform": part.platform, "text": piece.text, "title": piece.title}
        variant = make_variant(job, **texts, original_fields=values)
        return edit_variant(variant, title=piece.title, text=piece.text, fields=values)

    return make


def html_of(page: Client, variant: Variant) -> str:
    return page.get(reverse("job", args=[variant.root_id])).content.decode()


@pytest.mark.parametrize("name", ["ads", "emails", "tags"])
def test_a_brief_becomes_a_job_of_its_kind(page: Client, name: str) -> None:
    kinds = {"ads": "ad-copy", "emails": "email-templates", "tags": "tags"}
    formats = {"ads": ["google-search"], "emails": [], "tags": ["tags-x"]}
    sent = {"subject": "release", "goal": "sell", "tone": "friendly", "language": "pl", "title": "Cisza"}
    response = page.post(
        reverse(name), {**sent, "platforms": formats[name], "variants": "1", "own_words": "jazz, zima"}
    )
    job = Job.objects.get()
    assert response.headers["Location"] == reverse("job", args=[job.pk])
    assert job.content_type == kinds[name]


def test_each_kind_of_brief_is_kept_apart(page: Client) -> None:
    page.post(reverse("brief_save", args=["ads"]), {"title": "Reklama"})
    page.post(reverse("brief_save", args=["tags"]), {"title": "Tagi"})
    assert dict(Brief.objects.values_list("content_type", "data__title")) == {"ad-copy": "Reklama", "tags": "Tagi"}
    assert "Reklama" in page.get("/").content.decode()


def test_a_page_that_is_none_is_not_found(page: Client) -> None:
    assert page.post(reverse("brief_save", args=["poems"]), {}).status_code == 404


def test_every_value_has_its_own_counter(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD, headlines=["Żółte światło", "x" * 31, "Nowa muzyka"])
    html = html_of(page, variant)
    assert "13 / 30" in html
    assert "31 / 30" in html
    assert "1 over the limit" in html


def test_values_that_nearly_repeat_each_other_are_named(page: Client, written: Any) -> None:
    html = html_of(page, written("ad-copy", AD, headlines=["Posłuchaj albumu", "Posłuchaj albumu!", "Nowa muzyka"]))
    assert "nearly repeats number 1" in html


def test_a_claim_without_a_source_keeps_an_ad_back_until_somebody_confirms_it(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD, descriptions=["Sprzedano 5000 płyt w tydzień.", "Winyl w nakładzie 300 sztuk."])
    html = html_of(page, variant)
    assert "Nothing in the brief bears this out: number “5000" in html
    assert page.get(reverse("variant_file", args=[variant.pk, "csv"])).status_code == 404
    page.post(reverse("variant_keep", args=[variant.pk]), {"keep": "yes"})
    variant.refresh_from_db()
    assert variant.kept_at is None

    page.post(reverse("variant_confirm", args=[variant.pk]), {"sentence": "Sprzedano 5000 płyt w tydzień."})
    assert page.get(reverse("variant_file", args=[variant.pk, "csv"])).status_code == 200
    page.post(reverse("variant_keep", args=[variant.pk]), {"keep": "yes"})
    variant.refresh_from_db()
    assert variant.kept_at
    assert "confirmed by redaktorka" in html_of(page, variant)


def test_an_ad_beyond_a_limit_leaves_in_no_file(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD, headlines=["Żółte światło", "x" * 31, "Nowa muzyka"])
    assert "until then there is no file" in html_of(page, variant)
    assert page.get(reverse("variant_file", args=[variant.pk, "csv"])).status_code == 404
    page.post(reverse("variant_edit", args=[variant.pk]), {"field-headlines": ["Żółte światło", "Muzyka", "Album"]})
    assert page.get(reverse("variant_file", args=[variant.pk, "csv"])).status_code == 200


def test_a_changed_sentence_has_to_be_confirmed_anew(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD, descriptions=["Sprzedano 5000 płyt.", "Winyl w nakładzie 300 sztuk."])
    page.post(reverse("variant_confirm", args=[variant.pk]), {"sentence": "Sprzedano 5000 płyt."})
    page.post(reverse("variant_edit", args=[variant.pk]), {"field-descriptions": ["Sprzedano 6000 płyt.", "Płyta."]})
    assert page.get(reverse("variant_file", args=[variant.pk, "csv"])).status_code == 404


def test_a_sentence_that_is_not_there_cannot_be_confirmed(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD)
    page.post(reverse("variant_confirm", args=[variant.pk]), {"sentence": "Najlepszy album świata"})
    variant.refresh_from_db()
    assert variant.grounding["confirmed"] == []


def test_fields_are_edited_one_by_one_and_the_first_version_comes_back(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD)
    before = variant.fields["headlines"]
    page.post(reverse("variant_edit", args=[variant.pk]), {"field-headlines": ["Pierwszy", "", "  Drugi\u200b "]})
    variant.refresh_from_db()
    assert variant.fields["headlines"] == ["Pierwszy", "Drugi"]
    assert "Pierwszy\nDrugi" in variant.text
    page.post(reverse("variant_restore", args=[variant.pk]))
    variant.refresh_from_db()
    assert variant.fields["headlines"] == before


def test_while_typing_each_counter_is_answered(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD)
    sent = {"field-headlines": ["Raz", "y" * 40, "Trzy"]}
    html = page.post(
        reverse("variant_measure", args=[variant.pk]), sent, headers={"hx-request": "true"}
    ).content.decode()
    assert f'id="note-{variant.pk}-headlines-2" hx-swap-oob="true"' in html
    assert "40 / 30" in html
    variant.refresh_from_db()
    assert "y" * 40 not in variant.fields["headlines"]


def test_a_search_ad_leaves_as_the_editor_of_google_reads_it(page: Client, written: Any) -> None:
    variant = written("ad-copy", AD)
    answer = page.get(reverse("variant_file", args=[variant.pk, "csv"]))
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert row["Ad type"] == "Responsive search ad"
    assert [row[f"Headline {number}"] for number in (1, 2, 3)] == variant.fields["headlines"][:3]
    assert row["Headline 1 position"] == "1"
    assert row["Final URL"] == AD["link"]


@pytest.mark.parametrize("value", ["=1+1", "+20% taniej", "-20% na winyl", "@cmaigeslarze", " =muzyka", "＝1"])
def test_an_ad_that_a_spreadsheet_would_run_gives_no_file_and_says_why(page: Client, written: Any, value: str) -> None:
    variant = written("ad-copy", AD)
    headlines = [value, *variant.fields["headlines"][1:]]
    edit_variant(variant, title="", text=variant.text, fields={**variant.fields, "headlines": headlines})
    for sentence in variant.grounding["sentences"]:
        page.post(reverse("variant_confirm", args=[variant.pk]), {"sentence": sentence["text"]})
    html = html_of(page, variant)
    assert "begins with" in html
    assert reverse("variant_file", args=[variant.pk, "csv"]) not in html
    assert page.get(reverse("variant_file", args=[variant.pk, "csv"])).status_code == 404


def test_what_an_ad_publishes_stands_in_its_file_letter_by_letter(page: Client, written: Any) -> None:
    variant = written("ad-copy", {**AD, "title": "=", "brand": "+48", "platforms": ["google-pmax"]})
    answer = page.get(reverse("variant_file", args=[variant.pk, "csv"]))
    (row,) = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    published = {name: cell for name, cell in row.items() if name not in {"Campaign", "Asset group"}}
    assert not [cell for cell in published.values() if cell.startswith(("'", "=", "+", "-", "@"))]
    assert row["Business name"] == "48"
    assert row["Asset group"] == "'="


def test_an_email_is_shown_in_a_frame_that_runs_nothing(page: Client, written: Any) -> None:
    variant = written("email-templates", MAIL, paragraphs=["<script>alert(1)</script> & więcej"])
    assert "<iframe sandbox" in html_of(page, variant)
    answer = page.get(reverse("variant_mail", args=[variant.pk]))
    policy = answer.headers["Content-Security-Policy"]
    assert "sandbox" in policy
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.content.decode()


def test_an_email_leaves_as_a_draft_that_can_be_unsubscribed_from(page: Client, written: Any) -> None:
    variant = written("email-templates", MAIL)
    answer = page.get(reverse("variant_file", args=[variant.pk, "eml"]))
    message = email.message_from_bytes(answer.content, policy=email.policy.default)
    assert message["Subject"] == variant.fields["subjects"][0]
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = {part.get_content_type(): part.get_content() for part in message.iter_parts()}
    assert "Hardban Records" in parts["text/plain"]
    assert AD["link"] in parts["text/html"]


@pytest.mark.parametrize(("tool", "mark"), [("mailchimp", "*|UNSUB|*"), ("listmonk", "{{ UnsubscribeURL }}")])
def test_mail_tools_find_their_own_placeholders(page: Client, written: Any, tool: str, mark: str) -> None:
    answer = page.get(reverse("variant_file", args=[written("email-templates", MAIL).pk, tool]))
    assert mark in answer.content.decode()


def test_an_email_says_what_would_go_wrong_with_it(page: Client, written: Any) -> None:
    brief = {**MAIL, "sender": "", "postal_address": "", "image": "https://example.com/cover.jpg", "link": ""}
    html = html_of(page, written("email-templates", brief))
    for fault in ("The sender is missing", "The postal address is missing", "no description", "There is no link"):
        assert fault in html
    long = written("email-templates", MAIL, paragraphs=["Zdanie o muzyce. " * 500] * 14)
    assert "Gmail cuts it at 102 KB" in html_of(page, long)


def test_tags_are_copied_with_their_signs(page: Client, written: Any) -> None:
    variant = written("tags", {**AD, "platforms": ["tags-instagram"], "own_words": ["polski folk"]})
    assert "#polskiFolk" in html_of(page, variant)


def test_nobody_takes_away_the_text_of_another(stranger: User, sign_in: Callable[..., Client], written: Any) -> None:
    variant = written("email-templates", MAIL)
    other = sign_in(stranger)
    assert other.get(reverse("variant_mail", args=[variant.pk])).status_code == 404
    assert other.get(reverse("variant_file", args=[variant.pk, "eml"])).status_code == 404
    assert other.post(reverse("variant_confirm", args=[variant.pk]), {"sentence": "x"}).status_code == 404
