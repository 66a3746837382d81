"""Where a request may go and in which order, decided by a pure function that can be replayed."""

from providers.routing.planning import plan
from providers.routing.world import (
    DEFAULT_POLICY,
    Candidate,
    KeyState,
    Limit,
    Place,
    Plan,
    Policy,
    Ratings,
    Skip,
    Skipped,
    Task,
    World,
)

__all__ = [
    "DEFAULT_POLICY",
    "Candidate",
    "KeyState",
    "Limit",
    "Place",
    "Plan",
    "Policy",
    "Ratings",
    "Skip",
    "Skipped",
    "Task",
    "World",
    "plan",
]
