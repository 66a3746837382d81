"""A job's life: claim, heartbeat, finish, reconcile. Every step is one conditional UPDATE; its row count is the answer.

The row is the truth, the queue only carries wake-ups (docs/adr/0004). Times are the database's clock (docs/adr/0043):
hosts need not agree on theirs.
"""

from __future__ import annotations

import logging
import mmap
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from types import TracebackType
from typing import Any, Self

from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import Case, F, Q, QuerySet, When
from django_q.conf import Conf
from django_q.models import OrmQ
from django_q.tasks import async_task

from marketing import clock
from marketing.models import Job
from marketing.steps import Step, StepsWith
from providers import notifying

logger = logging.getLogger(__name__)

TASK = "marketing.tasks.run_job"
# A job that killed so many workers in a row would go on killing them.
MOST_CLAIMS = 5
# A wake-up that brought no worker for so long is taken as lost and sent again.
RESEND_AFTER = timedelta(seconds=6)
# Less than RESEND_AFTER, for sending again sets the clock back: an idle cluster picks a job up in milliseconds.
STUCK_AFTER = timedelta(seconds=4)
# A cluster that began or ended any job so lately is alive, only busy.
ALIVE_WITHIN = timedelta(seconds=10)
# From the storing of a job to its wake-up: the rest of the caller's transaction.
COMMIT_SLACK = timedelta(seconds=1)
# How soon a worker hears that its job was cancelled or that it has to stop.
LOOK_SECONDS = 0.5
ENDED = [Job.State.FAILED, Job.State.CANCELLED]


class NoCapacityYetError(Exception):
    """Nobody can answer before `until`: the job sleeps until then and goes on from its checkpoint."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until)
        self.until = until


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write to a running job, until its lease ends or somebody else takes over."""

    job_id: uuid.UUID
    token: str = field(repr=False)


# One byte shared with forked workers. No lock, for a worker killed while it holds one would hang the others.
_stopping = mmap.mmap(-1, 1)


def stop_working() -> None:
    """Make this process and the workers it forked give their jobs back and claim no more."""
    _stopping[0] = 1


def is_stopping() -> bool:
    """Whether the cluster that this process belongs to is shutting down."""
    return bool(_stopping[0])


def enqueue(job: Job) -> None:
    """Wake a worker for a waiting job once the transaction is through. A wake-up that fails is sent by `reconcile`."""
    transaction.on_commit(partial(async_task, TASK, str(job.pk)), robust=True)


def claim(job_id: uuid.UUID) -> Claim | None:
    """Take a job that waits, or whose worker's lease has run out; None when there is nothing to take."""
    now = clock.now()
    token = uuid.uuid4().hex
    abandoned = Q(state=Job.State.RUNNING, lease_until__lt=now, claims__lt=MOST_CLAIMS, cancel_requested=False)
    taken = Job.objects.filter(_awake(now) | abandoned, pk=job_id).update(
        state=Job.State.RUNNING,
        token=token,
        claims=F("claims") + 1,
        lease_until=now + _lease(),
        not_before=None,
        started_at=now,
        version=F("version") + 1,
        steps=Case(
            When(state=Job.State.RUNNING, then=StepsWith(Step(kind="taken_over"))),
            default=F("steps"),
        ),
    )
    return Claim(job_id, token) if taken else None


def note(claim: Claim, step: Step, **changes: Any) -> bool:
    """Add a step, and other changes to the row with it, for people to see; False when the claim is lost."""
    return bool(_held(claim).update(steps=StepsWith(step), version=F("version") + 1, **changes))


def advance(claim: Claim, **changes: Any) -> bool:
    """Change a running job's row for people to see; False when the claim is lost."""
    return bool(_held(claim).update(version=F("version") + 1, **changes))


def finish(claim: Claim, state: Job.State, failure: dict[str, Any] | None = None, **changes: Any) -> bool:
    """End a job; False when the claim is lost. Belongs into the transaction that stores what the job brought."""
    with transaction.atomic():
        ended = bool(_held(claim).update(**_ended(state, failure), **changes))
        if ended:
            _announce(Job.objects.filter(pk=claim.job_id))
    return ended


def _announce(ended: QuerySet[Job]) -> None:
    """Tell the clients whose jobs these are how they ended."""
    for job in ended.filter(client__isnull=False):
        data = {"id": str(job.pk), "kind": job.content_type, "state": job.state, "self": f"/api/v1/jobs/{job.pk}"}
        notifying.announce(job.client_id or 0, f"job.{job.state}", data)


def give_back(claim: Claim) -> bool:
    """Let another worker have a job, as this one shuts down; what is finished stays. False when the claim is lost."""
    if _held(claim).filter(cancel_requested=True).update(**_ended(Job.State.CANCELLED)):
        return True
    given = _held(claim).update(
        state=Job.State.WAITING,
        token="",
        lease_until=None,
        # This claim did not kill its worker.
        claims=F("claims") - 1,
        enqueued_at=clock.now(),
        version=F("version") + 1,
        steps=StepsWith(Step(kind="waiting")),
    )
    if given:
        transaction.on_commit(partial(async_task, TASK, str(claim.job_id)), robust=True)
    return bool(given)


def sleep(claim: Claim, until: datetime) -> bool:
    """Give a job back until there is capacity for it; what is finished stays. False when the claim is lost.

    `until` is by this host's clock.
    """
    until = clock.from_host(until)
    if _held(claim).filter(cancel_requested=True).update(**_ended(Job.State.CANCELLED)):
        return True
    return bool(
        _held(claim).update(
            state=Job.State.WAITING,
            token="",
            lease_until=None,
            not_before=until,
            # Nobody died of it.
            claims=F("claims") - 1,
            version=F("version") + 1,
            steps=StepsWith(Step(kind="waiting", until=until.isoformat())),
        )
    )


def wake_sleepers() -> int:
    """Send wake-ups for jobs whose time has come: the most urgent first, then the most valuable; how many."""
    now = clock.now()
    asleep = Job.objects.filter(state=Job.State.WAITING, not_before__lte=now)
    woken = 0
    for pk in asleep.order_by(F("due_at").asc(nulls_last=True), "-value", "created_at").values_list("pk", flat=True):
        # The queue keeps the order, and each sleeper goes to one host.
        if asleep.filter(pk=pk).update(not_before=None, enqueued_at=clock.now()):
            async_task(TASK, str(pk))
            woken += 1
    return woken


def request_cancel(job_id: uuid.UUID) -> bool:
    """Cancel a waiting job, or tell a running one's worker to; False when it has ended already."""
    row = Job.objects.filter(pk=job_id)
    # Twice, for a worker may give the job back between the two questions.
    for _ in range(2):
        with transaction.atomic():
            if row.filter(state=Job.State.WAITING).update(**_ended(Job.State.CANCELLED)):
                _announce(row)
                return True
        if row.filter(state=Job.State.RUNNING).update(cancel_requested=True, version=F("version") + 1):
            return True
    return False


def retry(job: Job) -> bool:
    """Let a failed or cancelled job run again; what it had finished stays. False when it is in another state."""
    with transaction.atomic():
        again = Job.objects.filter(pk=job.pk, state__in=ENDED).update(
            state=Job.State.WAITING,
            token="",
            claims=0,
            lease_until=None,
            cancel_requested=False,
            failure={},
            enqueued_at=clock.now(),
            started_at=None,
            finished_at=None,
            not_before=None,
            version=F("version") + 1,
        )
        if again:
            enqueue(job)
    return bool(again)


def reconcile() -> int:
    """Mend what crashes left behind and wake workers for stale jobs; how many were woken for.

    Any number of hosts may do this at once: each row goes to the one whose UPDATE still finds its `enqueued_at`.
    """
    now = clock.now()
    abandoned = Job.objects.filter(state=Job.State.RUNNING, lease_until__lt=now)
    lethal = {"kind": "WorkerLost", "detail": f"the worker died {MOST_CLAIMS} times over this job"}
    _end_each(abandoned.filter(cancel_requested=True), _ended(Job.State.CANCELLED))
    _end_each(abandoned.filter(claims__gte=MOST_CLAIMS), _ended(Job.State.FAILED, lethal))
    woken = wake_sleepers()
    unclaimed = Job.objects.filter(_awake(now)) | abandoned
    for pk, enqueued_at in unclaimed.filter(enqueued_at__lt=_stale_before(now)).values_list("pk", "enqueued_at"):
        if unclaimed.filter(pk=pk, enqueued_at=enqueued_at).update(enqueued_at=clock.now()):
            async_task(TASK, str(pk))
            woken += 1
    return woken


def _end_each(jobs: QuerySet[Job], changes: dict[str, Any]) -> None:
    """End jobs that no worker will end, each with its announcement."""
    for pk in list(jobs.values_list("pk", flat=True)):
        with transaction.atomic():
            if jobs.filter(pk=pk).update(**changes):
                _announce(Job.objects.filter(pk=pk))


def is_stuck() -> bool:
    """Whether a job waits although workers should be free: the sign of a cluster that looks alive and is not."""
    now = clock.now()
    if not Job.objects.filter(_awake(now), enqueued_at__lt=now - STUCK_AFTER).exists():
        return False
    busy = Job.objects.filter(state=Job.State.RUNNING, lease_until__gte=now).count()
    if busy >= Conf.WORKERS:
        return False
    lately = now - ALIVE_WITHIN
    return not Job.objects.filter(Q(started_at__gt=lately) | Q(finished_at__gt=lately)).exists()


def _lease() -> timedelta:
    return timedelta(seconds=settings.JOB_LEASE_SECONDS)


def _awake(now: datetime) -> Q:
    return Q(state=Job.State.WAITING) & (Q(not_before=None) | Q(not_before__lte=now))


def _held(claim: Claim) -> QuerySet[Job]:
    return Job.objects.filter(pk=claim.job_id, token=claim.token, state=Job.State.RUNNING)


def _ended(state: Job.State, failure: dict[str, Any] | None = None) -> dict[str, Any]:
    return {
        "state": state,
        "failure": failure or {},
        "lease_until": None,
        "cancel_requested": False,
        "finished_at": clock.now(),
        "version": F("version") + 1,
    }


def _stale_before(now: datetime) -> datetime:
    """Jobs whose wake-up was sent before this have lost it.

    Wake-ups leave the queue in order. So while older ones stand in it, the jobs behind them are late, not lost, and a
    long backlog does not breed ever more wake-ups.
    """
    oldest = OrmQ.objects.filter(key=Conf.CLUSTER_NAME).order_by("id").values_list("lock", flat=True).first()
    return min(now - RESEND_AFTER, oldest - COMMIT_SLACK) if oldest else now - RESEND_AFTER


class Heartbeat:
    """Keeps a claim alive from a thread of its own, and hears there when the work has to stop.

    Use it as a context manager around the work. `on_lost` and `on_cancel` take what to call, on that thread, when
    another worker took the job over (or this one shuts down) or when a person cancelled it; what has happened before
    is told at once.
    """

    def __init__(self, claim: Claim) -> None:
        self._claim = claim
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"heartbeat {claim.job_id}", daemon=True)
        self._lock = threading.Lock()
        self._heard: set[str] = set()
        self._listeners: dict[str, list[Callable[[], object]]] = {"lost": [], "cancel": []}
        self._lease_ends = time.monotonic() + settings.JOB_LEASE_SECONDS
        # The claim itself has just set the lease; no write before a third of it is over.
        self._extend_at = time.monotonic() + settings.JOB_LEASE_SECONDS / 3

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def on_lost(self, listener: Callable[[], object]) -> None:
        """Call this when the claim is lost: nothing more may be written."""
        self._listen("lost", listener)

    def on_cancel(self, listener: Callable[[], object]) -> None:
        """Call this when a person wants the job to end as cancelled."""
        self._listen("cancel", listener)

    def _listen(self, what: str, listener: Callable[[], object]) -> None:
        with self._lock:
            self._listeners[what].append(listener)
            told = what in self._heard
        if told:
            listener()

    def _tell(self, what: str) -> None:
        with self._lock:
            listeners = [] if what in self._heard else list(self._listeners[what])
            self._heard.add(what)
        for listener in listeners:
            listener()

    def _run(self) -> None:
        try:
            while "lost" not in self._heard and self._look_safely():
                if self._over.wait(min(LOOK_SECONDS, settings.JOB_LEASE_SECONDS / 3)):
                    return
        finally:
            connection.close()

    def _look_safely(self) -> bool:
        """Look once; a database that hiccups is asked again until the lease must have ended."""
        try:
            return self._look()
        except Error as error:
            logger.warning("The heartbeat of job %s failed: %s", self._claim.job_id, error)
            connection.close()
            if time.monotonic() >= self._lease_ends:
                self._tell("lost")
            return True

    def _look(self) -> bool:
        """Whether there is a reason to look again."""
        now = time.monotonic()
        if is_stopping():
            give_back(self._claim)
            self._tell("lost")
            return False
        if now >= self._extend_at and _held(self._claim).update(lease_until=clock.now() + _lease()):
            self._lease_ends = now + settings.JOB_LEASE_SECONDS
            self._extend_at = now + settings.JOB_LEASE_SECONDS / 3
        row = Job.objects.filter(pk=self._claim.job_id).values("token", "state", "cancel_requested").first()
        if row is None or row["token"] != self._claim.token:
            self._tell("lost")
        elif row["cancel_requested"]:
            self._tell("cancel")
        # Under our own token it can only have ended by our own `finish`.
        return row is not None and row["state"] == Job.State.RUNNING
