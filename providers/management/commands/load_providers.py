"""Load providers, models, limits and keys from a TOML file."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from providers.configuration import Action, Change, FaultyFileError, apply, load


class Command(BaseCommand):
    help = "Creates or updates providers, models, limits and keys from a TOML file, and prints what changed."

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        parser.add_argument("file", metavar="FILE.toml", help="the file, or - for standard input")
        parser.add_argument("--dry-run", action="store_true", help="say what would change, and change nothing")

    def handle(self, *_args: Any, file: str, dry_run: bool, **_options: Any) -> None:
        changes = self._apply(file, dry_run=dry_run)
        for change in changes:
            self.stdout.write(str(change))
        if all(change.action is Action.NOTICE for change in changes):
            self.stdout.write("Nothing changed.")
        elif dry_run:
            self.stdout.write("Dry run: nothing was written.")

    def _apply(self, file: str, *, dry_run: bool) -> list[Change]:
        try:
            content = sys.stdin.read() if file == "-" else Path(file).read_text(encoding="utf-8")
            return apply(load(content), dry_run=dry_run)
        except FaultyFileError as exc:
            faults = exc.faults
        except UnicodeDecodeError:
            faults = ("not a text file in UTF-8",)
        except OSError as exc:
            faults = (exc.strerror or str(exc),)
        for fault in faults:
            self.stderr.write(f"{'standard input' if file == '-' else file}: {fault}")
        raise SystemExit(1)
