"""The table of what each recorded exchange became, printed at the end of the tests that replay them."""

from __future__ import annotations

from typing import Any


def print_replayed(reporter: Any) -> None:
    """Every row that a test recorded under `replay`; nothing where no recording was replayed."""
    reports = [report for kind in ("passed", "failed") for report in reporter.stats.get(kind, [])]
    found = {
        tuple(value): report.passed
        for report in reports
        for name, value in getattr(report, "user_properties", [])
        if name == "replay"
    }
    if not found:
        return
    reporter.section(f"{len(found)} recorded exchanges, replayed over sockets")
    widths = [max(len(row[column]) for row in found) for column in range(2)]
    for row, passed in sorted(found.items()):
        mark = "ok  " if passed else "FAIL"
        reporter.write_line(f"{mark} {row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]}")
