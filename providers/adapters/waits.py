"""How long a vendor asks to wait: headers, bodies and sentences, in seconds from now."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from providers.adapters.refusals import Refusal

# A longer wait is a mistake of the vendor's; no quota renews more slowly than by the month.
LONGEST_WAIT_SECONDS = 32 * 86400.0
_EPOCH_SECONDS_FROM = 1e9
_EPOCH_MILLISECONDS_FROM = 1e11
_LONGEST_VALUE = 64

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
_DURATION_UNITS = (86400.0, 3600.0, 60.0, 1.0, 0.001)
_AGAIN = r"(?:try again|retry|resets?|available|wait)(?: your request)?(?: in| after)? ~?"
_SENTENCE = re.compile(_AGAIN + r"((?:\d+(?:\.\d+)?(?:ms|[dhms]))+)(?![a-z])")
_SENTENCE_WORDS = re.compile(_AGAIN + r"(\d+(?:\.\d+)?) ?(second|minute|hour)")
_DAY = re.compile(r"(?:access|again|resets?|available) (?:on|at) (\d{4}-\d\d-\d\d)(?:[t ](?:at )?(\d\d:\d\d))?")
# The Hugging Face Hub's `"api";r=0;t=243`, and the same facts as an older draft of the standard writes them.
_BUCKET_LEFT = re.compile(r"\b(?:r|remaining)=(\d{1,9})")
_BUCKET_RESET = re.compile(r"\b(?:t|reset)=(\d{1,9})")
_WORD_UNITS = {"second": 1.0, "minute": 60.0, "hour": 3600.0}
_BODY_NAMES = ("retry_after", "retry_after_seconds", "estimated_time", "retryDelay")
# Below this many layers no vendor puts a fact.
_DEEPEST = 6
# `x-ratelimit-reset-tokens`, `x-ratelimit-reset`, `anthropic-ratelimit-tokens-reset`.
_RESET = re.compile(r"^(?:x-|anthropic-)?ratelimit-(?:reset(?:-[a-z-]+)?|[a-z-]+-reset)$")


def parse_wait(value: str, *, now: float) -> float | None:
    """Seconds from `now` (Unix time) for any spelling that vendors use, or None.

    Seconds (`20`, `5.3`), durations (`6m0s`, `120ms`, `2m59.56s`), Unix time in seconds or milliseconds, HTTP dates,
    RFC 3339.
    """
    value = value.strip()
    if not value or len(value) > _LONGEST_VALUE:
        return None
    for read in (_number, _duration, _moment):
        seconds = read(value, now)
        if seconds is not None:
            return _sensible(seconds)
    return None


def wait_seconds(refusal: Refusal, *, now: Callable[[], float] = time.time) -> float | None:
    """How long the vendor says to wait, from the most to the least exact source, or None."""
    return next((wait for wait in _candidates(refusal, now()) if wait is not None), None)


def seconds_until_stated_day(refusal: Refusal, *, now: Callable[[], float] = time.time) -> float | None:
    """How long it is until the day on which the vendor gives access again ("on 2026-12-01", UTC), or None."""
    match = _DAY.search(refusal.haystack)
    return parse_wait(f"{match[1]}T{match[2] or '00:00'}", now=now()) if match else None


def seconds_until_next_month(*, now: Callable[[], float] = time.time) -> float:
    """How long it is until the first day of the next month, UTC."""
    today = datetime.fromtimestamp(now(), UTC)
    year, month = divmod(today.year * 12 + today.month, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC).timestamp() - today.timestamp()


def _candidates(refusal: Refusal, now: float) -> Iterator[float | None]:
    milliseconds = refusal.headers.get("retry-after-ms", "")
    yield parse_wait(f"{milliseconds}ms", now=now)
    yield parse_wait(refusal.headers.get("retry-after", ""), now=now)
    yield from (parse_wait(value, now=now) for value in _in_body(refusal.body))
    yield _in_sentence(refusal.haystack, now)
    yield _in_bucket(refusal.headers.get("ratelimit", ""))
    yield _in_reset_headers({**_headers_in_body(refusal.body), **refusal.headers}, refusal.codes, now)


def _number(value: str, now: float) -> float | None:
    try:
        number = float(value)
    except ValueError:
        return None
    if number >= _EPOCH_MILLISECONDS_FROM:
        return number / 1000 - now
    return number - now if number >= _EPOCH_SECONDS_FROM else number


def _duration(value: str, _now: float) -> float | None:
    match = _DURATION.fullmatch(value)
    if not match:
        return None
    return sum(float(number) * unit for number, unit in zip(match.groups(), _DURATION_UNITS, strict=True) if number)


def _moment(value: str, now: float) -> float | None:
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = read(value)
        except (ValueError, TypeError, IndexError):
            continue
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() - now
    return None


def _sensible(seconds: float) -> float | None:
    if not math.isfinite(seconds) or seconds > LONGEST_WAIT_SECONDS:
        return None
    return max(0.0, seconds)


def _in_body(body: Any) -> Iterator[str]:
    """What Replicate, OpenRouter, Hugging Face and Gemini write into the body, in this order of names."""
    for layer in _layers(body):
        for name in _BODY_NAMES:
            value = layer.get(name)
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                yield str(value)


def _headers_in_body(body: Any) -> dict[str, str]:
    """OpenRouter puts the headers of a rate limit into `error.metadata.headers`."""
    for layer in _layers(body):
        headers = layer.get("headers")
        if isinstance(headers, dict):
            return {str(name).lower(): str(value) for name, value in headers.items()}
    return {}


def _layers(body: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    """The objects of a body where such facts lie."""
    first = body[0] if isinstance(body, list) and body else body
    if not isinstance(first, dict) or depth > _DEEPEST:
        return
    yield first
    for name in ("error", "metadata", "details"):
        below = first.get(name)
        for item in below if isinstance(below, list) else [below]:
            yield from _layers(item, depth + 1)


def _in_sentence(text: str, now: float) -> float | None:
    if match := _SENTENCE.search(text):
        return parse_wait(match[1], now=now)
    if match := _SENTENCE_WORDS.search(text):
        return _sensible(float(match[1]) * _WORD_UNITS[match[2]])
    return None


def _in_bucket(header: str) -> float | None:
    """The reset of the bucket that the `RateLimit` header tells of; one with something left is not the reason."""
    left, reset = _BUCKET_LEFT.search(header), _BUCKET_RESET.search(header)
    return _sensible(float(reset[1])) if reset and not (left and int(left[1])) else None


def _in_reset_headers(headers: Mapping[str, str], codes: frozenset[str], now: float) -> float | None:
    """The reset of the bucket that is empty. The value says when it is full again: an upper bound."""
    resets: dict[str, float] = {}
    for name, value in headers.items():
        match = _RESET.match(name)
        seconds = parse_wait(value, now=now) if match else None
        if seconds is not None:
            resets[name] = seconds
    named = {name: seconds for name, seconds in resets.items() if any(code in name for code in codes & _BUCKETS)}
    empty = {
        name: seconds for name, seconds in resets.items() if headers.get(name.replace("reset", "remaining")) == "0"
    }
    chosen = empty or named or resets
    return max(chosen.values(), default=None)


_BUCKETS = frozenset({"requests", "tokens"})
