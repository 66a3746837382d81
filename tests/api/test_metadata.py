"""The metadata rules over the Lab API: the same findings as the command and the pages."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from marketing.api.metadata import _BOOK, _RELEASE
from marketing.metadata.checking import found_rules
from marketing.metadata.codelists import thema
from marketing.models import Artist, Job
from marketing.tasks import run_job
from providers.access.client_keys import create_client
from tests.conftest import SHARED


@pytest.fixture
def lab(address: str) -> Iterator[httpx.Client]:
    secret = create_client("music", ["optimization"]).secret
    with httpx.Client(base_url=address, headers={"authorization": f"Bearer {secret}"}, timeout=30) as client:
        yield client


def check(lab: httpx.Client, kind: str, record: Any, **more: Any) -> Any:
    answer = lab.post(f"/api/v1/ai/optimization/{kind}-metadata", json={"record": record, **more})
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("kind", "record"), [("music", _RELEASE), ("book", _BOOK)])
def test_the_documented_example_is_ready(lab: httpx.Client, kind: str, record: Any) -> None:
    found = check(lab, kind, record)
    assert found["ready"], found["findings"]


def test_each_finding_has_its_rule_its_place_and_its_fix(lab: httpx.Client) -> None:
    found = check(lab, "music", {**_RELEASE, "title": "Nocny Pociąg Do Łodzi", "upc": "123"}, language="pl")
    by_rule = {one["rule"]: one for one in found["findings"]}
    assert (
        by_rule["M03"]["where"] == "upc"
        if "M03" in by_rule
        else any(one["where"] == "upc" for one in found["findings"])
    )
    title = next(one for one in found["findings"] if one["where"] == "title")
    assert title["fix"]["value"] == "Nocny pociąg do Łodzi"
    assert found["score"] == 100 - sum(one["points"] for one in found["gains"])
    assert found["gains"] == sorted(found["gains"], key=lambda one: -one["points"])


def test_only_the_rules_of_a_destination_are_asked_when_it_is_named(lab: httpx.Client) -> None:
    book = {**_BOOK, "price": 19.99, "currency": "USD", "country": "US"}
    kdp = {one["rule"] for one in check(lab, "book", book, destination="kdp")["findings"]}
    libraries = {one["rule"] for one in check(lab, "book", book, destination="libraries")["findings"]}
    assert "B26" in kdp - libraries


def test_names_are_held_against_the_catalogue(lab: httpx.Client) -> None:
    Artist.objects.create(name="Zorza")
    release = json.loads(json.dumps(_RELEASE).replace('"Zorza"', '"ZORZA"'))
    assert any("name" in one["where"] for one in check(lab, "music", release)["findings"])


@pytest.mark.parametrize("body", [{}, {"record": []}, {"record": {}, "destination": "moon"}, {"record": {}, "x": 1}])
def test_a_body_that_is_none_is_refused(lab: httpx.Client, body: Any) -> None:
    assert lab.post("/api/v1/ai/optimization/music-metadata", json=body).status_code == 422


def test_a_record_full_of_nonsense_is_checked_all_the_same(lab: httpx.Client) -> None:
    found = check(lab, "book", {"title": [1], "contributors": "x", "price": {"a": 1}, "thema": [None, 3]})
    assert not found["ready"]


@pytest.mark.shared
@pytest.mark.parametrize(("kind", "file"), [("music", "music_release_cases"), ("book", "book_record_cases")])
def test_the_api_finds_what_the_command_finds(lab: httpx.Client, kind: str, file: str) -> None:
    lines = (SHARED / "domain" / "datasets" / f"{file}.jsonl").read_text(encoding="utf-8").splitlines()
    for line in lines:
        record = json.loads(line)["record"]
        assert sorted({one["rule"] for one in check(lab, kind, record)["findings"]}) == found_rules(kind, record)


def test_suggestions_come_only_when_asked_for_and_have_listed_codes(lab: httpx.Client) -> None:
    book = {**_BOOK, "thema": [], "description": "<p>Komisarz prowadzi śledztwo w sprawie morderstwa.</p>"}
    assert check(lab, "book", book)["suggestions"] == []
    found = check(lab, "book", book, suggest=True, language="pl")["suggestions"]
    subjects = next(one for one in found if one["where"] == "thema")
    assert (subjects["today"], subjects["source"]) == ([], "lists")
    assert subjects["value"][0].startswith("FF")
    assert {one["value"] for one in subjects["choices"]} <= set(thema())
    assert any(one["reason"].startswith("Wspólne słowa:") and one["label"] for one in subjects["choices"])


def test_a_job_is_made_of_suggestions_that_nobody_waits_for(lab: httpx.Client) -> None:
    answer = lab.post(
        "/api/v1/ai/optimization/music-metadata",
        json={"record": _RELEASE, "suggest": True},
        headers={"prefer": "respond-async"},
    )
    assert answer.status_code == 202, answer.text
    job = Job.objects.get(pk=answer.json()["id"])
    assert (job.content_type, job.brief["kind"]) == ("metadata-suggestions", "release")
    run_job(str(job.pk))
    job.refresh_from_db()
    assert job.state == Job.State.DONE
    assert {one["field"] for one in job.result["suggestions"]} <= {"genre", "tags", "title", "description"}


@pytest.mark.parametrize("kind", ["music", "book"])
def test_nonsense_is_suggested_nothing_harmful(lab: httpx.Client, kind: str) -> None:
    names = ("title", "tracks", "contributors", "thema", "tags", "description", "keywords", "artists")
    for value in (5, {"a": [None]}, [[], 3, {"title": 4}], True, None):
        check(lab, kind, dict.fromkeys(names, value), suggest=True)
