"""Runs that go on at a vendor's while we wait, and who remembers them beyond this process. No Django, no database."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class VendorRun:
    """One run as the vendor last told of it. `status` is in the vendor's words, `ended` what it means.

    `urls` are the vendor's own addresses by their purpose (`get`, `cancel`, `stream`).
    """

    run_id: str
    status: str
    ended: bool
    urls: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """A run that was begun for the same request by a process that is gone.

    `run_id` is empty when that process ended before the vendor named the run; it was asked for at `begun_at`.
    """

    run_id: str
    begun_at: datetime


class RunRecord(Protocol):
    """The memory of one run. While it is open, nobody else takes the run over."""

    @property
    def earlier(self) -> EarlierRun | None:
        """What to go on with instead of asking anew, if anything."""

    async def note(self, run: VendorRun) -> bool:
        """Remember what the vendor said; False when another caller already waits for this very run."""

    async def has_ended(self) -> bool:
        """Whether the vendor's webhook reported the end."""

    async def close(self, *, resumable: bool = False) -> None:
        """The caller is done with the run. `resumable`: it goes on all the same, as cancelling it failed."""


class RunBook(Protocol):
    """Where runs are remembered, so that one that was started is never paid for twice."""

    @property
    def webhook_url(self) -> str:
        """Where the vendor may report, or an empty string."""

    async def begin(self, fingerprint: str) -> RunRecord:
        """Write down that a request is about to start a run; the same request has the same fingerprint."""
