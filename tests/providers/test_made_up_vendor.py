"""One more vendor is one row, one more protocol one file: both made up here, and used without any other change."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from providers import ledger, refreshing
from providers.adapters.base import registry
from providers.catalogue import OWN_CATALOGUE, rows, vendor, vendors
from providers.catalogue.shape import FaultyFileError
from providers.configuration import apply, export, load, switch_on_from_environment
from providers.models import AIModel, Provider
from providers.orchestrator import Answer, Task, complete
from providers.types import ChatRequest, Message, Role
from tests.connecting import connect, upstream
from tests.providers.admin_pages import text, url
from tests.providers.conftest import admin
from tests.providers.dropping_in import Burrow, burrow, gopher, menu
from tests.upstream import Upstream, answers, rate_limited, replays

__all__ = ["admin", "burrow", "connect", "gopher", "upstream"]

KEY = "hm-planted-0123456789-not-to-be-found"
ROW = """
[[provider]]
slug = "{slug}"
name = "Hummingbird"
base_url = "{address}"
priority = 3
variables = ["HUMMINGBIRD_API_KEY"]
signup_url = "https://hummingbird.example/keys"
as_of = 2026-11-01
allow_private_address = true
note.en = "Made up: a thousand free words a day."
note.pl = "Zmyślony: tysiąc darmowych słów dziennie."

[provider.limits]
requests_per_minute = 7

[provider.quirks]
max_tokens_field = "max_completion_tokens"

[[provider.model]]
id = "hum-1"
capabilities = ["text-generation"]
"""
OwnFile = Callable[..., Path]


@pytest.fixture
def own_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> OwnFile:
    """Write an operator's own catalogue and name it in the environment."""

    def write(content: str) -> Path:
        file = tmp_path / f"own-{len(list(tmp_path.iterdir()))}.toml"
        file.write_text(content, encoding="utf-8")
        monkeypatch.setenv(OWN_CATALOGUE, str(file))
        return file

    return write


def row(address: str = "https://api.hummingbird.example/v1", slug: str = "hummingbird") -> str:
    return ROW.format(address=address, slug=slug).replace(
        "allow_private_address = true", f"allow_private_address = {str('127' in address).lower()}"
    )


def ask() -> Answer[str]:
    request = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
    return asyncio.run(complete(Task("test"), request, check=lambda said, _last: said))


def test_a_vendor_that_is_one_row_is_switched_on_by_its_variable_and_answers(
    own_file: OwnFile, upstream: Upstream, transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_file(row(upstream.add("hummingbird", answers("Hm."), keys={KEY})))
    monkeypatch.setenv("HUMMINGBIRD_API_KEY", KEY)
    switch_on_from_environment({"HUMMINGBIRD_API_KEY": KEY}, local_is_there=lambda: False)
    answer = ask()
    ledger.close()
    (request,) = upstream.requests("hummingbird")
    assert (answer.value, answer.provider) == ("Hm.", "hummingbird")
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert request.json["max_completion_tokens"] == 50


def test_a_vendor_that_is_one_row_shares_the_work_with_the_others(
    own_file: OwnFile, upstream: Upstream, connect: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    own_file(row(upstream.add("hummingbird", rate_limited(retry_after=30))))
    connect("old", answers("I am still there"))
    monkeypatch.setenv("HUMMINGBIRD_API_KEY", KEY)
    switch_on_from_environment({"HUMMINGBIRD_API_KEY": KEY}, local_is_there=lambda: False)
    assert [tried.provider for tried in ask().tried] == ["hummingbird", "old"]


@pytest.mark.django_db
def test_it_stands_in_the_catalogue_and_is_added_by_pasting_a_key(own_file: OwnFile, admin: Client) -> None:
    own_file(row())
    assert "a thousand free words a day" in text(admin, url("provider_catalogue"))
    admin.post(url("provider_catalogue"), {"vendor": "hummingbird", "key": KEY})
    provider = Provider.objects.get()
    assert (provider.slug, provider.keys.get().open()) == ("hummingbird", KEY)
    assert provider.quotas.get().limit == 7


def test_without_the_file_nobody_has_heard_of_it() -> None:
    assert "hummingbird" not in {one.slug for one in vendors()}


def test_an_own_row_of_a_known_name_replaces_the_built_in_one(own_file: OwnFile) -> None:
    before = len(rows())
    own_file(row(slug="groq"))
    assert vendor("groq").name == "Hummingbird"
    assert len(rows()) == before


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (row() + "weigth = 3", "unknown field"),
        (row().replace('name = "Hummingbird"', 'name = "Hummingbird"\nprotocol = "telegraph"'), "protocol: write '"),
        (row("https://api.example/{account}/v1"), "the names in braces and the placeholders differ"),
    ],
)
def test_a_fault_in_an_own_file_is_told_with_the_file(own_file: OwnFile, content: str, fault: str) -> None:
    file = own_file(content)
    with pytest.raises(FaultyFileError) as caught:
        vendors()
    assert f"{OWN_CATALOGUE}: {file}: " in str(caught.value)
    assert fault in str(caught.value)


def test_a_start_with_an_own_file_that_is_not_there_is_refused_with_one_line(tmp_path: Path) -> None:
    environ = {**os.environ, OWN_CATALOGUE: str(tmp_path / "nowhere.toml"), "DATA_DIR": str(tmp_path)}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"],
        env=environ,
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr.strip().splitlines()[-1].startswith(f"{OWN_CATALOGUE}: {tmp_path}/nowhere.toml cannot be read")
    assert "Traceback" not in ended.stderr


FILE = """
[[provider]]
slug = "burrow"
name = "Burrow"
protocol = "gopher"
base_url = "{address}"
api_keys = ["gopher-planted-0123456789"]
allow_private_address = true

[[provider.model]]
id = "deep"
capabilities = ["text-generation"]
"""


def test_a_protocol_that_is_one_file_is_found_and_serves(
    gopher: None, upstream: Upstream, transactional_db: None
) -> None:
    apply(load(FILE.format(address=upstream.add("burrow", replays(200, {}, {"said": "Hello from below"})))))
    answer = ask()
    ledger.close()
    assert (answer.value, answer.provider) == ("Hello from below", "burrow")
    assert upstream.requests("burrow")[0].json == {"burrow": "deep", "lines": ["Say hello"]}


def test_a_protocol_that_is_one_file_falls_back_lists_and_checks_like_any_other(burrow: Burrow, connect: Any) -> None:
    one = burrow("one", menu({"name": "small", "closes": "2031-05-07"}), ask=replays(503, {}, {"error": "asleep"}))
    connect("two", answers("Hello"))
    assert [tried.provider for tried in ask().tried][-1] == "two"
    refreshing.refresh([one])
    assert str(AIModel.objects.get(provider=one).shutdown_on) == "2031-05-07"


@pytest.mark.django_db
def test_a_protocol_that_is_one_file_is_offered_to_administrators_and_exported(gopher: None, admin: Client) -> None:
    assert '<option value="gopher">Gopher</option>' in text(admin, url("provider_add"))
    apply(load(FILE.format(address="http://127.0.0.1:1/v1")))
    assert 'protocol = "gopher"' in export()


def test_without_the_file_nobody_speaks_it() -> None:
    assert "gopher" not in registry()
