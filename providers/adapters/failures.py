"""From a vendor's refusal to one of our errors: a tolerant reading of the body, then one decision table."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from providers.adapters.failure_rules import TABLE, Rule
from providers.adapters.limits import refused_limits
from providers.adapters.refusals import Refusal
from providers.adapters.waits import seconds_until_next_month, seconds_until_stated_day, wait_seconds
from providers.errors import (
    NoCreditError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
    UnavailableError,
)

# Anthropic's word on whether another try makes sense.
_SHOULD_RETRY = "x-should-retry"


def rule_for(refusal: Refusal) -> Rule:
    """The row of the table that decides; the last one fits every status that HTTP knows."""
    return next((rule for rule in TABLE if rule.fits(refusal)), TABLE[-1])


def failure(status: int, headers: Mapping[str, str], body: bytes) -> ProviderError:
    """The error for an answer that is a refusal; `headers` have lower-case names."""
    return failure_of(Refusal.read(status, headers, body))


def failure_of(refusal: Refusal, *, now: Callable[[], float] = time.time) -> ProviderError:
    """The same for a refusal that was read before. Key-like words are gone; the key itself is the caller's to keep."""
    rule = rule_for(refusal)
    error = rule.error(
        refusal.detail(),
        http_status=refusal.status,
        wait_seconds=_wait(refusal, rule, now),
        blame=rule.blame,
        raw=refusal.raw(),
    )
    if issubclass(rule.error, RateLimitError | QuotaExhaustedError):
        error.limits = refused_limits(refusal, now=now())
    if refusal.headers.get(_SHOULD_RETRY, "").lower() == "false":
        error.retry_here = False
    return error


def _wait(refusal: Refusal, rule: Rule, now: Callable[[], float]) -> float | None:
    """How long to wait, where the vendor's word on it can be trusted for this kind of error."""
    if issubclass(rule.error, QuotaExhaustedError):
        return _wait_for_share(refusal, rule, now)
    if issubclass(rule.error, RateLimitError | UnavailableError):
        return wait_seconds(refusal, now=now)
    return None


def _wait_for_share(refusal: Refusal, rule: Rule, now: Callable[[], float]) -> float | None:
    stated = seconds_until_stated_day(refusal, now=now)
    if stated is not None:
        return stated
    if rule.monthly:
        return seconds_until_next_month(now=now)
    # Money does not come back by waiting, and Gemini sends the minute's delay along with a spent day.
    if issubclass(rule.error, NoCreditError) or "perday" in refusal.haystack:
        return None
    return wait_seconds(refusal, now=now)
