"""The API as a whole: its documentation, its schema, and the shape of every error."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from prometheus import problems
from providers import hub
from providers.errors import ProviderError, UnavailableError
from providers.orchestrator import Exhausted, StreamBrokenError
from tests.api.test_hub import problem

BASE = "/api/v1"


@pytest.mark.django_db
def test_the_schema_lists_every_operation_with_examples_and_its_problems() -> None:
    answer = Client().get(f"{BASE}/openapi.json")
    assert answer.status_code == 200
    schema = answer.json()
    assert schema["info"]["title"] == "Prometheus AI"
    assert {path for path in schema["paths"] if "/hub/" in path} == {
        f"{BASE}/hub/models",
        f"{BASE}/hub/models/{{model_id}}",
        f"{BASE}/hub/datasets",
        f"{BASE}/hub/datasets/{{dataset_id}}",
        f"{BASE}/hub/datasets/{{dataset_id}}/splits",
        f"{BASE}/hub/datasets/{{dataset_id}}/rows",
    }
    for operations in schema["paths"].values():
        for operation in operations.values():
            assert {"401", "403", "404", "422", "503"} <= set(operation["responses"])
            assert any(status.startswith("2") for status in operation["responses"])
            assert set(operation["responses"]["401"]["content"]) == {problems.MEDIA_TYPE}
            assert operation["summary"]
    shapes = schema["components"]["schemas"]
    assert shapes["HubModel"]["example"]["id"]
    assert shapes["HubDataset"]["example"]["id"]


@pytest.mark.django_db
def test_the_documentation_comes_from_our_own_host_under_the_strict_policy() -> None:
    answer = Client().get(f"{BASE}/docs")
    page = answer.content.decode()
    assert answer.status_code == 200
    assert "ninja/swagger-ui-bundle" in page
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page)
    policy = answer["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "script-src 'self'" in policy


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/nothing", "/hub", "/hub/elsewhere"])
def test_an_address_that_is_none_says_so_as_a_problem(path: str) -> None:
    problem(Client().get(BASE + path), 404, "not-found")


@pytest.mark.django_db
def test_another_method_is_refused_as_a_problem(staff: Client) -> None:
    answer = staff.post(f"{BASE}/hub/models")
    problem(answer, 405, "method-not-allowed")
    assert answer["Allow"] == "GET"


def test_a_fault_of_our_own_gives_nothing_away(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(*_arguments: Any) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(hub, "reader", breaks)
    body = problem(staff.get(f"{BASE}/hub/models"), 500, "fault-of-our-own")
    assert "secret" not in str(body)


def _every_kind(kind: type[ProviderError]) -> list[type[ProviderError]]:
    return [kind, *(below for child in kind.__subclasses__() for below in _every_kind(child))]


def _made(kind: type[ProviderError]) -> ProviderError:
    if issubclass(kind, Exhausted):
        return kind((), timezone.now() + timedelta(seconds=0.5))
    if issubclass(kind, StreamBrokenError):
        return kind(UnavailableError("words", wait_seconds=0.2))
    return kind("words", wait_seconds=0.2)


@pytest.mark.parametrize("kind", _every_kind(ProviderError))
def test_every_kind_of_error_has_its_problem(kind: type[ProviderError]) -> None:
    answer = problems.problem_of(_made(kind))
    assert answer.status_code in {403, 404, 422, 502, 503}
    assert answer["Retry-After"] == "1"
