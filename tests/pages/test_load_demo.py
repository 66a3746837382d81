"""The demonstration data."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client, override_settings
from django.urls import reverse

from marketing.models import Job, Variant

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
