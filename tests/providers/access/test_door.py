"""The door under pressure: bad keys, many callers at once, other processes, and what it writes on the side."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from providers import access
from providers.access import AccessError, RevokedKeyError, Scope, TooManyBadKeysError, UnknownKeyError, throttle
from providers.access.client_keys import Issued, revoke
from providers.audit import AuditEntry, Deed
from providers.clients import ClientKey
from tests.providers.access.conftest import come, run
from tests.providers.access.processes import manage

Make = Callable[..., Issued]
BAD = "pk_lab_abcdefgh_" + "a" * 40


def bad_keys(number: int, address: str = "192.0.2.9", key: str = BAD) -> list[type[AccessError]]:
    found = []
    for _ in range(number):
        with pytest.raises(AccessError) as refused:
            come(key, address=address)
        found.append(type(refused.value))
    return found


@pytest.fixture
def _one_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock of the throttle stands at the beginning of a minute."""
    began = time.time() // 60 * 60
    monkeypatch.setattr("providers.access.throttle.time.time", lambda: began + 5)


@pytest.mark.usefixtures("_one_minute")
def test_many_bad_keys_from_one_address_are_told_to_wait(make: Make) -> None:
    make()
    assert bad_keys(22)[-3:] == [UnknownKeyError, TooManyBadKeysError, TooManyBadKeysError]
    with pytest.raises(TooManyBadKeysError) as refused:
        come("nonsense", address="192.0.2.9")
    assert (refused.value.status, refused.value.headers["retry-after"]) == (429, "55")


@pytest.mark.usefixtures("_one_minute")
def test_an_old_key_in_one_module_locks_out_no_other_module_at_that_address(make: Make) -> None:
    issued = make()
    bad_keys(25)
    assert come(issued.secret, address="192.0.2.9").name == "module 0"


@pytest.mark.usefixtures("_one_minute")
def test_bad_keys_of_one_address_do_not_count_for_another(make: Make) -> None:
    bad_keys(25)
    assert bad_keys(1, address="198.51.100.4") == [UnknownKeyError]


@pytest.mark.usefixtures("_one_minute")
def test_one_ipv6_network_counts_as_one_address(make: Make) -> None:
    bad_keys(20, address="2001:db8::1")
    assert bad_keys(1, address="2001:db8::ffff") == [TooManyBadKeysError]
    assert bad_keys(1, address="2001:db8:0:1::1") == [UnknownKeyError]


@pytest.mark.usefixtures("_one_minute")
def test_a_flood_of_addresses_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    used: set[str] = set()
    monkeypatch.setattr(cache, "add", lambda name, *_facts: used.add(name))
    monkeypatch.setattr(cache, "incr", lambda _name: 1)
    for number in range(20_000):
        throttle.bad_keys(f"10.0.{number // 256}.{number % 256}")
    assert 4000 < len(used) <= 4096


@pytest.mark.usefixtures("_one_minute")
def test_the_log_tells_once_a_minute_of_an_address_with_bad_keys(make: Make) -> None:
    before = AuditEntry.objects.filter(deed=Deed.KEYS_REFUSED).count()
    bad_keys(24)
    entries = AuditEntry.objects.filter(deed=Deed.KEYS_REFUSED)
    assert entries.count() == before + 1
    assert entries[0].address == "192.0.2.9"


def test_many_callers_at_once_each_get_their_own_answer(make: Make) -> None:
    secrets = [make("openai").secret for _ in range(5)] + [BAD]

    async def ask(secret: str) -> str:
        try:
            return (await access.authenticate(f"Bearer {secret}", Scope.OPENAI)).name
        except UnknownKeyError:
            return "unknown"

    async def all_at_once() -> list[str]:
        return await asyncio.gather(*(ask(secrets[number % 6]) for number in range(120)))

    names = [*(f"module {number}" for number in range(5)), "unknown"]
    assert run(all_at_once()) == names * 20


def test_many_callers_at_once_need_few_queries(make: Make) -> None:
    """What arrives together is read together: the point of the thread."""
    secret = make().secret
    seen: list[int] = []

    async def all_at_once() -> None:
        await asyncio.gather(*(access.authenticate(f"Bearer {secret}") for _ in range(200)))

    from providers.access import door

    real = door._readers._serve

    def counted(group: Any) -> Any:
        seen.append(len(group))
        return real(group)

    door._readers._serve = counted
    try:
        run(all_at_once())
    finally:
        door._readers._serve = real
    assert sum(seen) == 200
    assert len(seen) < 100


def test_a_revocation_in_another_process_holds_here_at_once(make: Make) -> None:
    issued = make(name="Radio")
    assert come(issued.secret)
    manage(
        "from providers.clients import Client; from providers.access.client_keys import revoke;"
        "revoke(Client.objects.get(name='Radio'))"
    )
    with pytest.raises(RevokedKeyError):
        come(issued.secret)


def test_no_call_that_begins_after_a_revocation_gets_in(make: Make) -> None:
    issued = make()
    late: list[str] = []
    over = threading.Event()

    async def knock() -> None:
        while True:
            ended = over.is_set()
            try:
                await access.authenticate(f"Bearer {issued.secret}")
            except RevokedKeyError:
                return
            if ended:
                late.append("let in")
                return

    async def crowd() -> None:
        knocking = [asyncio.create_task(knock()) for _ in range(8)]
        await asyncio.sleep(0.05)
        await asyncio.to_thread(revoke, issued.key.client)
        over.set()
        await asyncio.gather(*knocking)

    run(crowd())
    assert late == []


def used_at() -> Any:
    access.close()
    return ClientKey.objects.values_list("last_used_at", flat=True).get()


def test_the_last_use_is_written(make: Make) -> None:
    issued = make()
    assert used_at() is None
    come(issued.secret)
    assert timezone.now() - used_at() < timedelta(seconds=10)


def test_the_last_use_is_written_at_most_once_a_minute(make: Make) -> None:
    issued = make()
    recent, old = timezone.now() - timedelta(seconds=50), timezone.now() - timedelta(seconds=70)
    ClientKey.objects.update(last_used_at=recent)
    come(issued.secret)
    assert used_at() == recent
    ClientKey.objects.update(last_used_at=old)
    come(issued.secret)
    assert used_at() > recent


def test_nobody_waits_for_the_last_use_to_be_written(make: Make) -> None:
    """Another process may hold the row, or on SQLite the whole database, for long."""
    issued = make()
    with transaction.atomic():
        ClientKey.objects.update(last_used_at=None)
        began = time.monotonic()
        assert come(issued.secret)
        assert come(issued.secret)
        assert time.monotonic() - began < 5
    assert used_at() is not None


def test_a_fault_of_the_database_reaches_the_caller_and_the_next_call_works(make: Make) -> None:
    from django.db import DatabaseError

    issued = make()
    with connection.schema_editor() as editor:
        editor.execute("ALTER TABLE providers_clientkey RENAME TO away")
    try:
        with pytest.raises(DatabaseError):
            come(issued.secret)
    finally:
        with connection.schema_editor() as editor:
            editor.execute("ALTER TABLE away RENAME TO providers_clientkey")
    assert come(issued.secret)


def test_a_fault_of_our_own_lets_nobody_wait_for_ever() -> None:
    from providers.access.gathering import Gathering, GatheringError

    def broken(_group: Any) -> list[int]:
        raise ZeroDivisionError

    async def ask() -> None:
        await Gathering("broken", broken).ask(1)

    with pytest.raises(GatheringError):
        run(ask())


def test_a_caller_that_left_disturbs_nobody(make: Make) -> None:
    issued = make()

    async def leave() -> str:
        gone = asyncio.create_task(access.authenticate(f"Bearer {issued.secret}"))
        await asyncio.sleep(0)
        gone.cancel()
        return (await access.authenticate(f"Bearer {issued.secret}")).name

    assert run(leave()) == "module 0"
