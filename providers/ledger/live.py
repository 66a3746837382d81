"""The world as it is now: the configuration with circuits, limits, health and ratings laid over it."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Count as Counted
from django.db.models import Sum

from providers.ledger import configuration
from providers.ledger.books import aware
from providers.ledger.limiter import MARGIN_SECONDS
from providers.ledger.windows import LENGTHS, SHORT_PERIODS
from providers.models import Quota, Rating
from providers.models.revision import CURRENT, Revision
from providers.routing import Candidate, KeyState, Ratings, World
from providers.statements import rows, several

# How long health and ratings are believed before they are looked up again.
_FRESH_SECONDS = 15.0
# Health is told by the last calls, if they are not too old and not too few.
_HEALTH_WITHIN = timedelta(minutes=15)
_HEALTH_CALLS = 2000
_ENOUGH_CALLS = 5
# Models change behind their names, and so do people's wishes.
_RATINGS_WITHIN = timedelta(days=90)

_Place = tuple[str, str]

# By hand, as the ORM takes longer over these than over all the rest of a call.
_CIRCUITS = "SELECT provider_id, open_until, reason, probe_until FROM providers_circuit WHERE open_until IS NOT NULL"
_ROOMS = 'SELECT name, used, oldest_at, window_end, full_until, "window", period, metric FROM providers_bucket'


def world() -> World:
    """All usable models with the state of their providers, keys, circuits and limits."""
    revision, open_ones, counted = several(CURRENT, (_CIRCUITS, ()), (_ROOMS, ()))
    current = configuration.current(Revision.read_from(revision))
    circuits = {row[0]: _Open._make(row) for row in open_ones}
    rooms = {row[0]: _Room._make(row) for row in counted}
    now = time.time()
    known = _reputation()
    candidates = (known.laid_over(one) for one in current.candidates)
    live = tuple(_live(one, circuits.get(one.provider_id), rooms, now) for one in candidates)
    return World(live, current.policy, current.name)


@dataclass(frozen=True, slots=True)
class _Reputation:
    """What is known of models by their answers, and when it was looked up in monotonic seconds."""

    read_at: float
    health: Mapping[_Place, tuple[float, int | None]]
    ratings: Mapping[_Place, Mapping[tuple[str, str], Ratings]]

    def laid_over(self, candidate: Candidate) -> Candidate:
        """The candidate with its reputation, if it has any."""
        place = (candidate.provider, candidate.model_id)
        if place not in self.health and place not in self.ratings:
            return candidate
        failed_share, latency_ms = self.health.get(place, (0.0, None))
        return replace(candidate, failed_share=failed_share, latency_ms=latency_ms, ratings=self.ratings.get(place, {}))


_kept: dict[int, _Reputation] = {}


def forget() -> None:
    """Look health and ratings up again."""
    _kept.clear()


def _reputation() -> _Reputation:
    kept = _kept.get(os.getpid())
    if kept is None or time.monotonic() - kept.read_at > _FRESH_SECONDS:
        kept = _kept[os.getpid()] = _Reputation(time.monotonic(), _health(), _ratings())
    return kept


def _health() -> dict[_Place, tuple[float, int | None]]:
    """Of each model that was asked lately, the share of calls that failed by its fault, and its usual time."""
    query = (
        "SELECT provider_slug, model_id, COUNT(*),"
        " SUM(CASE WHEN outcome = 'failed' AND (http_status IS NULL OR http_status NOT IN (401, 403, 429))"
        " THEN 1 ELSE 0 END), AVG(CASE WHEN outcome = 'answered' THEN latency_ms END)"
        " FROM (SELECT provider_slug, model_id, outcome, http_status, latency_ms FROM providers_attempt"
        " WHERE started_at > %s ORDER BY started_at DESC LIMIT %s) latest"
        " WHERE outcome IN ('answered', 'rejected', 'failed') GROUP BY provider_slug, model_id"
    )
    since = datetime.now(UTC) - _HEALTH_WITHIN
    return {
        (slug, model_id): (failed / calls, round(latency) if latency is not None else None)
        for slug, model_id, calls, failed, latency in rows(query, (since, _HEALTH_CALLS))
        if calls >= _ENOUGH_CALLS
    }


def _ratings() -> dict[_Place, dict[tuple[str, str], Ratings]]:
    found = (
        Rating.objects.filter(rated_at__gt=datetime.now(UTC) - _RATINGS_WITHIN)
        .values_list("provider_slug", "model_id", "feature", "language")
        .annotate(count=Counted("pk"), total=Sum("score"))
    )
    ratings: dict[_Place, dict[tuple[str, str], Ratings]] = {}
    for slug, model_id, feature, language, count, total in found:
        own = ratings.setdefault((slug, model_id), {})
        for kind in {(feature, language), ("", language), ("", "")}:
            before = own.get(kind, Ratings(0, 0.0))
            own[kind] = Ratings(before.count + count, before.total + total)
    return ratings


@dataclass(frozen=True, slots=True)
class _Open:
    """An open circuit."""

    open_until: datetime | None
    reason: str
    probe_until: datetime | None

    @classmethod
    def _make(cls, row: tuple[Any, ...]) -> _Open:
        _provider, open_until, reason, probe_until = row
        return cls(aware(open_until), reason, aware(probe_until))


@dataclass(frozen=True, slots=True)
class _Room:
    """A bucket as it was last written."""

    name: str
    used: int
    oldest_at: float | None
    window_end: float | None
    full_until: float
    window: str
    period: str
    metric: str

    @classmethod
    def _make(cls, row: tuple[Any, ...]) -> _Room:
        return cls(*row)

    def returns_at(self) -> float:
        """When the count next falls by itself, or 0 when that is not known."""
        if self.metric == Quota.Metric.CONCURRENT:
            return 0.0
        if self.window == Quota.Window.SLIDING:
            return (self.oldest_at or 0.0) + LENGTHS.get(self.period, 60.0) + MARGIN_SECONDS
        return self.window_end or 0.0

    def full_until_at(self, limit: int, now: float) -> float:
        """Full for certain until then, or 0."""
        spent = self.used >= limit and self.returns_at() > now
        return max(self.full_until if self.full_until > now else 0.0, self.returns_at() if spent else 0.0)

    def share_left(self, limit: int, now: float) -> float:
        """What is left of it, 0 to 1; unknown is all of it."""
        return max(0.0, 1 - self.used / max(limit, 1)) if self.returns_at() > now else 1.0


def _live(candidate: Candidate, circuit: _Open | None, rooms: dict[str, _Room], now: float) -> Candidate:
    used = any(limit.bucket in rooms for key in candidate.keys for limit in key.limits)
    keys = tuple(_live_key(key, rooms, now) for key in candidate.keys) if used else candidate.keys
    if circuit is None and keys is candidate.keys:
        return candidate
    return replace(
        candidate,
        keys=keys,
        open_until=circuit.open_until if circuit else None,
        open_reason=circuit.reason if circuit else "",
        probe_until=circuit.probe_until if circuit else None,
    )


def _live_key(key: KeyState, rooms: dict[str, _Room], now: float) -> KeyState:
    own = [(limit, rooms[limit.bucket]) for limit in key.limits if limit.bucket in rooms]
    full_until = max((room.full_until_at(limit.limit, now) for limit, room in own), default=0.0)
    long_ones = [(limit, room) for limit, room in own if limit.period not in SHORT_PERIODS]
    shares = ((room.share_left(limit.limit, now), room.returns_at()) for limit, room in long_ones)
    share_left, resets_at = min(shares, default=(1.0, 0.0))
    return replace(
        key,
        share_left=share_left,
        resets_at=datetime.fromtimestamp(resets_at, UTC) if share_left < 1 and resets_at > now else None,
        full_until=datetime.fromtimestamp(full_until, UTC) if full_until else None,
    )
