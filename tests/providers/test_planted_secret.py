"""A planted key is looked for everywhere that anything is told or stored, while everything goes wrong that can."""

from __future__ import annotations

import asyncio
import contextlib
import io
import logging
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.core.signals import got_request_exception
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone
from django.views.debug import ExceptionReporter

from providers import ledger
from providers.admin.trial import Target, try_out
from providers.errors import ProviderError
from providers.models import AIModel, Provider, ProviderKey
from providers.orchestrator import Exhausted, Task, complete
from providers.routing import plan
from providers.types import ChatRequest, Message, Role
from tests.providers.admin_pages import submit, url
from tests.providers.planted_faults import FAULTS, MASKED, PARTS, PLANTED
from tests.upstream import Behaviour, Upstream, answers

pytestmark = pytest.mark.django_db(transaction=True)

REQUEST = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)


def assert_nothing_of_it(where: str, told: str) -> None:
    found = next((part for part in PARTS if part in told), None)
    at = told.find(found) if found else 0
    assert found is None, f"{where} tells a part of the key: …{told[max(0, at - 300) : at + 60]}…"


@pytest.fixture
def crashes() -> Iterator[list[tuple[Any, Any]]]:
    """Every exception that a page ended with, as `(request, exc_info)`."""
    seen: list[tuple[Any, Any]] = []

    def note(sender: Any, request: Any = None, **_rest: Any) -> None:
        seen.append((request, sys.exc_info()))

    got_request_exception.connect(note)
    yield seen
    got_request_exception.disconnect(note)


@pytest.fixture
def place(upstream: Upstream) -> Iterator[Callable[..., Provider]]:
    """Makes a provider with the planted key at a place that misbehaves, also when it lists its models."""

    def make(behaviour: Behaviour, *, listing: Behaviour | None = None) -> Provider:
        routes = {"GET /models": listing} if listing else None
        provider = Provider.objects.create(
            slug="planted",
            name="Planted",
            base_url=upstream.add("planted", behaviour, routes=routes),
            allow_private_address=True,
            timeout_seconds=1,
        )
        AIModel.objects.create(provider=provider, model_id="small", capabilities=["text-generation"])
        key = ProviderKey(provider=provider)
        key.hold(PLANTED)
        key.save()
        return provider

    yield make
    ledger.close()


def ask() -> BaseException | None:
    """What the orchestrator ends with."""
    try:
        asyncio.run(complete(Task("test"), REQUEST, check=lambda text, _last: text))
    except (ProviderError, CancelledError) as error:
        return error
    return None


def database() -> str:
    """Every column of every table."""
    said = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")  # noqa: S608 - a name of our own
            said.append(repr(cursor.fetchall()))
    said += [repr(session.get_decoded()) for session in Session.objects.all()]
    return "\n".join(said)


def database_file() -> bytes:
    """The file and its journal; empty where the database is no file."""
    if connection.vendor != "sqlite":
        return b""
    path = Path(connection.settings_dict["NAME"])
    return b"".join(part.read_bytes() for part in path.parent.glob(f"{path.name}*"))


def reported(error: BaseException, request: Any, settings: Any) -> Iterator[str]:
    """What Python and Django would write about an error, with and without DEBUG."""
    yield "".join(traceback.format_exception(error))
    for debug in (True, False):
        settings.DEBUG = debug
        reporter = ExceptionReporter(request, type(error), error, error.__traceback__)
        yield reporter.get_traceback_html()
        yield reporter.get_traceback_text()
    while error:
        yield f"{error!r} {error.args!r} {vars(error)!r}"
        following = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        if following is None:
            return
        error = following


def pages(admin: Client, provider: Provider) -> Iterator[str]:
    """Every page that tells something of a provider."""
    addresses = [url(f"{name}_changelist") for name in ("provider", "aimodel", "providerkey", "attempt", "circuit")]
    addresses += [url(f"provider_{name}", provider.pk) for name in ("change", "history", "test", "answers", "keys")]
    addresses += [url("providerkey_change", pk) for pk in provider.keys.values_list("pk", flat=True)]
    attempts = list(provider.attempts.all())
    addresses += [url("attempt_change", attempt.pk) for attempt in attempts]
    addresses += [url("attempt_story", attempt.request_id) for attempt in attempts]
    for address in [*addresses, url("provider_catalogue")]:
        answer = admin.get(address)
        assert answer.status_code == 200, address
        yield answer.content.decode()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_tells_nothing_of_the_key(
    admin: Client,
    place: Callable[..., Provider],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
    settings: Any,
    rf: Any,
    fault: str,
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = place(FAULTS[fault])
    error = ask()
    assert error, "a fault that does no harm tests nothing"
    request = rf.post("/admin/", {"new_key": PLANTED})
    for told in reported(error, request, settings):
        assert_nothing_of_it("a report", told)
    answer = admin.post(url("provider_test", provider.pk), {"ask": "on"})
    assert "It did not work" in answer.content.decode()
    assert_nothing_of_it("the test's page", answer.content.decode())
    for page in pages(admin, provider):
        assert_nothing_of_it("a page", page)
    assert_nothing_of_it("the log", caplog.text)
    assert_nothing_of_it("the database", database())
    assert_nothing_of_it("the database's file", database_file().decode("latin-1"))
    printed = capfd.readouterr()
    assert_nothing_of_it("the output", printed.out + printed.err)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_of_the_listing_tells_nothing_of_the_key(
    admin: Client, place: Callable[..., Provider], caplog: pytest.LogCaptureFixture, settings: Any, rf: Any, fault: str
) -> None:
    caplog.set_level(logging.DEBUG)
    provider = place(FAULTS[fault], listing=FAULTS[fault])
    trial = try_out(Target(provider, provider.keys.get(), provider.models.get()), ask=True)
    if trial.error:
        for told in reported(trial.error, rf.get("/admin/"), settings):
            assert_nothing_of_it("a report", told)
    assert_nothing_of_it("the test", repr(trial))
    assert_nothing_of_it("the log", caplog.text)
    assert_nothing_of_it("the database", database())


def test_an_answer_that_repeats_the_key_is_shown_without_it(admin: Client, place: Callable[..., Provider]) -> None:
    provider = place(answers(f"You are {PLANTED}, also known as {MASKED}."))
    answer = admin.post(url("provider_test", provider.pk), {"ask": "on"})
    assert "also known as" in answer.content.decode()
    assert_nothing_of_it("the test's page", answer.content.decode())


def test_the_log_of_an_event_loop_under_debug_tells_nothing(
    place: Callable[..., Provider], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    place(FAULTS["401 with the key"])
    with pytest.raises(Exhausted):
        asyncio.run(complete(Task("test"), REQUEST, check=lambda text, _last: text), debug=True)
    assert_nothing_of_it("the log", caplog.text)


def _typed_on_its_page(admin: Client, provider: Provider) -> Any:
    return submit(admin, url("providerkey_add"), provider=provider.pk, new_key=PLANTED, enabled="on")


def _typed_on_the_providers_page(admin: Client, provider: Provider) -> Any:
    return submit(admin, url("provider_change", provider.pk), keys__0__new_key=PLANTED)


def _pasted_in_lines(admin: Client, provider: Provider) -> Any:
    return admin.post(url("provider_keys", provider.pk), {"keys": f"{PLANTED}\n"})


def _pasted_in_the_catalogue(admin: Client, provider: Provider) -> Any:
    return admin.post(url("provider_catalogue"), {"vendor": "mistral", "key": PLANTED})


WAYS_IN = [_typed_on_its_page, _typed_on_the_providers_page, _pasted_in_lines, _pasted_in_the_catalogue]


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_typed_key_is_stored_sealed_and_told_nowhere(
    admin: Client, groq: Provider, caplog: pytest.LogCaptureFixture, way: Callable[[Client, Provider], Any]
) -> None:
    caplog.set_level(logging.DEBUG)
    answer = way(admin, groq)
    assert answer.status_code == 302
    assert PLANTED in [key.open() for key in ProviderKey.objects.all()]
    assert_nothing_of_it("the way on", str(answer.headers) + repr(answer.cookies))
    for page in pages(admin, groq):
        assert_nothing_of_it("a page", page)
    assert_nothing_of_it("the database", database())
    assert_nothing_of_it("the database's file", database_file().decode("latin-1"))
    assert_nothing_of_it("the log", caplog.text)


@pytest.mark.parametrize("way", WAYS_IN)
def test_a_page_that_crashes_on_a_typed_key_reports_nothing_of_it(
    admin: Client,
    groq: Provider,
    crashes: list[tuple[Any, Any]],
    caplog: pytest.LogCaptureFixture,
    settings: Any,
    way: Callable[[Client, Provider], Any],
) -> None:
    def fails(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 - Django's own
        if re.match(r"(INSERT INTO|UPDATE) \"providers_providerkey\"", sql):
            raise OperationalError("the disk is full")
        return execute(sql, params, many, context)

    caplog.set_level(logging.DEBUG)
    admin.raise_request_exception = False
    with connection.execute_wrapper(fails):
        answer = way(admin, groq)
    assert answer.status_code == 500
    [(request, (_, error, _))] = crashes
    reports = list(reported(error, request, settings))
    assert all("the disk is full" in told for told in reports[:5]), "a report that says nothing hides nothing either"
    for told in reports:
        assert_nothing_of_it("a report", told)
    assert_nothing_of_it("the page", answer.content.decode())
    assert_nothing_of_it("the log", caplog.text)


@pytest.mark.parametrize(
    ("fields", "way"),
    [
        ({"new_key": PLANTED, "variable": PLANTED}, "providerkey_add"),
        ({"new_key": f"{PLANTED} and more", "label": "x" * 100}, "providerkey_add"),
    ],
)
def test_a_form_that_comes_back_holds_nothing_of_the_key(
    admin: Client, groq: Provider, fields: dict[str, str], way: str
) -> None:
    answer = submit(admin, url(way), provider=groq.pk, **fields)
    assert answer.status_code == 200
    assert_nothing_of_it("the form", answer.content.decode())


FILE = f"""
[[provider]]
slug = "filed"
name = "Filed"
base_url = "https://api.example.com/v1"
api_keys = ["{PLANTED}", "env:PLANTED_API_KEY"]

[[provider.model]]
id = "m"
capabilities = ["text-generation"]
"""


def told_by(command: str, *arguments: str) -> str:
    out, err = io.StringIO(), io.StringIO()
    with contextlib.suppress(SystemExit):
        call_command(command, *arguments, stdout=out, stderr=err)
    return out.getvalue() + err.getvalue()


def test_commands_tell_nothing_of_a_key_from_a_file_or_from_the_environment(
    admin: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("PLANTED_API_KEY", PLANTED)
    monkeypatch.setenv("GROQ_API_KEY", PLANTED)
    file = tmp_path / "providers.toml"
    file.write_text(FILE)
    told = [told_by("load_providers", str(file)), told_by("load_providers", str(file), "--dry-run")]
    names = ("switch_on_providers", "export_providers", "dumpdata", "check_providers", "refresh_models")
    told += [told_by(name) for name in names]
    assert [key.open() for key in ProviderKey.objects.all()] == [PLANTED] * 3
    for said in [*told, *pages(admin, Provider.objects.get(slug="filed")), caplog.text, database()]:
        assert_nothing_of_it("a command or a page", said)


@pytest.mark.parametrize(
    "faulty",
    [
        FILE.replace(f'"{PLANTED}"', f'"{PLANTED}", "{PLANTED}"'),
        FILE.replace(f'"{PLANTED}"', f'"{PLANTED} x"'),
        FILE.replace("api_keys", "api_key"),
        FILE.replace(f'["{PLANTED}", "env:PLANTED_API_KEY"]', f'"{PLANTED}"'),
        FILE.replace(f'"{PLANTED}",', f'"{PLANTED},'),
        FILE.replace("api.example.com", f"{PLANTED}@api.example.com"),
    ],
)
def test_a_faulty_file_is_told_without_its_keys(tmp_path: Path, faulty: str) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(faulty)
    said = told_by("load_providers", str(file))
    assert "providers.toml:" in said
    assert_nothing_of_it("the command", said)


def test_nothing_in_flight_prints_the_key(place: Callable[..., Provider]) -> None:
    provider = place(answers("Hello"))
    key = provider.keys.get()
    target = Target(provider, key, provider.models.get())
    candidates = asyncio.run(ledger.snapshot())
    planned = plan(candidates, Task("test"), REQUEST, now=timezone.now(), seed=1)
    opened = ledger.Opened(1, planned.places[0])
    for thing in (provider, key, target, target.endpoint(), candidates, planned, opened, ask()):
        for told in (repr(thing), str(thing)):
            assert_nothing_of_it(type(thing).__name__, told)
