from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.failures import failure_of
from providers.adapters.refusals import Refusal
from providers.adapters.waits import LONGEST_WAIT_SECONDS, parse_wait, seconds_until_next_month

NOW = 1_754_667_600.0  # 2025-08-08 15:40:00 UTC


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("20", 20),
        ("5.289", 5.289),
        ("0", 0),
        ("6ms", 0.006),
        ("120ms", 0.12),
        ("0s", 0),
        ("1m30.5s", 90.5),
        ("6m0s", 360),
        ("2m59.56s", 179.56),
        ("114h18m0s", 411_480),
        ("1754667660", 60),
        ("1754667660000", 60),
        ("Fri, 08 Aug 2025 15:41:00 GMT", 60),
        ("2025-08-08T15:41:00Z", 60),
        ("2025-08-08T17:41:00+02:00", 60),
        ("2020-01-01T00:00:00Z", 0),
        ("-5", 0),
        ("", None),
        ("soon", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
        ("99999999", None),
        ("5" * 100, None),
    ],
)
def test_every_spelling_of_a_wait_is_read(value: str, seconds: float | None) -> None:
    assert parse_wait(value, now=NOW) == (None if seconds is None else pytest.approx(seconds))


@given(st.text(max_size=80))
def test_no_text_gives_a_senseless_wait(value: str) -> None:
    seconds = parse_wait(value, now=NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT_SECONDS


def wait(body: Any, headers: dict[str, str] | None = None, status: int = 429) -> float | None:
    refusal = Refusal.read(status, headers or {}, json.dumps(body).encode())
    return failure_of(refusal, now=lambda: NOW).wait_seconds


@pytest.mark.parametrize(
    ("body", "headers", "seconds"),
    [
        ({}, {"retry-after": "20"}, 20),
        ({}, {"retry-after-ms": "2000", "retry-after": "20"}, 2),
        ({}, {"retry-after": "Fri, 08 Aug 2025 15:41:00 GMT"}, 60),
        ({"detail": "throttled", "retry_after": 7}, {}, 7),
        ([{"error": {"message": "x", "details": [{"retryDelay": "20s"}]}}], {}, 20),
        ({"error": {"message": "Please try again in 5.289s."}}, {}, 5.289),
        ({"error": {"message": "Please try again in 6ms. Contact us"}}, {}, 0.006),
        ({"error": {"message": "Please retry in 48.939935699s."}}, {}, 48.939935699),
        ({"error": {"message": "Please retry after 20 seconds."}}, {}, 20),
        ({"error": {"message": "Try again in 2 minutes"}}, {}, 120),
        ({"error": {"message": "Try again in a while"}}, {}, None),
        ({"error": {"metadata": {"headers": {"X-RateLimit-Reset": "1754667660000"}}}}, {}, 60),
        ({}, {"x-ratelimit-reset": "1754667660000"}, 60),
        (
            {},
            {
                "x-ratelimit-remaining-requests": "0",
                "x-ratelimit-reset-requests": "2m0s",
                "x-ratelimit-remaining-tokens": "99",
                "x-ratelimit-reset-tokens": "7m",
            },
            120,
        ),
        (
            {"error": {"type": "tokens"}},
            {"x-ratelimit-reset-requests": "2m0s", "x-ratelimit-reset-tokens": "130ms"},
            0.13,
        ),
        ({}, {"x-ratelimit-reset-requests-day": "33011.38", "x-ratelimit-remaining-requests-day": "0"}, 33011.38),
        ({}, {"anthropic-ratelimit-tokens-reset": "2025-08-08T15:41:00Z"}, 60),
        # The Hugging Face Hub: a bucket that is not empty is not the reason.
        ({}, {"ratelimit": '"api";r=0;t=243'}, 243),
        ({}, {"ratelimit": '"api";r=497;t=243'}, None),
        ({}, {"ratelimit": "limit=100, remaining=0, reset=50"}, 50),
        ({}, {"ratelimit": "nonsense"}, None),
        # Replicate, in its own order of trust.
        ({"detail": "Request was throttled. Your rate limit resets in ~30s.", "status": 429}, {}, 30),
        ({"detail": "Your rate limit resets in ~30s.", "retry_after": 5}, {}, 5),
        ({"detail": "Request was throttled."}, {"ratelimit-remaining": "0", "ratelimit-reset": "1"}, 1),
        # Cerebras and Groq count tokens by the minute and requests by the day.
        (
            {"type": "too_many_requests_error"},
            {
                "x-ratelimit-remaining-tokens-minute": "0",
                "x-ratelimit-reset-tokens-minute": "12.5",
                "x-ratelimit-remaining-requests-day": "99",
                "x-ratelimit-reset-requests-day": "33011.38",
            },
            12.5,
        ),
        # Mistral names no reset at all, some partners of Hugging Face a senseless one.
        ({"code": "1300"}, {"x-ratelimit-remaining-req-minute": "0"}, None),
        ({}, {"x-ratelimit-reset-tokens": "9223372036854767616"}, None),
        ({"error": {"metadata": {"retry_after_seconds": 9}}}, {}, 9),
        ({"error": {"message": "Please wait 30 seconds and try again"}}, {}, 30),
        ({}, {}, None),
    ],
)
def test_the_wait_is_found_wherever_the_vendor_puts_it(
    body: Any, headers: dict[str, str], seconds: float | None
) -> None:
    assert wait(body, headers) == (None if seconds is None else pytest.approx(seconds))


def test_a_cold_model_says_when_it_is_warm() -> None:
    assert wait({"error": "Model is loading", "estimated_time": 20.5}, status=503) == 20.5


def test_a_days_quota_is_not_back_after_the_minutes_delay() -> None:
    details = [{"violations": [{"quotaId": "RequestsPerDay"}]}, {"retryDelay": "13s"}]
    assert wait([{"error": {"message": "Quota", "details": details}}]) is None


def test_a_days_quota_with_a_time_of_its_own_keeps_it() -> None:
    message = "Rate limit reached on tokens per day (TPD). Please try again in 9m38.016s."
    assert wait({"error": {"message": message}}) == pytest.approx(578.016)


@pytest.mark.parametrize(
    ("status", "body"),
    [(429, {"error": {"code": "insufficient_quota"}}), (402, {"error": "Insufficient balance"})],
)
def test_money_does_not_come_back_by_waiting(status: int, body: Any) -> None:
    assert wait(body, {"retry-after": "20"}, status=status) is None


DAY = 86_400.0
TO_SEPTEMBER = 23 * DAY + (8 * 60 + 20) * 60


@pytest.mark.parametrize(
    ("status", "error", "seconds"),
    [
        (400, {"message": "You have reached your specified API usage limits."}, TO_SEPTEMBER),
        (
            400,
            {"message": "You have reached your specified API usage limits. You will regain access on 2025-08-10."},
            1 * DAY + (8 * 60 + 20) * 60,
        ),
        (
            400,
            {"message": "You have reached your specified API usage limits. You will regain access on "
             "2025-09-01 at 06:00 UTC."},
            TO_SEPTEMBER + 6 * 3600,
        ),
        (429, {"type": "rate_limit_error", "details": {"error_code": "enforced_spend_limit_reached"}}, TO_SEPTEMBER),
        (402, {"message": "You have exceeded your monthly included credits"}, TO_SEPTEMBER),
        (402, {"message": "Paused; available again on 2025-08-10"}, 1 * DAY + (8 * 60 + 20) * 60),
        # Years away is a slip.
        (402, {"message": "Paused; available again on 2095-08-10"}, None),
        (402, {"message": "Paused; available again on 2025-13-40"}, None),
    ],
)  # fmt: skip
def test_money_comes_back_on_the_day_that_the_vendor_names_or_with_the_month(
    status: int, error: Any, seconds: float | None
) -> None:
    assert wait({"error": error}, status=status) == seconds


@pytest.mark.parametrize(
    ("now", "seconds"),
    [("2026-12-31T23:59:59", 1), ("2026-12-01T00:00:00", 31 * DAY), ("2027-02-01T00:00:00", 28 * DAY)],
)
def test_the_next_month_begins_on_its_first_day(now: str, seconds: float) -> None:
    moment = datetime.fromisoformat(f"{now}+00:00").timestamp()
    assert seconds_until_next_month(now=lambda: moment) == seconds


def test_a_busy_vendor_may_say_when_it_is_back() -> None:
    assert wait({"error": {"message": "overloaded"}}, {"retry-after": "3"}, status=529) == 3


def test_facts_that_lie_too_deep_are_not_searched() -> None:
    body: Any = {"retry_after": 5}
    for _ in range(500):
        body = {"error": body}
    assert wait(body) is None


def test_a_bad_request_has_no_wait() -> None:
    assert wait({"error": {"message": "Bad"}}, {"retry-after": "20"}, status=400) is None
