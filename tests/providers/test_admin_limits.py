"""Limits in an administrator's words: on the provider's page and in the catalogue."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.utils import translation

from providers.admin.state import limit_words
from providers.catalogue.shape import CountsEntry, LimitsEntry
from providers.configuration import export, load
from providers.configuration.applying import apply
from providers.models import AIModel, Provider, Quota
from tests.providers.admin_pages import submit, text, url, words

pytestmark = pytest.mark.django_db


def add_limit(client: Client, provider: Provider, **fields: Any) -> Any:
    """One more row on the provider's page; an empty field is as a browser would send it."""
    count = provider.quotas.count()
    empty = {"limit": "5", "metric": "requests", "period": "", "model": "", "scope": "account", "window": "", "id": ""}
    row = {f"quotas__{count}__{name}": value for name, value in {**empty, "provider": provider.pk, **fields}.items()}
    return submit(client, url("provider_change", provider.pk), quotas__TOTAL_FORMS=str(count + 1), **row)


@pytest.mark.parametrize(
    ("period", "window"),
    [("second", "sliding"), ("hour", "sliding"), ("month", "calendar")],
)
def test_when_a_count_begins_anew_goes_without_saying(admin: Client, groq: Provider, period: str, window: str) -> None:
    add_limit(admin, groq, period=period)
    assert Quota.objects.get(period=period).window == window


def test_a_window_that_was_chosen_stays(admin: Client, groq: Provider) -> None:
    add_limit(admin, groq, period="month", window="fixed")
    assert Quota.objects.get(period="month").window == "fixed"


def test_requests_at_once_need_no_time(admin: Client, groq: Provider) -> None:
    add_limit(admin, groq, metric="concurrent")
    assert Quota.objects.get(metric="concurrent").period == "request"


def test_a_limit_of_one_model_is_that_models_own(admin: Client, groq: Provider) -> None:
    model = groq.models.first()
    assert model
    add_limit(admin, groq, period="day", model=model.pk)
    quota = Quota.objects.get(model=model)
    assert quota.per_model


@pytest.mark.parametrize(
    ("fields", "fault"),
    [
        ({"metric": "concurrent", "period": "day"}, "Requests at once have no time: leave this empty."),
        ({}, "Choose how long it is counted, for example a day."),
        ({"period": "request"}, "A request is always one request."),
        ({"metric": "tokens", "period": "second"}, "No vendor counts tokens a second."),
        ({"period": "minute"}, "This limit stands here twice."),
        ({"period": "hour", "limit": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_limit_that_makes_no_sense_is_refused(
    admin: Client, groq: Provider, fields: dict[str, str], fault: str
) -> None:
    before = Quota.objects.count()
    assert fault in words(add_limit(admin, groq, **fields).content.decode())
    assert Quota.objects.count() == before


def test_only_the_providers_own_models_are_offered_for_a_limit(admin: Client, groq: Provider) -> None:
    other = Provider.objects.create(slug="other", name="Other", base_url="https://other.example.com/v1")
    strange = AIModel.objects.create(provider=other, model_id="a-strange-model", capabilities=["text-generation"])
    assert "a-strange-model" not in text(admin, url("provider_change", groq.pk))
    assert "Select a valid choice" in add_limit(admin, groq, period="hour", model=strange.pk).content.decode()


def test_more_limits_need_no_more_queries(admin: Client, groq: Provider, django_assert_max_num_queries: Any) -> None:
    for model in groq.models.all():
        for period in ("second", "minute", "hour", "day", "month"):
            Quota.objects.create(provider=groq, model=model, metric="requests", period=period, limit=9)
    with django_assert_max_num_queries(25):
        text(admin, url("provider_change", groq.pk))


def test_whatever_the_page_takes_a_providers_file_can_hold(admin: Client, groq: Provider) -> None:
    add_limit(admin, groq, period="month")
    add_limit(admin, groq, metric="concurrent")
    assert apply(load(export())) == []


def test_every_limit_of_a_file_has_words() -> None:
    for name in CountsEntry.model_fields:
        assert limit_words(LimitsEntry.model_validate({name: 1})), name


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"requests_per_second": 1}, ["1 request a second"]),
        ({"requests_per_hour": 60, "requests_per_month": 1000}, ["60 requests an hour", "1,000 requests a month"]),
        ({"concurrent_requests": 2}, ["2 requests at once"]),
        ({"tokens_per_day": 200_000, "per_model": True}, ["200,000 tokens a day", "each model by itself"]),
        ({"requests_per_day": 50, "scope": "key"}, ["50 requests a day", "counted for each key"]),
        ({"requests_per_day": 50, "scope": "provider"}, ["50 requests a day", "counted for all keys together"]),
        ({}, []),
    ],
)
def test_limits_are_worded_one_phrase_each(limits: dict[str, Any], said: list[str]) -> None:
    with translation.override("en"):
        assert limit_words(LimitsEntry.model_validate(limits)) == said


def test_a_vendor_without_limits_has_no_words_for_them() -> None:
    assert limit_words(None) == []


def test_when_a_model_ends_and_when_it_was_last_listed_is_shown(admin: Client, groq: Provider) -> None:
    groq.models.update(shutdown_on="2026-12-24", listed_at="2026-11-20T10:00:00Z")
    for address in (url("provider_change", groq.pk), url("aimodel_changelist")):
        page = text(admin, address)
        assert "2026-12-24" in page or "Dec. 24, 2026" in page
        assert "Nov. 20, 2026" in page
