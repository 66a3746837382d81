"""What vendors say of their limits, fused with our own count: the stricter one holds, and trust in it fades."""

from __future__ import annotations

import math
from collections.abc import Sequence

from providers.ledger.limiter import Count
from providers.ledger.windows import LENGTHS
from providers.models import Quota
from providers.statements import rows
from providers.types import LimitReading

# Trust in a limit that the vendor stated halves in this many of its windows, but not within an hour.
_HALF_LIFE_WINDOWS = 10
_SHORTEST_HALF_LIFE = 3600.0
# What our own count says of a refusal is believed by half, and only near the configured limit.
INFERRED = "ledger"
_CERTAINTY_OF_AN_INFERENCE = 0.5
_NEAR_THE_LIMIT = 0.5
# A reading whose period is not stated belongs to the limit of a like size.
_LIKE = 1.5


def confidence(count: Count, now: float) -> float:
    """How far the vendor's limit is still believed, 0 to 1; what was only inferred is half believed from the start."""
    if count.seen_limit is None or count.seen_at is None:
        return 0.0
    half_life = max(_SHORTEST_HALF_LIFE, _HALF_LIFE_WINDOWS * count.length)
    certainty = _CERTAINTY_OF_AN_INFERENCE if count.seen_source == INFERRED else 1.0
    return certainty * math.pow(0.5, max(0.0, now - count.seen_at) / half_life)


def effective_limit(count: Count, now: float) -> int:
    """The configured limit, or the vendor's when that is lower, as far as it is still believed.

    A higher one is only a suggestion where somebody typed the limit, who may have had a reason; a limit that was merely
    assumed goes up, too.
    """
    if count.seen_limit is None or (count.seen_limit >= count.limit and not count.assumed):
        return count.limit
    return max(1, round(count.limit - (count.limit - count.seen_limit) * confidence(count, now)))


def infer(count: Count, now: float) -> None:
    """A refusal without a number: what the vendor granted until then is perhaps all that it grants.

    Only where that is near our own limit; otherwise the refusal is rather about something that we do not count.
    """
    stated = count.seen_source != INFERRED and confidence(count, now) > _CERTAINTY_OF_AN_INFERENCE
    if not stated and count.limit * _NEAR_THE_LIMIT <= count.used < count.limit:
        count.seen_limit, count.seen_at, count.seen_source = count.used, now, INFERRED
        count.changed = True


def matching(reading: LimitReading, counts: Sequence[Count]) -> Count | None:
    """The count that a reading speaks of, or None when that is not clear."""
    fitting = [
        count
        for count in counts
        if not count.is_concurrent and reading.metric in {None, count.metric} and reading.period in {None, count.period}
    ]
    if reading.period is None and reading.limit is not None:
        fitting = [one for one in fitting if 1 / _LIKE <= reading.limit / max(one.limit, 1) <= _LIKE]
    return fitting[0] if len(fitting) == 1 else None


def learn(reading: LimitReading, counts: Sequence[Count], now: float, *, refused: bool) -> None:
    """Keep a reading with its count; where the vendor has counted more than we did, go by the vendor.

    What came with a refusal may speak of another limit; that one is blocked anyhow.
    """
    count = matching(reading, counts)
    if count is None:
        return
    count.changed = True
    if reading.limit is not None or count.seen_limit is None:
        # Trust is in the limit, so its age is what counts.
        count.seen_at, count.seen_source, count.seen_limit = now, reading.source, reading.limit
    count.seen_remaining = reading.remaining
    count.seen_reset = now + reading.reset_seconds if reading.reset_seconds is not None else None
    if reading.remaining is None:
        return
    theirs = max(0, (reading.limit if reading.limit is not None else count.limit) - reading.remaining)
    count.drift = theirs - count.used
    if not refused and count.drift > 0:
        _count_theirs(count, count.drift, now)


def _count_theirs(count: Count, units: int, now: float) -> None:
    """Uses that we knew nothing of: another program with the same key, or a vendor that counts otherwise."""
    count.used += units
    if count.slides:
        # They leave when the vendor says that the window is whole again, else a window from now.
        whole = min(count.seen_reset or now + count.length, now + count.length)
        anchor = whole - count.length
        rows(
            "INSERT INTO providers_slot (bucket_id, units, anchored_at) VALUES (%s, %s, %s) RETURNING id",
            (count.id, units, anchor),
        )
        count.oldest_at = anchor if count.oldest_at is None else min(count.oldest_at, anchor)
    elif count.window_end is None and count.seen_reset is not None and count.window == Quota.Window.FIXED:
        count.window_end = count.seen_reset


def refused(readings: Sequence[LimitReading], counts: Sequence[Count], wait: float | None) -> Count | None:
    """The count that a 429 is about: as the vendor says, else the narrowest whose window fits the wait."""
    for reading in sorted(readings, key=lambda one: one.source != "body"):
        if reading.source == "body" or reading.remaining == 0:
            found = matching(reading, counts)
            if found is not None:
                return found
    timed = sorted((one for one in counts if not one.is_concurrent), key=_breadth)
    if not timed:
        return None
    long_enough = [one for one in timed if wait is not None and LENGTHS.get(one.period, 60.0) + 1 >= wait]
    return (long_enough or timed)[0]


def _breadth(count: Count) -> tuple[bool, float]:
    """The narrowest first: those of one model, then by their window."""
    return (count.name.endswith("/"), count.length)
