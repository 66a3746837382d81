"""Whatever words a vendor has for its limits, they are read as the same few facts."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers.adapters.failures import failure
from providers.adapters.limits import readings
from providers.types import LimitReading

NOW = 1_790_000_000.0


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (
            {
                "x-ratelimit-limit-requests": "14400",
                "x-ratelimit-remaining-requests": "14370",
                "x-ratelimit-reset-requests": "2m59.56s",
            },
            LimitReading("requests", None, 14400, 14370, 179.56),
        ),
        (
            {
                "x-ratelimit-limit-tokens-minute": "60000",
                "x-ratelimit-remaining-tokens-minute": "59000",
                "x-ratelimit-reset-tokens-minute": "11.4",
            },
            LimitReading("tokens", "minute", 60000, 59000, 11.4),
        ),
        (
            {"x-ratelimit-limit-req-minute": "50", "x-ratelimit-remaining-req-minute": "49"},
            LimitReading("requests", "minute", 50, 49, None),
        ),
        (
            {
                "anthropic-ratelimit-requests-limit": "50",
                "anthropic-ratelimit-requests-remaining": "49",
                "anthropic-ratelimit-requests-reset": "2026-09-21T14:14:20Z",
            },
            LimitReading("requests", None, 50, 49, 60),
        ),
        (
            {
                "x-ratelimit-limit": "20",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": str(int((NOW + 30) * 1000)),
            },
            LimitReading("requests", None, 20, 0, 30),
        ),
        (
            {"ratelimit-remaining": "599", "ratelimit-reset": "1"},
            LimitReading("requests", None, None, 599, 1),
        ),
        (
            {"ratelimit": '"api";r=497;t=243', "ratelimit-policy": '"fixed window";"api";q=500;w=300'},
            LimitReading("requests", None, 500, 497, 243),
        ),
    ],
)
def test_headers_of_each_vendor_are_read(headers, expected):
    (read,) = readings(headers, now=NOW)
    assert replace(read, reset_seconds=expected.reset_seconds) == expected
    assert read.reset_seconds == (None if expected.reset_seconds is None else pytest.approx(expected.reset_seconds))


@pytest.mark.parametrize(
    ("error", "metric", "period", "limit"),
    [
        (
            {
                "message": "Rate limit reached for model on tokens per minute (TPM): Limit 6000, Used 5400, Requested "
                "900. Please try again in 3s.",
                "code": "rate_limit_exceeded",
            },
            "tokens",
            "minute",
            6000,
        ),
        ({"message": "Rate limit exceeded: free-models-per-day. Add credits", "code": 429}, "requests", "day", None),
        (
            {
                "code": 429,
                "status": "RESOURCE_EXHAUSTED",
                "message": "You exceeded your current quota",
                "details": [
                    {
                        "violations": [
                            {
                                "quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier",
                                "quotaValue": "250",
                            }
                        ]
                    }
                ],
            },
            "requests",
            "day",
            250,
        ),
        (
            {"message": "Rate limit reached for requests per minute. Please try again in 3.1s."},
            "requests",
            "minute",
            None,
        ),
    ],
)
def test_a_refusal_says_which_limit_it_is_about(error, metric, period, limit):
    first = failure(429, {}, json.dumps({"error": error}).encode()).limits[0]
    assert (first.metric, first.period, first.limit, first.source) == (metric, period, limit, "body")


@given(st.dictionaries(st.sampled_from(["x-ratelimit-limit", "x-ratelimit-remaining", "ratelimit"]), st.text()))
def test_hostile_headers_are_no_reading_and_no_failure(headers):
    assert all(one.limit is None or one.limit >= 0 for one in readings(headers, now=NOW))
