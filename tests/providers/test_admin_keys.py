"""Several keys of one provider: pasted in lines, replaced, labelled, and never shown again."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone

from providers.models import Provider, ProviderKey
from tests.providers.admin_pages import OTHER, SECRET, happened, submit, text, url, words

pytestmark = pytest.mark.django_db

THIRD = "gsk-third-Vv83-not-to-be-found-5678"
PASTE_AGAIN = "Paste the key again: it is not kept while something else is corrected. Nothing else was lost."


def paste(client: Client, provider: Provider, *lines: str, **fields: str) -> Any:
    return client.post(url("provider_keys", provider.pk), {"keys": "\n".join(lines), **fields})


def test_several_keys_are_pasted_at_once(admin: Client, groq: Provider) -> None:
    answer = paste(admin, groq, f"  {OTHER} ", "", THIRD, THIRD, label="club", account="label@hardban")
    assert answer.headers["location"] == url("provider_change", groq.pk)
    added = ProviderKey.objects.order_by("pk")[1:]
    assert [key.open() for key in added] == [OTHER, THIRD]
    assert {(key.label, key.account) for key in added} == {("club", "label@hardban")}
    assert "2 keys added." in text(admin, answer.headers["location"])


def test_a_key_that_was_there_is_not_added_twice(admin: Client, groq: Provider) -> None:
    answer = paste(admin, groq, SECRET, OTHER)
    assert "1 key added. 1 was stored here already." in text(admin, answer.headers["location"])
    assert ProviderKey.objects.count() == 2


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ("GROQ_API_KEY", "Line 2: This looks like the name of an environment variable, not like a key."),
        ("two words-of-a-key", "Line 2: A key has no spaces"),
        ("x" * 1001, "Line 2: A key has no spaces"),
    ],
)
def test_a_faulty_line_is_named_and_no_line_is_shown_or_stored(
    admin: Client, groq: Provider, line: str, fault: str
) -> None:
    page = paste(admin, groq, OTHER, line, label="kept").content.decode()
    assert fault in words(page)
    assert "Paste all lines again" in page
    assert 'value="kept"' in page
    assert OTHER not in page
    assert line not in page
    assert ProviderKey.objects.count() == 1


def test_no_line_is_no_key(admin: Client, groq: Provider) -> None:
    assert "Paste at least one key." in paste(admin, groq, " ").content.decode()


def test_keys_are_taken_only_from_those_who_may_add_them(admin: Client, groq: Provider) -> None:
    half = User.objects.create_user("half", is_staff=True)
    half.user_permissions.add(*Permission.objects.filter(codename__in=["view_provider", "change_provider"]))
    admin.force_login(half, backend="django.contrib.auth.backends.ModelBackend")
    assert paste(admin, groq, OTHER).status_code == 403


def test_a_key_is_asked_for_again_when_something_else_is_wrong(admin: Client, groq: Provider) -> None:
    answer = submit(admin, url("provider_change", groq.pk), base_url="", keys__0__new_key=OTHER, keys__0__label="mine")
    page = answer.content.decode()
    assert PASTE_AGAIN in page
    assert 'value="mine"' in page
    assert OTHER not in page
    assert groq.keys.get().open() == SECRET


def test_a_key_on_its_own_page_is_asked_for_again_too(admin: Client, groq: Provider) -> None:
    answer = submit(admin, url("providerkey_change", groq.keys.get().pk), new_key=OTHER, variable="no variable")
    assert PASTE_AGAIN in answer.content.decode()


def test_another_key_takes_the_old_ones_place_and_is_young_again(admin: Client, groq: Provider) -> None:
    groq.keys.update(created_at=timezone.now() - timedelta(days=100), label="main")
    submit(admin, url("provider_change", groq.pk), keys__0__new_key=OTHER)
    key = groq.keys.get()
    assert (key.open(), key.label) == (OTHER, "main")
    assert timezone.now() - key.created_at < timedelta(minutes=1)


def test_a_page_tells_a_keys_age_last_use_account_and_state(admin: Client, groq: Provider) -> None:
    key = groq.keys.get()
    groq.keys.update(created_at=timezone.now() - timedelta(days=100), account="label@hardban")
    happened(groq, key_fingerprint=key.fingerprint)
    for address in (url("provider_change", groq.pk), url("providerkey_changelist")):
        page = words(text(admin, address))
        assert "3\xa0months" in page or "3 months" in page
        assert f"{timezone.localtime():%H:}" in page
        assert "● ready" in page
    assert "label@hardban" in page


def test_a_key_that_nobody_used_lately_says_so(admin: Client, groq: Provider) -> None:
    happened(groq, key_fingerprint=groq.keys.get().fingerprint, started_at=timezone.now() - timedelta(days=40))
    assert "not within 30 days" in words(text(admin, url("providerkey_changelist")))


def test_a_short_key_shows_no_ending(admin: Client, groq: Provider) -> None:
    paste(admin, groq, "shortkey-7890")
    assert "7890" not in text(admin, url("providerkey_changelist"))


def test_a_key_is_switched_off_on_the_providers_page(admin: Client, groq: Provider) -> None:
    submit(admin, url("provider_change", groq.pk), keys__0__enabled=[])
    assert not groq.keys.get().enabled


@pytest.mark.parametrize("page", ["provider_change", "provider_keys"])
def test_no_browser_and_no_password_manager_fills_a_key_in(admin: Client, groq: Provider, page: str) -> None:
    found = re.findall(r"<(?:input|textarea)[^>]*(?:-new_key\"|name=\"keys\")[^>]*>", text(admin, url(page, groq.pk)))
    assert found
    for field in found:
        assert 'autocomplete="new-password"' in field
        assert "data-1p-ignore" in field
        assert 'data-lpignore="true"' in field


def test_more_keys_need_no_more_queries(admin: Client, groq: Provider, django_assert_max_num_queries: Any) -> None:
    paste(admin, groq, *(f"gsk-many-{number:03}-not-to-be-found" for number in range(20)))
    with django_assert_max_num_queries(25):
        text(admin, url("provider_change", groq.pk))
    with django_assert_max_num_queries(12):
        text(admin, url("providerkey_changelist"))
