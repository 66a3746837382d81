"""`fit_survival CHART.csv`: learn the odds of chart entries from a whole chart, and print them with how they did."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from marketing.analysis import survival
from marketing.analysis.reading_charts import entries_of
from marketing.analysis.tables import rows_of


class Command(BaseCommand):
    help = "Learns how likely chart entries stay, checks it on the later weeks, and prints the weights as JSON."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--horizon", type=int, default=survival.HORIZON, help="weeks ahead")

    def handle(self, *_args: Any, file: Path, horizon: int, **_options: Any) -> None:
        if horizon < 1:
            raise CommandError("--horizon is a whole number from 1 on.")
        try:
            chart = survival.Chart(entries_of(rows_of(file)))
        except ValueError as error:
            raise CommandError(str(error)) from error
        found = survival.held_out(chart, horizon)
        if found is None:
            raise CommandError(
                f"Too short to learn from: at least {survival.LEAST_WEEKS} weeks and {survival.LEAST_ROWS} entries."
            )
        told = found[0]
        rows, kept, _weeks = survival.table(chart, horizon)
        model = survival.written(survival.fit(rows, kept, horizon))
        self.stdout.write(json.dumps({"checked_on_later_weeks": told and asdict(told), "model": model}))
