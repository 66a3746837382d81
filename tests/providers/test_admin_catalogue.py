"""The catalogue page: what is found, how it is told, and what happens after a vendor was added."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.utils.html import escape

from providers.admin.explaining import departures
from providers.admin.state import limit_words
from providers.catalogue import vendors
from providers.models import Provider
from tests.providers.admin_pages import OTHER, SECRET, text, url, words

pytestmark = pytest.mark.django_db


def shown(client: Client, **query: str) -> set[str]:
    return set(re.findall(r'id="vendor-([\w-]+)" data-search', text(client, url("provider_catalogue"), **query)))


def test_every_vendor_stands_in_one_group(admin: Client) -> None:
    groups = admin.get(url("provider_catalogue")).context["groups"]
    listed = [row.vendor.slug for group in groups for row in group.rows]
    assert sorted(listed) == sorted(vendor.slug for vendor in vendors())
    assert str(groups[0].title) == "Free for good"


@pytest.mark.parametrize(
    ("query", "found"),
    [("groq", "groq"), ("GEMINI google", "gemini"), ("gpt-oss-20b", "groq"), ("ollama", "ollama-local")],
)
def test_vendors_are_searched_by_name_note_and_model(admin: Client, query: str, found: str) -> None:
    assert found in shown(admin, q=query)
    assert len(shown(admin, q=query)) < len(vendors())


def test_abilities_are_searched_in_words(admin: Client) -> None:
    assert shown(admin, q="writing text") == {vendor.slug for vendor in vendors()}


def test_a_search_that_finds_nothing_says_so(admin: Client) -> None:
    page = text(admin, url("provider_catalogue"), q="no such vendor")
    assert '<p id="no-vendor" role="status">No vendor fits.' in page
    assert 'value="no such vendor"' in page


def test_a_vendor_tells_limits_abilities_training_and_where_it_differs(admin: Client) -> None:
    page = text(admin, url("provider_catalogue"))
    for vendor in vendors():
        article = page[page.index(f'id="vendor-{vendor.slug}"') :].partition("</article>")[0]
        assert all(escape(phrase) in article for phrase in limit_words(vendor.limits)), vendor.slug
        assert ("may train on data" in article) is vendor.trains_on_data, vendor.slug
        for sentence in departures(vendor.quirks.stored() if vendor.quirks else {}):
            assert escape(sentence) in article, vendor.slug


def test_after_adding_the_page_says_what_happens_next_and_offers_the_test(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MISTRAL_API_KEY", raising=False)
    answer = admin.post(url("provider_catalogue"), {"vendor": "mistral", "key": SECRET}, follow=True)
    provider = Provider.objects.get()
    page = answer.content.decode()
    assert "Mistral was added and will be asked from now on, in its turn." in page
    assert f'<a href="{url("provider_test", provider.pk)}">Test now whether the key works</a>' in page


def test_a_faulty_key_comes_back_with_its_fault_at_its_vendor(admin: Client) -> None:
    page = admin.post(url("provider_catalogue"), {"vendor": "mistral", "key": f"{OTHER} x"}).content.decode()
    article = page[page.index('id="vendor-mistral"') :].partition("</article>")[0]
    assert "A key has no spaces" in article
    assert OTHER not in page


def test_a_departure_that_nobody_worded_is_still_named() -> None:
    assert departures({"novel": ["a", "b"]}) == ["novel: a, b"]


@pytest.mark.parametrize(
    ("quirks", "said"),
    [
        ({"max_tokens_field": "max_completion_tokens"}, "max_completion_tokens"),
        ({"refused_parameters": ["stop", "seed"]}, "It does not take stop, seed"),
        ({"stream_usage": False}, "It does not count tokens while streaming"),
        ({"check_path": ""}, "proves no key"),
        ({"extra_headers": {"X-Title": "Lab"}}, "X-Title"),
    ],
)
def test_a_departure_is_told_in_a_sentence(quirks: dict[str, object], said: str) -> None:
    assert len(departures(quirks)) == 1
    assert said in departures(quirks)[0]


def test_a_provider_tells_where_it_differs_too(admin: Client, groq: Provider) -> None:
    assert "It wants the length of the answer as max_completion_tokens." in words(
        text(admin, url("provider_change", groq.pk))
    )
