"""Elasticities of real tables beside the reference results: each has to lie inside the reference's interval."""

from __future__ import annotations

import json
import os
import sys
from io import StringIO
from pathlib import Path

import django
from django.core.management import call_command

DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
JUICE = ("price_orange_juice.csv", "--price=price", "--units=sales", "--by=brand", "--advertised=feat")
AVOCADO = (
    "price_avocado_weekly.csv",
    "--price=average_price",
    "--units=total_volume",
    "--by=type",
    "--unit-effect=region",
    "--time-effect=date",
)
# As SOURCES.md has them: the interval, or twice the standard error around the value.
REFERENCES = {
    "dominicks": (-2.87, -2.68),
    "minute.maid": (-2.07, -1.92),
    "tropicana": (-2.12, -1.96),
    "conventional": (-1.08, -0.92),
    "organic": (-1.56, -1.20),
}


def main() -> None:
    """Print the table."""
    if not DATA.exists():
        sys.stdout.write("the data sets are not here\n")
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "prometheus.settings")
    django.setup()
    sys.stdout.write(f"{'group':14} {'found':>6} {'low':>6} {'high':>6}   reference\n")
    for group, found in {**_told(*JUICE), **_told(*AVOCADO)}.items():
        low, high = REFERENCES[group]
        inside = "inside" if low <= found["elasticity"] <= high else "OUTSIDE"
        values = " ".join(f"{found[name]:6.2f}" for name in ("elasticity", "low", "high"))
        sys.stdout.write(f"{group:14} {values}   {low:.2f} to {high:.2f}: {inside}\n")


def _told(file: str, *options: str) -> dict[str, dict[str, float]]:
    out = StringIO()
    call_command("elasticity", DATA / file, *options, stdout=out)
    return {row["group"]: row for row in map(json.loads, out.getvalue().splitlines())}
