"""How well forecasts do on real series, beside the targets: MASE, the worst against naive, coverage, seconds."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import django
import numpy as np

from marketing.analysis.forecasting import backtest, forecast
from marketing.analysis.tables import rows_of, series_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
# Name, file, value, date, season, horizon, folds, in logs, only the last values, target.
SERIES = (
    ("retail", "series_monthly_retail.csv", "y", "ds", 12, 12, 6, False, None, 0.40),
    ("souvenirs (log)", "series_monthly_souvenirs.csv", "Sales", "Date", 12, 6, 5, True, None, 0.70),
    ("page views (log)", "series_daily_pageviews_log_r.csv", "y", "ds", 7, 28, 8, False, 1100, 1.00),
    ("Robyn revenue", "mmm_robyn_weekly.csv", "revenue", "DATE", 52, 12, 5, False, None, 0.80),
)
AVOCADO = ("avocado, 20 (log)", "price_avocado_weekly.csv", "total_volume", "date", 52, 8, 3, True, None, 0.72)


def main() -> None:
    """Print the table."""
    if not DATA.exists():
        sys.stdout.write("the data sets are not here\n")
        return
    # A warning is a sentence in some language.
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    django.setup()
    sys.stdout.write(f"{'series':20} {'MASE':>6} {'naive':>6} {'target':>6} {'worst':>6} {'inside':>6} {'s':>5}\n")
    inside = points = 0.0
    for name, groups, season, horizon, folds, target in _all():
        began = time.process_time()
        tested = [backtest(values, season, horizon, folds) for values in groups]
        seconds = (time.process_time() - began) / len(groups)
        held, number = sum((one.coverage or 0) * one.points for one in tested), sum(one.points for one in tested)
        inside, points = inside + held, points + number
        mase, naive = (np.mean([getattr(one, which) for one in tested]) for which in ("mase", "seasonal_naive_mase"))
        worst = max((one.mase or 0) / (one.seasonal_naive_mase or 1) for one in tested)
        sys.stdout.write(
            f"{name:20} {mase:6.2f} {naive:6.2f} {target:6.2f} {worst:6.2f} {held / number:6.2f} {seconds:5.2f}\n"
        )
    sys.stdout.write(f"pooled coverage of the 80 % interval: {inside / points:.3f} (0.75 to 0.85 wanted)\n")
    sys.stdout.write("worst: the worst single series against the seasonal naive forecast (at most 1.05 wanted)\n")
    long = np.random.default_rng(0).normal(0, 1, 400).cumsum() + 200
    began = time.process_time()
    forecast(long, 7, 28)
    sys.stdout.write(f"one forecast of 400 points: {time.process_time() - began:.2f} s (under 2 wanted)\n")


def _all() -> Iterator[tuple[str, list[np.ndarray], int, int, int, float]]:
    for name, file, value, when, season, horizon, folds, logged, last, target in (*SERIES, AVOCADO):
        rows = rows_of(DATA / file)
        by = None
        if file == AVOCADO[1]:
            by = "place"
            rows = [{**row, "place": f"{row['region']} {row['type']}"} for row in rows]
        found = [np.array(one.values)[-(last or 0) :] for one in series_of(rows, value, when, by, season)][:20]
        yield name, [np.log(one) if logged else one for one in found], season, horizon, folds, target
