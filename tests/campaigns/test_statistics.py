"""Intervals hold what they promise, and what is chance is called chance."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest

from marketing.analysis.tables import rows_of
from marketing.campaigns import rates, trends
from tests.conftest import SHARED

pytestmark = pytest.mark.once


def told(found):
    """What must have been found."""
    assert found is not None
    return found


def days(number):
    return [date(2026, 3, 1) + timedelta(days=at) for at in range(number)]


def test_wilsons_interval_is_the_published_one():
    found = told(rates.wilson(13, 71))
    assert (found.low, found.high) == (pytest.approx(0.1100, abs=2e-3), pytest.approx(0.2887, abs=2e-3))


def test_newcombes_interval_is_the_published_one():
    # Newcombe 1998, example (a): 56/70 against 48/80.
    found = told(rates.newcombe((56, 70), (48, 80)))
    assert (found.low, found.high) == (pytest.approx(0.0524, abs=1e-4), pytest.approx(0.3339, abs=1e-4))


def test_more_hits_than_tries_are_no_share():
    assert rates.wilson(5, 3) is None


def test_the_bootstrap_holds_its_level_where_days_differ():
    chance = np.random.default_rng(1)
    inside = 0
    for _turn in range(200):
        tries = chance.integers(500, 1500, 60).astype(float)
        truth = chance.beta(20, 980, 60)
        found = told(rates.share(chance.binomial(tries.astype(int), truth).astype(float), tries))
        inside += found.low <= 0.02 <= found.high
    assert inside >= 180


def test_groups_that_are_alike_are_seldom_called_different():
    chance = np.random.default_rng(2)
    called = 0
    for _turn in range(200):
        sides = []
        for _side in range(2):
            tries = chance.integers(500, 1500, 40)
            sides.append((chance.binomial(tries, chance.beta(30, 970, 40)).astype(float), tries.astype(float)))
        called += told(rates.difference(sides[0], sides[1])).clear
    assert called <= 18


def test_a_wild_day_is_found_with_its_date():
    chance = np.random.default_rng(3)
    values = chance.poisson(400, 90).astype(float)
    values[50] = 1100
    assert [one.day for one in trends.anomalies(days(90), values)] == [days(90)[50]]


def test_a_new_level_is_found_with_its_date():
    chance = np.random.default_rng(4)
    values = np.concatenate([chance.poisson(400, 45), chance.poisson(250, 45)]).astype(float)
    (found,) = trends.changes(days(90), values)
    assert abs((found.day - days(90)[45]).days) <= 1


def test_a_steady_series_has_neither():
    chance = np.random.default_rng(5)
    found = 0
    for _turn in range(100):
        week = np.tile([1.0, 1.1, 1.0, 0.9, 1.2, 0.7, 0.6], 13)
        values = chance.poisson(300 * week).astype(float)
        found += bool(trends.changes(days(91), values)) + bool(trends.anomalies(days(91), values))
    assert found <= 10


def test_an_ad_that_tires_is_told_from_one_that_does_not():
    chance = np.random.default_rng(6)
    tries = np.full(42, 20_000)
    falling = chance.binomial(tries, 0.02 * 0.85 ** (np.arange(42) / 7)).astype(float)
    steady = chance.binomial(tries, 0.02).astype(float)
    assert told(trends.fatigue(falling, tries.astype(float))).tired
    assert not told(trends.fatigue(steady, tries.astype(float))).tired


def test_of_an_ad_with_more_hits_than_tries_on_a_day_nothing_is_told():
    tries = np.full(42, 1_000.0)
    hits = np.linspace(60, 30, 42)
    assert told(trends.fatigue(hits, tries)).tired
    hits[20] = 1_001
    assert trends.fatigue(hits, tries) is None


@pytest.mark.shared
def test_the_collapse_of_march_2020_is_found():
    rows = rows_of(SHARED / "domain" / "datasets" / "series_daily_level_shift.csv")
    when, value = list(rows[0])[:2]
    found = trends.changes([date.fromisoformat(row[when][:10]) for row in rows], [float(row[value]) for row in rows])
    assert any(abs((one.day - date(2020, 3, 11)).days) <= 10 and one.after < one.before for one in found)
