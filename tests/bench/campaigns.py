"""Campaign statistics beside their targets: contributions and regret on known truth, false winners with peeking."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

from marketing.analysis.tables import rows_of
from marketing.campaigns import budget, testing

DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets" / "mmm_two_channel_known_truth.csv"
# As SOURCES.md has them: adstock, saturation, size.
TRUTH = {"x1": (0.4, 4.0, 3000.0), "x2": (0.2, 3.0, 2000.0)}
MOST_CHANGE = 0.5


def main() -> None:
    """Print the table."""
    rate, missed = false_winners(1000), power(200)
    sys.stdout.write(f"false winners of 1,000 A/A tests, looked at 28 times: {rate:.3f} (at most 0.05)\n")
    sys.stdout.write(f"true lifts of 20 % found at twice the planned size: {missed:.2f}\n")
    if not DATA.exists():
        sys.stdout.write("the data sets are not here\n")
        return
    began = time.process_time()
    errors, regret = known_truth()
    for name, error in errors.items():
        sys.stdout.write(f"contribution of {name}: off by {error:+.1%} (within 10 %)\n")
    sys.stdout.write(f"regret of the attainable gain: {regret:.1%} (at most 15 %)\n")
    sys.stdout.write(f"fitted with {budget.REFITS} refits in {time.process_time() - began:.1f} s\n")


def false_winners(tests: int, *, base: float = 0.04, daily: int = 700, days: int = 28) -> float:
    """The share of A/A tests that name a winner on any of the days."""
    chance = np.random.default_rng(1)
    return _found(chance, tests, base, base, daily, days)


def power(tests: int, *, base: float = 0.04, lift: float = 0.2) -> float:
    """The share of true lifts that are found."""
    days = 28
    return _found(
        np.random.default_rng(2), tests, base, base * (1 + lift), 2 * testing.needed(base, lift) // days, days
    )


def _found(chance: np.random.Generator, tests: int, a: float, b: float, daily: int, days: int) -> float:
    tries = daily * np.arange(1, days + 1)
    won = 0
    for _turn in range(tests):
        hits = [np.cumsum(chance.binomial(daily, rate, days)) for rate in (a, b)]
        looks = [((float(hits[0][at]), float(tries[at])), (float(hits[1][at]), float(tries[at]))) for at in range(days)]
        won += bool(testing.verdict(looks).winner)
    return won / tests


def known_truth() -> tuple[dict[str, float], float]:
    """Each channel's contribution against the truth, and the regret of the plan in truth."""
    rows = rows_of(DATA)
    column = {name: np.array([float(row[name]) for row in rows]) for name in ("y", "x1", "x2")}
    marked = [[float(row[name]) for row in rows] for name in rows[0] if name.startswith("event")]
    mix = budget.fit(column["y"], {name: column[name] for name in TRUTH}, season=52, marked=marked)
    errors = {}
    for curve, (brought, _low, _high) in zip(mix.curves, mix.brought, strict=True):
        alpha, lam, size = TRUTH[curve.name]
        stock = budget.adstocked(column[curve.name] / column[curve.name].max(), alpha)
        true = float((size * (1 - np.exp(-lam * stock)) / (1 + np.exp(-lam * stock))).sum())
        errors[curve.name] = brought / true - 1
    real = tuple(budget.Curve(name, *TRUTH[name], peak=float(column[name].max())) for name in TRUTH)
    today = {name: float(column[name].mean()) for name in TRUTH}
    low = {name: value * (1 - MOST_CHANGE) for name, value in today.items()}
    high = {one.name: min(today[one.name] * (1 + MOST_CHANGE), one.peak) for one in real}
    best = budget.allocated(real, sum(today.values()), low, high)

    def worth(spend: dict[str, float]) -> float:
        return sum(one.brings(spend[one.name]) - one.brings(today[one.name]) for one in real)

    chosen = budget.plan(mix, today, most_change=MOST_CHANGE).spend
    attainable = worth(best)
    return errors, (attainable - worth(chosen)) / attainable if attainable > 0 else 0.0


if __name__ == "__main__":
    main()
