"""Nothing is spent twice: repeated, identical and recent requests of one client, through the gateway's front door."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import httpx
import pytest
from django.utils import timezone

from providers import ledger
from providers.access.client_keys import create_client
from providers.gateway import stored
from providers.models import StoredAnswer
from tests.upstream import answers, server_error, slow

BODY = {"model": "auto", "messages": [{"role": "user", "content": "Say hello"}]}
SURE = {**BODY, "temperature": 0}


@pytest.fixture(autouse=True)
def _closed(transactional_db):
    yield
    stored.close()
    ledger.close()


@pytest.fixture
def post(gateway, bearer):
    """Ask for a chat; further headers by name."""

    def send(body=BODY, key="", headers=bearer, **more):
        sent = {**headers, **more, **({"idempotency-key": key} if key else {})}
        return httpx.post(f"{gateway}/chat/completions", json=body, headers=sent, timeout=20)

    return send


def at_once(call, count):
    with ThreadPoolExecutor(count) as pool:
        return [one.result() for one in [pool.submit(call) for _ in range(count)]]


def test_the_same_key_brings_the_same_answer_and_one_call(connect, upstream, post):
    connect("one", answers("Hello"))
    first, second = post(key="a"), post(key="a")
    assert (first.status_code, second.json(), len(upstream.requests("one"))) == (200, first.json(), 1)
    assert (first.headers.get("idempotency-replayed"), second.headers["idempotency-replayed"]) == (None, "true")


def test_a_key_that_was_used_for_something_else_is_refused(connect, post):
    connect("one", answers("Hello"))
    post(key="a")
    refused = post({**BODY, "max_tokens": 7}, key="a")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "idempotency_key_reused")


def test_requests_with_one_key_at_once_are_one_call(connect, upstream, post):
    connect("one", slow(0.3))
    found = at_once(lambda: post(key="a"), 4)
    assert (len({one.text for one in found}), len(upstream.requests("one"))) == (1, 1)


def test_what_failed_is_asked_anew(connect, post):
    connect("one", server_error(), server_error(), answers("Hello"), failure_threshold=9)
    assert (post(key="a").status_code, post(key="a").status_code) == (503, 200)


def test_the_call_of_a_killed_process_is_taken_over_under_its_number(connect, post):
    connect("one", answers("Hello"))
    first = post(key="a")
    # As the dead process left it.
    StoredAnswer.objects.update(status=None, leased_until=timezone.now() - timedelta(seconds=1))
    second = post(key="a")
    assert (second.status_code, second.headers["x-request-id"]) == (200, first.headers["x-request-id"])


def test_a_client_that_hung_up_finds_its_answer(connect, upstream, post, gateway, bearer):
    connect("one", slow(0.6))
    with pytest.raises(httpx.TimeoutException):
        httpx.post(f"{gateway}/chat/completions", json=BODY, headers={**bearer, "idempotency-key": "a"}, timeout=0.3)
    assert (post(key="a").status_code, len(upstream.requests("one"))) == (200, 1)


def test_keys_of_different_clients_have_nothing_to_do_with_each_other(connect, upstream, post):
    connect("one", answers("Hello"))
    other = {"authorization": f"Bearer {create_client('books', ['openai']).secret}"}
    post(key="a")
    assert "idempotency-replayed" not in post(key="a", headers=other).headers
    assert len(upstream.requests("one")) == 2


def test_identical_requests_for_one_sure_answer_share_a_call(connect, upstream, post):
    connect("one", slow(0.3))
    found = at_once(lambda: post(SURE), 4)
    assert ({one.status_code for one in found}, len(upstream.requests("one"))) == ({200}, 1)


def test_requests_that_may_want_to_differ_do_not_share(connect, upstream, post):
    connect("one", slow(0.3))
    at_once(post, 3)
    assert len(upstream.requests("one")) == 3


def test_those_who_share_a_call_share_its_failure(connect, upstream, post):
    connect("one", slow(0.3, server_error()), failure_threshold=1, models=("small",))
    found = at_once(lambda: post(SURE), 3)
    assert {one.status_code for one in found} == {503}


def test_a_recent_answer_is_given_to_those_who_accept_one(connect, upstream, post):
    connect("one", answers("Hello"))
    accepts = {"cache-control": "max-age=60"}
    first, second = post(**accepts), post(**accepts)
    assert (second.json(), second.headers["x-prometheus-cache"]) == (first.json(), "hit")
    assert len(upstream.requests("one")) == 1


def test_nothing_is_stored_for_those_who_do_not_ask(connect, upstream, post):
    connect("one", answers("Hello"))
    post(SURE)
    post(SURE)
    assert (len(upstream.requests("one")), StoredAnswer.objects.count()) == (2, 0)


def test_an_answer_that_is_too_old_is_not_given(connect, upstream, post):
    connect("one", answers("Hello"))
    accepts = {"cache-control": "max-age=60"}
    post(**accepts)
    StoredAnswer.objects.update(made_at=timezone.now() - timedelta(seconds=61))
    assert "x-prometheus-cache" not in post(**accepts).headers
    assert len(upstream.requests("one")) == 2
