"""Comparable titles: bounds that hold, bands that add up, seasons where there are any and none where there are not."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from marketing.analysis import comparables
from marketing.analysis.comparables import Title

pytestmark = pytest.mark.once


@pytest.mark.parametrize("number", [6, 25, 100])
def test_the_bounds_of_a_median_hold_as_often_as_they_say(number: int) -> None:
    chance = np.random.default_rng(number)
    held = 0
    for _turn in range(400):
        found = comparables.middle(chance.lognormal(0, 1, number))
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 1 <= found.high
    assert held >= 370


def test_few_values_have_a_middle_and_no_bounds_and_none_have_none() -> None:
    found = comparables.middle([3.0, 1.0, 2.0])
    assert found is not None
    assert (found.median, found.low, found.high) == (2.0, None, None)
    assert comparables.middle([]) is None


def titles(number: int, form: str = "ebook", genre: str = "saga", start: float = 20) -> list[Title]:
    return [Title(f"{form} {at}", start + at, form, genre, 4 + at / 100, 10.0 * at) for at in range(number)]


def test_every_title_stands_in_one_band() -> None:
    found = comparables.bands([*titles(30), *titles(10, start=20)])
    assert sum(one.n for one in found) == 40
    assert all(one.low < one.high for one in found)
    assert [one.high for one in found[:-1]] == [one.low for one in found[1:]]


def test_titles_that_all_cost_the_same_make_no_bands() -> None:
    assert comparables.bands([Title(str(at), 29.99) for at in range(20)]) == []


def test_likes_are_compared_where_there_are_enough_of_them() -> None:
    market = [*titles(15), *titles(20, "print"), *titles(20, "ebook", "crime")]
    assert comparables.comparable(market, "EBOOK", "Saga") == (titles(15), "format and genre")
    assert len(comparables.comparable(market, "audiobook", "saga")[0]) == 35
    assert comparables.comparable(market, "audiobook", "poetry")[1] == ""
    assert len(comparables.comparable(market, "", "")[0]) == 55


def test_ratings_are_weighted_by_those_who_gave_them() -> None:
    few, many = Title("a", 10, rating=5.0, reviews=1), Title("b", 10, rating=3.0, reviews=9)
    (band, *_dearer) = comparables.bands([few, many, *(Title(str(at), 20) for at in range(4))])
    assert band.rating == pytest.approx(3.2)


def test_what_goes_together_is_told_with_bounds() -> None:
    found = comparables.linked([(at, at**3) for at in range(20)])
    assert found is not None
    assert found.value > 0.99
    chance = np.random.default_rng(2)
    kept = [comparables.linked(list(zip(*chance.normal(size=(2, 30)), strict=True))) for _turn in range(200)]
    assert sum(one is not None and one.low <= 0 <= one.high for one in kept) >= 185
    assert comparables.linked([(1.0, 2.0)] * 30) is None


def sold(years: int, swing: float) -> dict[date, float]:
    chance = np.random.default_rng(5)
    return {
        date(2020 + year, month, 1): float(
            chance.poisson(400 * (1 + 0.008 * (12 * year + month)) * (1 + swing * (month == 12)))
        )
        for year in range(years)
        for month in range(1, 13)
    }


def test_december_is_told_where_it_sells_more_and_few_months_where_nothing_does() -> None:
    months, why = comparables.seasons(sold(6, 0.8))
    december = months[-1]
    assert (why, december.month, december.clear) == ("", 12, True)
    assert december.low < 1.8 / (12.8 / 12) < december.high
    assert sum(one.clear for one in comparables.seasons(sold(6, 0.0))[0]) <= 2


@pytest.mark.parametrize(
    "days", [{}, {date(2026, 1, 1): 5.0}, sold(2, 0.5), {date(2020, 1, 1): 1.0, date(2026, 1, 1): 1.0}]
)
def test_without_whole_years_there_are_no_seasons(days: dict[date, float]) -> None:
    months, why = comparables.seasons(days)
    assert months == []
    assert why


def test_where_a_price_stands_counts_equals_half() -> None:
    market = [Title(str(price), price) for price in (10, 20, 20, 40)]
    assert comparables.share_below(market, 20) == 0.5
    assert comparables.share_below([], 20) is None
