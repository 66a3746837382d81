"""What a caller learns of a request: its progress, its answer with provenance, or that nobody could answer."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from django.utils import timezone

from providers.errors import FallbackExhaustedError
from providers.types import Result

T = TypeVar("T")


class Happening(StrEnum):
    """What an event tells."""

    ASKING = "asking"
    ASKING_AGAIN = "asking_again"
    CHECKING = "checking"
    FALLING_BACK = "falling_back"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Event:
    """Progress of a request. `reason` is an error's kind, `until` when that place returns, if known.

    While it waits for capacity it is at no place: `provider` and `model_id` are empty then.
    """

    happening: Happening
    provider: str
    model_id: str
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One attempt as the caller may see it."""

    provider: str
    provider_name: str
    model_id: str
    outcome: str
    http_status: int | None
    error: str
    latency_ms: int


@dataclass(frozen=True, slots=True)
class Answer(Generic[T]):
    """A checked answer with its provenance; `result` is what the place gave, `value` what the check made of it."""

    value: T
    result: Result
    request_id: uuid.UUID
    provider: str
    provider_name: str
    tried: tuple[Tried, ...]


class Exhausted(FallbackExhaustedError):  # noqa: N818 - it is FallbackExhaustedError with the story attached
    """No place answered. `tried` tells which were asked; `until` when the first one returns, if any does.

    `capacity_until`: when a limit makes room again. Unlike a sick provider's return that is certain enough to wait for.
    """

    def __init__(
        self, tried: tuple[Tried, ...], until: datetime | None, capacity_until: datetime | None = None
    ) -> None:
        wait = max(0.0, (until - timezone.now()).total_seconds()) if until else None
        super().__init__("no provider can answer now", wait_seconds=wait)
        self.tried = tried
        self.until = until
        self.capacity_until = capacity_until

    @property
    def kind(self) -> str:
        """The parent's stable word."""
        return "FallbackExhausted"
