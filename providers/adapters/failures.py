"""From a vendor's refusal to one of our errors: a tolerant reading of the body, then one decision table."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus

from providers.adapters.limits import refused_limits
from providers.adapters.refusals import Refusal
from providers.adapters.waits import wait_seconds
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

_CLIENT_ERRORS = frozenset(range(400, 500))
_SERVER_ERRORS = frozenset(range(500, 600))
_ANY = _CLIENT_ERRORS | _SERVER_ERRORS | {200}


@dataclass(frozen=True, slots=True)
class Rule:
    """A row of the table: a status of `statuses`, and one of `codes` or a match of `words` where they are given."""

    error: type[ProviderError]
    statuses: frozenset[int] = _ANY
    codes: frozenset[str] = frozenset()
    words: re.Pattern[str] | None = None

    def fits(self, refusal: Refusal) -> bool:
        """Whether the row speaks about this refusal."""
        if refusal.status not in self.statuses:
            return False
        if not self.codes and self.words is None:
            return True
        spoken = bool(self.words and self.words.search(refusal.haystack))
        return spoken or not self.codes.isdisjoint(refusal.codes)


def _codes(*names: str) -> frozenset[str]:
    return frozenset(names)


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


def _statuses(*numbers: int) -> frozenset[int]:
    return frozenset(numbers)


# Read from the top, the first row that fits decides; each group says why it stands where it stands. Facts about the
# vendors: their documentation and recorded exchanges of 2025 and 2026.
TABLE: tuple[Rule, ...] = (
    # A refused content looks like a bad request or a missing right, and must not be offered around.
    Rule(
        ContentRefusedError,
        _CLIENT_ERRORS | {200},
        _codes("content_filter", "content_policy_violation", "moderation_blocked", "responsibleaipolicyviolation"),
        _words(
            r"flagged_input", r"requires moderation", r"was flagged", r"content (?:was )?blocked", r"blocked content"
        ),
    ),
    # Too large for this model: OpenAI and Groq dress it as a rate limit, and waiting never helps.
    Rule(
        RequestTooLargeError,
        _CLIENT_ERRORS | {200},
        _codes(
            "context_length_exceeded",
            "exceed_context_size_error",
            "request_too_large",
            "string_above_max_length",
            "too_many_tokens",
            "3006",
        ),
        _words(
            r"maximum context length",
            r"context window",
            r"prompt (?:is )?too long",
            r"request too large",
            r"too many tokens",
            r"reduce the length of the",
            r"exceeds the available context",
        ),
    ),
    Rule(RequestTooLargeError, _statuses(413)),
    # A bad key: some vendors answer 400 or 403.
    Rule(
        AuthenticationError,
        _statuses(400, 401, 403),
        _codes("invalid_api_key", "api_key_invalid", "authentication_error", "unauthenticated", "10000"),
        _words(
            r"api key not valid",
            r"(?:incorrect|invalid) api key",
            r"authorization failed",
            r"does not have sufficient permissions",
            r"unregistered callers",
        ),
    ),
    # A model outside the free tier: Gemini's limit is then zero, and only the model is to be set aside.
    Rule(ModelUnavailableError, _statuses(429), words=_words(r"\blimit: 0(?![.\d])")),
    # Money or the day's share is gone. Before the rate limits, whose status and code it often borrows.
    Rule(QuotaExhaustedError, _statuses(402)),
    Rule(
        QuotaExhaustedError,
        _statuses(200, 400, 403, 429),
        _codes(
            "insufficient_quota",
            "credit_balance_exhausted",
            "organization_spend_limit_exceeded",
            "project_spend_limit_exceeded",
            "organization_usage_limit_exceeded",
            "enforced_spend_limit_reached",
            "billing_hard_limit_reached",
            "4006",
            "3036",
        ),
        _words(
            r"credit balance is too low",
            r"insufficient (?:credit|balance|funds)",
            r"exceeded your monthly",
            r"daily free allocation",
        ),
    ),
    Rule(
        QuotaExhaustedError,
        _statuses(429),
        words=_words(
            r"per[ -]?day",
            r"per[ -]?month",
            r"/ ?(?:day|month)\b",
            r"(?<![a-z])(?:daily|monthly)\b",
            # Without any hint at a minute or a wait, OpenAI's sentence about the plan means money.
            r"\A(?s:(?!.*(?:per ?minute|retry in|resource_exhausted)).*exceeded your current quota)",
        ),
    ),
    # Busy, not blocked: the vendor's capacity for a model, whatever the status.
    Rule(
        UnavailableError,
        _CLIENT_ERRORS | {200},
        _codes(
            "3505",
            "queue_exceeded",
            "3040",
            "3007",
            "overloaded_error",
            "server_is_overloaded",
            "service_unavailable_error",
            "server_error",
        ),
        _words(r"service tier capacity exceeded", r"\boverloaded\b", r"worker local total request limit"),
    ),
    Rule(RateLimitError, _statuses(429)),
    Rule(
        RateLimitError,
        _statuses(200, 400, 403),
        _codes("rate_limit_exceeded", "rate_limit_error", "rate_limited", "too_many_requests_error", "slow_down"),
    ),
    # The model is gone, unknown, or not for this account; the key stays good.
    Rule(
        ModelUnavailableError,
        _CLIENT_ERRORS | {200},
        _codes(
            "model_not_found",
            "model_decommissioned",
            "model_not_supported",
            "unsupported_country_region_territory",
            "5007",
            "3042",
            "5016",
            "5018",
            "5035",
            "3041",
        ),
        _words(
            r"degraded function",
            r"model not supported by provider",
            r"model\b.{0,80}\b(?:does not exist|not found|was removed|has been deprecated|decommissioned)",
            r"(?:no|not have) access to (?:the |this )?model",
            r"must be verified to",
        ),
    ),
    Rule(ModelUnavailableError, _statuses(404, 410)),
    # The model failed at a form that we asked for; another try may do.
    Rule(BrokenAnswerError, _statuses(400), _codes("json_validate_failed", "tool_use_failed")),
    # A web page in place of an answer comes from something in front of the vendor.
    Rule(BrokenAnswerError, _statuses(200, 400, 422), words=_words(r"\A\s*<(?:!doctype|html)")),
    Rule(UnavailableError, _statuses(401, 403), words=_words(r"\A\s*<(?:!doctype|html)")),
    Rule(AuthenticationError, _statuses(401, 403)),
    Rule(UnavailableError, _statuses(408, 409, 425, 498, 499) | _SERVER_ERRORS),
    Rule(InvalidRequestError, _CLIENT_ERRORS),
    # An `error` in a 200 that says nothing more, or a redirect: not the protocol.
    Rule(BrokenAnswerError, frozenset(range(600))),
)

_WAITS: frozenset[type[ProviderError]] = frozenset({RateLimitError, QuotaExhaustedError, UnavailableError})


def error_class(refusal: Refusal) -> type[ProviderError]:
    """The class that the table decides on."""
    return next((rule.error for rule in TABLE if rule.fits(refusal)), BrokenAnswerError)


def failure(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error for an answer that is a refusal; `headers` have lower-case names."""
    return failure_of(Refusal.read(status, headers, body))


def failure_of(refusal: Refusal, *, now: Callable[[], float] = time.time) -> ProviderError:
    """The same for a refusal that was read before. Key-like words are gone; the key itself is the caller's to keep."""
    kind = error_class(refusal)
    wait = wait_seconds(refusal, now=now) if kind in _WAITS else None
    if kind is QuotaExhaustedError and not _wait_is_meant_for_a_quota(refusal):
        wait = None
    error = kind(refusal.detail(), http_status=refusal.status, wait_seconds=wait)
    if issubclass(kind, RateLimitError | QuotaExhaustedError):
        error.limits = refused_limits(refusal, now=now())
    return error


def _wait_is_meant_for_a_quota(refusal: Refusal) -> bool:
    # Gemini sends the minute's delay along with a spent day, and money does not come back by waiting.
    return (
        refusal.status == HTTPStatus.TOO_MANY_REQUESTS
        and "perday" not in refusal.haystack
        and "insufficient_quota" not in refusal.codes
    )
