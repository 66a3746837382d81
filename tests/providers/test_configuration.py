"""The providers file: into the database, out of it, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from providers import catalogue
from providers.catalogue.shape import ProviderEntry
from providers.configuration import Action, ProvidersFile, apply, export, load
from providers.configuration.exporting import _line
from providers.models import AIModel, Provider, ProviderKey
from tests.providers.provider_file import FILE, SECRET, lines, one

# What the placeholders of the catalogue's addresses stand for.
VALUES = {"account_id": "0123456789abcdef"}


@pytest.mark.django_db
def test_a_file_creates_providers_with_models_limits_and_keys() -> None:
    apply(load(FILE))
    groq = Provider.objects.get()
    assert (groq.slug, groq.weight, groq.timeout_seconds, groq.reset_timezone, groq.base_url) == (
        "groq",
        2,
        31,
        "America/Los_Angeles",
        "https://api.groq.com/openai/v1",
    )
    assert sorted(groq.quotas.values_list("metric", "period", "limit")) == [
        ("requests", "minute", 30),
        ("tokens", "request", 8000),
    ]
    assert groq.models.get(model_id="openai/gpt-oss-20b").capabilities == ["text-generation", "summarization"]


@pytest.mark.django_db
def test_a_literal_key_is_sealed_and_a_variable_only_named() -> None:
    apply(load(FILE))
    named, sealed = ProviderKey.objects.order_by("pk")
    assert (named.variable, named.sealed) == ("GROQ_API_KEY", "")
    assert sealed.open() == SECRET
    assert SECRET not in sealed.sealed


@pytest.mark.django_db
def test_loading_the_same_file_again_changes_nothing() -> None:
    apply(load(FILE))
    assert lines(FILE) == []


@pytest.mark.django_db
def test_a_changed_value_is_reported_from_old_to_new() -> None:
    apply(load(FILE))
    assert lines(FILE.replace("priority = 10", "priority = 20").replace("minute = 30", "minute = 25")) == [
        'changed provider "groq": priority 10 to 20',
        'changed limit requests_per_minute of "groq": 30 to 25',
    ]


@pytest.mark.django_db
def test_a_dry_run_tells_the_changes_and_writes_none() -> None:
    said = lines(FILE, dry_run=True)
    assert not Provider.objects.exists()
    assert said == lines(FILE)


@pytest.mark.django_db
def test_a_model_missing_from_the_file_is_switched_off_and_back_on_when_it_returns() -> None:
    apply(load(FILE))
    without = FILE[: FILE.rindex("[[provider.model]]")]
    assert lines(without) == ['switched off model "other" of "groq": not in the file']
    assert lines(FILE) == ['changed model "other" of "groq": enabled false to true']


@pytest.mark.django_db
def test_limits_of_the_file_replace_the_stored_ones() -> None:
    apply(load(FILE))
    assert lines(FILE.replace("tokens_per_request = 8000", "tokens_per_day = 5")) == [
        'created limit tokens_per_day of "groq": 5',
        'removed limit tokens_per_request of "groq"',
    ]


@pytest.mark.django_db
def test_a_file_without_limits_keys_and_quirks_leaves_them() -> None:
    apply(load(FILE))
    Provider.objects.update(quirks={"seed_field": "random_seed"})
    bare = load(FILE).providers[0].model_copy(update={"limits": None, "api_keys": None, "quirks": None})
    assert apply(ProvidersFile(providers=[bare])) == []


@pytest.mark.django_db
def test_a_file_does_not_switch_a_disabled_provider_on_unless_it_says_so() -> None:
    apply(load(one()))
    Provider.objects.update(enabled=False)
    assert lines(one()) == []
    assert lines(one(enabled=True)) == ['changed provider "groq": enabled false to true']


@pytest.mark.django_db
def test_new_literals_replace_those_of_an_earlier_file_but_never_an_administrators() -> None:
    apply(load(one(api_keys=["first-key-of-the-file-1111"])))
    typed = ProviderKey(provider=Provider.objects.get())
    typed.hold("typed-by-an-administrator-2222")
    typed.save()
    assert lines(one(api_keys=["second-key-of-the-file-3333"])) == [
        'created key …3333 of "groq"',
        'removed key …1111 of "groq": not in the file',
    ]
    assert set(ProviderKey.objects.values_list("last_four", flat=True)) == {"2222", "3333"}


@pytest.mark.django_db
def test_variables_of_the_file_replace_the_stored_ones_and_leave_sealed_keys() -> None:
    apply(load(FILE))
    assert lines(FILE.replace(f', "{SECRET}"', "").replace("env:GROQ_API_KEY", "env:GROQ_B")) == [
        'created key env:GROQ_B of "groq"',
        'removed key env:GROQ_API_KEY of "groq": not in the file',
    ]
    assert ProviderKey.objects.get(variable="").open() == SECRET


@pytest.mark.django_db
def test_a_key_that_no_longer_opens_is_sealed_anew_from_the_file(settings: Any) -> None:
    apply(load(FILE))
    settings.ENCRYPTION_KEYS = [Fernet.generate_key().decode()]
    assert lines(FILE) == ['changed key …9876 of "groq": sealed anew under the present ENCRYPTION_KEY']
    assert ProviderKey.objects.get(variable="").open() == SECRET


@pytest.mark.django_db
def test_a_new_provider_at_a_known_vendors_address_takes_its_quirks() -> None:
    apply(load(one(slug="my-mistral", base_url="https://api.mistral.ai/v1")))
    assert Provider.objects.get().wire_quirks().seed_field == "random_seed"


@pytest.mark.django_db
def test_a_private_address_without_the_flag_is_noticed() -> None:
    changes = apply(load(one(base_url="http://127.0.0.1:9/v1")))
    assert [change.action for change in changes] == [Action.CREATED, Action.NOTICE]
    assert "allow_private_address = true" in str(changes[1])


@pytest.mark.django_db
def test_a_private_address_with_the_flag_is_taken() -> None:
    assert lines(one(base_url="http://127.0.0.1:9/v1", allow_private_address=True)) == ['created provider "groq"']


@pytest.mark.django_db
def test_an_address_without_encryption_is_noticed() -> None:
    assert "anyone on the way can read the key" in lines(one(base_url="http://api.example.com/v1"))[-1]


@pytest.mark.django_db
def test_a_change_of_capabilities_and_of_an_empty_field_reads_well() -> None:
    def local(**fields: Any) -> str:
        return one(protocol="local", **fields)

    model = {"id": "m", "capabilities": ["moderation"]}
    apply(load(local(base_url=None, model=[model])))
    assert lines(local(model=[model | {"capabilities": ["moderation", "embeddings"]}])) == [
        'changed provider "groq": base_url nothing to https://api.groq.com/openai/v1',
        'changed model "m" of "groq": capabilities moderation to moderation+embeddings',
    ]


@pytest.mark.django_db
def test_a_failing_file_writes_nothing_at_all() -> None:
    file = load(one())
    broken = ProviderEntry.model_construct(**{**dict(file.providers[0]), "slug": "later", "name": None})
    with pytest.raises(Exception, match=r"(?i)null"):
        apply(ProvidersFile.model_construct(providers=[file.providers[0], broken]))
    assert not Provider.objects.exists()


@pytest.mark.django_db
def test_an_export_loads_back_without_any_change() -> None:
    apply(load(FILE + one(slug="ciche-pióro".replace("ó", "o"), name='Zażółć \\ "gęślą"\tjaźń', quirks=None)))
    apply(ProvidersFile(providers=[vendor.entry(VALUES) for vendor in catalogue.vendors() if vendor.slug != "groq"]))
    AIModel.objects.filter(model_id="other").update(enabled=False)
    Provider.objects.filter(slug="openai").update(enabled=False)
    Provider.objects.filter(slug="nvidia").update(quirks={"extra_headers": {"X-Title": 'Próba "1"'}})
    assert [change for change in apply(load(export())) if change.action is not Action.NOTICE] == []


@pytest.mark.django_db
def test_an_export_loads_into_an_empty_database() -> None:
    apply(load(FILE))
    first = export()
    Provider.objects.all().delete()
    apply(load(first))
    assert export() == first.replace("# left out: a stored key ending in 9876\n", "")


@pytest.mark.django_db
def test_an_export_names_variables_and_never_a_secret() -> None:
    apply(load(FILE))
    text = export()
    assert 'api_keys = ["env:GROQ_API_KEY"]' in text
    assert "# left out: a stored key ending in 9876" in text
    assert SECRET not in text


@pytest.mark.django_db
def test_a_hostile_ending_of_a_key_stays_inside_its_comment() -> None:
    apply(load(one()))
    ProviderKey.objects.create(provider=Provider.objects.get(), sealed="x", last_four='\n[["')
    assert len(load(export()).providers) == 1


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_survives_the_writer(text: str) -> None:
    header = _line("extra_headers", {"X": text})
    entry = load(f"{one()}\n[provider.quirks]\n{header}").providers[0]
    assert entry.quirks
    assert entry.quirks.extra_headers == {"X": text}
