"""What a provider answered last, the whole story of a request, and the list of attempts."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from providers import errors
from providers.admin.explaining import error_kinds, meaning
from providers.errors import ProviderError
from providers.models import Provider
from providers.types import Capability
from tests.providers.admin_pages import happened, text, url, words

pytestmark = pytest.mark.django_db


def test_the_providers_page_tells_the_last_answers_and_errors(admin: Client, groq: Provider) -> None:
    happened(groq, latency_ms=1234, prompt_tokens=11, completion_tokens=22, feature="social-posts")
    happened(groq, outcome="failed", error_class="RateLimit", http_status=429, detail="Slow down, please",
             key_fingerprint=groq.keys.get().fingerprint)  # fmt: skip
    page = words(text(admin, url("provider_change", groq.pk)))
    assert "✕ failed too many requests in a short time Slow down, please" in page
    assert "…9876 429" in page
    assert "social-posts" in page
    assert "1.2 s 11 + 22" in page


def test_only_the_last_twenty_are_told_the_newest_first(admin: Client, groq: Provider) -> None:
    for number in range(22):
        happened(groq, model_id=f"model-{number:02}")
    lines = admin.get(url("provider_answers", groq.pk)).context["lines"]
    assert [line.attempt.model_id for line in lines] == [f"model-{number:02}" for number in range(21, 1, -1)]


@pytest.mark.parametrize("query", [{"outcome": "failed"}, {"model": "openai/gpt-oss-20b"}, {"feature": "tags"}])
def test_the_last_answers_are_narrowed(admin: Client, groq: Provider, query: dict[str, str]) -> None:
    wanted = happened(groq, outcome="failed", model_id="openai/gpt-oss-20b", feature="tags")
    happened(groq)
    lines = admin.get(url("provider_answers", groq.pk), query).context["lines"]
    assert [line.attempt for line in lines] == [wanted]


def test_in_place_the_answers_are_a_table_and_nothing_else(admin: Client, groq: Provider) -> None:
    happened(groq)
    page = admin.get(url("provider_answers", groq.pk), headers={"HX-Request": "true"}).content.decode()
    assert "<table" in page
    assert "<html" not in page


def test_a_variable_and_a_key_that_is_gone_are_named_too(admin: Client, groq: Provider) -> None:
    groq.keys.create(variable="GROQ_API_KEY", fingerprint="aaaaaaaaaaaa")
    happened(groq, key_fingerprint="aaaaaaaaaaaa")
    happened(groq, key_fingerprint="bbbbbbbbbbbb")
    lines = admin.get(url("provider_answers", groq.pk)).context["lines"]
    assert [line.key for line in lines] == ["bbbbbbbbbbbb", "GROQ_API_KEY"]


def test_no_further_attempt_costs_a_further_query(
    admin: Client, groq: Provider, django_assert_max_num_queries: Any
) -> None:
    for _ in range(20):
        happened(groq, outcome="failed", error_class="Network", key_fingerprint=groq.keys.get().fingerprint)
    with django_assert_max_num_queries(12):
        text(admin, url("provider_answers", groq.pk))
    with django_assert_max_num_queries(14):
        text(admin, url("attempt_changelist"))
    with django_assert_max_num_queries(25):
        text(admin, url("provider_change", groq.pk))


def test_the_story_of_a_request_tells_every_place_in_order_and_why(admin: Client, groq: Provider) -> None:
    request_id = uuid.uuid4()
    happened(groq, request_id=request_id, place=2, model_id="second", reason="probe after a pause")
    happened(groq, request_id=request_id, place=1, model_id="first", reason="priority 10, quality 4",
             outcome="failed", error_class="Overloaded", http_status=503, detail="come back later")  # fmt: skip
    page = words(text(admin, url("attempt_story", request_id)))
    assert page.index("first") < page.index("second")
    assert "its turn: priority 10, quality of the model 4" in page
    assert "test after a pause" in page
    assert "the vendor was too busy" in page
    assert "come back later" in page


def test_a_request_that_nobody_made_has_no_story(admin: Client) -> None:
    assert admin.get(url("attempt_story", uuid.uuid4())).status_code == 404


def test_attempts_lead_to_their_story(admin: Client, groq: Provider) -> None:
    attempt = happened(groq)
    assert url("attempt_story", attempt.request_id) in text(admin, url("attempt_changelist"))
    assert url("attempt_story", attempt.request_id) in text(admin, url("attempt_change", attempt.pk))


@pytest.mark.parametrize("query", [{"error_class": "Network"}, {"capability": "embeddings"}, {"provider_slug": "groq"}])
def test_attempts_are_filtered_by_what_is_known_of_them(admin: Client, groq: Provider, query: dict[str, str]) -> None:
    wanted = happened(groq, outcome="failed", error_class="Network", capability=Capability.EMBEDDINGS)
    happened(groq, provider=None, provider_slug="gone", capability=Capability.MODERATION)
    assert list(admin.get(url("attempt_changelist"), query).context["cl"].queryset) == [wanted]


def test_an_attempt_of_a_provider_that_is_gone_keeps_its_short_name(admin: Client, groq: Provider) -> None:
    happened(groq, provider=None, provider_slug="long-gone")
    assert "long-gone" in text(admin, url("attempt_changelist"))


def test_answers_are_closed_to_those_who_may_not_see_providers(admin: Client, groq: Provider) -> None:
    attempt = happened(groq)
    stranger = User.objects.create_user("stranger", is_staff=True)
    admin.force_login(stranger, backend="django.contrib.auth.backends.ModelBackend")
    assert admin.get(url("provider_answers", groq.pk)).status_code == 403
    assert admin.get(url("attempt_story", attempt.request_id)).status_code == 403


def test_every_error_has_words_and_something_to_do() -> None:
    kinds = {
        kind.__name__.removesuffix("Error")
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, ProviderError) and kind is not ProviderError
    }
    assert kinds == {kind for kind, _ in error_kinds()}


def test_an_error_without_words_speaks_for_itself() -> None:
    assert meaning("Novel").happened == "Novel"
