"""Whole campaigns: one brief becomes a job for every channel and language, and is followed as one piece of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction

from marketing import services
from marketing.models import BriefSet, Job
from marketing.services import Options


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a whole campaign is: its jobs in the order in which they were asked, and their sums."""

    jobs: tuple[Job, ...]

    @property
    def done(self) -> int:
        """How many places are written."""
        return sum(job.parts_done for job in self.jobs)

    @property
    def total(self) -> int:
        """How many places there are to write."""
        return sum(job.parts_total for job in self.jobs)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more will happen by itself."""
        return all(job.is_finished for job in self.jobs)

    @property
    def stopping(self) -> bool:
        """Whether what is left was told to stop."""
        return not self.is_finished and all(job.cancel_requested for job in self.jobs if not job.is_finished)

    @property
    def state(self) -> str:
        """One of a job's states for all of them: the one that asks for a person's attention wins."""
        found = Counter(job.state for job in self.jobs)
        if not self.is_finished:
            waiting = found[Job.State.WAITING] == len(self.jobs)
            return (Job.State.WAITING if waiting else Job.State.RUNNING).value
        for state in (Job.State.FAILED, Job.State.CANCELLED):
            if found[state]:
                return state.value
        return Job.State.DONE.value


@transaction.atomic
def request_set(
    owner: AbstractBaseUser,
    title: str,
    typed: Mapping[str, Any],
    briefs: Sequence[tuple[str, dict[str, Any]]],
    options: Options,
) -> BriefSet:
    """Store a whole campaign with one job for each brief, or nothing. Raises pydantic's ValidationError.

    `typed` is the form as it was sent, `briefs` the content types with the brief of each.
    """
    made = BriefSet.objects.create(owner_id=owner.pk, title=title[:200], brief=dict(typed))
    for kind, brief in briefs:
        services.request_generation(owner, kind, brief, options, part_of=made)
    return made


def tally(brief_set: BriefSet) -> Tally:
    """How far it is."""
    return _tally(brief_set.jobs.all())


def tallies(sets: Iterable[BriefSet]) -> dict[Any, Tally]:
    """How far each of them is, with one query."""
    jobs: dict[Any, list[Job]] = {one.pk: [] for one in sets}
    # Only states and counts are shown; briefs and stories stay where they are.
    lean = Job.objects.defer("brief", "steps", "options", "checkpoint", "result")
    for job in lean.filter(brief_set__in=list(jobs), regenerates=None):
        jobs[job.brief_set_id].append(job)
    return {number: _tally(found) for number, found in jobs.items()}


def cancel(brief_set: BriefSet) -> int:
    """Stop what is not finished; how many jobs were told."""
    return sum(services.cancel(job) for job in tally(brief_set).jobs if not job.is_finished)


def retry(brief_set: BriefSet) -> int:
    """Run again what failed or was cancelled; how many jobs that are."""
    again = {Job.State.FAILED, Job.State.CANCELLED}
    return sum(services.retry(job) for job in tally(brief_set).jobs if job.state in again)


def _tally(jobs: Iterable[Job]) -> Tally:
    own = (job for job in jobs if job.regenerates_id is None)
    return Tally(tuple(sorted(own, key=lambda job: job.created_at)))
