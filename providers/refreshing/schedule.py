"""When lists of models are read: once a day for each provider, each by one of the workers.

The row is the truth (docs/adr/0004): the queue only carries the wake-up, and one that is lost is sent again.
"""

from __future__ import annotations

import random
from datetime import datetime, timedelta

from django.utils import timezone
from django_q.tasks import async_task

from providers.models import AIModel, GoneReason, ModelRefresh, Provider
from providers.types import LOCAL_PROTOCOL

TASK = "providers.tasks.refresh_models"
# A provider that was just added is the administrator's to look at; a start with many asks them one after the other.
_FIRST_AFTER = timedelta(minutes=10)
_SPREAD_SECONDS = 600
# A wake-up that brought no reading for so long is taken as lost and sent again.
_RESEND_AFTER = timedelta(minutes=15)


def wake_due() -> bool:
    """Take ended models out of use and wake a worker for the list that waits longest; whether there was one.

    Any number of hosts may do this at once: each row goes to the one whose UPDATE still finds its `due_at`.
    """
    now = timezone.now()
    AIModel.objects.filter(gone_since=None, shutdown_on__lte=now.date()).update(
        gone_since=now, gone_reason=GoneReason.ENDED
    )
    _plan_first(now)
    due = ModelRefresh.objects.filter(provider__enabled=True, due_at__lte=now).order_by("due_at")
    first = due.values_list("pk", "due_at").first()
    if first is None:
        return False
    pk, due_at = first
    if ModelRefresh.objects.filter(pk=pk, due_at=due_at).update(due_at=now + _RESEND_AFTER):
        async_task(TASK, pk)
    return True


def _plan_first(now: datetime) -> None:
    new = Provider.objects.filter(enabled=True, refresh=None).exclude(protocol=LOCAL_PROTOCOL)
    spread = [timedelta(seconds=random.randrange(_SPREAD_SECONDS)) for _ in new]  # noqa: S311 - not a secret
    planned = [
        ModelRefresh(provider=one, due_at=now + _FIRST_AFTER + later) for one, later in zip(new, spread, strict=True)
    ]
    if planned:
        ModelRefresh.objects.bulk_create(planned, ignore_conflicts=True)
