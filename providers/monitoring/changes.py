"""What changed: failures of this span against the span before it, by provider, model, kind of error and kind of work.

Shares are compared, not counts: twice as many failures among twice as many attempts are no news. Whether a difference
is more than chance is Fisher's exact test (R. A. Fisher, 1935; the normal approximation to its hypergeometric law
where that is wide), and since many things are compared at once its p is corrected as S. Holm does (1979).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from providers.models import ErrorGroup, ErrorHour, Provider, Rollup
from providers.monitoring.rollups import HOUR, hour_of

# A difference counts when chance alone would bring one so great, anywhere, in one of a hundred looks.
LEVEL = 0.01
# Of fewer attempts than these in either span nothing is said.
FEWEST = 20
# The law is wide enough for the normal approximation from this variance on.
_WIDE = 400.0
_DIMENSIONS = ("provider_slug", "model_id", "feature")
_FAILED = ("failed", "rejected")


@dataclass(frozen=True, slots=True)
class Share:
    """So many failures among so many attempts."""

    failed: int
    attempts: int

    @property
    def rate(self) -> float:
        """From 0 to 1."""
        return self.failed / self.attempts if self.attempts else 0.0


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing then and now. `kind` is provider, model, error or feature; `p` is corrected for all comparisons."""

    kind: str
    name: str
    now: Share
    before: Share
    p: float = 1.0

    @property
    def is_sure(self) -> bool:
        """Whether it is more than chance."""
        return self.p < LEVEL

    @property
    def is_worse(self) -> bool:
        """Whether more of the attempts fail than did."""
        return self.now.rate > self.before.rate

    @property
    def excess(self) -> float:
        """How many more (or fewer) failures than at the share of before."""
        return self.now.failed - self.before.rate * self.now.attempts


@dataclass(frozen=True, slots=True)
class Comparison:
    """One span against the one before it. `differences` are the sure ones, the greatest first."""

    since: datetime
    before_since: datetime
    now: Share
    before: Share
    compared: int
    differences: tuple[Difference, ...]
    fresh: tuple[ErrorGroup, ...]
    returned: tuple[ErrorGroup, ...]

    @property
    def has_enough(self) -> bool:
        """Whether both spans had attempts enough to say anything."""
        return min(self.now.attempts, self.before.attempts) >= FEWEST


def compare(hours: int = 24, now: datetime | None = None) -> Comparison:
    """The last `hours`, the present one with them, against as many before."""
    now = now or timezone.now()
    since = hour_of(now) + HOUR - timedelta(hours=hours)
    before_since = since - timedelta(hours=hours)
    counted = _counted(before_since, since, now)
    total = counted.pop(("total", ""), (Share(0, 0), Share(0, 0)))
    counted |= _error_kinds(before_since, since, now, total)
    pairs = [
        Difference(kind, name, later, earlier)
        for (kind, name), (later, earlier) in counted.items()
        if min(later.attempts, earlier.attempts) >= FEWEST and later.failed + earlier.failed
    ]
    sure = [one for one in corrected(pairs) if one.is_sure]
    causes = ErrorGroup.objects.filter(state=ErrorGroup.State.OPEN)
    return Comparison(
        since=since,
        before_since=before_since,
        now=total[0],
        before=total[1],
        compared=len(pairs),
        differences=tuple(sorted(sure, key=lambda one: -abs(one.excess))),
        fresh=tuple(causes.filter(first_seen__gte=since).order_by("-count")[:_MOST_CAUSES]),
        returned=tuple(causes.filter(reopened_at__gte=since).order_by("-reopened_at")[:_MOST_CAUSES]),
    )


_MOST_CAUSES = 10
_Counted = dict[tuple[str, str], tuple[Share, Share]]


def _counted(before: datetime, since: datetime, until: datetime) -> _Counted:
    """Attempts and failures now and before, by each thing and in all."""
    rows = Rollup.objects.filter(grain=Rollup.Grain.HOUR, starts_at__gte=before, starts_at__lte=until)
    later = Q(starts_at__gte=since)
    sums = {
        f"{name}_{when}": Sum(name, filter=span, default=0)
        for name in ("attempts", "cancelled", *_FAILED)
        for when, span in (("now", later), ("before", ~later))
    }
    names = dict(Provider.objects.values_list("slug", "name"))
    added: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 4)
    for row in rows.order_by().values(*_DIMENSIONS).annotate(**sums):
        four = [*_share(row, "now"), *_share(row, "before")]
        provider, model = row["provider_slug"], row["model_id"]
        things = {
            ("total", ""),
            ("provider", names.get(provider, provider)),
            ("model", f"{provider}/{model}"),
            ("feature", row["feature"]),
        }
        for thing in things:
            added[thing] = [one + more for one, more in zip(added[thing], four, strict=True)]
    return {
        thing: (Share(*four[:2]), Share(*four[2:])) for thing, four in added.items() if thing[1] or thing[0] == "total"
    }


def _share(row: Mapping[str, Any], when: str) -> tuple[int, int]:
    """Failures, and attempts that somebody waited for to the end."""
    return sum(row[f"{name}_{when}"] for name in _FAILED), row[f"attempts_{when}"] - row[f"cancelled_{when}"]


def _error_kinds(before: datetime, since: datetime, until: datetime, total: tuple[Share, Share]) -> _Counted:
    """Each kind of a provider's error among all attempts."""
    hours = ErrorHour.objects.filter(
        group__source=ErrorGroup.Source.PROVIDER, starts_at__gte=before, starts_at__lte=until
    )
    later = Q(starts_at__gte=since)
    found = (
        hours.order_by()
        .values("group__error_class")
        .annotate(now=Sum("count", filter=later, default=0), before=Sum("count", filter=~later, default=0))
    )
    # The last minute's attempts may be grouped and not yet summed up.
    return {
        ("error", row["group__error_class"]): (
            Share(min(row["now"], total[0].attempts), total[0].attempts),
            Share(min(row["before"], total[1].attempts), total[1].attempts),
        )
        for row in found
    }


def corrected(pairs: Iterable[Difference]) -> list[Difference]:
    """With p as it is after so many comparisons (Holm)."""
    ordered = sorted(((chance(one.now, one.before), one) for one in pairs), key=lambda pair: pair[0])
    done: list[Difference] = []
    floor = 0.0
    for at, (p, one) in enumerate(ordered):
        floor = max(floor, min(1.0, p * (len(ordered) - at)))
        done.append(replace(one, p=floor))
    return done


def chance(now: Share, before: Share) -> float:
    """How probable a difference at least so great is where nothing has changed: two-sided, twice the smaller tail."""
    failed, attempts = now.failed + before.failed, now.attempts + before.attempts
    if not now.attempts or not before.attempts or not failed:
        return 1.0
    mean = failed * now.attempts / attempts
    spread = mean * (1 - failed / attempts) * before.attempts / max(1, attempts - 1)
    if spread > _WIDE:
        distance = max(0.0, abs(now.failed - mean) - 0.5) / math.sqrt(spread)
        return math.erfc(distance / math.sqrt(2))
    return min(1.0, 2 * _tail(now, failed, attempts, up=now.failed >= mean))


def _tail(now: Share, failed: int, attempts: int, *, up: bool) -> float:
    """The hypergeometric law from what was found outwards."""
    least, most = max(0, now.attempts + failed - attempts), min(failed, now.attempts)
    span = range(now.failed, most + 1) if up else range(now.failed, least - 1, -1)
    whole = _log_choose(attempts, now.attempts)
    summed = 0.0
    for hits in span:
        term = math.exp(_log_choose(failed, hits) + _log_choose(attempts - failed, now.attempts - hits) - whole)
        summed += term
        if term < summed * 1e-12:
            break
    return summed


def _log_choose(of: int, take: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(take + 1) - math.lgamma(of - take + 1)
