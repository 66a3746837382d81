"""A provider's circuit breaker: closed, open until a moment, then one probe taken from real traffic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

_SAME_SECONDS = 1e-3


class Gate(Enum):
    """What the breaker says to a request."""

    OPEN_WAY = "go"
    PROBE = "probe"
    CLOSED_WAY = "wait"


@dataclass(slots=True)
class Breaker:
    """The circuit's row while its lock is held. Moments are Unix time; None where there is none."""

    failures: int = 0
    open_until: float | None = None
    probe_until: float | None = None
    reason: str = ""
    changed: bool = False

    def gate(self, now: float) -> Gate:
        """Whether a request may pass; whoever gets PROBE and goes has to call `probe`."""
        if self.open_until is None:
            return Gate.OPEN_WAY
        return Gate.PROBE if self.returns_at(now) <= now else Gate.CLOSED_WAY

    def returns_at(self, now: float) -> float:
        """The earliest moment for another request."""
        return max(self.open_until or now, self.probe_until or now)

    def probe(self, lease_until: float) -> None:
        """One request tests the provider; until the lease is over nobody else does. The lease is the probe's name."""
        self.probe_until, self.changed = lease_until, True

    def _holds(self, probe: float | None) -> bool:
        # The database keeps microseconds.
        return probe is not None and self.probe_until is not None and abs(self.probe_until - probe) < _SAME_SECONDS

    def succeed(self, probe: float | None) -> None:
        """The provider answered. A call from before the pause does not end it; `probe` is the lease of one that may."""
        if self.open_until is not None and probe is None:
            return
        self.changed = self.changed or bool(self.failures or self.open_until)
        self.failures, self.open_until, self.probe_until, self.reason = 0, None, None, ""

    def fail(
        self, reason: str, now: float, *, threshold: int, recovery: float, stated: float, probe: float | None
    ) -> None:
        """The provider failed. `stated` is the moment that it named itself, or 0; the longer pause wins."""
        self.failures, self.reason, self.changed = self.failures + 1, reason, True
        was_open = self.open_until is not None
        if probe is not None or (not was_open and self.failures >= threshold):
            self.open_until = max(self.open_until or 0.0, now + recovery, stated)
        elif stated > now:
            # A stated reset is slept to exactly, also after the first failure.
            self.open_until = max(self.open_until or 0.0, stated)
        if self._holds(probe):
            self.probe_until = None

    def release(self, probe: float | None) -> None:
        """The call says nothing about the provider; the next request may test it."""
        if self._holds(probe):
            self.probe_until, self.changed = None, True
