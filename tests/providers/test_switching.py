"""What the environment switches on from the catalogue, and what it leaves alone."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.utils import timezone

from providers.adapters import local
from providers.catalogue import PlaceholderError, local_model, rows, vendor, vendors
from providers.configuration import Action, add_vendor, apply, load, switch_on_from_environment
from providers.models import AIModel, Provider, ProviderKey
from tests.providers.provider_file import one

ACCOUNT_ID = "CLOUDFLARE_ACCOUNT_ID"


def switch_on(environ: Mapping[str, str], *, there: bool = False) -> list[str]:
    return [str(change) for change in switch_on_from_environment(environ, local_is_there=lambda: there)]


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
    switch_on({row.variable: "some-key-or-other" for row in vendors() if row.variable} | {ACCOUNT_ID: "abc123"})
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


def both(start: Callable[[], object]) -> None:
    """Do the same in two threads at the same moment."""
    together = threading.Barrier(2)

    def begin() -> None:
        try:
            together.wait(timeout=20)
            start()
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        for running in [pool.submit(begin) for _ in range(2)]:
            running.result()


@pytest.mark.django_db(transaction=True)
def test_two_processes_that_start_together_create_a_vendor_once() -> None:
    both(lambda: switch_on({"GROQ_API_KEY": "gsk-anything-at-all"}, there=True))
    assert list(ProviderKey.objects.values_list("provider__slug", "variable")) == [("groq", "GROQ_API_KEY")]
    assert set(Provider.objects.values_list("slug", flat=True)) == {"groq", "local-model"}


@pytest.mark.django_db(transaction=True)
def test_two_first_loads_of_one_file_at_the_same_moment_both_end_well() -> None:
    slugs = [f"vendor-{number}" for number in range(5)]
    file = "\n".join(one(slug=slug, api_keys=["a-key-of-the-file"]) for slug in slugs)
    both(lambda: apply(load(file)))
    assert list(ProviderKey.objects.values_list("provider__slug", flat=True)) == slugs


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
    for name in [name for row in rows() for name in row.variables]:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-something-else-entirely")
    call_command("switch_on_providers")
    out = capsys.readouterr().out
    assert 'created key env:OPENAI_API_KEY of "openai"' in out
    assert "sk-something" not in out
    assert Provider.objects.filter(slug="openai", enabled=True).exists()


@pytest.mark.django_db
@pytest.mark.parametrize("variable", ["GEMINI_API_KEY", "GOOGLE_API_KEY"])
def test_a_vendor_is_switched_on_by_any_of_its_variables(variable: str) -> None:
    switch_on({variable: "AIza-anything-at-all"})
    assert list(ProviderKey.objects.values_list("provider__slug", "variable")) == [("gemini", variable)]


@pytest.mark.django_db
def test_of_two_variables_of_a_vendor_the_usual_one_is_taken() -> None:
    switch_on({"GOOGLE_API_KEY": "the-other", "GEMINI_API_KEY": "the-usual"})
    assert ProviderKey.objects.get().variable == "GEMINI_API_KEY"


@pytest.mark.django_db
def test_an_address_with_an_account_id_takes_it_from_the_environment() -> None:
    switch_on({"CLOUDFLARE_API_KEY": "some-token", ACCOUNT_ID: " 0a1b2c "})
    assert Provider.objects.get().base_url == "https://api.cloudflare.com/client/v4/accounts/0a1b2c/ai/v1"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("held", "fault"), [({}, "is missing"), ({ACCOUNT_ID: "../../else"}, "has letters, digits, - and _ only")]
)
def test_a_missing_account_id_is_named_and_nothing_is_switched_on(held: dict[str, str], fault: str) -> None:
    (change,) = switch_on_from_environment({"CLOUDFLARE_API_TOKEN": "t", **held}, local_is_there=lambda: False)
    assert (change.action, change.subject) == (Action.NOTICE, "CLOUDFLARE_API_TOKEN")
    assert change.detail == f"Cloudflare Workers AI is not used: {ACCOUNT_ID}: {fault}"
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_a_vendor_with_an_account_id_is_not_added_without_one() -> None:
    with pytest.raises(PlaceholderError, match=ACCOUNT_ID):
        add_vendor(vendor("cloudflare"), secret="some-token")
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_a_deleted_provider_stays_deleted_although_its_variable_is_set() -> None:
    environ = {"GROQ_API_KEY": "gsk-anything-at-all"}
    switch_on(environ, there=True)
    Provider.objects.all().delete()
    assert switch_on(environ, there=True) == []
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_a_renamed_provider_that_was_deleted_does_not_return_under_its_first_name() -> None:
    environ = {"GROQ_API_KEY": "gsk-anything-at-all"}
    switch_on(environ)
    Provider.objects.update(slug="our-groq")
    Provider.objects.get().delete()
    assert switch_on(environ) == []


@pytest.mark.django_db
def test_a_deleted_provider_that_is_added_again_is_forgotten_as_deleted() -> None:
    environ = {"GROQ_API_KEY": "gsk-anything-at-all"}
    switch_on(environ)
    for again in (lambda: add_vendor(vendor("groq")), lambda: apply(load(one()))):
        Provider.objects.get().delete()
        again()
        assert switch_on(environ) == ['created key env:GROQ_API_KEY of "groq"']
