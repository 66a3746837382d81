"""The demonstration data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from marketing import cards, demo_sets
from marketing.content.grounding import open_claims
from marketing.content.grounding.shapes import Kind
from marketing.forms import CampaignForm
from marketing.models import BriefSet, Job, Variant

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _password() -> Iterator[None]:
    with override_settings(DEMO_PASSWORD="correct horse"):
        yield


def test_makes_a_sign_in_that_works(client: Client) -> None:
    call_command("load_demo")
    response = client.post(reverse("login"), {"username": "admin", "password": "correct horse"})
    assert response.headers["Location"] == reverse("start")


def test_loading_twice_makes_one() -> None:
    call_command("load_demo")
    before = Job.objects.count(), Variant.objects.count(), User.objects.get().password
    call_command("load_demo")
    assert (Job.objects.count(), Variant.objects.count(), User.objects.get().password) == before


def test_keeps_a_session_when_the_password_is_the_same(client: Client) -> None:
    call_command("load_demo")
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    call_command("load_demo")
    assert client.get(reverse("start")).status_code == 200


def test_shows_every_example_on_its_page(client: Client) -> None:
    call_command("load_demo")
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    for job in Job.objects.all():
        html = client.get(reverse("job", args=[job.pk])).content.decode()
        assert html.count("<article") == job.variants.count()


def test_says_of_every_example_that_a_person_wrote_it() -> None:
    call_command("load_demo")
    assert all(variant.provenance["example"] for variant in Variant.objects.all())
    assert not Variant.objects.exclude(provenance__provider="").exists()


def test_shows_whole_campaigns_with_every_kind_of_text_in_both_languages(client: Client) -> None:
    call_command("load_demo")
    client.force_login(User.objects.get(), backend="django.contrib.auth.backends.ModelBackend")
    assert BriefSet.objects.count() == 2
    for campaign in BriefSet.objects.all():
        written = {(one.root.content_type, one.language) for one in Variant.objects.filter(root__brief_set=campaign)}
        kinds = CampaignForm.channels.values()
        assert written == {(kind, language) for kind in kinds for language in ("pl", "en")}
        assert client.get(reverse("brief_set", args=[campaign.pk])).status_code == 200
        again = client.get(f"{reverse('briefs')}?set={campaign.pk}").content.decode()
        assert campaign.brief["title"] in again


def test_the_examples_keep_every_rule_that_they_teach() -> None:
    call_command("load_demo")
    for variant in Variant.objects.select_related("root"):
        card = cards.variant_card(variant)
        assert not open_claims(variant.grounding, tuple(Kind)), variant.text
        assert not card.over
        assert not card.warnings
        assert not card.mail_faults
        if card.sheet:
            assert not [note for field in card.sheet.fields for value in field.values for note in value.notes]
            assert not [note for field in card.sheet.fields for note in field.notes]


def test_every_written_example_has_its_place_in_a_campaign() -> None:
    call_command("load_demo")
    written = sum(len(one["text"]) for one in demo_sets.campaigns())
    assert Variant.objects.filter(root__brief_set__isnull=False).count() == written
