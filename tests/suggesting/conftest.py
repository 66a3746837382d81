"""An editor, an entry and providers that lead to the simulated upstream."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from marketing.demo_catalogue import _ALBUM
from marketing.models import Book, Release
from tests.connecting import connect, upstream
from tests.pages.conftest import marketer

__all__ = ["connect", "upstream"]
BOOK: dict[str, Any] = {
    "title": "Cisza nad jeziorem",
    "contributors": [{"role": "A01", "name": "Maria Wilk"}],
    "language": "pol",
    "thema": ["FB"],
    "keywords": [],
    "description": "<p>Kiedy lód pęka, jezioro oddaje to, co zabrało dwadzieścia lat temu. Komisarz Ewa Rus prowadzi"
    " śledztwo na Mazurach, w Polsce.</p>",
    "kept": "unseen",
}


@pytest.fixture
def editor(transactional_db: None) -> User:
    return marketer("redaktorka")


@pytest.fixture
def desk(client: Client, editor: User) -> Client:
    client.force_login(editor, backend="django.contrib.auth.backends.ModelBackend")
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def book(transactional_db: None) -> Book:
    return Book.objects.create(record=copy.deepcopy(BOOK))


@pytest.fixture
def release(transactional_db: None) -> Release:
    return Release.objects.create(record=copy.deepcopy(_ALBUM))


def picks(request: dict[str, Any], kind: str) -> dict[str, str]:
    """The candidates of a kind in a request, as a model reads them: label by id."""
    text = str(request["messages"][-1]["content"])
    lines = [line.partition(": ") for line in text.splitlines()]
    return {name: label for name, sign, label in lines if sign and name[:1] == kind[0] and name[1:].isdecimal()}


def good_book(request: dict[str, Any]) -> str:
    """An answer as a good model gives it: the first subject that names crime, Poland, two keywords."""
    subjects, narrowed = picks(request, "subjects"), picks(request, "qualifiers")
    crime = next(name for name, label in subjects.items() if "krymin" in label.lower() or "crime" in label.lower())
    poland = next(name for name, label in narrowed.items() if label in {"Polska", "Poland"})
    return json.dumps(
        {
            "subjects": [{"id": crime, "reason": "Komisarz prowadzi śledztwo"}],
            "qualifiers": [{"id": poland, "reason": "Akcja na Mazurach"}],
            "keywords": [
                {"text": "śledztwo na Mazurach", "reason": "tak szukają czytelnicy"},
                {"text": "policjantka na urlopie", "reason": "rola bohaterki"},
            ],
            "subtitle": {"text": "", "reason": ""},
            "description": {
                "text": "Lód pęka i jezioro oddaje tajemnicę.\n\nKomisarz wraca do pracy.",
                "reason": "haczyk",
            },
        },
        ensure_ascii=False,
    )
