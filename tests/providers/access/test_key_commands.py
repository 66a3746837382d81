"""`create_client` and `rotate_keys`, and what is known of providers' keys."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.management import CommandError, call_command
from django.utils import timezone

from providers import access
from providers.access import ExpiredKeyError, Scope, StreamMode, provider_keys
from providers.access.client_keys import Issued, due_keys
from providers.access.provider_keys import Validity
from providers.clients import Client, ClientKey, HashKey
from providers.errors import AuthenticationError
from providers.models import Attempt, Provider, ProviderKey
from tests.providers.access.conftest import come
from tests.providers.access.processes import begin, manage

pytestmark = pytest.mark.django_db(transaction=True)
SECRET = "gsk-planted-Zx81-not-to-be-found-9876"


@pytest.fixture(autouse=True)
def _doors_closed() -> Iterator[None]:
    yield
    access.close()


def told(command: str, *arguments: str) -> list[str]:
    out = io.StringIO()
    call_command(command, *arguments, stdout=out, stderr=out)
    return out.getvalue().splitlines()


def provider(*secrets: str) -> Provider:
    row = Provider.objects.create(slug="groq", name="Groq", base_url="https://api.example.com/v1")
    for secret in secrets:
        key = ProviderKey(provider=row)
        key.hold(secret)
        key.save()
    return row


def test_the_secret_stands_alone_on_the_last_line() -> None:
    lines = told("create_client", "Radio", "--scopes", "content", "openai", "--expires", "90d")
    assert re.fullmatch(r"pk_lab_\w{8}_\w{40}", lines[-1])
    assert sum(lines[-1] in line for line in lines) == 1
    assert come(lines[-1], Scope.CONTENT).scopes == {"content", "openai"}


def test_a_client_ends_when_it_was_said(settings: LazySettings) -> None:
    told("create_client", "Radio", "--scopes", "openai", "--expires", "12h")
    ends = Client.objects.get().expires_at
    assert ends
    assert abs(ends - timezone.now() - timedelta(hours=12)) < timedelta(minutes=1)


def test_a_client_gets_limits_and_a_way_of_streaming() -> None:
    told("create_client", "Radio", "--scopes", "openai", "--requests-per-minute", "5", "--tokens-per-day", "900",
         "--streams", "rescue")  # fmt: skip
    client = Client.objects.get()
    assert (client.requests_per_minute, client.requests_per_day, client.tokens_per_day) == (5, None, 900)
    assert client.stream_mode == StreamMode.RESCUE


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("--scopes",),
        ("--scopes", "everything"),
        ("--scopes", "openai", "--expires", "soon"),
        ("--scopes", "openai", "--expires", "0d"),
        ("--scopes", "openai", "--requests-per-day", "0"),
    ],
)
def test_a_client_that_makes_no_sense_is_not_made(arguments: tuple[str, ...]) -> None:
    with pytest.raises(CommandError):
        told("create_client", "Radio", *arguments)
    assert not Client.objects.exists()


def test_a_name_is_given_once() -> None:
    told("create_client", "Radio", "--scopes", "openai")
    with pytest.raises(CommandError, match="there is a client 'Radio' already"):
        told("create_client", "Radio", "--scopes", "openai")
    assert ClientKey.objects.count() == 1


def test_stored_secrets_come_under_the_newest_key_and_the_old_one_can_go(
    make: Callable[..., Issued], settings: LazySettings
) -> None:
    issued = make()
    row = provider(SECRET)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    assert told("rotate_keys")[:2] == [
        "Encryption: 2 re-encrypted, 0 were up to date.",
        "Encryption: the older keys in ENCRYPTION_KEY are not needed any more.",
    ]
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert row.keys.get().open() == SECRET
    assert come(issued.secret)


def test_a_second_run_changes_nothing(settings: LazySettings) -> None:
    row = provider(SECRET)
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    told("rotate_keys")
    stored = row.keys.get().sealed
    assert told("rotate_keys")[0] == "Encryption: 0 re-encrypted, 1 were up to date."
    assert row.keys.get().sealed == stored


def test_a_row_that_no_key_opens_is_named_and_fails_the_command_but_not_the_others(settings: LazySettings) -> None:
    row = provider(SECRET, SECRET + "x")
    ProviderKey.objects.filter(pk=row.keys.all()[0].pk).update(sealed="gAAAA-broken")
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    out = io.StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("rotate_keys", stdout=out, stderr=out)
    assert ended.value.code == 1
    assert "1 re-encrypted" in out.getvalue()
    assert f"provider key {row.keys.all()[0].pk} cannot be opened" in out.getvalue()


def test_a_key_that_is_replaced_meanwhile_keeps_what_was_entered(settings: LazySettings) -> None:
    row = provider(*(f"{SECRET}{number}" for number in range(150)))
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]

    def enter_another(_count: int) -> None:
        key = row.keys.order_by("-pk")[0]
        if key.open() != "entered meanwhile":
            key.hold("entered meanwhile")
            key.save()

    provider_keys.rewrap_all(enter_another)
    assert row.keys.order_by("-pk")[0].open() == "entered meanwhile"
    assert {key.open() for key in row.keys.all()} == {*(f"{SECRET}{n}" for n in range(149)), "entered meanwhile"}


def test_killed_half_way_nothing_is_lost_and_the_next_run_ends_it(settings: LazySettings) -> None:
    row = provider(*(f"{SECRET}{number}" for number in range(250)))
    newest = Fernet.generate_key().decode()
    settings.ENCRYPTION_KEYS = [newest, *settings.ENCRYPTION_KEYS]
    killed = begin(
        "import os, signal; from providers.access.provider_keys import rewrap_all;"
        "rewrap_all(lambda _count: os.kill(os.getpid(), signal.SIGKILL))"
    )
    killed.communicate(timeout=60)
    assert killed.returncode == -9
    assert {key.open() for key in row.keys.all()} == {f"{SECRET}{number}" for number in range(250)}
    outcome = provider_keys.rewrap_all()
    assert (outcome.renewed, outcome.current) == (150, 100)
    settings.ENCRYPTION_KEYS = [newest]
    assert {key.open() for key in row.keys.all()} == {f"{SECRET}{number}" for number in range(250)}


def test_every_model_with_a_sealed_column_takes_part() -> None:
    assert {ProviderKey, HashKey} <= set(provider_keys.sealed_models())


def test_a_due_client_key_is_rotated_with_grace_and_the_new_one_printed(
    make: Callable[..., Issued], settings: LazySettings
) -> None:
    settings.API_KEY_ROTATION_INTERVAL, settings.API_KEY_GRACE_PERIOD = timedelta(days=7), timedelta(days=2)
    young, old = make(name="young"), make(name="old")
    ClientKey.objects.filter(pk=old.key.pk).update(created_at=timezone.now() - timedelta(days=8))
    lines = told("rotate_keys")
    printed = [line for line in lines if line.startswith("pk_lab_")]
    assert [come(line).name for line in printed] == ["old"]
    assert come(young.secret).works_until is None
    ends = come(old.secret).works_until
    assert ends
    assert abs(ends - timezone.now() - timedelta(days=2)) < timedelta(minutes=1)
    ClientKey.objects.filter(pk=old.key.pk).update(works_until=timezone.now())
    with pytest.raises(ExpiredKeyError):
        come(old.secret)


def test_a_due_key_is_rotated_once_by_two_commands(make: Callable[..., Issued]) -> None:
    old = make()
    ClientKey.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert [key.pk for key in due_keys(timezone.now())] == [old.key.pk]
    assert any(line.startswith("pk_lab_") for line in told("rotate_keys"))
    assert told("rotate_keys")[1] == "Clients: no key is due."


def test_revoked_and_ended_clients_are_not_rotated(make: Callable[..., Issued]) -> None:
    from providers.access.client_keys import revoke

    revoke(make().key.client)
    make(expires_at=timezone.now())
    ClientKey.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert due_keys(timezone.now()) == []


def test_client_keys_can_be_left_alone(make: Callable[..., Issued]) -> None:
    make()
    ClientKey.objects.update(created_at=timezone.now() - timedelta(days=400))
    assert not any(line.startswith("pk_lab_") for line in told("rotate_keys", "--only-encryption"))


def test_provider_keys_that_are_due_are_listed() -> None:
    row = provider(SECRET)
    ProviderKey.objects.update(entered_at=timezone.now() - timedelta(days=120))
    assert told("rotate_keys")[-1].startswith(f"Due: key {row.keys.get()} of groq, 120 days old, due since ")
    provider_keys.replace(row.keys.get(), SECRET + "-new")
    assert told("rotate_keys")[-1] == "Providers: no key is due."


def attempt(key: ProviderKey, **fields: object) -> None:
    known = {"provider_slug": "groq", "model_id": "m", "key_fingerprint": key.fingerprint, "outcome": "answered"}
    Attempt.objects.create(**{**known, **fields})


def test_a_provider_key_carries_its_use_by_fingerprint() -> None:
    key = provider(SECRET, "another").keys.all()[0]
    attempt(key, prompt_tokens=10, completion_tokens=5)
    attempt(key, outcome="failed")
    attempt(key, prompt_tokens=100, started_at=timezone.now() - timedelta(days=10))
    attempt(key, prompt_tokens=1000, started_at=timezone.now() - timedelta(days=40))
    found = provider_keys.facts(ProviderKey.objects.all())
    assert found[key.pk].today == provider_keys.Use(requests=2, failed=1, tokens=15)
    assert found[key.pk].month == provider_keys.Use(requests=3, failed=1, tokens=115)
    assert provider_keys.Use() == found[ProviderKey.objects.order_by("-pk")[0].pk].month


def test_a_provider_key_carries_its_age_and_due_date(settings: LazySettings) -> None:
    settings.API_KEY_ROTATION_INTERVAL = timedelta(days=30)
    key = provider(SECRET).keys.get()
    key.entered_at = timezone.now() - timedelta(days=31)
    found = provider_keys.facts([key])[key.pk]
    assert (found.age.days, found.is_due) == (31, True)
    assert found.due_at == key.entered_at + timedelta(days=30)


@pytest.mark.parametrize(
    ("fields", "outcome", "expected"),
    [
        ({}, "", Validity.UNTRIED),
        ({}, "answered", Validity.WORKS),
        ({}, "failed", Validity.UNTRIED),
        ({"invalid_since": timezone.now()}, "answered", Validity.REFUSED),
        ({"blocked_until": timezone.now() + timedelta(hours=1)}, "answered", Validity.RESTING),
        ({"sealed": "broken"}, "answered", Validity.CLOSED),
        ({"sealed": "", "variable": "NOT_SET_ANYWHERE"}, "", Validity.CLOSED),
    ],
)
def test_a_provider_keys_validity_is_known_without_asking_the_vendor(
    fields: dict[str, object], outcome: str, expected: Validity
) -> None:
    key = provider(SECRET).keys.get()
    ProviderKey.objects.update(**fields)
    if outcome:
        attempt(key, outcome=outcome)
    assert provider_keys.facts(ProviderKey.objects.all())[key.pk].validity is expected


def test_a_replaced_provider_key_is_young_and_clean_again() -> None:
    key = provider(SECRET).keys.get()
    ProviderKey.objects.update(entered_at=timezone.now() - timedelta(days=400), invalid_since=timezone.now())
    provider_keys.replace(ProviderKey.objects.get(), SECRET + "-new")
    fresh = ProviderKey.objects.get()
    assert (fresh.open(), fresh.invalid_since) == (SECRET + "-new", None)
    assert not provider_keys.facts([fresh])[fresh.pk].is_due
    assert key.fingerprint != fresh.fingerprint


def test_a_key_without_a_fitting_encryption_key_says_so() -> None:
    from providers import keys

    with pytest.raises(AuthenticationError):
        keys.rewrapped("gAAAA-broken")


@pytest.mark.parametrize(
    ("given", "grace"),
    [
        ({}, timedelta(days=7)),
        ({"API_KEY_ROTATION_INTERVAL": "12h"}, timedelta(hours=12)),
        ({"API_KEY_GRACE_PERIOD": "1d"}, timedelta(days=1)),
        ({"API_KEY_GRACE_PERIOD": "30d", "API_KEY_ROTATION_INTERVAL": "10d"}, timedelta(days=10)),
    ],
)
def test_a_grace_period_is_never_longer_than_the_interval(given: dict[str, str], grace: timedelta) -> None:
    question = "from django.conf import settings as s; print(s.API_KEY_GRACE_PERIOD.total_seconds())"
    assert float(manage(question, **given)) == grace.total_seconds()
