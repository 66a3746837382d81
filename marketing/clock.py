"""The one clock that leases, wake-ups and chores go by: the database's, as hosts' own clocks may be wrong.

On PostgreSQL a process asks for it twice a minute and counts on by its own monotonic time, which no correction of the
host's clock moves. An SQLite file has one host only, and that host's clock is it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

from django.db import connection
from django.utils import timezone

ASK_EVERY_SECONDS = 30.0
# When the database was asked, by monotonic time, and what Unix time minus monotonic time was then.
_known: tuple[float, float] | None = None


def now() -> datetime:
    """The present moment, in UTC. Raises what the database raises when it has to be asked and cannot answer."""
    if connection.vendor != "postgresql":
        return timezone.now()
    return datetime.fromtimestamp(time.monotonic() + _difference(), UTC)


def from_host(moment: datetime) -> datetime:
    """A moment by this host's clock, by the common one."""
    return moment + (now() - timezone.now())


def _difference() -> float:
    global _known  # noqa: PLW0603 - one pair for the process, replaced whole
    known, here = _known, time.monotonic()
    if known is None or here - known[0] > ASK_EVERY_SECONDS:
        with connection.cursor() as cursor:
            cursor.execute("SELECT extract(epoch FROM clock_timestamp())")
            known = _known = (here, float(cursor.fetchone()[0]) - here)
    return known[1]
