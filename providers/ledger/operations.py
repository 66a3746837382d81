"""What callers ask of the ledger: begin and settle, and what they get for an answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from providers.errors import ProviderError
from providers.models import Attempt
from providers.routing import DEFAULT_POLICY, Place, Plan, Task
from providers.types import LimitReading, Request, Result


@dataclass(frozen=True, slots=True)
class Start:
    """Plan a request in the world as it is, remember the decision, and begin its first attempt: all in one go."""

    request_id: uuid.UUID
    task: Task
    request: Request


class Decided(NamedTuple):
    """A decision as it is stored: whose, in which configuration, when, and the rest as `routing.records` packs it."""

    request_id: uuid.UUID
    configuration: uuid.UUID
    decided_at: datetime
    packed: bytes


@dataclass(frozen=True, slots=True)
class Begin:
    """Reserve at the first of these places that has room now. `number` counts the request's attempts."""

    request_id: uuid.UUID
    number: int
    task: Task
    request: Request
    places: tuple[Place, ...]
    # What background work leaves to others, and the decision itself where it is to be remembered.
    reserve: float = DEFAULT_POLICY.interactive_reserve
    decision: Decided | None = None

    def units(self, place: Place, metric: str) -> int:
        """What the request may take at most of a limit at this place: an estimate in, the longest answer out."""
        if metric != "tokens":
            return 1
        return self.request.estimated_prompt_tokens + min(self.request.max_tokens, place.candidate.max_output_tokens)


@dataclass(frozen=True, slots=True)
class Opened:
    """An attempt that may go out, with everything reserved that its place counts. `probe` names a circuit's probe."""

    attempt_id: int
    place: Place
    probe: float | None = None


@dataclass(frozen=True, slots=True)
class Full:
    """No place has room. `until` is the earliest moment at which one could, or None when waiting does not help."""

    until: datetime | None


@dataclass(frozen=True, slots=True)
class Started:
    """A request's plan, the reserve of its world, and what came of its first attempt; None where nothing was begun."""

    plan: Plan
    reserve: float
    outcome: Opened | Full | None = None

    def with_outcome(self, outcome: Opened | Full) -> Started:
        """The same plan with what came of it."""
        return Started(self.plan, self.reserve, outcome)


@dataclass(frozen=True, slots=True)
class Settlement:
    """How an attempt ended. `never_left`: nothing reached the vendor, so nothing was used.

    `limits`: what the headers of its answers said of the vendor's limits.
    """

    outcome: Attempt.Outcome
    latency_ms: int
    result: Result | None = None
    error: ProviderError | None = None
    never_left: bool = False
    limits: tuple[LimitReading, ...] = ()

    @property
    def gives_back(self) -> bool:
        """Whether the vendor counted nothing: it was never asked, or it said that the limit is reached."""
        refused = self.error is not None and self.error.http_status == TOO_MANY
        return self.never_left or refused or (self.error is not None and self.error.never_left)


@dataclass(frozen=True, slots=True)
class Settle:
    """Write the end of an attempt and what it means for its limits, its key, its model and its provider."""

    opened: Opened
    settlement: Settlement


@dataclass(frozen=True, slots=True)
class Beat:
    """Extend this process's lease."""


Operation = Begin | Settle | Beat
Outcome = Opened | Full | None

TOO_MANY = 429
