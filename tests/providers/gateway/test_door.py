"""The gateway's door: whose key, for what, and how much is left, in words that OpenAI's client understands."""

from __future__ import annotations

from typing import Any

import openai
import pytest

from providers.access.client_keys import create_client, revoke
from providers.clients import Client, ClientUse
from providers.models import Attempt
from tests.upstream import answers

HELLO: list[Any] = [{"role": "user", "content": "Say hello."}]


@pytest.fixture
def chat(gateway, connect):
    """`chat(secret)` asks once with this key."""
    connect("only", answers("Hello there"))

    def ask(secret, **more):
        caller = openai.OpenAI(base_url=gateway, api_key=secret, max_retries=0, timeout=20)
        return caller.chat.completions.with_raw_response.create(model="auto", messages=HELLO, **more)

    return ask


def test_a_key_that_nobody_knows_is_refused(chat):
    with pytest.raises(openai.AuthenticationError) as caught:
        chat("pk_lab_nonsense")
    assert caught.value.code == "invalid_api_key"


def test_a_revoked_key_is_refused_at_once(chat, key):
    chat(key)
    revoke(Client.objects.get())
    with pytest.raises(openai.AuthenticationError):
        chat(key)


def test_a_key_for_something_else_is_refused(chat):
    with pytest.raises(openai.PermissionDeniedError) as caught:
        chat(create_client("reports", ["monitoring"]).secret)
    assert caught.value.code == "insufficient_permissions"
    assert not Attempt.objects.exists()


def test_a_record_says_which_client_asked(chat, key):
    chat(key)
    assert Attempt.objects.get().client_id == Client.objects.get().pk


def test_a_client_beyond_its_limit_learns_when_to_come_back(chat):
    secret = create_client("eager", ["openai"], requests_per_day=1).secret
    assert chat(secret).headers["x-ratelimit-remaining-requests-day"] == "0"
    with pytest.raises(openai.RateLimitError) as caught:
        chat(secret)
    assert int(caught.value.response.headers["retry-after"]) > 0
    assert Attempt.objects.count() == 1


def test_tokens_are_set_aside_and_then_counted_as_they_were(chat):
    secret = create_client("counted", ["openai"], tokens_per_day=100_000).secret
    said = chat(secret, max_tokens=500)
    assert int(said.headers["x-ratelimit-remaining-tokens-day"]) < 99_600
    assert ClientUse.objects.get().day_tokens == said.parse().usage.total_tokens


def test_what_could_exceed_the_days_tokens_is_not_begun(chat):
    secret = create_client("small", ["openai"], tokens_per_day=100).secret
    with pytest.raises(openai.RateLimitError):
        chat(secret, max_tokens=500)
    assert not Attempt.objects.exists()


def test_the_list_of_models_asks_for_a_key_too(gateway):
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=gateway, api_key="none", max_retries=0).models.list()
