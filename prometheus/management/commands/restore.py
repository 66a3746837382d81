"""`restore FILE.zip`: fills a fresh installation from a backup."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prometheus import backup


class Command(BaseCommand):
    help = "Fills a fresh, migrated database from an archive that `backup` wrote; all of it or nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        try:
            done = backup.restore(file, self.stderr.write)
        except backup.BackupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{file}: {done.rows} rows of {done.tables} tables are back")
