"""The decision table over small bodies of every vendor's shape."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from providers import errors
from providers.adapters.failures import TABLE, failure
from providers.adapters.refusals import Refusal
from providers.errors import (
    AuthenticationError,
    BrokenAnswerError,
    ContentRefusedError,
    InvalidRequestError,
    ModelUnavailableError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    RequestTooLargeError,
    UnavailableError,
)


def openai(message: str = "", code: Any = None, kind: str | None = "invalid_request_error") -> dict[str, Any]:
    return {"error": {"message": message, "type": kind, "param": None, "code": code}}


def gemini(message: str, status: str, *details: dict[str, Any], code: int = 429) -> list[dict[str, Any]]:
    return [{"error": {"code": code, "message": message, "status": status, "details": list(details)}}]


def violation(quota: str) -> dict[str, Any]:
    return {"@type": "type.googleapis.com/google.rpc.QuotaFailure", "violations": [{"quotaId": quota}]}


DELAY = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "20s"}
PAGE = "<!DOCTYPE html><html><title>Blocked</title></html>"

CASES: list[tuple[str, int, Any, type[ProviderError]]] = [
    ("OpenAI bad key", 401, openai("Incorrect API key", "invalid_api_key"), AuthenticationError),
    ("Gemini bad key", 400, gemini("API key not valid.", "INVALID_ARGUMENT", code=400), AuthenticationError),
    ("Gemini no key", 403, gemini("unregistered callers", "PERMISSION_DENIED", code=403), AuthenticationError),
    ("xAI bad key", 400, {"code": "invalid-argument", "error": "Incorrect API key provided"}, AuthenticationError),
    ("Mistral bad key", 401, {"detail": "Invalid API Key"}, AuthenticationError),
    ("NVIDIA bad key", 403, {"title": "Forbidden", "detail": "Authorization failed"}, AuthenticationError),
    ("Cloudflare bad key", 403, {"success": False, "errors": [{"code": 10000, "message": "x"}]}, AuthenticationError),
    ("OpenRouter bad key", 401, {"error": {"message": "No cookie auth", "code": 401}}, AuthenticationError),
    ("HF scope", 403, {"error": "This method does not have sufficient permissions to call"}, AuthenticationError),
    ("Cohere bad key", 401, {"id": "1", "message": "invalid api token"}, AuthenticationError),
    ("no credit", 402, {"detail": "x"}, QuotaExhaustedError),
    ("OpenAI credit", 429, openai("You exceeded your current quota", "insufficient_quota"), QuotaExhaustedError),
    ("OpenAI cap", 429, openai("x", "project_spend_limit_exceeded"), QuotaExhaustedError),
    ("Anthropic credit", 400, openai("Your credit balance is too low to access"), QuotaExhaustedError),
    ("Gemini day", 429,
     gemini("Quota", "RESOURCE_EXHAUSTED", violation("RequestsPerDay-Free"), DELAY), QuotaExhaustedError),
    ("Gemini day and minute", 429,
     gemini("Quota", "RESOURCE_EXHAUSTED", violation("PerMinute"), violation("PerDay")), QuotaExhaustedError),
    ("Groq day", 429,
     openai("Limit reached on tokens per day (TPD)", "rate_limit_exceeded", "tokens"), QuotaExhaustedError),
    ("Cloudflare day", 429,
     {"errors": [{"code": 4006, "message": "used up your daily free allocation"}]}, QuotaExhaustedError),
    ("OpenRouter day", 429,
     {"error": {"message": "Rate limit exceeded: free-models-per-day", "code": 429}}, QuotaExhaustedError),
    ("Cohere month", 429, {"message": "limited to 1000 API calls / month"}, QuotaExhaustedError),
    ("Gemini minute", 429,
     gemini("You exceeded your current quota", "RESOURCE_EXHAUSTED", violation("PerMinute"), DELAY), RateLimitError),
    ("OpenAI minute", 429,
     openai("Rate limit reached on tokens per min", "rate_limit_exceeded", "tokens"), RateLimitError),
    ("Mistral minute", 429,
     {"object": "error", "message": "Rate limit exceeded", "type": "rate_limited", "code": "1300"}, RateLimitError),
    ("Cerebras minute", 429,
     {"message": "x", "type": "too_many_requests_error", "code": "request_quota_exceeded"}, RateLimitError),
    ("OpenRouter minute", 429, {"error": {"message": "Rate limit exceeded: limit_rpm", "code": 429}}, RateLimitError),
    ("a bare 429", 429, "", RateLimitError),
    ("a rate limit in a 200", 200, openai("x", "rate_limit_exceeded", "tokens"), RateLimitError),
    ("a bare 413", 413, "", RequestTooLargeError),
    ("Groq too large", 413, openai("Request too large", "rate_limit_exceeded", "tokens"), RequestTooLargeError),
    ("OpenAI too large for the minute", 429,
     openai("Request too large for gpt on tokens per min"), RequestTooLargeError),
    ("context", 400, openai("x", "context_length_exceeded"), RequestTooLargeError),
    ("DeepSeek context", 400, openai("This model's maximum context length is 9 tokens"), RequestTooLargeError),
    ("Ollama context", 400, openai("prompt too long; exceeded max context length"), RequestTooLargeError),
    ("Cohere context", 400, {"error_type": "TOO_MANY_TOKENS", "message": "size limit"}, RequestTooLargeError),
    ("unknown model", 404, openai("The model `x` does not exist", "model_not_found"), ModelUnavailableError),
    ("unknown model as 400", 400, openai("x", "model_not_found"), ModelUnavailableError),
    ("retired model", 410, openai("gone"), ModelUnavailableError),
    ("NVIDIA account", 404,
     {"title": "Not Found", "detail": "Function 'x': Not found for account"}, ModelUnavailableError),
    ("NVIDIA degraded", 400, {"detail": "DEGRADED function cannot be invoked"}, ModelUnavailableError),
    ("Cloudflare model", 400, {"errors": [{"code": 5007, "message": "No such model"}]}, ModelUnavailableError),
    ("Ollama model", 404, {"error": "model 'x' not found"}, ModelUnavailableError),
    ("Gemini model not free", 429, gemini("Quota exceeded, limit: 0", "RESOURCE_EXHAUSTED"), ModelUnavailableError),
    ("region", 403, openai("x", "unsupported_country_region_territory"), ModelUnavailableError),
    ("unverified", 403, openai("Your organization must be verified to use the model"), ModelUnavailableError),
    ("overload", 503, openai("That model is currently overloaded", None, "server_error"), UnavailableError),
    ("Anthropic overload", 529, openai("Overloaded", None, "overloaded_error"), UnavailableError),
    ("Mistral capacity", 429, {"message": "Service tier capacity exceeded", "code": "3505"}, UnavailableError),
    ("gateway page", 502, PAGE, UnavailableError),
    ("firewall page", 403, PAGE, UnavailableError),
    ("timeout", 408, "", UnavailableError),
    ("OpenRouter upstream in a 200", 200, {"error": {"code": 502, "message": "x"}}, UnavailableError),
    ("loading", 503, {"error": "Model is loading", "estimated_time": 20.5}, UnavailableError),
    ("OpenAI moderation", 400, openai("x", "moderation_blocked"), ContentRefusedError),
    ("OpenRouter moderation", 403,
     {"error": {"code": 403, "message": "x", "metadata": {"flagged_input": "y"}}}, ContentRefusedError),
    ("Groq JSON", 400, openai("x", "json_validate_failed"), BrokenAnswerError),
    ("a page as 400", 400, PAGE, BrokenAnswerError),
    ("a redirect", 301, "", BrokenAnswerError),
    ("an unclear error in a 200", 200, {"error": {"message": "hm"}}, BrokenAnswerError),
    ("bad value", 400, openai("Invalid value", "invalid_value"), InvalidRequestError),
    ("Mistral validation", 422,
     {"detail": [{"loc": ["body", "x"], "msg": "bad", "type": "int_parsing"}]}, InvalidRequestError),
    ("HF list", 400, {"error": ["Error in `inputs`: field required"]}, InvalidRequestError),
]  # fmt: skip
# These do not come from a vendor's answer.
ELSEWHERE = {errors.ForbiddenAddressError, errors.AnswerRejectedError, errors.FallbackExhaustedError}


@pytest.mark.parametrize(("status", "body", "expected"), [pytest.param(*case, id=name) for name, *case in CASES])
def test_a_refusal_becomes_its_error(status: int, body: Any, expected: type[ProviderError]) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    error = failure(status, {}, raw.encode())
    assert type(error) is expected
    assert error.detail


def test_every_error_has_a_case() -> None:
    known = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, ProviderError)}
    assert known - {ProviderError} == {expected for *_, expected in CASES} | ELSEWHERE


def test_every_row_of_the_table_is_reached() -> None:
    reached = set()
    for _, status, body, _ in CASES:
        refusal = Refusal.read(status, {}, (body if isinstance(body, str) else json.dumps(body)).encode())
        reached.add(next(number for number, rule in enumerate(TABLE) if rule.fits(refusal)))
    assert reached == set(range(len(TABLE)))


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"message": "said"}}, "said"),
        ([{"error": {"message": "said"}}], "said"),
        ({"message": "said"}, "said"),
        ({"error": "said"}, "said"),
        ({"error": ["said", "more"]}, "said"),
        ({"detail": "said"}, "said"),
        ({"detail": [{"loc": ["body", "x"], "msg": "said"}]}, "body.x – said"),
        ({"errors": [{"code": 1, "message": "said"}]}, "said"),
        ({"status": 404, "title": "Not Found", "detail": "said"}, "said"),
        ("said", "said"),
        ({"error": {"message": "Returned error", "metadata": {"raw": "said"}}}, "Returned error – said"),
        ({"odd": 1}, "HTTP 400 without a word"),
    ],
)  # fmt: skip
def test_the_vendors_words_are_found_in_every_shape(body: Any, said: str) -> None:
    raw = body if isinstance(body, str) else json.dumps(body)
    assert failure(400, {}, raw.encode()).detail == said


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "errors", "detail", "message", "code", "type", "metadata", "details", "loc", "raw"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.integers(200, 599), JSON | st.binary(max_size=60))
def test_no_body_breaks_the_reading(status: int, body: Any) -> None:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    error = failure(status, {"retry-after": "nonsense"}, raw)
    assert isinstance(error, ProviderError)
    assert len(error.detail) <= 1000


def test_a_deep_body_does_not_break_the_reading() -> None:
    assert type(failure(500, {}, b"[" * 100_000)) is UnavailableError


def test_long_words_are_cut() -> None:
    assert len(failure(500, {}, b"word " * 5000).detail) == 1000
