"""`forecast FILE.csv --value COLUMN --date COLUMN --horizon N --season N`: one JSON line a series."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from marketing.analysis.forecasting import backtest, forecast
from marketing.analysis.tables import Series, rows_of, series_of


class Command(BaseCommand):
    help = "Forecasts each series of a table with 80 % intervals, or tests the method on the series' own past."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--value", required=True, help="the column with the numbers")
        parser.add_argument("--date", required=True, help="the column with the dates")
        parser.add_argument("--by", help="the column that tells series apart")
        parser.add_argument("--horizon", type=int, required=True, help="steps ahead")
        parser.add_argument("--season", type=int, required=True, help="steps in a cycle; 1 without one")
        parser.add_argument("--backtest", type=int, metavar="FOLDS", help="test the last FOLDS spans instead")

    def handle(self, *_args: Any, file: Path, **options: Any) -> None:
        if options["horizon"] < 1 or options["season"] < 1 or (options["backtest"] or 1) < 1:
            raise CommandError("--horizon, --season and --backtest are whole numbers from 1 on.")
        try:
            found = series_of(rows_of(file), options["value"], options["date"], options["by"], options["season"])
            # Programs read this, whatever the desk speaks.
            with translation.override("en"):
                for series in found:
                    self.stdout.write(json.dumps(_told(series, options), ensure_ascii=False))
        except ValueError as error:
            raise CommandError(str(error)) from error


def _told(series: Series, options: dict[str, Any]) -> dict[str, Any]:
    season, horizon, folds = options["season"], options["horizon"], options["backtest"]
    if folds:
        tested = backtest(series.values, season, horizon, folds)
        return {"series": series.name, **asdict(tested), "warning": _both(series.warning, tested.warning)}
    try:
        found = forecast(series.values, season, horizon)
    except ValueError as error:
        return {"series": series.name, "model": None, "forecast": [], "warning": _both(series.warning, str(error))}
    steps = [asdict(step) for step in found.steps]
    return {
        "series": series.name,
        "model": found.model,
        "forecast": steps,
        "warning": _both(series.warning, found.warning),
    }


def _both(*warnings: str) -> str | None:
    """The warnings in one line; None without any."""
    return " ".join(one for one in warnings if one) or None
