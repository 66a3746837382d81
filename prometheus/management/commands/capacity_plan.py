"""`capacity_plan`: what gives out next at 10, 100 and 1,000 times today's load, and what to do then."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import connection

from prometheus import capacity_plan

TODO = {
    "worker slots": "raise WORKERS, or add worker hosts (serve --only worker) on the same PostgreSQL",
    "processors": "add worker hosts: a call costs a tenth of a second of one core beside the vendor's time",
    "the ledger in the database": "move from SQLite to PostgreSQL, then to a larger server with faster disks",
    "stored attempts": "lower KEEP_ATTEMPTS_DAYS (reports go on from the sums), or move to PostgreSQL",
    "providers' limits": "add providers, or keys of further accounts where the vendor's terms allow them",
}


class Command(BaseCommand):
    help = "Tells from the last seven days and a simulated day which part gives out next, and what to do."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--times", nargs="*", type=int, default=[1, 10, 100, 1000], help="multiples of today")

    def handle(self, *_args: Any, times: list[int], **_options: Any) -> None:
        today = capacity_plan.measure(settings.WORKERS, connection.vendor, settings.KEEP_ATTEMPTS_DAYS)
        self.stdout.write(f"today: {today.calls:.0f} calls a day, {today.seconds_a_call:.1f} s each")
        for load in (capacity_plan.simulate(today, number) for number in times):
            parts = ", ".join(f"{name} {full:.0%}" for name, full in sorted(load.full.items(), key=lambda one: -one[1]))
            self.stdout.write(f"{load.times} times: {load.busiest:.0f} calls in a busy minute; {parts}")
            if not load.holds:
                self.stdout.write(f"    next: {load.bottleneck}. {TODO[load.bottleneck]}")
