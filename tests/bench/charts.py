"""Odds of chart entries on weeks they were not learned from, beside the targets and what rank alone would tell."""

from __future__ import annotations

import sys
from pathlib import Path

from marketing.analysis import survival
from marketing.analysis.reading_charts import entries_of
from marketing.analysis.tables import rows_of

DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
CHARTS = (("singles", "music_hot100_weekly.csv"), ("albums", "music_albums100_weekly.csv"))


def main() -> None:
    """Print the table: learned on the earlier weeks, judged on the later ones, for several borders between them."""
    if not DATA.exists():
        sys.stdout.write("the data sets are not here\n")
        return
    sys.stdout.write("still there after 4 weeks; wanted: AUC at least 0.79, Brier at most 0.178\n")
    sys.stdout.write(f"{'chart':8} {'judged':>7} {'AUC':>6} {'rank':>6} {'Brier':>6} {'base':>6}\n")
    for name, file in CHARTS:
        chart = survival.Chart(entries_of(rows_of(DATA / file)))
        rows, kept, weeks = survival.table(chart)
        for later in (0.2, 0.3, 0.4):
            cut = int((chart.last + 1) * (1 - later))
            early, late = weeks < cut - survival.HORIZON, weeks >= cut
            found = survival.check(survival.fit(rows[early], kept[early]), rows[late], kept[late])
            alone = survival.check(survival.fit(rows[early, :1], kept[early]), rows[late, :1], kept[late])
            if found and alone:
                sys.stdout.write(
                    f"{name:8} {found.rows:7} {found.auc:6.3f} {alone.auc:6.3f} "
                    f"{found.brier:6.3f} {found.base_brier:6.3f}\n"
                )
