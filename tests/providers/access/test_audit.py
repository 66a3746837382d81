"""The audit log: what enters it, what never does, and that nobody can change it."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.test import Client as Browser
from django.urls import reverse

from providers.access import SYSTEM, Deed, Origin, acting, defused, record
from providers.access.client_keys import create_client, revoke, rotate
from providers.access.spreadsheets import csv_lines
from providers.audit import AuditEntry
from providers.catalogue import vendor
from providers.configuration import add_vendor
from providers.models import Provider, ProviderKey
from tests.providers.admin_pages import OTHER, SECRET, submit, url
from tests.providers.conftest import admin, groq

__all__ = ["admin", "groq"]
pytestmark = pytest.mark.django_db


@pytest.fixture
def news() -> Callable[..., list[AuditEntry]]:
    """`news(deed)` are the entries since the test began, the newest first; what earlier tests left stays."""
    last = AuditEntry.objects.values_list("pk", flat=True).first() or 0

    def since(*deeds: Deed) -> list[AuditEntry]:
        found = AuditEntry.objects.filter(pk__gt=last)
        return list(found.filter(deed__in=deeds) if deeds else found)

    return since


News = Callable[..., list[AuditEntry]]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE providers_auditentry SET actor = 'somebody else'",
        "DELETE FROM providers_auditentry",
        "TRUNCATE providers_auditentry",
    ],
)
def test_the_database_lets_nobody_change_the_log(statement: str) -> None:
    if statement.startswith("TRUNCATE") and connection.vendor != "postgresql":
        pytest.skip("SQLite knows no TRUNCATE")
    record(Deed.ACTED, "x")
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def test_the_models_own_verbs_change_nothing_either(news: News) -> None:
    entry = record(Deed.ACTED, "x")
    entry.actor = "somebody else"
    for change in (entry.save, entry.delete, AuditEntry.objects.all().delete):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
    assert [one.actor for one in news()] == [""]


@pytest.mark.django_db(transaction=True)
def test_emptying_the_database_leaves_the_log() -> None:
    entry = record(Deed.ACTED, "before the flush")
    call_command("flush", verbosity=0, interactive=False)
    assert AuditEntry.objects.filter(pk=entry.pk).exists()


def test_a_change_says_who_what_from_where_and_how_it_was_before(admin: Browser, groq: Provider, news: News) -> None:
    submit(admin, url("provider_change", groq.pk), name="Groq 2")
    entry = next(one for one in news(Deed.CHANGED) if one.object_type == "provider")
    assert (entry.actor, entry.actor_kind, entry.role, entry.address) == (
        "boss",
        "person",
        "administrator",
        "127.0.0.1",
    )
    assert (entry.object_id, entry.before, entry.after) == (str(groq.pk), {"name": "Groq"}, {"name": "Groq 2"})
    assert len(entry.request_id) == 36


def test_what_happens_in_one_request_carries_one_id(admin: Browser, groq: Provider, news: News) -> None:
    submit(admin, url("provider_change", groq.pk), name="Groq 2", keys__0__label="main")
    changes = news(Deed.CHANGED)
    assert {entry.object_type for entry in changes} >= {"provider", "providerkey"}
    assert len({entry.request_id for entry in changes}) == 1


def test_saving_without_a_change_is_not_told(admin: Browser, groq: Provider, news: News) -> None:
    submit(admin, url("provider_change", groq.pk))
    assert news(Deed.CHANGED) == []


def test_what_a_command_changes_is_the_systems_doing(news: News) -> None:
    add_vendor(vendor("groq"), secret=SECRET)
    made = news(Deed.CREATED)
    assert {entry.object_type for entry in made} == {"provider", "aimodel", "quota", "providerkey"}
    assert {entry.actor_kind for entry in made} == {"system"}


def test_a_deletion_keeps_what_was_there(admin: Browser, groq: Provider, news: News) -> None:
    key = groq.keys.get()
    admin.post(url("providerkey_delete", key.pk), {"post": "yes"})
    (entry,) = news(Deed.DELETED)
    assert (entry.object_type, entry.before["fingerprint"]) == ("providerkey", key.fingerprint)


def test_an_action_on_many_rows_is_told(admin: Browser, groq: Provider, news: News) -> None:
    admin.post(url("provider_changelist"), {"action": "switch_off", "_selected_action": [groq.pk]})
    (entry,) = news(Deed.ACTED)
    assert (entry.object_name, entry.after) == (
        "provider",
        {"action": "switch_off", "rows": [str(groq.pk)]},
    )


def test_what_an_administrator_looks_at_is_told(admin: Browser, groq: Provider, news: News) -> None:
    admin.get(url("provider_change", groq.pk))
    admin.get(url("auditentry_changelist"))
    assert [entry.object_name for entry in news(Deed.SAW)] == [
        "auditentry",
        f"provider {groq.pk}",
    ]


def test_a_refused_page_is_told(client: Browser, news: News) -> None:
    user = User.objects.create_user("ewa")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.get(reverse("admin:index"))
    (entry,) = news(Deed.REFUSED)
    assert (entry.actor, entry.object_name) == ("ewa", "GET /admin/")


def test_sign_in_and_sign_out_are_told(client: Browser, news: News) -> None:
    User.objects.create_user("ewa", password="correct horse").groups.add(Group.objects.get(name="analyst"))
    client.post(reverse("login"), {"username": "ewa", "password": "correct horse"})
    client.post(reverse("logout"))
    told = [(entry.deed, entry.actor, entry.role) for entry in news(Deed.SIGNED_IN, Deed.SIGNED_OUT)]
    assert told == [("signed out", "ewa", "analyst"), ("signed in", "ewa", "analyst")]


def test_a_failed_sign_in_names_an_account_but_not_what_was_typed_into_its_place(client: Browser, news: News) -> None:
    User.objects.create_user("ewa")
    for name in ("ewa", "my-password-in-the-wrong-field"):
        client.post(reverse("login"), {"username": name, "password": "wrong"})
    told = [(entry.object_name, entry.actor_kind, entry.address) for entry in news(Deed.SIGN_IN_FAILED)]
    assert told == [("", "nobody", "127.0.0.1"), ("ewa", "nobody", "127.0.0.1")]


def test_a_paused_sign_in_is_told(client: Browser, news: News) -> None:
    User.objects.create_user("ewa")
    for _try in range(6):
        client.post(reverse("login"), {"username": "ewa", "password": "wrong"})
    assert {entry.object_name for entry in news(Deed.SIGN_IN_PAUSED)} == {"ewa"}


def test_a_flood_of_failed_sign_ins_does_not_flood_the_log(client: Browser, news: News) -> None:
    for number in range(60):
        client.post(reverse("login"), {"username": f"name{number}", "password": "wrong"})
    # Two minutes may be touched.
    assert 20 <= len(news(Deed.SIGN_IN_FAILED)) <= 40


def test_roles_given_and_taken_are_told(news: News) -> None:
    user = User.objects.create_user("ewa")
    approver, analyst = Group.objects.get(name="approver"), Group.objects.get(name="analyst")
    user.groups.add(approver)
    user.groups.set([analyst])
    user.groups.clear()
    analyst.user_set.add(user)
    told = [(entry.object_name, entry.before, entry.after) for entry in reversed(news(Deed.CHANGED))]
    assert told == [
        ("ewa", {}, {"roles": ["approver"]}),
        ("ewa", {"roles": ["approver"]}, {}),
        ("ewa", {}, {"roles": ["analyst"]}),
        ("ewa", {"roles": ["analyst"]}, {}),
        ("analyst", {}, {"people": ["ewa"]}),
    ]


def test_a_new_password_is_told_without_any_part_of_it(news: News) -> None:
    user = User.objects.create_user("ewa", password="first-Pa55word")
    user.set_password("second-Pa55word")
    user.save()
    (entry,) = news(Deed.CHANGED)
    assert entry.after == {"new password": True}
    assert user.password not in dump()


def test_a_client_keys_life_is_told(news: News) -> None:
    issued = create_client("Radio", ["openai"])
    with acting(lambda: Origin("Radio", "client", "", "192.0.2.7", "r-1")):
        rotate(issued.key.client)
    revoke(issued.key.client)
    told = [(entry.deed, entry.actor) for entry in reversed(news()) if entry.object_type == "clientkey"]
    assert told == [
        ("key shown", ""),
        ("key shown", "Radio"),
        ("key rotated", "Radio"),
        ("key revoked", ""),
        ("key revoked", ""),
    ]


def dump() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM providers_auditentry")
        return repr(cursor.fetchall())


def test_no_key_and_no_secret_ever_enters_the_log(admin: Browser, groq: Provider, news: News) -> None:
    submit(admin, url("providerkey_add"), provider=groq.pk, new_key=OTHER, enabled="on")
    submit(admin, url("providerkey_change", groq.keys.all()[0].pk), label=SECRET, new_key=f"{OTHER}-again")
    issued = create_client("Radio", ["openai"])
    renamed = issued.key.client
    renamed.name = f"typed here by mistake: {issued.secret}"
    renamed.save()
    record(Deed.ACTED, issued.secret, after={"deep": [{"words": f"Bearer {issued.secret}"}], "token": issued.secret})
    again = rotate(renamed)
    written = dump()
    assert len(news()) > 8
    for secret in (SECRET, OTHER, issued.secret, again.secret, issued.key.digest):
        assert secret not in written
    for key in ProviderKey.objects.all():
        assert key.sealed not in written


def test_an_entry_outlives_the_account(news: News) -> None:
    user = User.objects.create_user("ewa")
    record(Deed.APPROVED, "a text", by=Origin("ewa", "person", "approver"))
    user.delete()
    assert [entry.actor for entry in news(Deed.APPROVED)] == ["ewa"]


def test_a_change_that_is_rolled_back_was_none(groq: Provider, news: News) -> None:
    with transaction.atomic():
        groq.name = "x"
        groq.save()
        transaction.set_rollback(True)
    assert news(Deed.CHANGED) == []


def test_nobody_stands_behind_what_no_request_asked_for(news: News) -> None:
    record(Deed.EXPORTED, "x", by=SYSTEM)
    assert (news()[0].actor_kind, news()[0].address) == ("system", None)


def exported(browser: Browser, **filters: str) -> list[dict[str, str]]:
    answer = browser.get(url("auditentry_export"), filters)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith("attachment")
    content = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    return list(csv.DictReader(io.StringIO(content)))


def test_the_log_is_taken_out_as_a_table_and_that_is_told(admin: Browser, groq: Provider, news: News) -> None:
    submit(admin, url("provider_change", groq.pk), name="Groq 2")
    rows = exported(admin, deed__exact="changed", q="boss")
    assert {row["deed"] for row in rows} == {"changed"}
    assert json.loads(rows[0]["after"]) == {"name": "Groq 2"}
    assert news(Deed.EXPORTED)[0].after["filters"]["deed__exact"] == "changed"


def test_no_cell_of_the_table_is_a_formula(admin: Browser, groq: Provider) -> None:
    submit(admin, url("provider_change", groq.pk), name='=HYPERLINK("http://example.com")')
    assert {row["object_name"] for row in exported(admin, deed__exact="changed")} == {
        '\'=HYPERLINK("http://example.com")'
    }


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        ("=1+1", "'=1+1"),
        ("+48 600", "'+48 600"),
        ("-1", "'-1"),
        (-1, "-1"),
        (2.5, "2.5"),
        (None, ""),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("  =1", "'  =1"),
        ("＝1", "'＝1"),
        ("a=b", "a=b"),
        ("Żółw", "Żółw"),
        ("", ""),
    ],
)
def test_a_cell_that_a_spreadsheet_would_run_becomes_text(value: Any, cell: str) -> None:
    assert defused(value) == cell


def test_a_table_opens_in_excel_with_polish_letters() -> None:
    lines = list(csv_lines([["a", 'with "quotes", comma'], ["ż", 1]]))
    assert "".join(lines) == '\ufeffa,"with ""quotes"", comma"\r\nż,1\r\n'


@pytest.mark.parametrize("page", ["add", "change", "delete"])
def test_the_log_cannot_be_edited_in_the_administration(admin: Browser, page: str) -> None:
    entry = record(Deed.ACTED, "x")
    address = url(f"auditentry_{page}", *([] if page == "add" else [entry.pk]))
    assert admin.post(address, {"actor": "x", "post": "yes"}).status_code == 403


def test_the_log_is_read_and_searched(admin: Browser, groq: Provider) -> None:
    submit(admin, url("provider_change", groq.pk), name="Groq 2")
    page = admin.get(url("auditentry_changelist"), {"q": "Groq 2", "deed__exact": "changed"}).content.decode()
    assert "name: Groq → Groq 2" in page
    entry = AuditEntry.objects.filter(deed=Deed.CHANGED).first()
    assert entry
    assert "Groq 2" in admin.get(url("auditentry_change", entry.pk)).content.decode()
