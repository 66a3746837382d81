"""Somebody who may use the API, and a Hugging Face of our own."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers.models import Provider
from tests import hugging_face
from tests.connecting import upstream
from tests.upstream import Upstream

__all__ = ["upstream"]


def client_of(person: User) -> Client:
    client = Client(headers={"accept-language": "en"}, raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def staff(db: None) -> Client:
    return client_of(User.objects.create_superuser("boss"))


@pytest.fixture
def person(db: None) -> Client:
    return client_of(User.objects.create_user("person"))


@pytest.fixture
def hf(db: None, upstream: Upstream) -> Provider:
    return hugging_face.provider(hugging_face.house(upstream, more=True))
