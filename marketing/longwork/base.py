"""What every kind of long work offers, and how it tells what it has done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from marketing import jobs
from marketing.models import Job


class StoppedError(Exception):
    """The job was cancelled or another worker has it: stop writing, roll back what is half done."""


@dataclass(slots=True)
class Progress:
    """A claimed job's way to say how far it is. Every write is guarded by the claim."""

    claim: jobs.Claim
    stopped: bool = False

    def stop(self) -> None:
        """End the work at its next report; called from the heartbeat's thread."""
        self.stopped = True

    def report(self, done: int, *, total: int | None = None, checkpoint: dict[str, Any] | None = None) -> None:
        """Tell how many parts are done. Inside the transaction that stores them, so that a takeover repeats none.

        `checkpoint` is what a takeover finds in `Job.checkpoint`. Raises StoppedError when nothing more may be written.
        """
        changes: dict[str, Any] = {"parts_done": done}
        if total is not None:
            changes["parts_total"] = total
        if checkpoint is not None:
            changes["checkpoint"] = checkpoint
        if self.stopped or not jobs.advance(self.claim, **changes):
            raise StoppedError


class LongWork:
    """A kind of long work. `slug` names it in `Job.content_type`; the job's `brief` is what it needs to know."""

    slug: ClassVar[str]

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Do it from `job.checkpoint` on; what is returned becomes `Job.result`.

        Raises StoppedError as it came from `progress`, jobs.NoCapacityYetError where waiting helps, and ValueError with
        a sentence for the person when the input cannot be used.
        """
        raise NotImplementedError

    def result_url(self, job: Job) -> str:
        """The page that shows what a finished job brought."""
        raise NotImplementedError
