"""The built-in catalogue: every row as data, and against the compiled facts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from providers.adapters.base import registry
from providers.catalogue import Vendor, local_model, rows, vendor, vendor_at, vendors
from providers.catalogue.shape import CountsEntry, LimitsEntry, is_private_address
from providers.types import Capability

ROWS = pytest.mark.parametrize("row", rows(), ids=lambda row: row.slug)
# A key of these brings no standing free access, so they are asked last although they are listed as freemium.
ASKED_AS_PAID = {"openai", "anthropic", "replicate"}
# The words of the facts for what a model can do, where a row has to name a model for it.
CAPABILITIES = {
    "chat": Capability.TEXT_GENERATION,
    "text": Capability.TEXT_GENERATION,
    "image": Capability.IMAGE_GENERATION,
    "embeddings": Capability.EMBEDDINGS,
    "moderation": Capability.MODERATION,
}


# Said of these vendors without naming a model, so that there is none to put into a row.
UNNAMED = {
    ("nvidia", "embeddings"),
    ("openrouter", "embeddings"),
    ("llamacpp-local", "embeddings"),
    ("lmstudio-local", "embeddings"),
    ("ovhcloud", "embeddings"),
    ("siliconflow", "embeddings"),
    ("siliconflow", "image"),
    ("modelscope", "image"),
    ("replicate", "embeddings"),
}
# Ended, or ending within weeks, as the vendors announced it; a row that names one says when.
ENDING = {
    "llama-3.3-70b-versatile",
    "llama-3.1-8b-instant",
    "gpt-5",
    "gpt-5-mini",
    "gpt-5-nano",
    "gpt-image-1",
    "gpt-image-1-mini",
    "gpt-image-1.5",
    "dall-e-2",
    "dall-e-3",
    "gemini-2.5-flash",
    "glm-4.5-flash",
    "deepseek-chat",
    "deepseek-reasoner",
}


@ROWS
def test_a_row_is_encrypted_or_on_this_machine(row: Vendor) -> None:
    assert row.base_url.startswith("https://") or row.allow_private_address
    assert is_private_address(row.base_url) == row.allow_private_address
    assert row.signup_url.startswith("https://")


@ROWS
def test_a_row_has_a_model_in_use_and_a_key_where_one_is_needed(row: Vendor) -> None:
    assert any(model.enabled and "text-generation" in model.capabilities for model in row.models)
    assert bool(row.variables) != row.allow_private_address


@ROWS
def test_a_row_speaks_polish_and_english_and_its_limits_let_a_request_through(row: Vendor) -> None:
    for note in [row.note, *(words for one in row.placeholders for words in (one.label, one.hint))]:
        assert note.text("pl") != note.text("en")
    limits = row.limits or LimitsEntry()
    assert (limits.tokens_per_request or 0) <= (limits.tokens_per_minute or limits.tokens_per_request or 0)


@ROWS
def test_a_row_names_no_model_that_had_ended_when_its_facts_were_true(row: Vendor) -> None:
    for model in row.models:
        assert model.shutdown_on is not None or model.id not in ENDING
        assert model.shutdown_on is None or model.shutdown_on > row.as_of


def test_names_variables_and_addresses_are_each_used_once() -> None:
    for field in ("slug", "base_url", "name"):
        values = [getattr(row, field) for row in rows()]
        assert len(values) == len(set(values))
    variables = [name for row in rows() for name in row.variables]
    assert len(variables) == len(set(variables))


def test_the_variables_of_the_products_specification_are_known() -> None:
    held = {name: row.slug for row in rows() for name in row.variables}
    assert [held[f"{name}_API_KEY"] for name in ("HUGGINGFACE", "REPLICATE", "OPENAI", "CLAUDE")] == [
        "huggingface",
        "replicate",
        "openai",
        "anthropic",
    ]


def test_free_vendors_are_asked_before_paid_ones_and_the_local_model_last() -> None:
    paid = [row.priority for row in rows() if row.tier == "paid"]
    unpaid = [row.priority for row in rows() if row.tier != "paid"]
    assert max(unpaid) < min(paid) < local_model().priority


def test_a_vendor_whose_protocol_nobody_speaks_here_cannot_be_switched_on() -> None:
    assert {row.slug for row in rows()} - {row.slug for row in vendors()} == {
        row.slug for row in rows() if row.protocol not in registry()
    }


def test_an_unknown_vendor_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        vendor("nobody")


def test_a_vendor_is_known_by_its_address_whatever_account_stands_in_it() -> None:
    address = "https://api.cloudflare.com/client/v4/accounts/0123abcd/ai/v1"
    found = vendor_at(address)
    assert found
    assert found.slug == "cloudflare"
    assert vendor_at(f"{address}/else") is None


def test_a_polish_note_does_not_end_a_line_with_a_single_letter() -> None:
    assert "koniec" in vendor("mistral").note.text("pl")
    assert " i zgody" not in vendor("mistral").note.text("pl")


def compiled(shared_folder: Path) -> dict[str, dict[str, Any]]:
    listed = json.loads((shared_folder / "provider-apis/free-tiers.json").read_text())["providers"]
    return {one["id"]: one for one in listed if one["status"] != "retired"}


@pytest.mark.shared
def test_every_vendor_of_the_compiled_facts_has_a_row(shared_folder: Path) -> None:
    assert {row.slug for row in rows()} == set(compiled(shared_folder))


@pytest.mark.shared
@ROWS
def test_a_row_agrees_with_the_compiled_facts(row: Vendor, shared_folder: Path) -> None:
    facts = compiled(shared_folder)[row.slug]
    assert (row.base_url, row.protocol, row.signup_url, row.as_of.isoformat()) == (
        facts["base_url"],
        facts["wire_protocol"],
        facts["signup_url"],
        facts["as_of"],
    )
    assert row.tier == ("paid" if row.slug in ASKED_AS_PAID else facts["kind"])
    assert bool(row.placeholders) == bool(facts.get("extra_config"))


@pytest.mark.shared
@ROWS
def test_the_limits_of_a_row_are_those_of_the_compiled_facts(row: Vendor, shared_folder: Path) -> None:
    limits = compiled(shared_folder)[row.slug]["limits"]
    stated = row.limits or LimitsEntry()
    # No request may be larger than a minute's share, whatever the model's context.
    room = min(limits.get("tokens_per_request") or 10**12, limits.get("tokens_per_minute") or 10**12)
    known = limits | {"tokens_per_request": room if limits.get("tokens_per_request") else None}
    assert stated.counts() == {name: known[name] for name in CountsEntry.model_fields if known.get(name)}
    for model in row.models:
        if model.limits:
            assert model.limits.counts() in limits["per_model"].values()


@pytest.mark.shared
@ROWS
def test_how_a_vendor_counts_is_that_of_the_compiled_facts(row: Vendor, shared_folder: Path) -> None:
    limits = compiled(shared_folder)[row.slug]["limits"]
    if not row.limits:
        return
    scope, reset = limits.get("scope", ""), limits.get("reset", "")
    assert row.limits.per_model == ("model" in scope or row.slug == "gemini")
    assert row.limits.scope == ("provider" if scope.startswith("IP") else "account")
    assert row.limits.reset_timezone == (reset.removeprefix("midnight ") if "midnight" in reset else "UTC")
    assert row.limits.day_window == ("sliding" if reset == "rolling" else "calendar")


@pytest.mark.shared
@ROWS
def test_a_row_has_a_model_for_whatever_its_vendor_can(row: Vendor, shared_folder: Path) -> None:
    facts = compiled(shared_folder)[row.slug]
    able = {capability for model in row.models for capability in model.capabilities}
    wanted = {word for word in facts["capabilities"] if word in CAPABILITIES and (row.slug, word) not in UNNAMED}
    assert {CAPABILITIES[word] for word in wanted} <= able
    named = set(facts["example_models"])
    assert not named or named & {model.id for model in row.models}
