"""Limits through the orchestrator's front door: nothing beyond them leaves, nothing within them is lost."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta

import pytest
from django.utils import timezone

from providers import ledger, routing
from providers.ledger import holding, transaction
from providers.models import AIModel, Attempt, Bucket, Circuit, Holder, Provider, ProviderKey, Quota, Slot
from providers.orchestrator import Exhausted, Task, complete
from providers.types import ChatRequest, Message, Role
from tests.upstream import answers, hangs, rate_limited, replays, server_error, slow

REQUEST = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
HURRIED = Task("test", deadline_seconds=2.0)


def limit(provider, number, metric="requests", period="minute", **fields):
    return Quota.objects.create(provider=provider, metric=metric, period=period, limit=number, **fields)


async def asked(count, task=HURRIED):
    """The answers and the errors of so many requests at once."""
    calls = (complete(task, REQUEST, check=lambda text, _last: text) for _ in range(count))
    return await asyncio.gather(*calls, return_exceptions=True)


def ask(count=1, task=HURRIED):
    found = asyncio.run(asked(count, task))
    return [one for one in found if not isinstance(one, Exception)], [
        one for one in found if isinstance(one, Exception)
    ]


def used(metric="requests", period="minute"):
    return Bucket.objects.get(metric=metric, period=period).used


def test_of_many_at_once_exactly_as_many_leave_as_the_limit_allows(connect, upstream):
    limit(connect("one", slow(0.1)), 5)
    served, failed = ask(20)
    assert (len(served), len(failed), len(upstream.requests("one"))) == (5, 15, 5)


def test_a_full_provider_is_passed_over_without_a_call(connect, upstream):
    limit(connect("one", answers("Hello")), 1)
    connect("two", answers("Hello"))
    served, _failed = ask(6)
    assert (len(served), len(upstream.requests("one"))) == (6, 1)


def test_the_one_who_fails_hears_when_there_is_room_again(connect):
    limit(connect("one", answers("Hello")), 1)
    before = timezone.now()
    ask()
    _served, (failed,) = ask()
    assert isinstance(failed, Exhausted)
    assert failed.until
    assert timedelta(seconds=59) < failed.until - before < timedelta(seconds=62)


def test_an_interactive_caller_waits_when_the_room_comes_within_the_deadline(connect, upstream):
    limit(connect("one", answers("Hello")), 2, period="second")
    began = time.monotonic()
    served, failed = ask(6, Task("test", deadline_seconds=8.0))
    assert (len(served), failed) == (6, [])
    assert time.monotonic() - began > 2.0


def test_a_caller_who_waits_is_told_until_when(connect, monkeypatch):
    # A wait that is noticed: any, as the others may have taken their time.
    monkeypatch.setattr("providers.orchestrator.calls.NOTICED", timedelta(0))
    limit(connect("one", slow(0.1)), 1, period="second")
    heard = []

    async def watch(event):
        heard.append((event.happening, event.provider, event.until is not None))

    async def three():
        await asked(2)
        await complete(Task("test", deadline_seconds=8.0), REQUEST, check=lambda text, _last: text, watch=watch)

    asyncio.run(three())
    assert heard[0] == ("waiting", "", True)


def test_a_provider_that_is_deleted_during_a_call_costs_nobody_the_answer(connect, upstream):
    one = connect("one", slow(2), timeout_seconds=20)
    limit(one, 5)

    async def delete_meanwhile():
        call = asyncio.create_task(asked(1, Task("test", deadline_seconds=60)))
        await asyncio.to_thread(upstream.wait_for_requests, "one")
        await asyncio.to_thread(one.delete)
        return await call

    (answer,) = asyncio.run(delete_meanwhile())
    assert answer.value == "OK"


def test_a_fault_of_our_own_leaves_nobody_waiting(connect, monkeypatch, caplog):
    limit(connect("one", answers("Hello")), 10)

    def breaks(operations, clock=transaction.database_clock):
        raise KeyError("a mistake in the code")

    monkeypatch.setattr(transaction, "run", breaks)
    _served, (failed,) = ask()
    assert "the ledger failed" in str(failed)
    # What follows on the thread of the writer comes after its log.
    ledger.close()
    assert "a mistake in the code" in caplog.text


def test_all_limits_of_a_place_are_taken_together_or_not_at_all(connect):
    one = connect("one", answers("Hello"))
    limit(one, 100)
    limit(one, 1, period="day", window="calendar")
    ask(3)
    assert (used(), used(period="day")) == (1, 1)


def test_tokens_are_reserved_by_estimate_and_settled_by_truth(connect):
    limit(connect("one", slow(0.2)), 10_000, metric="tokens")

    async def look_while_it_runs():
        running = asyncio.create_task(asked(1))
        await asyncio.sleep(0.1)
        during = await asyncio.to_thread(used, "tokens")
        await running
        return during

    during = asyncio.run(look_while_it_runs())
    attempt = Attempt.objects.get()
    told = (attempt.prompt_tokens or 0) + (attempt.completion_tokens or 0)
    assert during == REQUEST.estimated_prompt_tokens + REQUEST.max_tokens
    assert 0 < used("tokens") == told


def test_a_request_that_no_limit_of_tokens_can_hold_goes_elsewhere(connect, upstream):
    limit(connect("one", answers("Hello")), 20, metric="tokens")
    connect("two", answers("Hello"))
    served, _failed = ask()
    assert served[0].provider == "two"


def test_only_so_many_run_at_once_and_the_next_begins_when_one_ends(connect):
    limit(connect("one", slow(0.2)), 2, metric="concurrent", period="request")
    began = time.monotonic()
    served, _failed = ask(6, Task("test", deadline_seconds=8.0))
    assert len(served) == 6
    assert time.monotonic() - began > 0.6
    assert Bucket.objects.get().used == 0


def test_a_call_that_never_left_gives_everything_back(connect):
    one = connect("one", answers("never"))
    Provider.objects.update(base_url="http://127.0.0.1:9/v1")
    limit(one, 10)
    limit(one, 1000, metric="tokens", period="day")
    ask()
    assert set(Bucket.objects.values_list("used", flat=True)) == {0}
    assert not Slot.objects.exists()


def test_an_answer_that_failed_on_the_vendors_side_still_counts(connect):
    limit(connect("one", server_error(500), failure_threshold=1), 10)
    ask()
    assert used() == Attempt.objects.count()


def test_a_refusal_gives_its_slot_back_and_no_other_call_meets_it(connect, upstream):
    limit(connect("one", rate_limited(retry_after=30), answers("Hello")), 100)
    connect("two", answers("Hello"))
    for _ in range(4):
        ask()
    assert len(upstream.requests("one")) == 1
    assert used() == 0


def test_a_spent_day_costs_one_call_and_leaves_the_minute_alone(connect, upstream):
    words = "Rate limit reached for requests per day. Please try again in 3600.000s."
    spent = replays(429, {"retry-after": "3600"}, {"error": {"message": words, "code": "rate_limit_exceeded"}})
    one = connect("one", spent)
    limit(one, 100)
    limit(one, 1000, period="day", window="calendar")
    connect("two", answers("Hello"))
    began = time.monotonic()
    served = [ask()[0][0] for _ in range(10)]
    assert {answer.provider for answer in served} == {"two"}
    assert len(upstream.requests("one")) == 1
    assert time.monotonic() - began < 5
    blocked = {bucket.period: bucket.full_until > time.time() + 3000 for bucket in Bucket.objects.all()}
    assert blocked == {"minute": False, "day": True}


def test_a_limit_of_one_model_leaves_the_others_in_use(connect, upstream):
    one = connect("one", answers("Hello"), models=("big", "small"))
    limit(one, 1, model=AIModel.objects.get(model_id="big"))
    served, failed = ask(4)
    assert (len(served), failed) == (4, [])
    assert sorted(request.json["model"] for request in upstream.requests("one")) == ["big"] + ["small"] * 3


@pytest.mark.parametrize(("scope", "account", "expected"), [("key", "", 4), ("account", "lab", 2), ("provider", "", 2)])
def test_keys_share_a_limit_as_its_scope_says(connect, scope, account, expected):
    limit(connect("one", answers("Hello"), keys=2), 2, scope=scope)
    ProviderKey.objects.update(account=account)
    served, _failed = ask(6)
    assert len(served) == expected


def test_work_in_the_background_leaves_a_reserve_to_people(connect):
    limit(connect("one", answers("Hello")), 10)
    background, _failed = ask(12, Task("test", deadline_seconds=2.0, background=True))
    people, _failed = ask(5)
    assert (len(background), len(people)) == (8, 2)


def test_a_changed_limit_counts_at_once(connect):
    quota = limit(connect("one", answers("Hello")), 1)
    ask(3)
    quota.limit = 4
    quota.save()
    served, _failed = ask(6)
    assert len(served) == 3


def test_a_change_of_many_rows_at_once_is_seen_too(connect, upstream):
    connect("one", answers("Hello"))
    ask()
    Provider.objects.update(enabled=False)
    _served, failed = ask()
    assert len(failed) == 1


def test_a_vendor_that_has_counted_more_is_believed(connect):
    told = {
        "x-ratelimit-limit-requests": "10",
        "x-ratelimit-remaining-requests": "1",
        "x-ratelimit-reset-requests": "50s",
    }
    body = {
        "model": "small",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 5, "completion_tokens": 5},
    }
    limit(connect("one", replays(200, told, body), answers("Hello")), 10)
    ask()
    bucket = Bucket.objects.get()
    assert (bucket.seen_limit, bucket.seen_remaining, bucket.seen_source, bucket.drift) == (10, 1, "header", 8)
    served, failed = ask(3)
    assert (len(served), len(failed)) == (1, 2)


def test_a_lower_limit_of_the_vendors_is_used_at_once_and_a_higher_one_is_not(connect):
    limit(connect("one", answers("Hello")), 10)
    ask()
    Bucket.objects.update(seen_limit=3, seen_at=time.time())
    assert len(ask(6)[0]) == 2
    Bucket.objects.update(seen_limit=1000)
    assert len(ask(20)[0]) == 7


def test_a_cancelled_caller_leaves_its_call_counted(connect):
    limit(connect("one", hangs(), timeout_seconds=30), 3)

    async def leave():
        call = asyncio.create_task(asked(1, Task("test", deadline_seconds=20)))
        await asyncio.sleep(0.3)
        call.cancel()
        await asyncio.gather(call, return_exceptions=True)

    asyncio.run(leave())
    slot = Slot.objects.get()
    assert (used(), slot.anchored_at is not None) == (1, True)


def begun(count=1):
    """Attempts that were granted and whose process then does nothing more."""

    async def begin():
        plan = routing.plan(await ledger.snapshot(), HURRIED, REQUEST, now=timezone.now(), seed=1)
        import uuid

        wish = [ledger.Begin(uuid.uuid4(), 1, HURRIED, REQUEST, plan.places) for _ in range(count)]
        return [await ledger.begin(one) for one in wish]

    return asyncio.run(begin())


def test_what_a_dead_process_held_is_settled_once_and_stays_counted(connect):
    one = connect("one", answers("Hello"))
    limit(one, 10)
    limit(one, 1, metric="concurrent", period="request")
    begun()
    assert holding.reap(time.time()) == 0
    end = Holder.objects.get().leased_until
    assert (holding.reap(end + 1), holding.reap(end + 1)) == (1, 0)
    assert Attempt.objects.get().outcome == "abandoned"
    assert Slot.objects.get().anchored_at == pytest.approx(end)
    assert (used(), used("concurrent", "request")) == (1, 0)


def test_a_process_that_was_only_slow_tells_the_truth_afterwards(connect):
    limit(connect("one", answers("Hello")), 10)
    (opened,) = begun()
    holding.reap(Holder.objects.get().leased_until + 1)
    settlement = ledger.Settlement(Attempt.Outcome.CANCELLED, 5)
    for _ in range(2):
        asyncio.run(ledger.settle(opened, settlement))
    assert (Attempt.objects.get().outcome, used()) == ("cancelled", 1)


def test_one_bad_operation_does_not_spoil_the_others(connect, monkeypatch):
    limit(connect("one", answers("Hello")), 10)
    from django.db import DatabaseError

    whole = transaction.run

    def fails_together(operations, clock=transaction.database_clock):
        if len(operations) > 1:
            raise DatabaseError("one of these is bad")
        return whole(operations, clock)

    monkeypatch.setattr(transaction, "run", fails_together)
    served, failed = ask(8)
    assert (len(served), failed) == (8, [])


def test_a_sick_provider_costs_its_threshold_and_then_one_probe_each_recovery(connect, upstream):
    connect("one", server_error(503), failure_threshold=2, recovery_seconds=1)
    connect("two", answers("Hello"))
    end = time.monotonic() + 2.6
    while time.monotonic() < end:
        assert ask()[0][0].provider == "two"
    assert len(upstream.requests("one")) <= 2 + 2


def test_the_one_who_met_a_sick_provider_hears_when_it_returns(connect):
    connect("one", server_error(503), failure_threshold=1, recovery_seconds=40)
    _served, (failed,) = ask()
    assert isinstance(failed, Exhausted)
    assert failed.wait_seconds == pytest.approx(40, abs=3)


def test_headers_of_a_refusal_fill_no_other_limit(connect):
    told = {"x-ratelimit-limit-requests": "100", "x-ratelimit-remaining-requests": "0", "retry-after": "3600"}
    words = {"error": {"message": "Rate limit reached for requests per day.", "code": "rate_limit_exceeded"}}
    one = connect("one", replays(429, told, words))
    limit(one, 100)
    limit(one, 1000, period="day", window="calendar")
    ask()
    assert used() == 0


def test_a_stated_reset_of_a_failing_provider_is_slept_to(connect, upstream):
    busy = replays(503, {"retry-after": "30"}, {"error": {"message": "busy", "type": "server_error"}})
    connect("one", busy, failure_threshold=5, recovery_seconds=1)
    connect("two", answers("Hello"))
    for _ in range(3):
        ask()
    assert len(upstream.requests("one")) == 1
    until = Circuit.objects.get().open_until
    assert until
    assert until > timezone.now() + timedelta(seconds=25)
