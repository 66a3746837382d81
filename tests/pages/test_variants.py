"""Texts on their cards: editing, measuring, keeping, regenerating."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.urls import reverse

from marketing.models import Job, Variant

HTMX = {"hx-request": "true"}


def url(name: str, variant: Variant) -> str:
    return reverse(f"variant_{name}", args=[variant.pk])


def test_saves_an_edit_and_measures_it(page: Client, variant: Variant) -> None:
    response = page.post(url("edit", variant), {"text": "ż" * 281}, headers=HTMX)
    variant.refresh_from_db()
    assert variant.text == "ż" * 281
    assert "281" in response.content.decode()


def test_closes_the_editor_with_the_card(page: Client, variant: Variant) -> None:
    response = page.post(url("edit", variant), {"text": "Nowy", "done": "yes"}, headers=HTMX)
    assert f'id="variant-{variant.pk}"' in response.content.decode()


def test_leads_back_to_the_job_without_scripts(page: Client, variant: Variant) -> None:
    response = page.post(url("edit", variant), {"text": "Nowy"})
    assert response.headers["Location"].endswith(f"#variant-{variant.pk}")


def test_opens_an_editor_without_scripts(page: Client, variant: Variant) -> None:
    html = page.get(url("edit", variant)).content.decode()
    assert "<html" in html
    assert "<textarea" in html


def test_stores_plain_line_ends_in_nfc(page: Client, variant: Variant) -> None:
    page.post(url("edit", variant), {"text": "z\u0307\r\nb"}, headers=HTMX)
    variant.refresh_from_db()
    assert variant.text == "ż\nb"


def test_measuring_stores_nothing(page: Client, variant: Variant) -> None:
    response = page.post(url("measure", variant), {"text": "ż" * 30}, headers=HTMX)
    assert "<strong>30</strong>" in response.content.decode()
    assert Variant.objects.get().text == variant.text


def test_brings_the_first_version_back(page: Client, variant: Variant) -> None:
    page.post(url("edit", variant), {"text": "Zmienione"}, headers=HTMX)
    page.post(url("restore", variant), headers=HTMX)
    assert Variant.objects.get().text == variant.original_text


def test_keeps_a_text_and_takes_it_out_again(page: Client, variant: Variant) -> None:
    page.post(url("keep", variant), {"keep": "yes"}, headers=HTMX)
    assert Variant.objects.get().kept_at
    page.post(url("keep", variant), {"keep": "no"}, headers=HTMX)
    assert Variant.objects.get().kept_at is None


def test_keeps_no_text_that_its_platform_would_refuse(page: Client, job: Job, make_variant: Any) -> None:
    variant = make_variant(job, text="ż" * 300)
    page.post(url("keep", variant), {"keep": "yes"}, headers=HTMX)
    assert Variant.objects.get().kept_at is None


def test_shows_that_another_text_is_on_its_way(page: Client, variant: Variant) -> None:
    html = page.post(url("regenerate", variant), headers=HTMX).content.decode()
    assert url("progress", variant) in html
    assert Job.objects.filter(regenerates=variant).count() == 1


def test_puts_the_new_text_in_the_place_of_the_old_one(page: Client, variant: Variant, make_job: Any) -> None:
    again = make_job(variant.root.owner, regenerates=variant)
    newer = Variant.objects.create(
        root=variant.root, job=again, platform="x", position=1, language="pl", text="Nowszy", original_text="Nowszy"
    )
    Variant.objects.filter(pk=variant.pk).update(replaced_by=newer)
    response = page.get(url("progress", variant), headers=HTMX)
    assert response.headers["HX-Retarget"] == f"#variant-{variant.pk}"
    assert f'id="variant-{newer.pk}"' in response.content.decode()


def test_says_when_another_text_could_not_be_written(page: Client, variant: Variant, make_job: Any) -> None:
    make_job(variant.root.owner, regenerates=variant, state=Job.State.FAILED)
    html = page.get(reverse("variant", args=[variant.pk]), headers=HTMX).content.decode()
    assert "progress-strip" in html
    assert url("progress", variant) not in html


def test_marks_an_offline_draft_always(page: Client, job: Job, make_variant: Any) -> None:
    variant = make_variant(job, offline=True)
    html = page.get(reverse("variant", args=[variant.pk]), headers=HTMX).content.decode()
    assert "band-offline" in html


def test_folds_a_long_text_as_the_platform_would(page: Client, job: Job, make_variant: Any) -> None:
    variant = make_variant(job, platform="instagram", text="słowo " * 60)
    assert "<details><summary>" in page.get(reverse("variant", args=[variant.pk]), headers=HTMX).content.decode()
