"""Every operation of the Lab API without a key, with each scope and as each role: who gets in and who does not."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from prometheus.api import api
from providers import access
from providers.access import Permission, Role, Scope
from providers.access.client_keys import create_client
from providers.access.permissions import RIGHTS

pytestmark = pytest.mark.django_db(transaction=True)
# Written by hand and apart from the code: scope and permission of each part of the addresses, the first that fits.
WHO: tuple[tuple[str, Scope | None, Permission | None], ...] = (
    ("/ai/content/", Scope.CONTENT, Permission.MAKE),
    ("/ai/analysis/", Scope.ANALYSIS, Permission.SEE_REPORTS),
    ("/ai/optimization/", Scope.OPTIMIZATION, Permission.MAKE),
    ("/hub/", Scope.MONITORING, Permission.CONFIGURE),
    ("/keys/", None, None),
    ("/jobs", None, Permission.USE_DESK),
    ("/webhooks", None, None),
    ("/providers", Scope.MONITORING, Permission.SEE_REPORTS),
    ("/attempts", Scope.MONITORING, Permission.SEE_REPORTS),
    ("/health", Scope.MONITORING, Permission.SEE_REPORTS),
    ("/errors", Scope.MONITORING, Permission.SEE_REPORTS),
    ("/reports/", Scope.MONITORING, Permission.SEE_REPORTS),
)


def operations() -> Iterator[tuple[str, str]]:
    """Method and address of each operation, with made-up parts."""
    for path, methods in api.get_openapi_schema()["paths"].items():
        for method in methods:
            yield method, re.sub(r"\{[^}]*id\}", str(uuid.UUID(int=7)), re.sub(r"\{[^}]*(?<!id)\}", "x", path))


OPERATIONS = list(operations())


def who(address: str) -> tuple[Scope | None, Permission | None]:
    return next((scope, right) for part, scope, right in WHO if address.startswith(f"/api/v1{part}"))


def ask(client: Client, method: str, address: str, **headers: str) -> int:
    options: dict[str, Any] = {"content_type": "application/json", "data": "{}"} if method != "get" else {}
    return int(getattr(client, method)(address, **options, headers=headers).status_code)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    access.close()


@pytest.fixture
def keys() -> dict[str, str]:
    """One client's key for each scope."""
    return {scope.value: create_client(scope.value, [scope.value]).secret for scope in Scope}


def test_every_operation_says_in_the_schema_that_it_has_a_door() -> None:
    schema = api.get_openapi_schema()
    for methods in schema["paths"].values():
        for operation in methods.values():
            assert operation["security"] == [{"LabDoor": []}]
    assert schema["components"]["securitySchemes"]["LabDoor"] == {"type": "http", "scheme": "bearer"}


def test_nobody_gets_in_without_a_key() -> None:
    assert {ask(Client(), method, address) for method, address in OPERATIONS} == {401}


def test_a_key_opens_what_its_scope_is_for_and_nothing_else(keys: dict[str, str]) -> None:
    wrong = []
    for method, address in OPERATIONS:
        wanted, _ = who(address)
        for scope, secret in keys.items():
            status = ask(Client(), method, address, authorization=f"Bearer {secret}")
            if (status not in {401, 403}) != (wanted is None or wanted.value == scope) or status == 500:
                wrong.append((method, address, scope, status))
    assert wrong == []


@pytest.mark.parametrize("role", list(Role))
def test_a_person_gets_in_by_right(role: Role) -> None:
    user = User.objects.create_user(role.value)
    user.groups.add(Group.objects.get_or_create(name=role.value)[0])
    client = Client(raise_request_exception=False)
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    wrong = []
    for method, address in OPERATIONS:
        _, right = who(address)
        status = ask(client, method, address)
        if (status not in {401, 403}) != (right in RIGHTS[role]) or status == 500:
            wrong.append((method, address, status))
    assert wrong == []


def test_a_persons_request_needs_the_pages_token() -> None:
    boss = User.objects.create_superuser("boss")
    client = Client(enforce_csrf_checks=True)
    client.force_login(boss, backend="django.contrib.auth.backends.ModelBackend")
    assert ask(client, "post", "/api/v1/ai/content/social-posts") == 403
