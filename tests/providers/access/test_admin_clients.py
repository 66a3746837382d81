"""The administrator's pages for clients: a key is shown once, and buttons do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client as Browser
from django.utils import timezone

from providers import access
from providers.access import AccessError, ExpiredKeyError, RevokedKeyError
from providers.access.client_keys import Issued, create_client, revoke, rotate
from providers.clients import Client, ClientKey
from tests.providers.access.conftest import come, run
from tests.providers.admin_pages import act, submit, text, url
from tests.providers.conftest import admin

__all__ = ["admin"]
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _doors_closed() -> Iterator[None]:
    yield
    access.close()


@pytest.fixture
def radio() -> Issued:
    return create_client("Radio", ["openai"])


def shown(answer: Any) -> str:
    page = answer.content.decode()
    assert answer.status_code == 200, page
    assert "no-store" in answer["Cache-Control"]
    found = re.search(r'value="(pk_lab_[^"]+)"', page)
    assert found, page
    return found[1]


def test_a_new_client_gets_a_key_that_is_shown_once(admin: Browser) -> None:
    secret = shown(submit(admin, url("client_add"), name="Radio", scopes=["openai", "content"], requests_per_minute=9))
    caller = come(secret)
    assert (caller.name, sorted(caller.scopes)) == ("Radio", ["content", "openai"])
    assert caller.limits.requests_per_minute == 9
    for page in (
        url("client_changelist"),
        url("client_change", caller.client_id),
        url("client_history", caller.client_id),
    ):
        assert secret not in text(admin, page)
        assert secret.rsplit("_", 1)[1] not in text(admin, page)


@pytest.mark.parametrize("fields", [{"scopes": []}, {"requests_per_day": 0}, {"name": ""}, {"name": "Radio"}])
def test_a_client_that_makes_no_sense_is_refused(admin: Browser, radio: Issued, fields: dict[str, Any]) -> None:
    answer = submit(admin, url("client_add"), **{"name": "Another", "scopes": ["openai"], **fields})
    assert "errorlist" in answer.content.decode()
    assert Client.objects.count() == 1


def test_a_saved_form_sent_again_makes_no_second_client(admin: Browser) -> None:
    for _again in range(2):
        submit(admin, url("client_add"), name="Radio", scopes=["openai"])
    assert ClientKey.objects.count() == 1


def new_key(browser: Browser, client: Client, **button: str) -> Any:
    return submit(browser, url("client_key", client.pk), **button)


def test_a_new_key_lets_the_old_one_work_on(admin: Browser, radio: Issued) -> None:
    secret = shown(new_key(admin, radio.key.client, with_grace="x"))
    assert come(secret).key_pk != come(radio.secret).key_pk


def test_a_new_key_ends_the_old_one_at_once_when_asked_to(admin: Browser, radio: Issued) -> None:
    assert come(shown(new_key(admin, radio.key.client, at_once="x")))
    with pytest.raises(ExpiredKeyError):
        come(radio.secret)


def test_a_button_pressed_twice_makes_one_key(admin: Browser, radio: Issued) -> None:
    for _again in range(2):
        answer = admin.post(url("client_key", radio.key.client_id), {"current": radio.key.pk, "with_grace": "x"})
    assert answer.status_code == 302
    assert ClientKey.objects.count() == 2


def test_a_revoked_client_gets_a_key_again(admin: Browser, radio: Issued) -> None:
    revoke(radio.key.client)
    assert come(shown(new_key(admin, radio.key.client)))


def test_a_key_for_nobody_is_not_found(admin: Browser) -> None:
    assert admin.get(url("client_key", 999)).status_code == 404


def test_the_action_revokes_every_key_at_once(admin: Browser, radio: Issued) -> None:
    new = rotate(radio.key.client)
    act(admin, "revoke_keys", "client_changelist", radio.key.client_id)
    for secret in (radio.secret, new.secret):
        with pytest.raises(RevokedKeyError):
            come(secret)


def test_a_changed_limit_holds_from_the_next_call(admin: Browser, radio: Issued) -> None:
    submit(admin, url("client_change", radio.key.client_id), requests_per_day=1)
    run(access.admit(come(radio.secret)))
    with pytest.raises(AccessError):
        run(access.admit(come(radio.secret)))


def test_the_list_shows_keys_last_use_and_todays_count(admin: Browser, radio: Issued) -> None:
    Client.objects.update(requests_per_day=50)
    run(access.admit(come(radio.secret)))
    access.close()
    page = text(admin, url("client_changelist"))
    assert f"{radio.key.key_id} works" in page
    assert "1 request, 0 tokens" in page


@pytest.mark.parametrize(
    ("key", "client", "words"),
    [
        ({}, {}, "works"),
        ({"revoked_at": timezone.now()}, {}, "revoked"),
        ({"works_until": timezone.now() + timedelta(hours=1)}, {}, "replaced; works until"),
        ({"works_until": timezone.now()}, {}, "replaced; ended"),
        ({}, {"expires_at": timezone.now()}, "time is over"),
    ],
)
def test_every_key_says_how_it_stands(
    admin: Browser, radio: Issued, key: dict[str, Any], client: dict[str, Any], words: str
) -> None:
    ClientKey.objects.update(**key)
    Client.objects.update(**client)
    assert words in text(admin, url("client_change", radio.key.client_id)).replace("&#x27;", "'")


def test_the_list_costs_the_same_for_one_client_as_for_many(admin: Browser, django_assert_max_num_queries: Any) -> None:
    for number in range(12):
        rotate(create_client(f"module {number}", ["openai"]).key.client)
    with django_assert_max_num_queries(10):
        text(admin, url("client_changelist"))
