"""Waiting for capacity within a caller's patience: until the moment that the ledger names, or until some comes back."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Self
from weakref import WeakKeyDictionary

from django.utils import timezone

from providers.routing import Task

# Left of the deadline for the call itself, as a share and at most in seconds.
_SHARE_FOR_THE_CALL = 0.1
_LONGEST_FOR_THE_CALL = 1.0
# Another process may give something back, and tells nobody: look again this often.
_LONGEST_SLEEP_SECONDS = 2.0
# So that processes that sleep until the same moment do not all come at once.
_JITTER_SECONDS = 0.02

_sleepers: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Event] = WeakKeyDictionary()


def wake() -> None:
    """Something came back in this process: let its sleepers look."""
    event = _sleepers.pop(asyncio.get_running_loop(), None)
    if event:
        event.set()


@dataclass(frozen=True, slots=True)
class Patience:
    """How long one request may wait; `end` in monotonic seconds."""

    end: float

    @classmethod
    def of(cls, task: Task) -> Self:
        """From now, as its deadline and its own patience allow."""
        for_the_call = min(_LONGEST_FOR_THE_CALL, task.deadline_seconds * _SHARE_FOR_THE_CALL)
        return cls(time.monotonic() + min(task.patience_seconds, task.deadline_seconds - for_the_call))

    def reaches(self, until: datetime) -> bool:
        """Whether it lasts until then."""
        return time.monotonic() + _seconds_to(until) <= self.end

    async def wait(self, until: datetime) -> None:
        """Sleep until then, or until something comes back, or for a while: then it is worth another look."""
        jitter = random.uniform(0.001, _JITTER_SECONDS)  # noqa: S311 - not a secret
        event = _sleepers.setdefault(asyncio.get_running_loop(), asyncio.Event())
        with suppress(TimeoutError):
            await asyncio.wait_for(event.wait(), min(_seconds_to(until), _LONGEST_SLEEP_SECONDS) + jitter)


def _seconds_to(until: datetime) -> float:
    return max(0.0, (until - timezone.now()).total_seconds())
