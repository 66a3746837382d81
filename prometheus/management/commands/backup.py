"""`backup FILE.zip`: everything in one archive, while the product runs."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from prometheus import backup


class Command(BaseCommand):
    help = "Writes everything but the encryption keys into one archive; docs/operations.md says where those belong."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *_args: Any, file: Path, **_options: Any) -> None:
        try:
            done = backup.write(file)
        except OSError as error:
            raise CommandError(f"{file} cannot be written: {error}") from error
        self.stdout.write(f"{file}: {done.rows} rows of {done.tables} tables")
