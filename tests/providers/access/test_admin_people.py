"""The administrator's pages for accounts: a role is ticked, and that is all there is to rights."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client as Browser
from django.urls import reverse

from providers.access import Permission, may
from tests.providers.admin_pages import submit, text
from tests.providers.conftest import admin

__all__ = ["admin"]
pytestmark = pytest.mark.django_db
LIST = "admin:auth_user_changelist"
PASSWORD = "a-Long-enough-1"


def role(name: str) -> str:
    return str(Group.objects.get(name=name).pk)


def add(browser: Browser, **fields: Any) -> Any:
    known = {"username": "ewa", "password1": PASSWORD, "password2": PASSWORD, "groups": [role("approver")]}
    return submit(browser, reverse("admin:auth_user_add"), **{**known, **fields})


def test_a_person_is_made_with_a_role(admin: Browser) -> None:
    assert add(admin).status_code == 302
    assert may(User.objects.get(username="ewa"), Permission.APPROVE)


def test_a_role_is_changed(admin: Browser) -> None:
    add(admin)
    ewa = User.objects.get(username="ewa")
    submit(admin, reverse("admin:auth_user_change", args=[ewa.pk]), groups=[role("analyst")])
    fresh = User.objects.get(pk=ewa.pk)
    assert may(fresh, Permission.SEE_ALL_WORK)
    assert not may(fresh, Permission.MAKE)


def test_nobody_makes_a_superuser_here(admin: Browser) -> None:
    add(admin, is_superuser="on", is_staff="on")
    ewa = User.objects.get(username="ewa")
    submit(admin, reverse("admin:auth_user_change", args=[ewa.pk]), is_superuser="on", is_staff="on")
    fresh = User.objects.get(pk=ewa.pk)
    assert (fresh.is_superuser, fresh.is_staff) == (False, False)


def test_roles_speak_the_readers_language_and_single_permissions_are_not_offered(admin: Browser) -> None:
    add(admin)
    page = text(admin, reverse("admin:auth_user_change", args=[User.objects.get(username="ewa").pk]))
    assert "approver" in page
    assert "user_permissions" not in page


def test_the_list_names_roles_at_a_fixed_price(admin: Browser, django_assert_max_num_queries: Any) -> None:
    for number in range(10):
        User.objects.create_user(f"u{number}").groups.add(Group.objects.get(name="marketer"))
    with django_assert_max_num_queries(10):
        page = text(admin, reverse(LIST))
    assert page.count('field-role">marketer') == 10
