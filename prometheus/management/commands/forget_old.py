"""`forget_old`: throws away now what the settings no longer keep; the product does so by itself four times a day."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from prometheus import personal_data
from providers.monitoring import retention


class Command(BaseCommand):
    help = "Deletes old drafts, sign-ins, sessions and monitoring data (KEEP_…_DAYS); the audit log stays."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only tell what would be deleted")

    def handle(self, *_args: Any, dry_run: bool, **_options: Any) -> None:
        found = [(line.what, line.rows) for line in personal_data.forget_old(dry_run=dry_run)]
        monitoring = retention.count_old() if dry_run else retention.prune(most=10**9)
        for what, rows in [*found, *((one.table, one.rows) for one in monitoring)]:
            self.stdout.write(f"{what}: {rows} {'would be deleted' if dry_run else 'deleted'}")
