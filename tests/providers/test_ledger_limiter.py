"""Whatever a vendor's window is and whenever it stamps a request, our count never lets one too many out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, rule

from providers.ledger.limiter import LOOK_AGAIN_SECONDS, MARGIN_SECONDS, Count
from providers.ledger.windows import next_boundary

pytestmark = pytest.mark.once

START = datetime(2026, 10, 24, 21, 59, tzinfo=UTC).timestamp()
MINUTE = 60.0


@dataclass
class Use:
    """A use in our log: in flight, or anchored."""

    units: int
    anchored_at: float | None = None


@dataclass
class Uses:
    """The log in memory."""

    all: list[Use] = field(default_factory=list)

    def sweep(self, count: Count, until: float) -> None:
        gone = [one for one in self.all if one.anchored_at is not None and one.anchored_at <= until]
        self.all = [one for one in self.all if one not in gone]
        count.used -= sum(one.units for one in gone)
        count.oldest_at = min((one.anchored_at for one in self.all if one.anchored_at is not None), default=None)

    def in_flight(self, count: Count) -> int:
        return sum(one.units for one in self.all if one.anchored_at is None)

    def anchor_of(self, count: Count, units: int) -> float | None:
        reached = 0
        for anchor, size in sorted((one.anchored_at, one.units) for one in self.all if one.anchored_at is not None):
            reached += size
            if reached >= units:
                return anchor
        return None


@dataclass
class Vendor:
    """A vendor that knows its own window exactly and counts a request when it arrives."""

    window: str
    limit: int
    stamps: list[float] = field(default_factory=list)
    began: float = -math.inf

    def counts(self, now: float) -> bool:
        """Count a request; False when that is one too many."""
        over = {
            "sliding": False,
            "fixed": now >= self.began + MINUTE,
            "calendar": now // MINUTE != self.began // MINUTE,
        }
        if self.window == "sliding":
            self.stamps = [one for one in self.stamps if one + MINUTE > now]
        if over[self.window]:
            self.began, self.stamps = now, []
        self.stamps.append(now)
        return len(self.stamps) <= self.limit


@dataclass
class Call:
    """A request of ours on its way."""

    use: Use
    arrived: bool = False


class LimiterMachine(RuleBasedStateMachine):
    """Requests are sent, arrive, are answered or never leave, in any order and at any time."""

    calls = Bundle("calls")

    @initialize(window=st.sampled_from(["sliding", "fixed", "calendar"]), limit=st.integers(1, 4))
    def begin(self, window, limit):
        self.now, self.log = START, Uses()
        self.vendor = Vendor(window, limit)
        self.count = Count(1, "b", "requests", "minute", window, limit, 0)

    @rule(seconds=st.one_of(st.floats(0, 2), st.floats(0, 70), st.just(MINUTE), st.just(MARGIN_SECONDS / 2)))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(target=calls)
    def send(self):
        self.count.renew(self.now, self.log)
        free_at = self.count.free_at(1, self.count.limit, self.now, self.log)
        if free_at > 0:
            assert free_at > self.now
            return None
        self.count.take(1, self.now)
        use = Use(1)
        self.log.all.append(use)
        return Call(use)

    @rule(call=calls)
    def arrive(self, call):
        if call and not call.arrived and call.use in self.log.all and call.use.anchored_at is None:
            call.arrived = True
            assert self.vendor.counts(self.now), "the vendor would have refused"

    @rule(call=consumes(calls))
    def end(self, call):
        if call is None:
            return
        self.count.renew(self.now, self.log)
        if not call.arrived:
            self.count.give_back(1)
            self.log.all = [one for one in self.log.all if one is not call.use]
            return
        self.count.anchor(1, 1, self.now)
        if self.count.slides:
            call.use.anchored_at = self.now
        else:
            self.log.all = [one for one in self.log.all if one is not call.use]


LimiterMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=60, deadline=None)
TestLimiter = LimiterMachine.TestCase


def count(**fields):
    base = {"id": 1, "name": "b", "metric": "requests", "period": "minute", "window": "sliding", "limit": 2, "used": 0}
    return Count(**{**base, **fields})


def test_full_is_told_to_the_moment_at_which_the_needed_amount_is_free():
    log = Uses([Use(3, START), Use(4, START + 5)])
    one = count(metric="tokens", limit=10, used=7, oldest_at=START)
    assert one.free_at(6, 10, START + 10, log) == START + MINUTE + MARGIN_SECONDS
    assert one.free_at(8, 10, START + 10, log) == START + 5 + MINUTE + MARGIN_SECONDS


def test_more_than_the_limit_never_has_room():
    assert count().free_at(3, 2, START, Uses()) == math.inf


def test_calls_at_once_are_free_again_when_one_ends_and_not_by_the_clock():
    one = count(metric="concurrent", period="request", limit=1)
    one.take(1, START)
    one.renew(START + 1e6, Uses())
    assert one.free_at(1, 1, START + 1e6, Uses()) == START + 1e6 + LOOK_AGAIN_SECONDS
    one.anchor(1, 1, START + 1e6)
    assert one.free_at(1, 1, START + 1e6, Uses()) == 0


def test_a_capacity_that_comes_back_is_used_at_once():
    """Not only never too many: after a window everything is there again."""
    for window in ("sliding", "fixed", "calendar"):
        one, log = count(window=window), Uses()
        for _ in range(2):
            one.take(1, START)
            one.anchor(1, 1, START + 0.3)
            if one.slides:
                log.all.append(Use(1, START + 0.3))
        later = START + MINUTE + 0.3 + 2 * MARGIN_SECONDS
        one.renew(later, log)
        assert (one.used, one.free_at(2, 2, later, log)) == (0, 0), window


@pytest.mark.parametrize(
    ("period", "zone", "now", "expected"),
    [
        ("day", "America/Los_Angeles", datetime(2026, 10, 31, 20, tzinfo=UTC), datetime(2026, 11, 1, 7, tzinfo=UTC)),
        # The day of the change to winter time has 25 hours, the one to summer time 23.
        ("day", "America/Los_Angeles", datetime(2026, 11, 1, 7, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),
        ("day", "Europe/Warsaw", datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)),
        ("month", "UTC", datetime(2026, 1, 31, 12, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC)),
        ("hour", "Asia/Kolkata", datetime(2026, 1, 1, 12, 40, tzinfo=UTC), datetime(2026, 1, 1, 13, 30, tzinfo=UTC)),
        ("minute", "UTC", datetime(2026, 1, 1, 12, 40, 30, tzinfo=UTC), datetime(2026, 1, 1, 12, 41, tzinfo=UTC)),
    ],
)
def test_a_calendar_window_ends_at_the_vendors_own_boundary(period, zone, now, expected):
    found = datetime.fromtimestamp(next_boundary(period, zone, now.timestamp()), UTC)
    assert found == expected
    assert period != "day" or found.astimezone(ZoneInfo(zone)).hour == 0
