"""Winners are named only when they are ones, and money is moved only where the data can tell."""

from __future__ import annotations

import numpy as np
import pytest

from marketing.campaigns import budget, testing
from tests.bench import campaigns as bench

pytestmark = pytest.mark.once


def test_looking_every_day_names_hardly_a_winner_among_equals():
    assert bench.false_winners(300) <= 0.05
    assert bench.false_winners(300, base=0.3, daily=60) <= 0.05


def test_a_real_lift_is_found():
    assert bench.power(100) >= 0.75


def test_the_mail_that_opened_a_little_better_is_no_winner():
    found = testing.verdict([((13, 71), (47, 355))])
    assert (found.winner, found.gap is not None and not found.gap.clear) == ("", True)
    assert found.better_b == pytest.approx(0.12, abs=0.02)


def test_too_few_successes_are_no_test():
    assert testing.verdict([((1, 1000), (9, 1000))]).reason == "too_few"


def test_what_is_no_test_is_refused():
    with pytest.raises(ValueError, match="no look"):
        testing.verdict([])
    with pytest.raises(ValueError, match="Hits"):
        testing.verdict([((5, 3), (1, 3))])
    with pytest.raises(ValueError, match="between"):
        testing.needed(0.9, 0.2)


def test_the_planned_size_is_the_textbooks():
    # Fleiss: 10 % against 12 % at 80 % and 5 % takes 3,841 on each side.
    assert testing.needed(0.1, 0.2) == pytest.approx(3841, abs=2)


def test_money_keeps_within_its_bounds_and_its_sum():
    curves = [budget.Curve("a", 0.3, 4, 3000, 100), budget.Curve("b", 0.3, 1, 500, 100)]
    spend = budget.allocated(curves, 100, {"a": 20, "b": 20}, {"a": 60, "b": 90})
    assert spend == {"a": pytest.approx(60, abs=0.25), "b": pytest.approx(40, abs=0.25)}


def test_channels_that_cannot_be_told_are_refused():
    with pytest.raises(ValueError, match="least"):
        budget.fit([1.0] * 10, {"a": [1.0] * 10})
    with pytest.raises(ValueError, match="varies"):
        budget.fit(np.arange(60.0), {"a": np.ones(60)})


def test_spend_without_effect_promises_no_gain():
    chance = np.random.default_rng(8)
    sales = 1000 + chance.normal(0, 50, 120)
    spends = {"a": chance.gamma(2, 50, 120), "b": chance.gamma(2, 50, 120)}
    mix = budget.fit(sales, spends)
    assert not budget.plan(mix, {name: float(one.mean()) for name, one in spends.items()}).worth


@pytest.mark.shared
def test_two_channels_are_told_apart_and_their_money_well_spent():
    errors, regret = bench.known_truth()
    assert max(abs(one) for one in errors.values()) <= 0.1
    assert regret <= 0.15
