"""How well and how fast metadata is judged: recall and precision on the labelled cases, seconds for 10,000 records."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

CASES = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
FILES = {"music": "music_release_cases.jsonl", "book": "book_record_cases.jsonl"}
RECORDS = 10_000


def _rows(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text(encoding="utf-8").splitlines()]


def main() -> None:
    """Print one line a kind of record."""
    for line in (*_lines(), *_onix()):
        sys.stdout.write(f"{line}\n")


def _onix() -> Iterator[str]:
    """How long 10,000 books take out as one ONIX message, by the official schema, and in again."""
    from marketing.metadata.books import onix
    from marketing.metadata.books.onix_reading import from_onix

    if not (CASES / FILES["book"]).exists():
        return
    books = [row["record"] for row in islice(cycle(_rows(FILES["book"])), RECORDS)]
    began = time.process_time()
    message = onix.to_onix(books, "Bench")
    written = time.process_time()
    onix.faults(message)
    checked = time.process_time()
    count = len(from_onix(message))
    read = time.process_time()
    yield (
        f"ONIX: {count:,} books ({len(message) / 1_000_000:.0f} MB) written in {written - began:.1f} s, checked by the"
        f" schema in {checked - written:.1f} s, read in {read - checked:.1f} s of one core"
    )


def _lines() -> Iterator[str]:
    from marketing.metadata.checking import found_rules

    for kind, name in FILES.items():
        if not (CASES / name).exists():
            yield f"{kind}: the labelled cases are not here"
            continue
        rows = _rows(name)
        right = found = wanted = 0
        for row in rows:
            given, expected = set(found_rules(kind, row["record"])), set(row["expected"])
            right, found, wanted = right + len(given & expected), found + len(given), wanted + len(expected)
        began = time.process_time()
        for row in islice(cycle(rows), RECORDS):
            found_rules(kind, row["record"])
        seconds = time.process_time() - began
        yield (
            f"{kind}: recall {right / wanted:.3f}, precision {right / found:.3f} over {len(rows)} (0.95 wanted),"
            f" {RECORDS:,} records in {seconds:.1f} s of one core (60 wanted)"
        )
