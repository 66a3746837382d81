"""What a client may use: counted exactly across all processes by one conditional UPDATE."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from django.db import connection, transaction

from providers.access.errors import ClientLimitError
from providers.clients import ClientUse

MINUTE = 60
DAY = 86_400

# A window that has passed begins anew within the same statement. A clock that lags behind another process's counts
# into the newer window and never sets it back.
_COUNT = """
UPDATE providers_clientuse SET
  minute_requests = CASE WHEN minute < %(minute)s THEN 1 ELSE minute_requests + 1 END,
  day_requests = CASE WHEN day < %(day)s THEN 1 ELSE day_requests + 1 END,
  day_tokens = CASE WHEN day < %(day)s THEN %(tokens)s ELSE day_tokens + %(tokens)s END,
  minute = CASE WHEN minute < %(minute)s THEN %(minute)s ELSE minute END,
  day = CASE WHEN day < %(day)s THEN %(day)s ELSE day END
WHERE client_id = %(client)s
  AND (minute < %(minute)s OR minute_requests < %(requests_per_minute)s)
  AND (day < %(day)s OR (day_requests < %(requests_per_day)s AND day_tokens < %(tokens_per_day)s))
  AND (%(tokens)s = 0 OR (CASE WHEN day < %(day)s THEN 0 ELSE day_tokens END) + %(tokens)s <= %(tokens_per_day)s)
RETURNING minute, minute_requests, day, day_requests, day_tokens
"""
# Tokens of a day that is over are nobody's business any more.
_CORRECT = """
UPDATE providers_clientuse SET day_tokens = CASE WHEN day_tokens + %s < 0 THEN 0 ELSE day_tokens + %s END
WHERE client_id = %s AND day = %s
"""
# No client reaches it; so a limit that is not set needs no branch in the statement.
_UNLIMITED = 2**62
NAMES = ("requests_per_minute", "requests_per_day", "tokens_per_day")


@dataclass(frozen=True, slots=True)
class Limits:
    """What a client may use; None is unlimited."""

    requests_per_minute: int | None = None
    requests_per_day: int | None = None
    tokens_per_day: int | None = None

    def __bool__(self) -> bool:
        # Written out, as it is asked at every call.
        return (
            self.requests_per_minute is not None or self.requests_per_day is not None or self.tokens_per_day is not None
        )


@dataclass(frozen=True, slots=True)
class Part:
    """One limit: how much, what is left, and when it begins anew (seconds since 1970)."""

    limit: int
    remaining: int
    resets_at: int


_HEADER_NAMES: Mapping[str, str] = MappingProxyType(
    {"requests_per_minute": "requests", "requests_per_day": "requests-day", "tokens_per_day": "tokens-day"}
)


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of each limit that the client has, after this call. `day` and `tokens` belong to the correction."""

    parts: Mapping[str, Part]
    day: int
    tokens: int = 0

    def headers(self) -> dict[str, str]:
        """As OpenAI names them: `x-ratelimit-remaining-requests` and its like; resets in seconds from now, `17s`."""
        now = time.time()
        found = {}
        for name, part in self.parts.items():
            end = _HEADER_NAMES[name]
            found[f"x-ratelimit-limit-{end}"] = str(part.limit)
            found[f"x-ratelimit-remaining-{end}"] = str(part.remaining)
            found[f"x-ratelimit-reset-{end}"] = f"{max(0, round(part.resets_at - now))}s"
        return found


# What a client without limits has left.
UNCOUNTED = Allowance(MappingProxyType({}), 0)


@dataclass(frozen=True, slots=True)
class Ask:
    """One call to count: whose, under which limits, and how many tokens to set aside for it."""

    client_id: int
    limits: Limits
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Correction:
    """What a call really took, once it is known."""

    client_id: int
    allowance: Allowance
    tokens: int


@dataclass(frozen=True, slots=True)
class _Used:
    minute: int
    minute_requests: int
    day: int
    day_requests: int
    day_tokens: int


def serve(asked: Sequence[Ask | Correction]) -> list[Allowance | Exception]:
    """Count these, in one transaction. For each: what is left, or the ClientLimitError to raise."""
    answers: list[Allowance | Exception | None] = [None] * len(asked)
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                # A crash of the database host may cost a few counts; it never costs a call's record.
                cursor.execute("SET LOCAL synchronous_commit = off")
        # Every process locks the rows in the same order, else two could wait for each other.
        for place in sorted(range(len(asked)), key=lambda place: asked[place].client_id):
            one = asked[place]
            answers[place] = correct(one) if isinstance(one, Correction) else count(one)
    return [answer for answer in answers if answer is not None]


def count(ask: Ask) -> Allowance | ClientLimitError:
    """Count one call on the present connection, or say which limit stands against it.

    For a writer that has a transaction open already; everybody else asks `admit`.
    """
    now = int(time.time())
    limits = {name: _or_unlimited(getattr(ask.limits, name)) for name in NAMES}
    facts = {"client": ask.client_id, "minute": now // MINUTE, "day": now // DAY, "tokens": ask.tokens, **limits}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, facts)
        row = cursor.fetchone()
    if row:
        return _allowance(_Used(*row), ask.limits, ask.tokens)
    return _refusal(ask, now)


def correct(correction: Correction) -> Allowance:
    """Count what a call really took in place of what was set aside for it."""
    reserved = correction.allowance
    more = correction.tokens - reserved.tokens
    if more:
        with connection.cursor() as cursor:
            cursor.execute(_CORRECT, [more, more, correction.client_id, reserved.day])
    return Allowance(reserved.parts, reserved.day, correction.tokens)


def _or_unlimited(limit: int | None) -> int:
    return _UNLIMITED if limit is None else limit


def _allowance(used: _Used, limits: Limits, tokens: int) -> Allowance:
    taken = {
        "requests_per_minute": (used.minute_requests, (used.minute + 1) * MINUTE),
        "requests_per_day": (used.day_requests, (used.day + 1) * DAY),
        "tokens_per_day": (used.day_tokens, (used.day + 1) * DAY),
    }
    parts = {
        name: Part(limit, max(0, limit - amount), resets_at)
        for name, (amount, resets_at) in taken.items()
        if (limit := getattr(limits, name)) is not None
    }
    return Allowance(MappingProxyType(parts), used.day, tokens)


def _refusal(ask: Ask, now: int) -> ClientLimitError:
    used = _present(ask.client_id, now)
    allowance = _allowance(used, ask.limits, 0)
    # The one that lasts longest: coming back before it ends is in vain.
    shut = [
        (part.resets_at, name)
        for name, part in allowance.parts.items()
        if part.remaining < (max(1, ask.tokens) if name == "tokens_per_day" else 1)
    ]
    # Between the UPDATE and this look the window may have ended; then trying again at once is right.
    resets_at, name = max(shut, default=(now, next(iter(allowance.parts), NAMES[0])))
    return ClientLimitError(name, allowance, max(1, resets_at - now))


def _present(client_id: int, now: int) -> _Used:
    """The counts as they stand now: a window that has passed counts nothing."""
    minute, day = now // MINUTE, now // DAY
    use, _made = ClientUse.objects.get_or_create(client_id=client_id)
    in_minute, in_day = use.minute >= minute, use.day >= day
    return _Used(
        max(use.minute, minute),
        use.minute_requests if in_minute else 0,
        max(use.day, day),
        use.day_requests if in_day else 0,
        use.day_tokens if in_day else 0,
    )
