"""How long a limit's window is and where a calendar begins anew, in the vendor's time zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from providers.models import Quota

# A month from the first use is taken as the longest one: asking late wastes nothing, asking early does.
LENGTHS: dict[str, float] = {
    Quota.Period.SECOND: 1.0,
    Quota.Period.MINUTE: 60.0,
    Quota.Period.HOUR: 3600.0,
    Quota.Period.DAY: 86400.0,
    Quota.Period.MONTH: 31 * 86400.0,
}
# Periods whose unused rest is worth saving for people who wait.
SHORT_PERIODS = frozenset({Quota.Period.SECOND, Quota.Period.MINUTE})


def next_boundary(period: str, zone: str, now: float) -> float:
    """When the calendar period after the one of `now` begins; a day may have 23 or 25 hours."""
    if period in SHORT_PERIODS or period not in LENGTHS:
        length = LENGTHS.get(period, 60.0)
        return (now // length + 1) * length
    local = datetime.fromtimestamp(now, UTC).astimezone(ZoneInfo(zone))
    if period == Quota.Period.HOUR:
        into = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
        return now - into.total_seconds() + LENGTHS[Quota.Period.HOUR]
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if period == Quota.Period.DAY:
        return (midnight + timedelta(days=1)).timestamp()
    return (midnight.replace(day=1) + timedelta(days=32)).replace(day=1).timestamp()
