"""Real processes that want the same job at the same moment."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from django.conf import settings

from marketing import jobs
from marketing.jobs import Claim
from marketing.models import Job
from marketing.steps import Step
from tests.jobs.conftest import NewJob
from tests.jobs.house import own_database_url

pytestmark = pytest.mark.django_db(transaction=True)

# Each says that it is ready, waits for the others, and then does its part for every id it was given.
RIVAL = """
import sys, uuid, django
django.setup()
from marketing import jobs
from marketing.models import Job
Job.objects.count()
print("ready", flush=True)
for line in iter(sys.stdin.readline, ""):
    job, token = (line.split() + [""])[:2]
    {act}
    if won:
        print(job, flush=True)
print("over", flush=True)
"""


def compete(act: str, lines: list[str], rivals: int) -> list[str]:
    """What each of the rivals printed for the lines they all got at once."""
    environment = {**os.environ, "DATABASE_URL": own_database_url(), "DATA_DIR": str(settings.DATA_DIR)}
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", RIVAL.format(act=act)],
            env=environment, cwd=settings.BASE_DIR, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for _ in range(rivals)
    ]  # fmt: skip
    for program in programs:
        assert program.stdout
        assert program.stdout.readline() == "ready\n"
    said = []
    for program in programs:
        assert program.stdin
        program.stdin.write("\n".join(lines) + "\n")
    for program in programs:
        assert program.stdin
        program.stdin.close()
    for program in programs:
        assert program.stdout
        said += program.stdout.read().split()
        program.stdout.close()
        assert program.wait(10) == 0
    return [word for word in said if word != "over"]


def test_of_eight_processes_exactly_one_claims_each_job(new_job: NewJob) -> None:
    wanted = [str(new_job().pk) for _ in range(20)]
    claimed = compete("won = jobs.claim(uuid.UUID(job))", wanted, rivals=8)
    assert Counter(claimed) == Counter(wanted)


def test_of_four_processes_exactly_one_takes_over_each_abandoned_job(new_job: NewJob) -> None:
    wanted = [str(new_job(state="running", lease_until=-1, claims=1).pk) for _ in range(20)]
    claimed = compete("won = jobs.claim(uuid.UUID(job))", wanted, rivals=4)
    assert Counter(claimed) == Counter(wanted)


def test_of_four_reconcilers_exactly_one_wakes_a_worker_for_each_job(new_job: NewJob) -> None:
    for _ in range(20):
        new_job(enqueued_at=-60)
    woken = compete("won = False; print(f'{jobs.reconcile()}x', flush=True)", ["-"], rivals=4)
    assert sum(int(word.removesuffix("x")) for word in woken) == 20


def test_steps_written_at_once_are_all_kept(job: Job) -> None:
    claim = jobs.claim(job.pk)
    assert claim
    line = f"{job.pk} {claim.token}"
    compete(
        "won = [jobs.note(jobs.Claim(uuid.UUID(job), token), jobs.Step(kind='asking')) for _ in range(25)]",
        [line],
        rivals=4,
    )
    job.refresh_from_db()
    assert (len(job.steps), job.version) == (100, 101)
    assert jobs.note(Claim(job.pk, claim.token), Step(kind="written"))
