"""The circuit breaker: a sick provider costs a few attempts, and one probe at a time brings it back."""

from __future__ import annotations

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, initialize, invariant, rule

from providers.ledger.breaker import Breaker, Gate

pytestmark = pytest.mark.once

RECOVERY, LEASE = 60.0, 35.0


class BreakerMachine(RuleBasedStateMachine):
    """Requests ask, succeed, fail or vanish at any time; the model knows who probes."""

    calls = Bundle("calls")

    @initialize(threshold=st.integers(1, 5))
    def begin(self, threshold):
        self.now, self.breaker, self.threshold = 1000.0, Breaker(), threshold
        self.failures, self.probes = 0, {}

    @rule(seconds=st.floats(0, 100))
    def time_passes(self, seconds):
        self.now += seconds

    @rule(target=calls)
    def ask(self):
        gate = self.breaker.gate(self.now)
        if gate is Gate.CLOSED_WAY:
            assert self.breaker.returns_at(self.now) > self.now
            return None
        if gate is Gate.PROBE:
            assert not [end for end in self.probes.values() if end > self.now], "two probes at once"
            self.breaker.probe(self.now + LEASE)
        lease = self.now + LEASE if gate is Gate.PROBE else None
        call = [lease]
        if lease is not None:
            self.probes[id(call)] = lease
        return call

    @rule(call=consumes(calls), stated=st.sampled_from([0.0, 5.0, 300.0]))
    def fail(self, call, stated):
        if call is None:
            return
        probing = call[0] is not None
        self.probes.pop(id(call), None)
        was_open = self.breaker.open_until
        until = self.now + stated if stated else 0.0
        self.breaker.fail("Unavailable", self.now, threshold=self.threshold, recovery=RECOVERY, stated=until,
                          probe=call[0])  # fmt: skip
        self.failures += 1
        if until:
            assert (self.breaker.open_until or 0) >= until, "a stated reset is slept to"
        if was_open is not None:
            assert (self.breaker.open_until or 0) >= was_open, "the longer deadline wins"
        if probing or self.failures >= self.threshold:
            assert self.breaker.open_until is not None

    @rule(call=consumes(calls))
    def succeed(self, call):
        if call is None:
            return
        probing, was_open = call[0] is not None, self.breaker.open_until
        self.probes.pop(id(call), None)
        self.breaker.succeed(call[0])
        if probing or was_open is None:
            self.failures, self.probes = 0, {}
            assert self.breaker.open_until is None
        else:
            assert self.breaker.open_until == was_open, "only a probe ends a pause"

    @rule(call=consumes(calls))
    def vanish(self, call):
        """Cancelled: it says nothing about the provider."""
        if call is None:
            return
        self.probes.pop(id(call), None)
        self.breaker.release(call[0])

    @invariant()
    def enough_failures_in_a_row_keep_it_shut(self):
        if hasattr(self, "breaker") and self.failures >= self.threshold:
            assert self.breaker.open_until is not None


BreakerMachine.TestCase.settings = settings(max_examples=80, stateful_step_count=50, deadline=None)
TestBreaker = BreakerMachine.TestCase


def test_an_outage_costs_the_threshold_and_one_probe_for_each_recovery_time():
    breaker, attempts = Breaker(), 0
    for tick in range(600):
        now = 1000.0 + tick / 10
        gate = breaker.gate(now)
        if gate is not Gate.CLOSED_WAY:
            attempts += 1
            breaker.fail("Unavailable", now, threshold=3, recovery=60, stated=0, probe=None)
    assert attempts == 3
