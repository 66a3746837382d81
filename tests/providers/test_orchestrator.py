"""The fallback loop against real sockets and a real database."""

import asyncio
from concurrent.futures import CancelledError
from datetime import timedelta

import pytest
from django.utils import timezone

from providers.errors import AnswerRejectedError, ContentRefusedError
from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey
from providers.orchestrator import BackgroundCall, Exhausted, Happening, Task, complete
from providers.types import ChatRequest, Message, Role
from tests.upstream import answers, hangs, rate_limited, replays, server_error

REQUEST = ChatRequest((Message(Role.USER, "Say hello"),), max_tokens=50)
TASK = Task("test")
NO_CREDIT = replays(429, {}, {"error": {"message": "You exceeded your current quota", "code": "insufficient_quota"}})
BAD_KEY = replays(401, {}, {"error": {"message": "Incorrect API key", "code": "invalid_api_key"}})
NO_MODEL = replays(404, {}, {"error": {"message": "no such model", "code": "model_not_found"}})


def accept(text, last_try):
    return text


def ask(check=accept, task=TASK, watch=None):
    extra = {"watch": watch} if watch else {}
    return asyncio.run(complete(task, REQUEST, check=check, **extra))


def outcomes():
    return list(Attempt.objects.order_by("pk").values_list("provider_slug", "outcome", "error_class"))


def test_the_first_provider_answers(connect):
    connect("one", answers("Hello"))
    answer = ask()
    assert (answer.value, answer.provider, outcomes()) == ("Hello", "one", [("one", "answered", "")])


def test_falls_back_when_the_first_provider_is_limited(connect):
    connect("one", rate_limited(retry_after=30))
    connect("two", answers("Hello"))
    assert ask().provider == "two"
    assert outcomes() == [("one", "failed", "RateLimit"), ("two", "answered", "")]


def test_a_limited_key_rests_as_long_as_the_vendor_said(connect):
    one = connect("one", rate_limited(retry_after=30))
    connect("two", answers("Hello"))
    ask()
    rest = one.keys.get().blocked_until - timezone.now()
    assert timedelta(seconds=25) < rest <= timedelta(seconds=30)


def test_a_resting_provider_is_not_asked_again(connect, upstream):
    connect("one", rate_limited(retry_after=30))
    connect("two", answers("Hello"))
    ask()
    ask()
    assert len(upstream.requests("one")) == 1


def test_spent_credit_rests_until_the_vendors_next_day(connect):
    one = connect("one", NO_CREDIT, reset_timezone="America/Los_Angeles")
    connect("two", answers("Hello"))
    ask()
    key = one.keys.get()
    assert key.blocked_reason == "NoCredit"
    assert key.blocked_until.astimezone(tz=None).minute == 0


def test_a_second_key_answers_when_the_first_is_refused(connect):
    one = connect("one", BAD_KEY, answers("Hello"), keys=2)
    assert ask().value == "Hello"
    assert one.keys.exclude(invalid_since=None).count() == 1


def test_a_model_that_is_gone_is_left_and_the_next_model_asked(connect):
    one = connect("one", NO_MODEL, answers("Hello"), models=("old", "young"))
    assert ask().value == "Hello"
    assert AIModel.objects.exclude(gone_since=None).get().provider == one


def test_a_hanging_provider_costs_its_timeout_and_no_second_try(connect, upstream):
    connect("one", hangs(), timeout_seconds=1)
    connect("two", answers("Hello"))
    assert ask().provider == "two"
    assert len(upstream.requests("one")) <= 2


def test_the_circuit_opens_at_the_threshold(connect, upstream):
    one = connect("one", server_error(503), failure_threshold=2)
    connect("two", answers("Hello"))
    ask()
    ask()
    assert Circuit.objects.filter(provider=one, open_until__gt=timezone.now()).exists()
    assert len(upstream.requests("one")) == 2


def test_one_probe_after_the_pause_closes_the_circuit(connect):
    one = connect("one", answers("Hello"))
    Circuit.objects.create(provider=one, failures=5, open_until=timezone.now() - timedelta(seconds=1))
    assert ask().provider == "one"
    assert Circuit.objects.get(provider=one).failures == 0


def test_two_requests_never_probe_a_resting_provider_at_once(connect, upstream):
    one = connect("one", hangs(1.5), answers("Hello"), timeout_seconds=3)
    connect("two", answers("Hello"))
    Circuit.objects.create(provider=one, failures=5, open_until=timezone.now() - timedelta(seconds=1))

    async def both():
        return await asyncio.gather(*(complete(Task("test"), REQUEST, check=accept) for _ in range(2)))

    answered = asyncio.run(both())
    assert "two" in {answer.provider for answer in answered}


def test_a_refused_answer_is_asked_again_with_the_reason(connect, upstream):
    connect("one", answers("too long"), answers("short"))

    def check(text, last_try):
        if text != "short":
            raise AnswerRejectedError("17 characters over 280")
        return text

    assert ask(check).value == "short"
    assert "17 characters over 280" in upstream.requests("one")[1].json["messages"][-1]["content"]


def test_the_check_hears_when_it_is_the_last_try(connect):
    connect("one", answers("anything"))
    heard = []

    def check(text, last_try):
        heard.append(last_try)
        raise AnswerRejectedError("never good")

    with pytest.raises(Exhausted):
        ask(check)
    assert heard == [False, True]


def test_an_answer_that_stays_bad_goes_to_the_next_provider(connect):
    connect("one", answers("prose"))
    connect("two", answers("good"))

    def check(text, last_try):
        if text == "prose":
            raise AnswerRejectedError("not JSON")
        return text

    assert ask(check).provider == "two"
    assert [row[1] for row in outcomes()] == ["rejected", "rejected", "answered"]


def test_refused_content_is_not_shopped_around(connect, upstream):
    refusal = {"error": {"message": "flagged by the moderation filter", "code": "content_filter"}}
    connect("one", replays(400, {}, refusal))
    connect("two", answers("Hello"))
    with pytest.raises(ContentRefusedError):
        ask()
    assert upstream.requests("two") == []


def test_exhausted_says_what_was_tried_and_when_the_first_returns(connect):
    connect("one", rate_limited(retry_after=40))
    connect("two", rate_limited(retry_after=20))
    with pytest.raises(Exhausted) as caught:
        ask()
    assert [one.error for one in caught.value.tried] == ["RateLimit", "RateLimit"]
    assert caught.value.wait_seconds == pytest.approx(20, abs=5)


@pytest.mark.django_db(transaction=True)
def test_without_any_provider_it_is_exhausted_at_once():
    with pytest.raises(Exhausted) as caught:
        ask()
    assert (caught.value.tried, caught.value.wait_seconds) == ((), None)


def test_the_watcher_hears_who_is_asked_and_why_it_fell_back(connect):
    connect("one", rate_limited(retry_after=30))
    connect("two", answers("Hello"))
    heard = []

    async def watch(event):
        heard.append((event.happening, event.provider, event.reason))

    ask(watch=watch)
    assert heard == [
        (Happening.ASKING, "One", ""),
        (Happening.FALLING_BACK, "One", "RateLimit"),
        (Happening.ASKING, "Two", ""),
        (Happening.CHECKING, "Two", ""),
    ]


def test_the_deadline_ends_a_request_that_nobody_answers(connect):
    connect("one", hangs(), timeout_seconds=30)
    with pytest.raises(Exhausted):
        ask(task=Task("test", deadline_seconds=0.5))
    assert outcomes() == [("one", "cancelled", "")]


def test_cancelling_from_another_thread_is_recorded_and_blames_nobody(connect, upstream):
    one = connect("one", hangs(), timeout_seconds=30, failure_threshold=1)
    call = BackgroundCall(Task("test"), REQUEST, accept)
    upstream.wait_for_requests("one")
    call.cancel()
    with pytest.raises(CancelledError):
        call.result()
    deadline = timezone.now() + timedelta(seconds=5)
    while outcomes() != [("one", "cancelled", "")] and timezone.now() < deadline:
        pass
    assert outcomes() == [("one", "cancelled", "")]
    assert not Circuit.objects.filter(provider=one).exclude(open_until=None).exists()


def test_a_key_that_cannot_be_opened_is_set_aside_and_the_next_provider_asked(connect):
    one = connect("one", answers("never"))
    ProviderKey.objects.filter(provider=one).update(sealed="gAAAAA-broken")
    connect("two", answers("Hello"))
    assert ask().provider == "two"
    assert outcomes()[0] == ("one", "failed", "Authentication")


def test_the_answer_is_never_longer_than_the_model_can_give(connect, upstream):
    one = connect("one", answers("Hello"))
    AIModel.objects.filter(provider=one).update(max_output_tokens=20)
    ask()
    assert upstream.requests("one")[0].json["max_tokens"] == 20


def test_usage_is_recorded_with_the_attempt(connect):
    connect("one", answers("Hello"))
    ask()
    attempt = Attempt.objects.get()
    assert attempt.prompt_tokens
    assert attempt.completion_tokens


def test_a_switched_off_provider_is_never_asked(connect, upstream):
    connect("one", answers("Hello"))
    Provider.objects.update(enabled=False)
    with pytest.raises(Exhausted):
        ask()
    assert upstream.requests("one") == []
