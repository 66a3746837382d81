"""What returns by the clock: each chore is done by whichever host moves its due time on, and by no other.

The parent looks every few seconds and puts what is due into the queue; a worker does it beside its jobs. A chore that
dies half way is due again at its next turn, so every chore may be done twice.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType, TracebackType

from django.conf import settings
from django.db import connection
from django_q.tasks import async_task

from marketing import clock, finding, idempotency
from prometheus import alerts, own_errors, personal_data, report_mails
from providers import notifying
from providers.models import Chore
from providers.monitoring import faults, retention, rollups

logger = logging.getLogger(__name__)
TASK = "prometheus.chores.work"


@dataclass(frozen=True, slots=True)
class Kind:
    """A chore: how often, and what is done. `do` gets what the chore remembers and returns what it is to remember."""

    every: timedelta
    do: Callable[[dict[str, str]], dict[str, str]]


def _sum_up(state: dict[str, str]) -> dict[str, str]:
    """Roll attempts up by hour and day, and group their errors by cause."""
    since = datetime.fromisoformat(state["since"]) if "since" in state else rollups.first_hour()
    for hour in rollups.hours_with_attempts(since):
        faults.group_hour(hour)
    if not settings.ENABLE_PERFORMANCE_MONITORING:
        return {}
    return {"since": rollups.roll_up(since).isoformat()}


def _deliver(state: dict[str, str]) -> dict[str, str]:
    notifying.deliver_due()
    return state


def _tidy(state: dict[str, str]) -> dict[str, str]:
    """Throw away what is older than it is kept."""
    for thrown in retention.prune():
        if thrown.rows:
            logger.info("%s: %d old rows deleted", thrown.table, thrown.rows)
    for line in personal_data.forget_old():
        if line.rows:
            logger.info("%s: %d old rows deleted", line.what, line.rows)
    notifying.forget_old()
    idempotency.forget_old()
    finding.mend()
    return state


def _watch(state: dict[str, str]) -> dict[str, str]:
    """Tell of what does not work, and of what works again."""
    alerts.look()
    return state


def _mail_reports(state: dict[str, str]) -> dict[str, str]:
    """Send the reports that people want by e-mail."""
    report_mails.send_due()
    return state


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "sum-up": Kind(timedelta(seconds=60), _sum_up),
        "deliver-webhooks": Kind(timedelta(seconds=5), _deliver),
        "watch": Kind(timedelta(seconds=60), _watch),
        "mail-reports": Kind(timedelta(seconds=60), _mail_reports),
        "tidy": Kind(timedelta(hours=6), _tidy),
    }
)


def wake_due() -> int:
    """Put what is due into the queue; how many. Of several hosts one wins each chore."""
    now, woken = clock.now(), 0
    known = set(Chore.objects.values_list("name", flat=True))
    Chore.objects.bulk_create(
        [Chore(name=name, due_at=now) for name in KINDS if name not in known], ignore_conflicts=True
    )
    for name, kind in KINDS.items():
        if Chore.objects.filter(name=name, due_at__lte=now).update(due_at=now + kind.every):
            async_task(TASK, name)
            woken += 1
    return woken


def work(name: str) -> None:
    """Do a chore beside the worker, which would be called stuck if it took no job for long."""
    threading.Thread(target=_work, args=(name,), name=f"chore {name}", daemon=True).start()


def _work(name: str) -> None:
    try:
        with _Kept(f"chore {name}"):
            do_now(name)
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class _Kept:
    """Whatever breaks inside is kept among the product's own errors, and goes on."""

    where: str

    def __enter__(self) -> None:
        pass

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, Exception):
            own_errors.keep(error, self.where)


def do_now(name: str) -> None:
    """Do a chore here and now, and remember what it left."""
    chore, _made = Chore.objects.get_or_create(name=name)
    state = KINDS[name].do(chore.state)
    Chore.objects.filter(name=name).update(state=state, done_at=clock.now())
