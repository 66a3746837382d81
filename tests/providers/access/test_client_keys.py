"""A client's key from its making to its end, seen through the door."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from cryptography.fernet import Fernet
from django.conf import LazySettings
from django.core.exceptions import ValidationError
from django.db import connection
from django.utils import timezone

from providers import access
from providers.access import (
    AccessError,
    ExpiredKeyError,
    MalformedKeyError,
    MissingKeyError,
    MissingScopeError,
    ReplacedKeyError,
    RevokedKeyError,
    Scope,
    StreamMode,
    UnknownKeyError,
    exchange_key,
)
from providers.access.client_keys import Issued, create_client, issue, revoke, rotate
from providers.access.provider_keys import rewrap_all
from providers.clients import Client, ClientKey
from tests.providers.access.conftest import come, run

Make = Callable[..., Issued]


def test_a_key_names_the_house_an_id_and_a_secret(make: Make) -> None:
    assert re.fullmatch(r"pk_lab_[a-z0-9]{8}_[A-Za-z0-9]{40}", make().secret)


def test_lets_a_client_in_with_what_is_known_of_it(make: Make) -> None:
    issued = make("openai", "content", name="Radio", requests_per_minute=7, stream_mode="rescue")
    caller = come(issued.secret, Scope.OPENAI)
    assert (caller.name, sorted(caller.scopes)) == ("Radio", ["content", "openai"])
    assert (caller.limits.requests_per_minute, caller.stream_mode) == (7, StreamMode.RESCUE)


@pytest.mark.parametrize("header", [None, "", "Basic cGs6cGs=", "pk_lab_abcdefgh_x", "Bearer"])
def test_asks_for_a_key_where_none_came(make: Make, header: str | None) -> None:
    with pytest.raises(MissingKeyError):
        run(access.authenticate(header))


@pytest.mark.parametrize("key", ["x", "sk-1234", "pk_lab_short_x", "pk_lab_ABCDEFGH_" + "a" * 40, "pk_lab_żółwżółw_x"])
def test_refuses_what_is_no_client_key(make: Make, key: str) -> None:
    with pytest.raises(MalformedKeyError):
        come(key)


def test_takes_the_scheme_however_it_is_written(make: Make) -> None:
    assert run(access.authenticate(f"  bearer   {make().secret} ")).name == "module 0"


def test_refuses_a_key_that_was_never_made(make: Make) -> None:
    with pytest.raises(UnknownKeyError):
        come("pk_lab_abcdefgh_" + "a" * 40)


def test_refuses_the_right_id_with_another_secret(make: Make) -> None:
    head, _secret = make().secret.rsplit("_", 1)
    with pytest.raises(UnknownKeyError):
        come(f"{head}_{'a' * 40}")


def test_tells_nobody_without_the_secret_that_a_key_was_revoked(make: Make) -> None:
    issued = make()
    revoke(issued.key.client)
    head, _secret = issued.secret.rsplit("_", 1)
    with pytest.raises(UnknownKeyError):
        come(f"{head}_{'a' * 40}")


def test_refuses_a_call_beyond_the_scopes(make: Make) -> None:
    with pytest.raises(MissingScopeError) as refused:
        come(make("content").secret, Scope.MONITORING)
    assert (refused.value.status, refused.value.scope) == (403, "monitoring")
    assert refused.value.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'


def test_ends_a_client_when_its_time_is_over(make: Make) -> None:
    issued = make(expires_at=timezone.now() + timedelta(hours=1))
    assert come(issued.secret)
    Client.objects.update(expires_at=timezone.now())
    with pytest.raises(ExpiredKeyError):
        come(issued.secret)


def test_a_revoked_key_fails_at_the_very_next_call(make: Make) -> None:
    issued = make()
    assert come(issued.secret)
    assert revoke(issued.key.client) == 1
    with pytest.raises(RevokedKeyError):
        come(issued.secret)


def test_synchronous_callers_pass_the_same_door(make: Make) -> None:
    issued = make()
    assert access.authenticate_now(f"Bearer {issued.secret}", Scope.OPENAI).key_pk == issued.key.pk
    with pytest.raises(UnknownKeyError):
        access.authenticate_now("Bearer pk_lab_abcdefgh_" + "a" * 40)


def test_an_old_key_works_through_the_grace_period_and_then_no_more(make: Make) -> None:
    old = make()
    new = rotate(old.key.client, grace=timedelta(hours=1))
    assert come(old.secret).client_id == come(new.secret).client_id
    ClientKey.objects.filter(pk=old.key.pk).update(works_until=timezone.now())
    assert come(new.secret)
    with pytest.raises(ExpiredKeyError):
        come(old.secret)


def test_a_second_rotation_leaves_the_first_old_key_its_grace(make: Make) -> None:
    first = make()
    second = rotate(first.key.client)
    third = rotate(first.key.client)
    assert {come(issued.secret).key_pk for issued in (first, second, third)} == set(
        ClientKey.objects.values_list("pk", flat=True)
    )


def test_a_rotation_without_grace_ends_the_old_key_at_once(make: Make) -> None:
    old = make()
    rotate(old.key.client, grace=timedelta(0))
    with pytest.raises(ExpiredKeyError):
        come(old.secret)


def test_a_client_exchanges_its_own_key(make: Make) -> None:
    old = make()
    new = exchange_key(come(old.secret), address="192.0.2.7")
    assert come(new.secret).works_until is None
    assert come(old.secret).works_until is not None


def test_a_key_in_its_grace_period_cannot_exchange_itself(make: Make) -> None:
    old = make()
    rotate(old.key.client)
    with pytest.raises(ReplacedKeyError):
        exchange_key(come(old.secret))
    assert ClientKey.objects.count() == 2


def test_a_revocation_ends_old_and_new_keys(make: Make) -> None:
    old = make()
    new = rotate(old.key.client)
    assert revoke(old.key.client) == 2
    for issued in (old, new):
        with pytest.raises(RevokedKeyError):
            come(issued.secret)


def test_a_revoked_client_gets_in_again_with_a_new_key_only(make: Make) -> None:
    old = make()
    revoke(old.key.client)
    assert come(issue(old.key.client).secret)
    with pytest.raises(RevokedKeyError):
        come(old.secret)


def test_a_client_has_one_current_key(make: Make) -> None:
    from django.db import IntegrityError

    with pytest.raises(IntegrityError):
        issue(make().key.client)


@pytest.mark.parametrize("scopes", [[], ["everything"]])
def test_makes_no_client_without_proper_scopes(transactional_db: None, scopes: list[str]) -> None:
    with pytest.raises(ValidationError):
        create_client("x", scopes)
    assert not Client.objects.exists()


def test_no_secret_lies_in_the_database(make: Make) -> None:
    secret = make().secret.rsplit("_", 1)[1]
    stored = ""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of our own
            stored += repr(cursor.fetchall())
    assert "module 0" in stored
    assert secret not in stored


def test_a_key_does_not_print(make: Make) -> None:
    issued = make()
    assert issued.secret not in repr(issued)
    assert issued.secret.rsplit("_", 1)[1] not in str(issued.key)


def test_keys_survive_a_new_secret_key_and_a_new_encryption_key(make: Make, settings: LazySettings) -> None:
    issued = make()
    settings.SECRET_KEY = "another one"
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode(), *settings.ENCRYPTION_KEYS]
    rewrap_all()
    settings.ENCRYPTION_KEYS = settings.ENCRYPTION_KEYS[:1]
    assert come(issued.secret)


def test_keys_cannot_be_checked_without_the_encryption_key(make: Make, settings: LazySettings) -> None:
    from providers.access import client_keys

    issued = make()
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    client_keys._opened.cache_clear()
    with pytest.raises(UnknownKeyError):
        come(issued.secret)
    assert come(make(name="made after the change").secret)


def test_every_refusal_says_what_to_answer() -> None:
    kinds = [kind for kind in vars(access).values() if isinstance(kind, type) and issubclass(kind, AccessError)]
    assert len({kind.code for kind in kinds}) == len(kinds)
    assert {int(kind.status) for kind in kinds} == {401, 403, 409, 429}
