"""What the queue calls: look the row up, delegate, nothing else."""

from __future__ import annotations

import uuid

from django.db import Error
from django_q.exceptions import TimeoutException

from marketing import jobs, services
from marketing.models import Job


def run_job(job_id: str) -> None:
    """Do a job if it is still to be done. Failures of our own end it, so that nobody waits for a lease to run out."""
    if jobs.is_stopping():
        return
    claim = jobs.claim(uuid.UUID(job_id))
    if claim is None:
        return
    with jobs.Heartbeat(claim) as heartbeat:
        try:
            services.run_job(claim, heartbeat)
        except Error:
            # The database failed: the job has to be done again, and `reconcile` sees to it.
            raise
        except TimeoutException:
            jobs.finish(claim, Job.State.FAILED, failure={"kind": "TooSlow", "detail": "the job took too long"})
            raise
        except Exception as error:
            jobs.finish(claim, Job.State.FAILED, failure={"kind": "Internal", "detail": repr(error)[:500]})
            raise
