"""The life of a track: phases where they are clear, none where they are not, half-lives that hold the truth."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.analysis import survival, trends
from marketing.analysis.survival import Chart, Entry

pytestmark = pytest.mark.once
FIRST = date(2026, 1, 3)


def life(*ranks: int | None, more: int = 0) -> trends.OnChart:
    """A track that stood at these ranks in these weeks, beside one that is always there."""
    rows = [Entry(FIRST + timedelta(weeks=at), rank, "song") for at, rank in enumerate(ranks) if rank]
    rows += [Entry(FIRST + timedelta(weeks=at), 1, "other") for at in range(len(ranks) + more)]
    chart = Chart(rows)
    return trends.on_chart(chart, ("song", ""), survival.shipped()["singles"])


@pytest.mark.parametrize(
    ("ranks", "phase"),
    [
        ((90, 60, 35, 20), "rising"),
        ((20, 35, 60, 90), "falling"),
        ((50, 48, 52, 50), "peak"),
        ((5, 30, 50, 49, 51, 50), "holding"),
        ((None, None, 40), "new"),
        ((40, 50, None), "gone"),
        ((9, 3, 2, 1), "peak"),
    ],
)
def test_a_phase_is_told_by_where_ranks_go(ranks: tuple[int | None, ...], phase: str) -> None:
    assert life(*ranks).phase == phase


def test_what_has_left_has_no_odds_and_what_rises_high_has_good_ones() -> None:
    assert life(40, 50, None).odds is None
    high, low = life(40, 20, 10, 5).odds, life(60, 75, 88, 99).odds
    assert high is not None
    assert low is not None
    assert 0 <= low < 0.4
    assert 0.8 < high <= 1


def played(daily: float, days: int = 90, seed: int = 1) -> dict[date, float]:
    chance = np.random.default_rng(seed)
    return {
        FIRST + timedelta(days=at): float(chance.poisson(5000 * (1 + daily) ** at * (1.2 if at % 7 > 4 else 1)))
        for at in range(days)
    }


def test_the_half_life_lies_within_its_bounds_about_as_often_as_said() -> None:
    truth = np.log(0.5) / np.log(0.98)
    lives = [trends.plays(played(-0.02, seed=seed)).half_life for seed in range(40)]
    held = sum(one is not None and one.low <= truth <= one.high for one in lives)
    assert held >= 32


def test_plays_that_only_wobble_have_no_direction() -> None:
    phases = [trends.plays(played(0.0, seed=seed)).phase for seed in range(40)]
    assert sum(phase in {"rising", "falling"} for phase in phases) <= 6
    assert all(trends.plays(played(0.0, seed=seed)).half_life is None for seed in range(3))


def test_growth_and_decay_are_told() -> None:
    assert trends.plays(played(0.02)).phase == "rising"
    assert trends.plays(played(-0.02)).phase == "falling"
    assert trends.plays({**played(0.0), FIRST + timedelta(days=120): 0.0}).phase == "gone"


def test_a_few_days_tell_no_direction() -> None:
    found = trends.plays(played(0.05, days=10))
    assert (found.phase, found.ahead) == ("unknown", None)
    assert "Fewer than 28 days" in found.warning


@given(st.dictionaries(st.dates(date(2026, 1, 1), date(2026, 6, 1)), st.floats(0, 1e9), min_size=1, max_size=40))
@settings(max_examples=30, deadline=None)
def test_any_plays_are_answered(days: dict[date, float]) -> None:
    assert trends.plays(days).before >= 0


def test_the_same_sound_comes_first_and_what_never_differs_does_not_count() -> None:
    others = [
        ("twin", "a", {"tempo": 120.0, "energy": 0.5, "mode": 1.0}),
        ("far", "b", {"tempo": 180.0, "energy": 0.9, "mode": 1.0}),
        ("near", "c", {"tempo": 125.0, "energy": 0.55, "mode": 1.0}),
    ]
    found = trends.alike({"tempo": 120.0, "energy": 0.5, "mode": 1.0}, others)
    assert [one.track for one in found] == ["twin", "near", "far"]
    assert found[0].likeness == 1
    assert "mode" not in found[0].by
    with pytest.raises(ValueError, match="At least two numbers"):
        trends.alike({"tempo": 120.0}, others)
