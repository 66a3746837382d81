"""Read the vendors' lists of models now."""

from __future__ import annotations

import argparse
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from providers.models import Provider
from providers.refreshing import Reading, refresh


class Command(BaseCommand):
    help = "Reads the vendors' lists of models, marks what vanished or ends, and says what is new and free."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="slug", help="only these providers, not all in use")

    def handle(self, *_args: Any, slugs: list[str], **_options: Any) -> None:
        providers = Provider.objects.filter(slug__in=slugs) if slugs else Provider.objects.filter(enabled=True)
        if unknown := sorted(set(slugs) - set(providers.values_list("slug", flat=True))):
            raise CommandError(f"there is no provider {', '.join(unknown)}")
        readings = refresh(providers)
        for reading in readings:
            self._tell(reading)
        if readings and all(reading.error for reading in readings):
            raise SystemExit(1)

    def _tell(self, reading: Reading) -> None:
        if reading.error:
            self.stdout.write(f"{reading.provider.slug}: not read ({reading.error.kind}): {reading.error.detail}")
            return
        self.stdout.write(f"{reading.provider.slug}: {reading.count} models")
        for change in reading.changes:
            self.stdout.write(f"  {change}")
