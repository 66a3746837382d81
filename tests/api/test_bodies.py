"""What the Lab API takes as a body, and in what words it refuses the rest."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from marketing.models import Job
from prometheus.bodies import BodyError, read
from providers import access
from providers.access.client_keys import create_client

PATH = "/api/v1/ai/content/social-posts"
BRIEF: dict[str, Any] = {"title": "Nocny Pociąg", "platforms": ["mastodon"], "variants": 1}


@pytest.fixture
def send(transactional_db: None) -> Iterator[Any]:
    secret = create_client("publishing", ["content"]).secret

    def post(body: bytes, content_type: str = "application/json") -> Any:
        headers = {"authorization": f"Bearer {secret}", "prefer": "respond-async", "idempotency-key": "one"}
        return Client().post(PATH, data=body, content_type=content_type, headers=headers)

    yield post
    access.close()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"title": "\xff"}', "no UTF-8 at byte 11"),
        (b'{"title": "a",}', "no JSON at line 1, column 15"),
        (b"<brief/>", "no JSON"),
        (b'{"variants": NaN}', "NaN is no JSON number"),
        (b'{"variants": 1e999}', "too large"),
        (b'{"variants": ' + b"9" * 5000 + b"}", "too large"),
        (b'{"title": "a", "title": "b"}', "stands twice"),
        (b'{"facts": ' + b"[" * 40 + b"]" * 40 + b"}", "deeper than 32"),
        (b"[" * 100_000, "deeper than 32"),
        ('{"title": "a"}'.encode("utf-16"), "no UTF-8"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(send: Any, body: bytes, words: str) -> None:
    answer = send(body)
    assert (answer.status_code, answer.json()["type"]) == (400, "urn:prometheus-ai:problem:body-unreadable")
    assert words in answer.json()["detail"]


def test_a_body_of_another_kind_is_refused(send: Any) -> None:
    answer = send(json.dumps(BRIEF).encode(), "text/plain")
    assert (answer.status_code, answer.json()["type"]) == (415, "urn:prometheus-ai:problem:body-not-json")


def test_a_body_beyond_the_limit_is_refused(send: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    answer = send(json.dumps({**BRIEF, "audience": "x" * 200}).encode())
    assert (answer.status_code, answer.json()["most"]) == (413, 100)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("variants", "2"),
        ("variants", True),
        ("platforms", "mastodon"),
        ("facts", "raz\ndwa"),
        ("offline", "yes"),
        ("date", 0),
        ("date", ""),
        ("date", "0"),
        ("date", "2027-13-01"),
    ],
)
def test_a_value_of_another_json_type_is_not_guessed_at(send: Any, field: str, value: Any) -> None:
    answer = send(json.dumps({**BRIEF, field: value}).encode())
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["where"].endswith(f".{field}")


def test_what_no_database_takes_is_left_out(send: Any) -> None:
    answer = send(json.dumps({**BRIEF, "title": "Noc\x00ny \ud800Pociąg", "audience": "\udfff"}).encode())
    assert answer.status_code == 202, answer.content
    assert (Job.objects.get().brief["title"], Job.objects.get().brief["audience"]) == ("Nocny Pociąg", "")


def test_nor_is_it_in_a_question(send: Any) -> None:
    secret = create_client("reader", ["content"]).secret
    answer = Client().get("/api/v1/jobs?kind=%00&cursor=%00", headers={"authorization": f"Bearer {secret}"})
    assert answer.status_code == 200


def test_an_address_that_is_not_there_answers_a_program_as_one(send: Any) -> None:
    answer = Client(enforce_csrf_checks=True).post("/api/v1/jobs/x/cancel")
    assert (answer.status_code, answer["content-type"]) == (404, "application/problem+json")


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=())),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)


@given(_VALUES)
def test_whatever_is_read_can_be_stored(value: Any) -> None:
    try:
        found = read(json.dumps(value).encode())
    except BodyError:
        return
    assert "\\u0000" not in json.dumps(found)
    json.dumps(found, ensure_ascii=False, allow_nan=False).encode()


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        read(body)
    except BodyError:
        return
