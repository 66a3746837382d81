"""The administrator's actions, the records nobody can change, and the catalogue page."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils import timezone
from django.utils.html import escape

from providers import errors
from providers.admin.state import REASONS
from providers.catalogue import vendors
from providers.errors import Blame, ProviderError
from providers.models import Attempt, Circuit, Provider, ProviderKey
from tests.providers.admin_pages import OTHER, SECRET, act, happened, state, text, url

pytestmark = pytest.mark.django_db


def test_letting_a_provider_answer_again_closes_the_circuit_and_frees_keys_and_models(
    admin: Client, groq: Provider
) -> None:
    now = timezone.now()
    Circuit.objects.create(provider=groq, failures=9, open_until=now + timedelta(hours=1), reason="Unavailable")
    groq.keys.update(invalid_since=now, blocked_until=now + timedelta(hours=1))
    groq.models.update(gone_since=now)
    act(admin, "let_answer_again", "provider_changelist", groq.pk)
    assert state(admin) == "answering"


def test_letting_a_key_answer_again_frees_it(admin: Client, groq: Provider) -> None:
    groq.keys.update(invalid_since=timezone.now(), blocked_until=timezone.now() + timedelta(hours=1))
    act(admin, "let_answer_again", "providerkey_changelist", groq.keys.get().pk)
    assert ProviderKey.objects.values_list("invalid_since", "blocked_until").get() == (None, None)


def test_providers_are_switched_off_and_on_from_the_list(admin: Client, groq: Provider) -> None:
    act(admin, "switch_off", "provider_changelist", groq.pk)
    assert not Provider.objects.get().enabled
    act(admin, "switch_on", "provider_changelist", groq.pk)
    assert Provider.objects.get().enabled


def test_a_provider_is_deleted_together_with_its_circuit(admin: Client, groq: Provider) -> None:
    Circuit.objects.create(provider=groq, failures=1)
    happened(groq)
    admin.post(url("provider_delete", groq.pk), {"post": "yes"})
    assert not Provider.objects.exists()
    assert Attempt.objects.get().provider_slug == "groq"


def test_attempts_are_found_by_request_id_in_any_spelling(admin: Client, groq: Provider) -> None:
    wanted, other = happened(groq, feature="wanted-one"), happened(groq, feature="other-one")
    for spelling in (str(wanted.request_id), wanted.request_id.hex, str(wanted.request_id)[:13]):
        rows = admin.get(url("attempt_changelist"), {"q": spelling}).context["cl"].queryset
        assert list(rows) == [wanted]
    assert other.request_id != wanted.request_id


@pytest.mark.parametrize(
    "query",
    [{"provider_slug": "groq"}, {"outcome__exact": "failed"}, {"feature": "social"}, {"started_at__year": "2026"}],
)
def test_attempts_are_filtered(admin: Client, groq: Provider, query: dict[str, str]) -> None:
    day = timezone.now().replace(year=2026, month=5, day=5)
    wanted = happened(groq, outcome="failed", feature="social", started_at=day)
    happened(groq, provider_slug="x", outcome="answered", feature="y", started_at=day.replace(year=2025))
    assert list(admin.get(url("attempt_changelist"), query).context["cl"].queryset) == [wanted]


@pytest.mark.parametrize("name", ["attempt", "circuit"])
def test_records_cannot_be_added_changed_or_deleted(admin: Client, groq: Provider, name: str) -> None:
    pk = happened(groq).pk if name == "attempt" else Circuit.objects.create(provider=groq).pk
    assert admin.get(url(f"{name}_add")).status_code == 403
    assert admin.post(url(f"{name}_change", pk), {"failures": 3}).status_code == 403
    assert admin.post(url(f"{name}_delete", pk), {"post": "yes"}).status_code == 403


def add(client: Client, slug: str, key: str = "") -> Any:
    return client.post(url("provider_catalogue"), {"vendor": slug, "key": key})


@pytest.mark.parametrize("language", ["pl", "en"])
def test_the_catalogue_shows_every_vendor_with_its_note_and_sign_up_link(admin: Client, language: str) -> None:
    page = admin.get(url("provider_catalogue"), headers={"accept-language": language}).content.decode()
    for row in vendors():
        assert escape(row.note.text(language)) in page
        assert f'href="{row.signup_url}"' in page


def test_pasting_a_key_adds_the_vendor_in_one_step(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    answer = add(admin, "mistral", SECRET)
    provider = Provider.objects.get()
    assert answer.headers["location"] == url("provider_change", provider.pk)
    assert (provider.keys.get().open(), provider.models.count() > 0) == (SECRET, True)
    assert SECRET not in text(admin, url("provider_history", provider.pk))


def test_a_vendor_whose_address_holds_an_account_id_asks_for_it(admin: Client) -> None:
    page = text(admin, url("provider_catalogue"))
    assert "Account id" in page
    assert "they stand in the address of your dashboard" in page
    for wrong in ("", "../../elsewhere"):
        answer = admin.post(url("provider_catalogue"), {"vendor": "cloudflare", "key": SECRET, "account_id": wrong})
        assert answer.status_code == 200
    assert not Provider.objects.exists()
    admin.post(url("provider_catalogue"), {"vendor": "cloudflare", "key": SECRET, "account_id": " 0a1b2c "})
    assert Provider.objects.get().base_url == "https://api.cloudflare.com/client/v4/accounts/0a1b2c/ai/v1"


def test_the_catalogue_knows_a_key_by_the_other_variable_of_its_vendor(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY", raising=False)
    monkeypatch.setenv("GOOGLE_API_KEY", SECRET)
    assert "GOOGLE_API_KEY holds a key" in text(admin, url("provider_catalogue"))
    add(admin, "gemini")
    assert ProviderKey.objects.get().variable == "GOOGLE_API_KEY"


def test_the_catalogue_uses_the_environments_key_when_none_is_pasted(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GROQ_API_KEY", SECRET)
    assert "GROQ_API_KEY holds a key" in text(admin, url("provider_catalogue"))
    add(admin, "groq")
    assert ProviderKey.objects.get().variable == "GROQ_API_KEY"


def test_a_vendor_that_needs_a_key_is_not_added_without_one(admin: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GROQ_API_KEY", raising=False)
    answer = add(admin, "groq")
    assert "Paste the key that the vendor gave you." in answer.content.decode()
    assert not Provider.objects.exists()


def test_a_model_server_of_our_own_is_added_without_a_key(admin: Client) -> None:
    add(admin, "ollama-local")
    assert state(admin) == "answering"


def test_a_vendor_is_not_added_twice(admin: Client, groq: Provider) -> None:
    answer = add(admin, "groq", OTHER)
    assert "Groq was added meanwhile." in text(admin, answer.headers["location"])
    assert ProviderKey.objects.count() == 1


def test_an_unknown_vendor_is_not_found(admin: Client) -> None:
    assert add(admin, "nobody", OTHER).status_code == 404


def test_the_catalogue_is_closed_to_whoever_has_django_permissions_but_not_the_role(admin: Client) -> None:
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_provider"))
    admin.force_login(reader, backend="django.contrib.auth.backends.ModelBackend")
    assert admin.get(url("provider_catalogue")).status_code == 403
    assert admin.get(url("provider_changelist")).status_code == 403


def test_every_reason_that_makes_something_rest_has_words() -> None:
    resting = {
        kind.__name__.removesuffix("Error")
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ProviderError) and kind.blame in {Blame.KEY, Blame.PROVIDER}
    }
    assert resting == set(REASONS)
