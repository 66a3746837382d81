"""Every counted limit as people see it: used, left, when it returns, what the vendor says, and how long it lasts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Count as Number
from django.db.models import F, Sum
from django.db.models.functions import TruncHour
from django.utils import timezone

from providers.capacity.forecast import PATTERN_DAYS, Outlook, Pattern, level, outlook, pattern
from providers.ledger.learning import INFERRED, confidence, effective_limit
from providers.ledger.limiter import MARGIN_SECONDS, Count
from providers.ledger.windows import LENGTHS, SHORT_PERIODS, next_boundary
from providers.models import Attempt, Bucket, Quota, Rollup, Slot
from providers.routing import Candidate, KeyState, Limit

# A vendor's number is offered while it is believed at least so far, and only where it differs by more than this.
_OFFERED_FROM = 0.3
_WORTH_OFFERING = 0.02

Hours = list[tuple[datetime, float]]


@dataclass(frozen=True, slots=True)
class Level:
    """One limit as it stands. `reserved` is the part of `used` that is in flight.

    `limit` is what holds now, `configured` what an administrator wrote or what is assumed.

    `drift`: the vendor's count less ours. `suggested`: the vendor's limit, where it differs and is believed.
    """

    bucket_id: int | None
    provider_id: int
    metric: str
    period: str
    model_id: str
    subject: str
    used: int
    reserved: int
    limit: int
    configured: int
    returns_at: datetime | None
    full: bool
    assumed: bool
    drift: int
    suggested: int | None
    confidence: float
    inferred: bool
    outlook: Outlook | None

    @property
    def left(self) -> int:
        """What may still be used."""
        return 0 if self.full else max(0, self.limit - self.used)

    @property
    def share_used(self) -> float:
        """0 to 1."""
        return 1.0 if self.full else min(1.0, self.used / max(1, self.limit))


def levels(candidates: Iterable[Candidate], now: datetime) -> dict[int, list[Level]]:
    """The limits of all usable models by provider, the longest windows first."""
    limits: dict[str, tuple[Limit, Candidate, KeyState]] = {}
    for candidate in candidates:
        for key in candidate.keys:
            for limit in key.limits:
                limits.setdefault(limit.bucket, (limit, candidate, key))
    buckets = {one.name: one for one in Bucket.objects.filter(name__in=list(limits))}
    in_flight = Slot.objects.filter(anchored_at=None, bucket__name__in=list(limits)).values_list("bucket__name")
    flying = dict(in_flight.annotate(units=Sum("units")))
    use = _Use(now)
    found: dict[int, list[Level]] = {}
    for name, (limit, candidate, _key) in limits.items():
        one = _level(limit, candidate, buckets.get(name), flying.get(name, 0), use)
        found.setdefault(candidate.provider_id, []).append(one)
    for own in found.values():
        own.sort(key=lambda one: (-LENGTHS.get(one.period, 0.0), one.metric, one.model_id, one.subject))
    return found


def accept(bucket: Bucket) -> bool:
    """Write the vendor's limit into the configuration in place of the administrator's; False when there is nothing."""
    if bucket.seen_limit is None:
        return False
    quotas = Quota.objects.filter(provider_id=bucket.provider_id, metric=bucket.metric, period=bucket.period)
    own = list(quotas.filter(model__model_id=bucket.model_id)) if bucket.model_id else []
    # It may only have been assumed; now somebody states it.
    stated = (
        own
        or list(quotas.filter(model=None))
        or [Quota(provider_id=bucket.provider_id, metric=bucket.metric, period=bucket.period, window=bucket.window)]
    )
    for quota in stated:
        quota.limit = bucket.seen_limit
        quota.save()
    return True


def _level(limit: Limit, candidate: Candidate, bucket: Bucket | None, reserved: int, use: _Use) -> Level:
    unix = use.now.timestamp()
    count = _count(limit, bucket)
    holds = effective_limit(count, unix)
    returns_at = _returns_at(count, unix)
    # What is written in the row is as old as its last use.
    used = count.used if count.is_concurrent or returns_at is not None else 0
    full = count.full_until > unix
    sure = confidence(count, unix)
    differs = count.seen_limit is not None and abs(count.seen_limit - limit.limit) > _WORTH_OFFERING * limit.limit
    _provider, _metric, _period, subject, model_id = limit.bucket.split("/", 4)
    left = 0 if full else max(0, holds - used)
    return Level(
        bucket_id=bucket.pk if bucket else None,
        provider_id=candidate.provider_id,
        metric=limit.metric,
        period=limit.period,
        model_id=model_id,
        subject=subject,
        used=used,
        reserved=min(used, reserved),
        limit=holds,
        configured=limit.limit,
        # What the vendor refused returns when it said so; what we counted, by its window.
        returns_at=_moment(count.full_until if full and used < holds else returns_at or 0.0),
        full=full,
        assumed=limit.assumed,
        drift=count.drift,
        suggested=count.seen_limit if differs and sure >= _OFFERED_FROM else None,
        confidence=sure,
        inferred=count.seen_source == INFERRED,
        outlook=use.outlook(limit, candidate, model_id, left),
    )


def _count(limit: Limit, bucket: Bucket | None) -> Count:
    row = bucket or Bucket(name=limit.bucket)
    return Count(
        id=row.pk or 0,
        name=limit.bucket,
        metric=limit.metric,
        period=limit.period,
        window=limit.window,
        limit=limit.limit,
        used=row.used,
        oldest_at=row.oldest_at,
        window_end=row.window_end,
        full_until=row.full_until,
        seen_limit=row.seen_limit,
        seen_at=row.seen_at,
        seen_source=row.seen_source,
        drift=row.drift,
        zone=limit.zone,
        assumed=limit.assumed,
    )


def _returns_at(count: Count, now: float) -> float | None:
    """When some of it comes back, or None where nothing is used."""
    if count.is_concurrent:
        return None
    if count.slides:
        # What is in flight only has not begun its window.
        end = (now if count.oldest_at is None else count.oldest_at) + count.length + MARGIN_SECONDS
        return end if count.used and end > now else None
    return count.window_end if count.window_end is not None and count.window_end > now else None


def _moment(unix: float) -> datetime | None:
    return datetime.fromtimestamp(unix, UTC) if unix else None


class _Use:
    """The use of past hours, read once for each provider and model that asks."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self._local = timezone.localtime(now)
        self._since = self._local.replace(minute=0, second=0, microsecond=0) - timedelta(days=PATTERN_DAYS)
        self._patterns: dict[tuple[str, str, str], tuple[Pattern | None, float]] = {}

    def outlook(self, limit: Limit, candidate: Candidate, model_id: str, left: int) -> Outlook | None:
        """Only for windows that are long enough to have a pattern, and once there is a day to learn it from."""
        if limit.period in SHORT_PERIODS or limit.period not in LENGTHS:
            return None
        resets_at = datetime.fromtimestamp(next_boundary(limit.period, limit.zone, self.now.timestamp()), UTC)
        usual, today = self._pattern(candidate.provider, model_id, limit.metric)
        if usual is None:
            return None
        return outlook(left, timezone.localtime(resets_at), self._local, usual, today)

    def _pattern(self, provider: str, model_id: str, metric: str) -> tuple[Pattern | None, float]:
        place = (provider, model_id, metric)
        if place not in self._patterns:
            hours = use_by_hour(provider, model_id, metric, self._since)
            midnight = self._local.replace(hour=0, minute=0, second=0, microsecond=0)
            earlier = [one for one in hours if one[0] < midnight]
            self._patterns[place] = self._learned(hours, earlier, midnight) if earlier else (None, 1.0)
        return self._patterns[place]

    def _learned(self, hours: Hours, earlier: Hours, midnight: datetime) -> tuple[Pattern, float]:
        usual = pattern(earlier, max(self._since, earlier[0][0]), midnight)
        used = sum(units for moment, units in hours if moment >= midnight)
        expected = sum(usual.at(midnight.replace(hour=hour)) for hour in range(self._local.hour))
        return usual, level(used, expected + usual.at(self._local) * self._local.minute / 60)


def use_by_hour(provider: str, model_id: str, metric: str, since: datetime) -> Hours:
    """Requests or tokens in each hour that had any, in local time: from the sums, and from attempts not summed yet."""
    rollups = Rollup.objects.filter(grain=Rollup.Grain.HOUR, provider_slug=provider, starts_at__gte=since)
    attempts = Attempt.objects.filter(provider_slug=provider)
    if model_id:
        rollups, attempts = rollups.filter(model_id=model_id), attempts.filter(model_id=model_id)
    tokens = F("prompt_tokens") + F("completion_tokens")
    # What was refused for a limit is not counted by the vendor.
    units = tokens if metric == Quota.Metric.TOKENS else F("attempts") - F("limited")
    summed = rollups.values_list("starts_at").annotate(units=Sum(units)).order_by("starts_at")
    found = {timezone.localtime(moment): float(number or 0) for moment, number in summed}
    newest = max(found, default=None)
    later = attempts.filter(started_at__gte=newest + timedelta(hours=1) if newest else since).exclude(http_status=429)
    each = later.annotate(hour=TruncHour("started_at")).values_list("hour")
    counted = each.annotate(units=Sum(tokens) if metric == Quota.Metric.TOKENS else Number("pk")).order_by("hour")
    for moment, number in counted:
        if moment is not None:
            found[timezone.localtime(moment)] = float(number or 0)
    return sorted(found.items())
