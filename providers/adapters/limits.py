"""What vendors say of their limits, in headers and in the bodies of refusals: pure readings, in the order of trust."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar

from providers.adapters.refusals import Refusal
from providers.adapters.waits import parse_wait
from providers.types import LimitReading

_METRICS = {"requests": "requests", "req": "requests", "tokens": "tokens"}
# `x-ratelimit-limit-requests-day` (Cerebras, Mistral), `x-ratelimit-limit-requests` (OpenAI, Groq),
# `x-ratelimit-limit` (OpenRouter), `ratelimit-remaining` (Replicate).
_PLAIN = re.compile(
    r"^(?:x-)?ratelimit-(?P<part>limit|remaining|reset)"
    r"(?:-(?P<metric>requests|req|tokens))?(?:-(?P<period>second|minute|hour|day|month))?$"
)
# `anthropic-ratelimit-requests-limit`, and the same for tokens.
_ANTHROPIC = re.compile(r"^anthropic-ratelimit-(?P<metric>requests|tokens)-(?P<part>limit|remaining|reset)$")
# Hugging Face's draft standard: `ratelimit: "api";r=497;t=243`, `ratelimit-policy: "fixed window";"api";q=500;w=300`.
_DRAFT = re.compile(r";\s*(?P<name>[rtqw])=(?P<value>\d+)")
# Groq's sentence: "on tokens per minute (TPM): Limit 6000, Used 5400, Requested 900".
_SENTENCE = re.compile(
    r"(?P<metric>requests|tokens) per[ -](?P<period>second|minute|hour|day|month)"
    r"(?:[^:]{0,20}: limit (?P<limit>\d+), used (?P<used>\d+))?"
)
# Gemini: "GenerateRequestsPerDayPerProjectPerModel-FreeTier", with the limit beside it in `quotaValue`.
_GEMINI = re.compile(
    r"generate(?:content)?(?:paidtier|freetier|_free_tier_)?(?:input)?(?P<metric>requests|tokens?|tokencount)\w{0,20}?"
    r"per(?P<period>minute|day)"
)
_GEMINI_VALUE = re.compile(r'"quotavalue":\s*"?(?P<limit>\d+)')
# OpenRouter: "free-models-per-day", "free-models-per-min".
_OPENROUTER = re.compile(r"free-models-per-(?P<period>day|min)")
_MOST_DIGITS = 15


class Heard:
    """What all answers to one call said; of several about the same limit the last one."""

    def __init__(self) -> None:
        self._readings: dict[tuple[str | None, str | None], LimitReading] = {}

    @property
    def readings(self) -> tuple[LimitReading, ...]:
        """One for each metric and period."""
        return tuple(self._readings.values())

    def note(self, headers: Mapping[str, str]) -> None:
        """Add what an answer's headers say."""
        for one in readings(headers, now=time.time()):
            self._readings[one.metric, one.period] = one


# Beside the results, so that no protocol has to pass it on and none can forget to.
_listener: ContextVar[Heard | None] = ContextVar("limits_listener", default=None)


@contextmanager
def listening(heard: Heard) -> Iterator[None]:
    """Collect what vendors say of their limits while this block runs, tasks that it starts included."""
    token = _listener.set(heard)
    try:
        yield
    finally:
        _listener.reset(token)


def note(headers: Mapping[str, str]) -> None:
    """For whoever listens: the headers of an answer, their names in lower case."""
    heard = _listener.get()
    if heard is not None:
        heard.note(headers)


def readings(headers: Mapping[str, str], *, now: float) -> tuple[LimitReading, ...]:
    """What the headers of an answer say, one reading for each metric and period; `now` is Unix time.

    Header names are lower case. A period is None where the header does not say it: OpenAI counts requests by the
    minute, Groq by the day, under the same name.
    """
    parts: dict[tuple[str, str | None], dict[str, str]] = {}
    for name, value in headers.items():
        match = _PLAIN.match(name) or _ANTHROPIC.match(name)
        if match:
            found = match.groupdict()
            metric = _METRICS[found["metric"] or "requests"]
            parts.setdefault((metric, found.get("period")), {})[found["part"]] = value
    read = [_reading(metric, period, said, now) for (metric, period), said in parts.items()]
    return tuple(one for one in [*read, *_draft(headers)] if one.limit is not None or one.remaining is not None)


def refused_limits(refusal: Refusal, *, now: float) -> tuple[LimitReading, ...]:
    """What a 429 is about, as its body says (source `body`), and after it what its headers say."""
    return (*_in_body(refusal.haystack), *readings(refusal.headers, now=now))


def _reading(metric: str, period: str | None, said: Mapping[str, str], now: float) -> LimitReading:
    return LimitReading(
        metric=metric,
        period=period,
        limit=_count(said.get("limit", "")),
        remaining=_count(said.get("remaining", "")),
        reset_seconds=parse_wait(said.get("reset", ""), now=now),
    )


def _count(value: str) -> int | None:
    """A whole number; vendors also write `100.0`."""
    whole = value.strip().partition(".")[0]
    return int(whole) if whole.isascii() and whole.isdigit() and len(whole) <= _MOST_DIGITS else None


def _draft(headers: Mapping[str, str]) -> Iterator[LimitReading]:
    said = {one["name"]: int(one["value"][:_MOST_DIGITS]) for one in _DRAFT.finditer(headers.get("ratelimit", ""))}
    policy = {
        one["name"]: int(one["value"][:_MOST_DIGITS]) for one in _DRAFT.finditer(headers.get("ratelimit-policy", ""))
    }
    if "r" in said:
        reset = float(said["t"]) if "t" in said else None
        yield LimitReading("requests", None, policy.get("q"), said["r"], reset)


def _in_body(text: str) -> Iterator[LimitReading]:
    """`text` is in lower case."""
    if match := _GEMINI.search(text):
        value = _GEMINI_VALUE.search(text)
        metric = "tokens" if match["metric"].startswith("token") else "requests"
        yield LimitReading(metric, match["period"], _count(value["limit"]) if value else None, 0, source="body")
    elif match := _SENTENCE.search(text):
        limit = _count(match["limit"] or "")
        left = max(0, limit - (_count(match["used"]) or 0)) if limit is not None else None
        yield LimitReading(match["metric"], match["period"], limit, left, source="body")
    elif match := _OPENROUTER.search(text):
        period = "minute" if match["period"] == "min" else "day"
        yield LimitReading("requests", period, None, 0, source="body")
