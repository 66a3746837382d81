"""The built-in catalogue and what the environment switches on from it."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from providers import catalogue
from providers.adapters import local
from providers.catalogue import Vendor, local_model, vendor, vendors
from providers.catalogue.shape import LimitsEntry, is_private_address
from providers.configuration import Action, add_vendor, switch_on_from_environment
from providers.models import AIModel, Provider, ProviderKey

VENDORS = pytest.mark.parametrize("row", vendors(), ids=lambda row: row.slug)


def switch_on(environ: Mapping[str, str], *, there: bool = False) -> list[str]:
    return [str(change) for change in switch_on_from_environment(environ, local_is_there=lambda: there)]


@VENDORS
def test_a_row_is_encrypted_or_on_this_machine(row: Vendor) -> None:
    assert row.base_url.startswith("https://") or row.allow_private_address
    assert is_private_address(row.base_url) == row.allow_private_address
    assert row.signup_url.startswith("https://")


@VENDORS
def test_a_row_has_a_model_that_writes_text_and_a_key_where_one_is_needed(row: Vendor) -> None:
    assert any("text-generation" in model.capabilities for model in row.models)
    assert bool(row.variable) != row.allow_private_address


@VENDORS
def test_a_row_speaks_polish_and_english_and_its_limits_let_a_request_through(row: Vendor) -> None:
    assert row.note.text("pl") != row.note.text("en")
    limits = row.limits or LimitsEntry()
    assert (limits.tokens_per_request or 0) <= (limits.tokens_per_minute or limits.tokens_per_request or 0)


def test_names_variables_and_addresses_are_each_used_once() -> None:
    for field in ("slug", "base_url", "name"):
        values = [getattr(row, field) for row in vendors()]
        assert len(values) == len(set(values))
    variables = [row.variable for row in vendors() if row.variable]
    assert len(variables) == len(set(variables))


def test_free_vendors_are_asked_before_paid_ones_and_the_local_model_last() -> None:
    paid = [row.priority for row in vendors() if row.tier == "paid"]
    unpaid = [row.priority for row in vendors() if row.tier != "paid"]
    assert max(unpaid) < min(paid) < local_model().priority


def test_an_unknown_vendor_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        vendor("nobody")


def test_a_polish_note_does_not_end_a_line_with_a_single_letter() -> None:
    assert "koniec" in vendor("mistral").note.text("pl")
    assert " i zgody" not in vendor("mistral").note.text("pl")


@pytest.mark.shared
@VENDORS
def test_a_row_agrees_with_the_compiled_facts(row: Vendor) -> None:
    root = Path(__file__).resolve().parents[2].parent
    listed = json.loads((root / "shared/provider-apis/free-tiers.json").read_text())["providers"]
    facts: dict[str, Any] = next(one for one in listed if one["id"] == row.slug)
    assert row.base_url == facts["base_url"]
    # Gemini's limits differ by model, and the catalogue holds its small ones only.
    limits = facts["limits"]["per_model"]["gemini-3.1-flash-lite"] if row.slug == "gemini" else facts["limits"]
    stated = (row.limits or LimitsEntry()).model_dump(exclude={"reset_timezone"})
    # No request may be larger than a minute's share, whatever the model's context.
    room = min(limits.get("tokens_per_request") or 10**12, limits.get("tokens_per_minute") or 10**12)
    known = limits | {"tokens_per_request": room if limits.get("tokens_per_request") else None}
    assert stated == {name: known.get(name) for name in stated}


@pytest.mark.django_db
def test_a_set_variable_switches_its_vendor_on_once() -> None:
    environ = {"GROQ_API_KEY": "gsk-anything-at-all", "GEMINI_API_KEY": "  "}
    assert switch_on(environ)[0] == 'created provider "groq"'
    assert switch_on(environ) == []
    assert list(ProviderKey.objects.values_list("provider__slug", "variable", "sealed")) == [
        ("groq", "GROQ_API_KEY", "")
    ]


@pytest.mark.django_db
def test_every_vendor_can_be_switched_on_with_its_quirks_and_limits() -> None:
    switch_on({row.variable: "some-key-or-other" for row in vendors() if row.variable})
    stored = {provider.slug: provider for provider in Provider.objects.all()}
    assert set(stored) == {row.slug for row in vendors() if row.variable}
    assert stored["openrouter"].wire_quirks().check_path == "key"
    assert stored["mistral"].wire_quirks().stream_usage is False
    assert stored["gemini"].reset_timezone == "America/Los_Angeles"


@pytest.mark.django_db
def test_a_provider_that_an_administrator_disabled_stays_disabled() -> None:
    switch_on({"GROQ_API_KEY": "gsk-anything-at-all"})
    Provider.objects.update(enabled=False, priority=77)
    ProviderKey.objects.all().delete()
    assert switch_on({"GROQ_API_KEY": "gsk-anything-at-all"}) == []
    assert Provider.objects.values_list("enabled", "priority").get() == (False, 77)


@pytest.mark.django_db
def test_a_provider_at_the_vendors_address_under_another_name_is_not_doubled() -> None:
    Provider.objects.create(slug="our-groq", name="Ours", base_url=vendor("groq").base_url)
    assert switch_on({"GROQ_API_KEY": "gsk-anything-at-all"}) == ['created key env:GROQ_API_KEY of "our-groq"']


@pytest.mark.django_db
def test_an_administrators_own_key_is_not_joined_by_the_environments() -> None:
    add_vendor(vendor("groq"), secret="typed-by-an-administrator")
    assert switch_on({"GROQ_API_KEY": "gsk-anything-at-all"}) == []


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_start_together_create_a_vendor_once() -> None:
    together = threading.Barrier(2)

    def start() -> None:
        try:
            together.wait(timeout=20)
            switch_on({"GROQ_API_KEY": "gsk-anything-at-all"}, there=True)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(start) for _ in range(2)]:
            running.result()
    assert list(ProviderKey.objects.values_list("provider__slug", "variable")) == [("groq", "GROQ_API_KEY")]
    assert set(Provider.objects.values_list("slug", flat=True)) == {"groq", "local-model"}


@pytest.mark.django_db
def test_a_vendor_that_exists_is_not_added_again() -> None:
    add_vendor(vendor("groq"))
    with pytest.raises(IntegrityError):
        add_vendor(vendor("groq"), secret="another-key")
    assert not ProviderKey.objects.exists()


@pytest.mark.django_db
def test_a_refused_variable_is_trusted_again_when_it_holds_a_new_key() -> None:
    switch_on({"GROQ_API_KEY": "gsk-the-wrong-one"})
    ProviderKey.objects.update(invalid_since=timezone.now())
    assert switch_on({"GROQ_API_KEY": "gsk-the-wrong-one"}) == []
    assert switch_on({"GROQ_API_KEY": "gsk-the-right-one"}) == [
        'changed key env:GROQ_API_KEY of "groq": holds a new key'
    ]
    assert ProviderKey.objects.get().invalid_since is None


@pytest.mark.django_db
def test_a_key_for_a_vendor_that_this_version_cannot_reach_gives_one_notice() -> None:
    changes = switch_on_from_environment(
        {"CLAUDE_API_KEY": "x", "REPLICATE_API_KEY": "y"}, local_is_there=lambda: False
    )
    assert [(change.action, change.subject) for change in changes] == [
        (Action.NOTICE, "REPLICATE_API_KEY"),
        (Action.NOTICE, "CLAUDE_API_KEY"),
    ]
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_the_local_model_is_there_from_the_start_where_it_is_installed() -> None:
    assert switch_on({}, there=True)[0] == 'created provider "local-model"'
    row = Provider.objects.get()
    assert (row.protocol, row.priority, row.models.get().quality) == ("local", 1000, 1)
    assert switch_on({}, there=True) == []


@pytest.mark.django_db
def test_the_local_model_leaves_every_plan_when_it_is_gone_and_comes_back() -> None:
    switch_on({}, there=True)
    assert switch_on({}) == ['switched off provider "local-model": the local model is not installed']
    assert AIModel.objects.get().gone_since
    assert switch_on({}, there=True) == ['switched on provider "local-model": the local model is there again']
    assert AIModel.objects.get().gone_since is None


@pytest.mark.django_db
def test_whether_the_local_model_is_installed_is_asked_of_its_adapter() -> None:
    switch_on_from_environment({})
    assert Provider.objects.filter(slug="local-model").exists() == local.available()
    assert local_model().models[0].id == local.MODEL_ID


@pytest.mark.django_db
def test_a_local_model_that_was_never_there_gets_no_row() -> None:
    assert switch_on({}) == []
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_the_command_reads_the_real_environment(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [row.variable for row in vendors()] + [one for row in catalogue.unreachable() for one in row.variables]:
        monkeypatch.delenv(name or "UNUSED", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-else-entirely")
    call_command("switch_on_providers")
    out = capsys.readouterr().out
    assert 'created key env:OPENAI_API_KEY of "openai"' in out
    assert "sk-something" not in out
    assert Provider.objects.filter(slug="openai", enabled=True).exists()
