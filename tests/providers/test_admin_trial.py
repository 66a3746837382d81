"""Testing a provider now: what is sent, what is told, what is recorded and what it does to a key."""

from __future__ import annotations

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from providers.admin import trial
from providers.admin.trial import BusyError, Target, try_out
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey
from tests.providers.admin_pages import text, url, words
from tests.upstream import Upstream, answers, hangs, rate_limited, replays

pytestmark = pytest.mark.django_db(transaction=True)

BAD_KEY = replays(401, {}, {"error": {"message": "Incorrect API key provided", "code": "invalid_api_key"}})
NO_MODEL = replays(404, {}, {"error": {"message": "no such model", "code": "model_not_found"}})


def try_now(client: Client, provider: Any, **fields: Any) -> str:
    answer = client.post(url("provider_test", provider.pk), fields)
    assert answer.status_code == 200
    return words(answer.content.decode())


def test_a_good_key_is_called_good_and_costs_no_request(admin: Client, connect: Any, upstream: Upstream) -> None:
    one = connect("one", answers("never"))
    assert "The key is good." in try_now(admin, one)
    assert [request.method for request in upstream.requests("one")] == ["GET"]
    assert not Attempt.objects.exists()


def test_a_question_is_answered_shown_and_recorded(admin: Client, connect: Any) -> None:
    one = connect("one", answers("Blue."))
    said = try_now(admin, one, ask="on")
    assert "The key is good and the model answers." in said
    assert "Blue." in said
    attempt = Attempt.objects.get()
    assert (attempt.feature, attempt.outcome, attempt.capability) == ("test", "answered", "text-generation")
    assert attempt.prompt_tokens
    assert f"{attempt.prompt_tokens} sent, {attempt.completion_tokens} received" in said
    assert str(attempt.request_id) in text(admin, url("attempt_story", attempt.request_id))


def test_the_page_says_that_a_question_costs_a_request(admin: Client, connect: Any) -> None:
    assert "This costs one request of the quota" in text(admin, url("provider_test", connect("one").pk))


def test_a_refused_key_is_told_with_what_to_do_and_marked(admin: Client, connect: Any, upstream: Upstream) -> None:
    one = connect("one")
    upstream.add("one", routes={"GET /models": BAD_KEY})
    said = try_now(admin, one)
    assert "It did not work: the key was refused." in said
    assert "Make a new key at the vendor" in said
    assert "HTTP status 401" in said
    key = one.keys.get()
    assert (key.invalid_since is not None, key.blocked_reason) == (True, "Authentication")


def test_a_key_that_is_good_again_is_freed_of_its_refusal(admin: Client, connect: Any) -> None:
    one = connect("one")
    one.keys.update(invalid_since=timezone.now(), blocked_reason="Authentication")
    try_now(admin, one)
    assert one.keys.get().invalid_since is None


def test_a_listing_does_not_end_a_rest_but_an_answer_does(admin: Client, connect: Any) -> None:
    one = connect("one", answers("Blue."))
    one.keys.update(blocked_until=timezone.now() + timedelta(hours=1), blocked_reason="QuotaExhausted")
    Circuit.objects.create(provider=one, failures=9, open_until=timezone.now() + timedelta(hours=1))
    try_now(admin, one)
    assert one.keys.get().blocked_until
    try_now(admin, one, ask="on")
    assert one.keys.get().blocked_until is None
    assert Circuit.objects.get().open_until is None


def test_a_limited_answer_is_told_and_recorded_and_blames_no_key(admin: Client, connect: Any) -> None:
    one = connect("one", rate_limited(30))
    assert "too many requests in a short time" in try_now(admin, one, ask="on")
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.error_class, attempt.http_status) == ("failed", "RateLimit", 429)
    assert one.keys.get().invalid_since is None


def test_a_model_that_is_gone_is_marked_and_comes_back_by_an_answer(admin: Client, connect: Any) -> None:
    one = connect("one", NO_MODEL, answers("Blue."))
    try_now(admin, one, ask="on")
    assert AIModel.objects.get().gone_since
    try_now(admin, one, ask="on")
    assert AIModel.objects.get().gone_since is None


def test_one_key_and_one_model_are_chosen(admin: Client, connect: Any, upstream: Upstream) -> None:
    one = connect("one", answers("Blue."), keys=2, models=("small", "large"))
    second = one.keys.last()
    assert "large" in try_now(admin, one, ask="on", key=second.pk, model=one.models.get(model_id="large").pk)
    sent = upstream.requests("one")[-1]
    assert sent.json["model"] == "large"
    assert sent.headers["authorization"] == f"Bearer {second.open()}"


def test_links_lead_to_the_test_of_one_key_and_one_model(admin: Client, connect: Any) -> None:
    one = connect("one", keys=2)
    page = text(admin, url("provider_change", one.pk))
    second = one.keys.last()
    assert f'href="{url("provider_test", one.pk)}?key={second.pk}"' in page
    chosen = text(admin, url("provider_test", one.pk), key=str(second.pk))
    assert f'<option value="{second.pk}" selected>' in chosen


def test_a_key_that_cannot_be_opened_is_told_and_nothing_is_sent(
    admin: Client, connect: Any, upstream: Upstream
) -> None:
    one = connect("one")
    one.keys.update(sealed="gAAAAA-broken")
    assert "ENCRYPTION_KEY has changed" in try_now(admin, one)
    assert upstream.requests("one") == []
    assert one.keys.get().invalid_since is None


def test_without_a_key_it_says_so_and_sends_nothing(admin: Client, connect: Any, upstream: Upstream) -> None:
    one = connect("one", keys=0)
    Provider.objects.update(allow_private_address=False)
    assert "There is no key to test." in try_now(admin, one)
    assert upstream.requests("one") == []


def test_a_hanging_vendor_holds_the_page_no_longer_than_its_timeout(
    admin: Client, connect: Any, upstream: Upstream
) -> None:
    one = connect("one", hangs(), timeout_seconds=1)
    upstream.add("one", hangs(), routes={"GET /models": hangs()})
    started = time.monotonic()
    assert "no connection, or no answer in time" in try_now(admin, one, ask="on")
    assert time.monotonic() - started < 3


def test_check_and_question_share_one_timeout(admin: Client, connect: Any) -> None:
    one = connect("one", hangs(), timeout_seconds=1)
    started = time.monotonic()
    try_now(admin, one, ask="on")
    assert time.monotonic() - started < 3
    assert Attempt.objects.get().error_class == "Network"


def test_no_more_tests_run_at_once_than_the_house_has_room_for(connect: Any, upstream: Upstream) -> None:
    one = connect("one", timeout_seconds=30)
    free = threading.Event()

    async def waits(exchange: Any) -> None:
        await asyncio.to_thread(free.wait, 20)
        await exchange.send_json({"object": "list", "data": []})

    upstream.add("one", routes={"GET /models": waits})
    target = Target(one, one.keys.get(), one.models.get())

    def one_test(_number: int) -> None:
        try:
            try_out(target, ask=False)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(trial.MOST_AT_ONCE) as pool:
        running = [pool.submit(one_test, number) for number in range(trial.MOST_AT_ONCE)]
        upstream.wait_for_requests("one", trial.MOST_AT_ONCE)
        with pytest.raises(BusyError):
            try_out(target, ask=False)
        free.set()
        for done in running:
            done.result()
    try_out(target, ask=False)


def test_a_secret_pasted_meanwhile_is_not_marked_by_the_old_ones_test(connect: Any, upstream: Upstream) -> None:
    one = connect("one")
    upstream.add("one", routes={"GET /models": BAD_KEY})
    target = Target(one, one.keys.get(), one.models.get())
    fresh = one.keys.get()
    fresh.hold("sk-planted-fresh-0123456789")
    fresh.save()
    try_out(target, ask=False)
    assert ProviderKey.objects.get().invalid_since is None


def test_in_place_the_answer_is_a_fragment_with_the_new_state(admin: Client, connect: Any) -> None:
    one = connect("one")
    one.keys.update(invalid_since=timezone.now())
    answer = admin.post(url("provider_test", one.pk), {"short": one.pk}, headers={"HX-Request": "true"})
    page = answer.content.decode()
    assert "<html" not in page
    assert f'id="state-{one.pk}" hx-swap-oob="true"' in page
    assert "● answering" in words(page)


def test_the_button_in_the_list_works_without_a_script(admin: Client, connect: Any) -> None:
    one = connect("one")
    assert f'formaction="{url("provider_test", one.pk)}"' in text(admin, url("provider_changelist"))


def test_a_vendor_that_echoes_the_key_in_its_answer_is_not_quoted(admin: Client, connect: Any) -> None:
    one = connect("one", answers("Your key is sk-planted-one-0-0123456789, is it not?"))
    said = try_now(admin, one, ask="on")
    assert "is it not?" in said
    assert one.keys.get().open() not in said


@pytest.mark.parametrize("capability", [capability.value for capability in trial.QUESTIONS])
def test_every_kind_of_model_that_is_cheap_to_ask_has_a_question(connect: Any, capability: str) -> None:
    one = connect("one")
    AIModel.objects.update(capabilities=[capability])
    assert Target(one, None, one.models.get()).question == capability


def test_a_picture_is_never_made_for_a_test(admin: Client, connect: Any, upstream: Upstream) -> None:
    one = connect("one")
    AIModel.objects.update(capabilities=["image-generation"])
    assert "No question was asked" in try_now(admin, one, ask="on")
    assert [request.method for request in upstream.requests("one")] == ["GET"]
