"""Models, data sets and rows of the Hub over the API."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from providers.models import Provider
from tests import hugging_face
from tests.upstream import Behaviour, Upstream, hangs, replays

BASE = "/api/v1/hub"
ADDRESSES = [
    f"{BASE}/models",
    f"{BASE}/models/BAAI/bge-small-en-v1.5",
    f"{BASE}/datasets",
    f"{BASE}/datasets/music/songs",
    f"{BASE}/datasets/music/songs/splits",
    f"{BASE}/datasets/music/songs/rows?config=default&split=train",
]


def problem(answer: Any, status: int, name: str) -> dict[str, Any]:
    assert answer.status_code == status
    assert answer["content-type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["type"]) == (status, f"urn:prometheus-ai:problem:{name}")
    assert body["title"]
    return body


@pytest.mark.parametrize("address", ADDRESSES)
def test_nobody_reads_without_signing_in(hf: Provider, upstream: Upstream, address: str) -> None:
    answer = Client().get(address)
    problem(answer, 401, "missing-key")
    assert answer["WWW-Authenticate"]
    assert upstream.requests("hf") == []


@pytest.mark.parametrize("address", ADDRESSES)
def test_people_without_a_part_in_the_administration_may_not(person: Client, hf: Provider, address: str) -> None:
    problem(person.get(address), 403, "not-allowed")


def test_models_are_searched_page_by_page(staff: Client, hf: Provider, upstream: Upstream) -> None:
    first = staff.get(f"{BASE}/models", {"query": "bart", "task": "summarization", "warm": "true", "limit": "3"}).json()
    found = {model["id"]: model for model in first["items"]}
    bart = found["facebook/bart-large-mnli"]
    assert bart["capability"] == "zero-shot-classification"
    assert bart["partners"] == [{"name": "hf-inference", "live": True, "task": "zero-shot-classification"}]
    assert (bart["downloads"], bart["license"], bart["warm"]) == (1234567, "apache-2.0", True)
    assert found["openai/whisper-large-v3"]["capability"] is None
    second = staff.get(f"{BASE}/models", {"cursor": first["next"]}).json()
    assert [model["id"] for model in second["items"]] == ["org/second-page"]
    assert second["next"] is None
    asked = upstream.requests("hf")[0].path
    assert all(part in asked for part in ("search=bart", "pipeline_tag=summarization", "inference=warm", "limit=3"))


def test_a_model_is_read_by_its_whole_name(staff: Client, hf: Provider) -> None:
    body = staff.get(f"{BASE}/models/meta-llama/Llama-3.1-8B-Instruct").json()
    assert (body["id"], body["gated"], body["capability"]) == (
        "meta-llama/Llama-3.1-8B-Instruct",
        True,
        "text-generation",
    )


def test_data_sets_their_parts_and_their_rows_are_read(staff: Client, hf: Provider) -> None:
    assert staff.get(f"{BASE}/datasets", {"query": "songs"}).json()["items"][0]["id"] == "music/songs"
    songs = staff.get(f"{BASE}/datasets/music/songs").json()
    assert (songs["languages"], songs["size"], songs["license"]) == (["en", "pl"], "1K<n<10K", "cc0-1.0")
    parts = staff.get(f"{BASE}/datasets/music/songs/splits").json()["items"]
    assert parts == [{"config": "default", "split": "train"}, {"config": "default", "split": "test"}]
    rows = staff.get(f"{BASE}/datasets/music/songs/rows", {**parts[0], "offset": "40", "length": "20"}).json()
    assert rows["total"] == 45
    assert rows["columns"] == [{"name": "title", "kind": "string"}, {"name": "plays", "kind": "int64"}]
    assert rows["rows"][0] == {"number": 40, "cells": {"title": "Song 40", "plays": 400}, "truncated": []}


def test_the_same_question_is_asked_of_the_hub_once(staff: Client, hf: Provider, upstream: Upstream) -> None:
    for _ in range(3):
        staff.get(ADDRESSES[-1])
    assert len(upstream.requests("hf")) == 1


@pytest.mark.parametrize(
    "query",
    [{"limit": "0"}, {"limit": "101"}, {"limit": "x"}, {"sort": "name"}, {"query": "x" * 201}, {"warm": "perhaps"}],
)
def test_a_query_that_makes_no_sense_names_its_fault(staff: Client, hf: Provider, query: dict[str, str]) -> None:
    body = problem(staff.get(f"{BASE}/models", query), 422, "invalid-request")
    assert body["errors"][0]["where"] == f"query.{next(iter(query))}"
    assert body["errors"][0]["what"]


def test_rows_need_a_part(staff: Client, hf: Provider) -> None:
    body = problem(staff.get(f"{BASE}/datasets/music/songs/rows"), 422, "invalid-request")
    assert {fault["where"] for fault in body["errors"]} == {"query.config", "query.split"}


@pytest.mark.parametrize("name", ["a/b/c", "org/na%20me", "%2e%2e/x"])
def test_a_name_that_cannot_be_is_never_asked_for(staff: Client, hf: Provider, upstream: Upstream, name: str) -> None:
    problem(staff.get(f"{BASE}/models/{name}"), 422, "invalid-request")
    assert upstream.requests("hf") == []


def test_a_missing_model_is_not_found(staff: Client, hf: Provider) -> None:
    problem(staff.get(f"{BASE}/models/org/missing"), 404, "not-found")


FAILING: list[tuple[Behaviour, int, str, str | None]] = [
    (replays(429, {"ratelimit": '"api";r=0;t=243'}, {"error": "slow down"}), 503, "source-busy", "243"),
    (replays(500, {"x-error-code": "ResponseNotReady"}, {"error": "busy"}), 503, "source-not-ready", "10"),
    (replays(403, {"x-error-code": "GatedRepo"}, {"error": "gated"}), 403, "terms-not-accepted", None),
    (
        replays(401, {}, {"error": f"Invalid credentials in Authorization header {hugging_face.KEY}"}),
        502,
        "source-refused-key",
        None,
    ),
    (replays(500, {}, "Internal Server Error"), 502, "source-failed", None),
    (replays(200, {}, "<html>"), 502, "source-failed", None),
    (hangs(), 502, "source-failed", None),
]


@pytest.mark.parametrize(("act", "status", "name", "wait"), FAILING)
def test_what_fails_at_the_hub_is_told_as_it_is(
    staff: Client, upstream: Upstream, act: Behaviour, status: int, name: str, wait: str | None
) -> None:
    hf = hugging_face.provider(hugging_face.house(upstream, {"GET /rows": act}))
    Provider.objects.filter(pk=hf.pk).update(timeout_seconds=1)
    answer = staff.get(ADDRESSES[-1])
    body = problem(answer, status, name)
    assert answer.get("Retry-After") == wait
    assert hugging_face.KEY not in str(body)
