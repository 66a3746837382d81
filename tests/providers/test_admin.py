"""The administrator's pages: what they do, in both languages, and that a key never comes out of them."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.html import escape

from providers.catalogue import vendors
from providers.configuration import add_vendor
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey, Quota
from tests.providers.admin_pages import OTHER, SECRET, happened, state, submit, text, url, words

pytestmark = pytest.mark.django_db


def every_page(groq: Provider) -> Iterator[str]:
    yield reverse("admin:index")
    yield url("provider_catalogue")
    for name, model in (
        ("provider", Provider),
        ("aimodel", AIModel),
        ("providerkey", ProviderKey),
        ("attempt", Attempt),
        ("circuit", Circuit),
    ):
        yield url(f"{name}_changelist")
        if name not in {"attempt", "circuit"}:
            yield url(f"{name}_add")
        for pk in model._default_manager.values_list("pk", flat=True):
            yield url(f"{name}_change", pk)
            yield url(f"{name}_history", pk)
            if name not in {"attempt", "circuit"}:
                yield url(f"{name}_delete", pk)


@pytest.mark.parametrize("language", ["pl", "en"])
def test_every_page_answers_and_none_holds_a_stored_key(admin: Client, groq: Provider, language: str) -> None:
    submit(admin, url("provider_change", groq.pk), keys__TOTAL_FORMS="2", keys__1__new_key=OTHER, keys__1__enabled="on",
           keys__1__provider=groq.pk, keys__1__id="")  # fmt: skip
    assert ProviderKey.objects.count() == 2
    happened(groq)
    Circuit.objects.create(provider=groq, failures=1)
    for address in every_page(groq):
        answer = admin.get(address, headers={"accept-language": language})
        page = answer.content.decode()
        assert answer.status_code == 200, address
        assert f'<html lang="{language}"' in page
        assert SECRET not in page
        assert OTHER not in page


def test_no_stored_key_lies_open_in_the_database_or_in_a_dump(admin: Client, groq: Provider) -> None:
    submit(admin, url("providerkey_add"), provider=groq.pk, new_key=OTHER, enabled="on")
    out = io.StringIO()
    call_command("dumpdata", stdout=out)
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of our own
            out.write(repr(cursor.fetchall()))
    assert ProviderKey.objects.get(last_four="1234").open() == OTHER
    assert SECRET not in out.getvalue()
    assert OTHER not in out.getvalue()


@pytest.mark.django_db(transaction=True)
def test_the_database_file_does_not_hold_a_key(groq: Provider) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("only SQLite is one file that a test can read")
    path = Path(connection.settings_dict["NAME"])
    stored = b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))
    assert groq.keys.get().fingerprint.encode() in stored
    assert SECRET.encode() not in stored


def test_pages_need_neither_inline_script_nor_inline_style(admin: Client, groq: Provider) -> None:
    for address in every_page(groq):
        page = text(admin, address)
        assert not re.search(r"<style|\sstyle=|\son\w+=", page), address
        assert not re.findall(r"<script(?![^>]*\bsrc=)(?![^>]*application/json)[^>]*>", page), address


def test_a_key_that_is_refused_does_not_come_back_in_the_page(admin: Client, groq: Provider) -> None:
    answer = submit(admin, url("providerkey_add"), provider=groq.pk, new_key=f"{SECRET} x", variable=OTHER)
    page = answer.content.decode()
    assert "A key has no spaces" in page
    assert "a key belongs in “new key”" in page
    assert SECRET not in page
    assert OTHER not in page


def test_saving_a_provider_without_touching_the_key_keeps_it(admin: Client, groq: Provider) -> None:
    answer = submit(admin, url("provider_change", groq.pk), name="Groq 2")
    assert answer.status_code == 302, answer.content.decode()
    assert Provider.objects.get().name == "Groq 2"
    assert ProviderKey.objects.get().open() == SECRET


def test_a_new_key_replaces_the_old_and_clears_what_was_learned_about_it(admin: Client, groq: Provider) -> None:
    groq.keys.update(invalid_since=timezone.now(), blocked_reason="Authentication", from_file=True)
    submit(admin, url("providerkey_change", groq.keys.get().pk), new_key=OTHER)
    key = ProviderKey.objects.get()
    assert key.open() == OTHER
    assert (key.invalid_since, key.blocked_reason, key.from_file) == (None, "", False)


def test_a_variable_takes_the_place_of_a_sealed_key(admin: Client, groq: Provider) -> None:
    submit(admin, url("providerkey_change", groq.keys.get().pk), variable="GROQ_API_KEY")
    key = ProviderKey.objects.get()
    assert (key.variable, key.sealed, key.fingerprint, key.last_four) == ("GROQ_API_KEY", "", "", "")


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({}, "Enter a key or name an environment variable."),
        ({"new_key": OTHER, "variable": "GROQ_API_KEY"}, "Enter a key or name a variable, not both."),
        ({"new_key": SECRET}, "This key is stored here already."),
        ({"new_key": "GROQ_API_KEY"}, "This looks like the name of an environment variable, not like a key."),
    ],
)
def test_a_key_that_makes_no_sense_is_refused(
    admin: Client, groq: Provider, fields: dict[str, str], fault: str
) -> None:
    answer = submit(admin, url("providerkey_add"), provider=groq.pk, **fields)
    assert fault in answer.content.decode()
    assert ProviderKey.objects.count() == 1


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"base_url": "http://10.0.0.7/v1"}, "tick “private address allowed”"),
        ({"base_url": "https://models.local/v1"}, "tick “private address allowed”"),
        ({"base_url": "http://[::1]:80/v1"}, "tick “private address allowed”"),
        ({"base_url": "http://api.example.com/v1"}, "Write https:// instead of http://."),
        ({"base_url": "gopher://api.example.com"}, "Write an address that begins with https://"),
        ({"base_url": ""}, "Write the provider's address"),
        ({"quirks": '{"seed": 1}'}, "seed: unknown field; did you mean seed_field?"),
        ({"reset_timezone": "Mars/Olympus"}, "Select a valid choice"),
        ({"models__0__capabilities": []}, "This field is required."),
        ({"quotas__0__metric": "requests", "quotas__0__period": "request"}, "A request is always one request."),
    ],
)
def test_a_provider_that_could_not_work_is_refused(
    admin: Client, groq: Provider, fields: dict[str, Any], fault: str
) -> None:
    answer = submit(admin, url("provider_change", groq.pk), **fields)
    assert escape(fault) in answer.content.decode()


def test_a_private_address_is_taken_with_the_flag(admin: Client, groq: Provider) -> None:
    submit(admin, url("provider_change", groq.pk), base_url="http://10.0.0.7/v1/", allow_private_address="on")
    assert Provider.objects.get().base_url == "http://10.0.0.7/v1"


def test_a_saved_form_keeps_capabilities_quirks_and_limits_as_the_adapters_read_them(
    admin: Client, groq: Provider
) -> None:
    submit(admin, url("provider_change", groq.pk), models__0__capabilities=["text-generation", "moderation"],
           quirks='{"max_tokens_field": "max_tokens", "seed_field": "random_seed"}')  # fmt: skip
    fresh = Provider.objects.get()
    assert fresh.quirks == {"seed_field": "random_seed"}
    assert any(model.capabilities == ["text-generation", "moderation"] for model in fresh.models.all())
    assert Quota.objects.count() == 5


def test_a_provider_answers_when_nothing_speaks_against_it(admin: Client, groq: Provider) -> None:
    assert state(admin) == "answering"


def test_a_resting_provider_says_until_when_and_why(admin: Client, groq: Provider) -> None:
    until = timezone.localtime() + timedelta(minutes=1)
    Circuit.objects.create(provider=groq, failures=5, open_until=until, reason="Unavailable")
    assert re.fullmatch(rf"resting until .*{until:%H:%M} because it did not answer", state(admin))


def test_a_provider_whose_keys_rest_says_so(admin: Client, groq: Provider) -> None:
    groq.keys.update(blocked_until=timezone.now() + timedelta(days=2), blocked_reason="QuotaExhausted")
    assert re.fullmatch(r"resting until \d+ \w+, \d\d:\d\d because its free quota is used up", state(admin))


def test_a_rest_for_an_unknown_reason_still_says_until_when(admin: Client, groq: Provider) -> None:
    Circuit.objects.create(provider=groq, failures=5, open_until=timezone.now() + timedelta(days=2), reason="Novel")
    assert re.fullmatch(r"resting until \d+ \w+, \d\d:\d\d", state(admin))


def test_a_key_that_is_switched_off_or_ready_says_so(admin: Client, groq: Provider) -> None:
    assert "● ready" in words(text(admin, url("providerkey_changelist")))
    groq.keys.update(enabled=False)
    assert "○ switched off" in words(text(admin, url("providerkey_changelist")))


def test_a_new_provider_is_entered_with_its_model_and_key_in_one_form(admin: Client) -> None:
    submit(
        admin,
        url("provider_add"),
        name="Ours",
        slug="ours",
        base_url="https://ai.example.com/v1",
        models__TOTAL_FORMS="1",
        models__0__model_id="house-model",
        models__0__enabled="on",
        models__0__capabilities=["text-generation"],
        models__0__quality="4",
        models__0__context_tokens="4096",
        models__0__max_output_tokens="512",
        keys__TOTAL_FORMS="1",
        keys__0__new_key=SECRET,
        keys__0__enabled="on",
    )
    provider = Provider.objects.get()
    assert (provider.models.get().model_id, provider.keys.get().open()) == ("house-model", SECRET)


def test_a_provider_after_its_pause_waits_for_a_test(admin: Client, groq: Provider) -> None:
    Circuit.objects.create(provider=groq, failures=5, open_until=timezone.now() - timedelta(seconds=1))
    assert state(admin) == "pause over; the next request tests it"


def test_a_refused_key_asks_for_a_new_one(admin: Client, groq: Provider) -> None:
    groq.keys.update(invalid_since=timezone.now())
    assert re.fullmatch(r"refused by the provider on .*; enter a new key", state(admin))


def test_a_key_that_cannot_be_opened_says_so_everywhere(admin: Client, groq: Provider, settings: Any) -> None:
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    words = "cannot be opened: ENCRYPTION_KEY has changed; enter the key again"
    assert state(admin) == words
    for address in (
        url("provider_change", groq.pk), url("providerkey_changelist"), url("providerkey_change", groq.keys.get().pk)
    ):  # fmt: skip
        assert words in text(admin, address)


def test_an_empty_variable_is_named(admin: Client, groq: Provider) -> None:
    groq.keys.update(variable="GROQ_API_KEY")
    assert state(admin) == "the environment variable GROQ_API_KEY is empty"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda: Provider.objects.update(enabled=False), "switched off"),
        (lambda: AIModel.objects.update(gone_since=timezone.now()), "no model in use"),
        (lambda: ProviderKey.objects.update(enabled=False), "no key"),
        (
            lambda: (ProviderKey.objects.all().delete(), Provider.objects.update(allow_private_address=True)),
            "answering",
        ),
    ],
)
def test_the_state_names_what_is_missing(admin: Client, groq: Provider, change: Any, words: str) -> None:
    change()
    assert state(admin) == words


def test_one_free_key_is_enough_to_answer(admin: Client, groq: Provider) -> None:
    groq.keys.update(invalid_since=timezone.now())
    second = ProviderKey(provider=groq)
    second.hold(OTHER)
    second.save()
    assert state(admin) == "answering"


def test_the_list_tells_how_the_last_attempt_ended(admin: Client, groq: Provider) -> None:
    happened(groq)
    happened(groq, outcome="failed", error_class="RateLimit")
    assert "✕ failed (too many requests in a short time)" in words(text(admin, url("provider_changelist")))


def test_the_list_of_providers_needs_no_more_queries_for_more_providers(
    admin: Client, groq: Provider, django_assert_max_num_queries: Any
) -> None:
    for row in vendors():
        if row.slug != "groq":
            add_vendor(row, secret=SECRET, values=dict.fromkeys((one.name for one in row.placeholders), "some-account"))
    with django_assert_max_num_queries(12):
        text(admin, url("provider_changelist"))


def test_priority_is_edited_in_the_list(admin: Client, groq: Provider) -> None:
    submit(admin, url("provider_changelist"), form__0__priority="3", _save="Save")
    assert Provider.objects.get().priority == 3
