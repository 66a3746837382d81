"""The arithmetic of one bucket: whether there is room, when there will be, and what a use does to the count.

A vendor stamps a request somewhere between our sending and its answering. So a use in flight always counts, it is
anchored when the answer comes, and only then does its window run: whatever the vendor's stamp, we count longer.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol

from providers.ledger.windows import LENGTHS, next_boundary
from providers.models import Quota

# Clocks and roundings of vendors, in seconds.
MARGIN_SECONDS = 0.02
# When the room depends on calls in flight and not on the clock, look again after this.
LOOK_AGAIN_SECONDS = 0.25


class Log(Protocol):
    """The uses behind a count, one by one."""

    def sweep(self, count: Count, until: float) -> None:
        """Take the anchored uses up to this moment out of the log and of `count`, and note the new oldest."""

    def in_flight(self, count: Count) -> int:
        """The units of all uses that are not anchored yet."""

    def anchor_of(self, count: Count, units: int) -> float | None:
        """The anchor of the use with which the oldest ones reach so many units; None when they never do."""


@dataclass(slots=True)
class Count:
    """A bucket's row while its lock is held. Fields as in `models.Bucket`."""

    id: int
    name: str
    metric: str
    period: str
    window: str
    limit: int
    used: int
    oldest_at: float | None = None
    unsure_at: float | None = None
    window_end: float | None = None
    carried: int = 0
    full_until: float = 0.0
    seen_limit: int | None = None
    seen_remaining: int | None = None
    seen_reset: float | None = None
    seen_at: float | None = None
    seen_source: str = ""
    drift: int = 0
    zone: str = "UTC"
    assumed: bool = False
    changed: bool = field(default=False)

    @property
    def length(self) -> float:
        """The window in seconds."""
        return LENGTHS.get(self.period, 60.0)

    @property
    def is_concurrent(self) -> bool:
        """Whether it counts calls at once, which no clock frees."""
        return self.metric == Quota.Metric.CONCURRENT

    @property
    def slides(self) -> bool:
        """Whether each use leaves by itself."""
        return self.window == Quota.Window.SLIDING and not self.is_concurrent

    def renew(self, now: float, log: Log) -> None:
        """Let go of what the window no longer holds. Call it once after loading, before anything else."""
        if self.is_concurrent:
            return
        if self.slides:
            if self.oldest_at is not None and self.oldest_at + self.length + MARGIN_SECONDS <= now:
                log.sweep(self, now - self.length - MARGIN_SECONDS)
                self.changed = True
        elif self.window_end is not None and self.window_end <= now:
            self._begin_anew(now, log)
        elif not self.used and self.window_end is None and self.unsure_at is not None:
            # The use that began the window was given back.
            self.unsure_at, self.changed = None, True

    def _begin_anew(self, now: float, log: Log) -> None:
        """A fixed or calendar window is over: what may count for the next one stays."""
        end, unsure = self.window_end or now, self.unsure_at
        carried = self.carried if now < end + self.length else 0
        flying = log.in_flight(self)
        self.used, self.carried, self.changed = flying + carried, 0, True
        self.window_end = self.unsure_at = None
        if self.window == Quota.Window.FIXED and self.used:
            # The vendor's next window began with one of these, no sooner than its last one may have ended.
            next_unsure = (unsure or now) + self.length
            self.unsure_at = next_unsure if next_unsure > now else None
            self.window_end = now + self.length + MARGIN_SECONDS if carried else None
        elif self.used:
            self._mark_calendar(now)

    def _mark_calendar(self, now: float) -> None:
        boundary = next_boundary(self.period, self.zone, now)
        self.unsure_at, self.window_end = boundary - MARGIN_SECONDS, boundary + MARGIN_SECONDS

    def free_at(self, units: int, limit: int, now: float, log: Log) -> float:
        """When so many units have room under `limit`: 0 for now, infinity for never, else the earliest moment."""
        if units > limit:
            return math.inf
        blocked = self.full_until if self.full_until > now else 0.0
        fits = self.used + units <= limit
        if self.is_concurrent:
            return max(blocked, 0.0 if fits else now + LOOK_AGAIN_SECONDS)
        if self.slides:
            return max(blocked, 0.0 if fits else self._slides_free_at(units, limit, now, log))
        unsure = self.unsure_at is not None and now >= self.unsure_at
        if fits and not unsure:
            return blocked
        end = self.window_end if self.window_end is not None else now + self._in_flight_wait()
        return max(blocked, end)

    def _slides_free_at(self, units: int, limit: int, now: float, log: Log) -> float:
        anchor = log.anchor_of(self, self.used + units - limit)
        if anchor is not None:
            return anchor + self.length + MARGIN_SECONDS
        return now + self._in_flight_wait()

    def _in_flight_wait(self) -> float:
        # A request in flight counts a whole window more; tokens in flight are a high estimate and may come back.
        return LOOK_AGAIN_SECONDS if self.metric == Quota.Metric.TOKENS else self.length

    def take(self, units: int, now: float) -> None:
        """Reserve; the caller has asked `free_at` and logs the use."""
        self.used, self.changed = self.used + units, True
        if self.window == Quota.Window.CALENDAR and self.window_end is None:
            self._mark_calendar(now)
        elif self.window == Quota.Window.FIXED and self.unsure_at is None and self.window_end is None:
            self.unsure_at = now + self.length

    def anchor(self, reserved: int, units: int, now: float) -> None:
        """The answer came: the use counts with its true units from now on."""
        self.changed = True
        if self.is_concurrent:
            self.used = max(0, self.used - reserved)
            return
        self.used = max(0, self.used + units - reserved)
        if self.slides:
            self.oldest_at = now if self.oldest_at is None else min(self.oldest_at, now)
            return
        if self.window == Quota.Window.FIXED and self.window_end is None:
            self.window_end = now + self.length + MARGIN_SECONDS
        if self.unsure_at is not None and now >= self.unsure_at:
            self.carried += units

    def give_back(self, reserved: int) -> None:
        """Nothing of it was used."""
        self.used, self.changed = max(0, self.used - reserved), True

    def fill_until(self, moment: float) -> None:
        """The vendor refused: no room before this moment; the longer one wins."""
        self.full_until, self.changed = max(self.full_until, moment), True

    def next_reset(self, now: float) -> float:
        """When a spent window returns, where the vendor does not say."""
        if self.window == Quota.Window.CALENDAR:
            return next_boundary(self.period, self.zone, now) + MARGIN_SECONDS
        return self.window_end if self.window_end is not None and self.window_end > now else now + self.length
