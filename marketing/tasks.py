"""What the queue calls: look the row up, delegate, nothing else."""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from types import TracebackType

from django.db import Error
from django.dispatch import Signal
from django_q.exceptions import TimeoutException

from marketing import jobs, services
from marketing.models import Job
from providers.access import serving_request, trace_of_job

logger = logging.getLogger(__name__)

# Sent with `error` and `job_id` when a fault of our own ends a job.
job_broke = Signal()


@dataclass(frozen=True, slots=True)
class _FailedByFaults:
    """A fault of our own ends the job at once, so that nobody waits for its lease; the fault itself goes on."""

    claim: jobs.Claim

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, TimeoutException):
            self._end("TooSlow", "the job took too long")
        elif isinstance(error, Exception) and not isinstance(error, Error):
            # When the database fails the job has to be done again, and `reconcile` sees to it.
            self._end("Internal", repr(error)[:500])
            job_broke.send(type(self), error=error, job_id=self.claim.job_id)

    def _end(self, kind: str, detail: str) -> None:
        jobs.finish(self.claim, Job.State.FAILED, failure={"kind": kind, "detail": detail})


def run_job(job_id: str) -> None:
    """Do a job if it is still to be done."""
    if jobs.is_stopping():
        return
    claim = jobs.claim(uuid.UUID(job_id))
    if claim is None:
        return
    row = Job.objects.filter(pk=claim.job_id)
    asked_by, trace, kind = row.values_list("request_id", "trace", "content_type").first() or ("", "", "")
    with (
        serving_request(asked_by or str(claim.job_id)),
        trace_of_job(claim.job_id, kind, trace) as span,
        jobs.Heartbeat(claim) as heartbeat,
        _FailedByFaults(claim),
    ):
        logger.info("job %s begins", claim.job_id)
        services.run_job(claim, heartbeat)
        if span:
            span.note({"prometheus.job.state": row.values_list("state", flat=True).first() or ""})
