"""The worker: django-q2's cluster, but none of its processes outlives another, and a stop gives jobs back."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand
from django_q.cluster import Cluster

from marketing import jobs
from prometheus.processes import all_forks_die_with_parent

# Longer than a worker needs to notice and give its job back; then the kernel ends this process, and with it all others.
STOP_SECONDS = 12


class _Cluster(Cluster):  # type: ignore[misc]  # django-q2 has no types
    def stop(self) -> bool:
        if self.sentinel is None:
            raise SystemExit(0)
        # The stock cluster waits until every job is done, which may take minutes, or for ever where a killed worker
        # took a lock with it.
        jobs.stop_working()
        signal.alarm(STOP_SECONDS)
        return bool(super().stop())


class Command(BaseCommand):
    help = "Works on jobs until it is told to stop. `serve` starts this; several hosts may run it on one PostgreSQL."

    def handle(self, *_args: Any, **_options: Any) -> None:
        # A killed cluster would leave its sentinel working, a killed sentinel its workers.
        all_forks_die_with_parent()
        _Cluster().start()
