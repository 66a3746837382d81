"""`check_metadata FILE.jsonl --kind music|book`: one JSON line a record with the rules that it breaks."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketing.metadata.checking import found_rules


class Command(BaseCommand):
    help = "Checks records of a JSON-lines file and prints, for each, the numbers of the rules that it breaks."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help='lines of {"id", "record"}')
        parser.add_argument("--kind", choices=["music", "book"], required=True)

    def handle(self, *_args: Any, file: Path, kind: str, **_options: Any) -> None:
        for number, line in _lines(file):
            try:
                asked = json.loads(line)
                record = asked["record"]
            except (ValueError, KeyError, TypeError) as error:
                raise CommandError(f'{file}, line {number}: write {{"id": …, "record": {{…}}}} ({error})') from error
            if not isinstance(record, dict):
                raise CommandError(f"{file}, line {number}: the record is no object")
            found = {"id": asked.get("id"), "found": found_rules(kind, record)}
            self.stdout.write(json.dumps(found, ensure_ascii=False))


def _lines(file: Path) -> Iterator[tuple[int, str]]:
    try:
        with file.open(encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield number, line
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(f"{file} cannot be read: {error}") from error
