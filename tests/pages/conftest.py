"""People, a finished job and a running one for the tests of the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from marketing.models import Job, Variant

BRIEF: dict[str, Any] = {
    "subject": "book",
    "title": "Żółw i gęś",
    "creator": "Łucja Źdźbło",
    "facts": ["Powieść w trzech częściach"],
    "platforms": ["x", "youtube"],
    "variants": 1,
    "language": "pl",
}
FORM: dict[str, Any] = {
    "subject": "book",
    "title": "Żółw i gęś",
    "creator": "Łucja Źdźbło",
    "facts": "Powieść w trzech częściach\r\n\r\nOkładka: Święta Ćma",
    "date": "2027-01-15",
    "link": "example.com/zolw",
    "goal": "sell",
    "audience": "",
    "tone": "friendly",
    "language": "pl",
    "call_to_action": "",
    "hashtags": "#żółw, gęś",
    "platforms": ["x", "youtube"],
    "variants": "2",
}
LOCAL_ANSWER = {"provider": "mock", "provider_name": "Mock", "model": "m-1", "latency_ms": 3120, "attempts": []}


def marketer(name: str) -> User:
    user = User.objects.create_user(name, password="correct horse")
    user.groups.add(Group.objects.get(name="marketer"))
    return user


@pytest.fixture
def editor(db: None) -> User:
    return marketer("redaktorka")


@pytest.fixture
def stranger(db: None) -> User:
    return marketer("obcy")


@pytest.fixture
def boss(db: None) -> User:
    return User.objects.create_superuser("szef", password="correct horse")


@pytest.fixture
def sign_in() -> Callable[..., Client]:
    def signed_in(user: User, language: str = "en") -> Client:
        client = Client(headers={"accept-language": language})
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return signed_in


@pytest.fixture
def page(editor: User, sign_in: Callable[..., Client]) -> Client:
    return sign_in(editor)


@pytest.fixture
def make_job() -> Callable[..., Job]:
    def make(owner: User, **fields: Any) -> Job:
        known = {"content_type": "social-posts", "title": "Żółw i gęś", "brief": BRIEF, "state": Job.State.DONE}
        return Job.objects.create(owner=owner, **{**known, **fields})

    return make


@pytest.fixture
def make_variant() -> Callable[..., Variant]:
    def make(job: Job, **fields: Any) -> Variant:
        text = fields.pop("text", "Nowa powieść. https://example.com #żółw")
        known = {
            "platform": "x",
            "position": 1,
            "language": "pl",
            "original_text": text,
            "original_title": fields.get("title", ""),
            "provenance": LOCAL_ANSWER,
        }
        return Variant.objects.create(root=job, job=job, text=text, **{**known, **fields})

    return make


@pytest.fixture
def job(editor: User, make_job: Callable[..., Job]) -> Job:
    return make_job(editor)


@pytest.fixture
def variant(job: Job, make_variant: Callable[..., Variant]) -> Variant:
    return make_variant(job)
