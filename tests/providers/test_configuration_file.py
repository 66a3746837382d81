"""Faults of the provider file, and the commands around it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from providers import models, types
from providers.adapters.base import registry
from providers.catalogue.shape import ProviderEntry, QuirksEntry, check_quirks
from providers.configuration import FaultyFileError, apply, export, load
from providers.models import Provider, Quota
from tests.providers.provider_file import FILE, SECRET, faults, one


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"priority": "ten"}, 'provider "groq", priority: write a whole number'),
        ({"weight": 0}, 'provider "groq", weight: write a whole number of at least 1'),
        ({"weight": 2**40}, 'provider "groq", weight: write a whole number of at most 2147483647'),
        ({"trains_on_data": 1}, 'provider "groq", trains_on_data: write true or false'),
        ({"timeout": 3}, 'provider "groq", timeout: unknown field; did you mean timeout_seconds?'),
        ({"qqqq": 3}, 'provider "groq", qqqq: unknown field'),
        ({"tier": "cheap"}, "provider \"groq\", tier: write 'free', 'freemium' or 'paid'"),
        ({"base_url": None}, 'provider "groq": base_url: is missing'),
        ({"name": ""}, 'provider "groq", name: must not be empty'),
        ({"name": "x" * 81}, 'provider "groq", name: write at most 80 characters'),
        ({"slug": "no spaces"}, 'provider "no spaces", slug: write letters, digits, - and _ only'),
        ({"slug": None}, "provider number 1, slug: is missing"),
        (
            {"limits": {"requests_per_minute": 0}},
            'provider "groq", limits.requests_per_minute: write a whole number of at least 1',
        ),
        (
            {"limits": {"reset_timezone": "../etc"}},
            'provider "groq", limits.reset_timezone: write a time zone such as UTC or America/Los_Angeles',
        ),
        ({"model": [{"id": "m", "capabilities": []}]}, 'provider "groq", model "m", capabilities: name at least one'),
        ({"model": [{"capabilities": ["moderation"]}]}, 'provider "groq", model number 1, id: is missing'),
        ({"model": [{"id": "m", "capabilities": ["moderation"]}] * 2}, 'provider "groq": model "m" stands here twice'),
        (
            {"quirks": {"extra_headers": {"Authorization": "x"}}},
            'provider "groq", quirks: extra_headers: Authorization carries a secret; a key belongs in api_keys',
        ),
    ],
)
def test_a_fault_names_its_place_and_what_to_write(fields: dict[str, Any], fault: str) -> None:
    assert faults(one(**fields)) == (fault,)


@pytest.mark.parametrize(
    "address", ["ftp://a.example", "a.example", "https://", "https://user:pass@a.example", "https://a.example/{id}/v1",
                "https://a.example/?key=1", "https://a.example:99999", "https://a.example:0", "https://a b.example"],
)  # fmt: skip
def test_an_unusable_address_is_refused(address: str) -> None:
    assert faults(one(base_url=address))[0].startswith('provider "groq", base_url: ')


def test_an_unknown_protocol_is_told_with_those_that_there_are() -> None:
    spoken = ", ".join(repr(name) for name in sorted(registry()))
    assert "'openai'" in spoken
    assert faults(one(protocol="gopher")) == (f'provider "groq", protocol: write {spoken}',)


def test_all_faults_are_told_at_once() -> None:
    assert len(faults(one(weight=0, tier="x") + one(slug=None).replace("[[", "\n[["))) == 3


def test_a_forgotten_env_prefix_is_recognised() -> None:
    assert faults(one(api_keys=["GROQ_API_KEY"])) == (
        'provider "groq", api_keys[0]: this looks like the name of an environment variable; write env: before it',
    )


@pytest.mark.parametrize("keys", [[f"{SECRET} "], [SECRET, SECRET], [f"env:{SECRET}"], SECRET, [f"ż{SECRET}"]])
def test_a_fault_in_a_key_never_repeats_the_key(keys: Any) -> None:
    with pytest.raises(FaultyFileError) as caught:
        load(one(api_keys=keys))
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value.__cause__)


def test_an_entry_never_prints_its_keys() -> None:
    assert SECRET not in repr(load(FILE))


def test_text_that_is_no_toml_is_one_fault_with_its_line() -> None:
    (fault,) = faults("[[provider]\nslug")
    assert fault.startswith("not a TOML file: ")
    assert "at line 1" in fault


def test_the_same_provider_twice_is_refused() -> None:
    assert faults(one() + "\n" + one()) == ('provider "groq" stands here twice',)


def test_a_byte_order_mark_is_no_fault() -> None:
    assert len(load("\ufeff" + one()).providers) == 1


def test_the_file_speaks_every_protocol_and_tier_of_the_database() -> None:
    words = ProviderEntry.model_json_schema()["properties"]
    for protocol, _title in models.protocols():
        assert load(one(protocol=protocol)).providers[0].protocol == protocol
    assert words["tier"]["enum"] == models.Tier.values


@pytest.mark.parametrize("path", ["", "key", "api/tags", "/api/tags", "https://api.cohere.com/v1/check-api-key"])
def test_a_check_may_lie_below_the_address_at_its_root_or_elsewhere(path: str) -> None:
    entry = load(one(quirks={"check_path": path})).providers[0]
    assert entry.quirks
    assert entry.quirks.check_path == path


@pytest.mark.parametrize(
    "path", ["http://a.example/x", "https://user:pass@a.example/", "a b", "models?key=1", "ftp://x"]
)
def test_a_check_at_an_odd_address_is_refused(path: str) -> None:
    words = "write a path such as models or /health, or a whole address that begins with https://"
    assert faults(one(quirks={"check_path": path})) == (f'provider "groq", quirks.check_path: {words}',)


def test_every_quirk_survives_the_database() -> None:
    quirks = {
        "embedding_fields": {"input_type": "passage"},
        "image_sizes": ["1024x1024"],
        "check_method": "POST",
        "check_field": "result.status=active",
        "json_mode": "json_object",
    }
    stored = check_quirks(quirks)
    assert stored == quirks
    wire = models.Provider(quirks=stored).wire_quirks()
    assert (wire.image_sizes, wire.embedding_fields) == (("1024x1024",), {"input_type": "passage"})


def test_the_files_quirks_are_the_adapters_quirks() -> None:
    assert set(QuirksEntry.model_fields) == set(types.Quirks.__dataclass_fields__)
    assert QuirksEntry().stored() == {}


def run(*arguments: str, **options: Any) -> tuple[str, str]:
    out, err = io.StringIO(), io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=err, **options)
    except SystemExit as exc:
        err.write(f"exit {exc.code}")
    return out.getvalue(), err.getvalue()


@pytest.mark.django_db
def test_the_command_prints_one_line_for_each_change_and_then_that_nothing_changed(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(FILE, encoding="utf-8")
    assert len(run("load_providers", str(file))[0].splitlines()) == 7
    assert run("load_providers", str(file)) == ("Nothing changed.\n", "")


@pytest.mark.django_db
def test_the_command_reads_standard_input_and_only_tries_on_a_dry_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(one()))
    out, _ = run("load_providers", "-", "--dry-run")
    assert out == 'created provider "groq"\nDry run: nothing was written.\n'
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_the_command_refuses_a_bad_file_with_one_line_for_each_fault(tmp_path: Path) -> None:
    file = tmp_path / "providers.toml"
    file.write_text(one(weight=0, tier="x"), encoding="utf-8")
    out, err = run("load_providers", str(file))
    assert out == ""
    assert [line.removeprefix(f"{file}: ") for line in err.splitlines()] == [
        "provider \"groq\", tier: write 'free', 'freemium' or 'paid'",
        'provider "groq", weight: write a whole number of at least 1',
        "exit 1",
    ]


@pytest.mark.parametrize(
    ("content", "fault"), [(None, "No such file or directory"), (b"\xff\xfe", "not a text file in UTF-8")]
)
def test_the_command_refuses_what_it_cannot_read(tmp_path: Path, content: bytes | None, fault: str) -> None:
    file = tmp_path / "providers.toml"
    if content:
        file.write_bytes(content)
    assert run("load_providers", str(file)) == ("", f"{file}: {fault}\nexit 1")


@pytest.mark.django_db
def test_the_export_command_prints_what_the_load_command_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    apply(load(FILE))
    monkeypatch.setattr("sys.stdin", io.StringIO(run("export_providers")[0]))
    assert run("load_providers", "-")[0] == "Nothing changed.\n"


@pytest.mark.django_db
def test_a_limit_of_none_is_not_exported_as_anything() -> None:
    apply(load(one()))
    Quota.objects.create(provider=Provider.objects.get(), metric="tokens", period="day", limit=7)
    assert "tokens_per_day = 7" in export()
    assert "tokens_per_minute" not in export()
