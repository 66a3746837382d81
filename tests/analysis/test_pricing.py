"""The price ladder: the best step is found where the truth is known, and abstained from where data cannot tell."""

from __future__ import annotations

import numpy as np
import pytest

from marketing.analysis.elasticity import Elasticity, Observation, elasticity
from marketing.analysis.pricing import LADDER, SURE_ENOUGH, Terms, advise


def sold(true: float, noise: float, seed: int, rows: int = 120) -> list[Observation]:
    """Sales under a known elasticity around 34.99."""
    chance = np.random.default_rng(seed)
    prices = chance.choice([24.99, 29.99, 34.99, 39.99, 44.99], rows)
    units = 50 * (prices / 34.99) ** true * np.exp(chance.normal(0, noise, rows))
    return [
        Observation(float(price), float(unit), f"shop {at % 12}", "")
        for at, (price, unit) in enumerate(zip(prices, units, strict=True))
    ]


def judged(rows: list[Observation], **terms: float) -> object:
    return advise(elasticity(rows), [row.price for row in rows], 34.99, Terms(**terms), LADDER)


@pytest.mark.parametrize(("true", "better"), [(-0.4, 44.99), (-3.0, 24.99)])
def test_the_step_that_is_truly_best_is_advised(true: float, better: float) -> None:
    advice = judged(sold(true, 0.1, 1), share=0.5)
    assert advice.best is not None  # type: ignore[attr-defined]
    assert advice.best.price == better  # type: ignore[attr-defined]
    assert advice.best.low > 1  # type: ignore[attr-defined]


def test_a_fee_moves_the_best_price_up() -> None:
    rows = sold(-1.2, 0.05, 2)
    assert judged(rows).best.price == 24.99  # type: ignore[attr-defined]
    assert judged(rows, fee=12.0).best.price > 34.99  # type: ignore[attr-defined]


def test_noise_that_hides_the_effect_is_admitted() -> None:
    advised = [judged(sold(-1.0, 1.2, seed, 30)).best for seed in range(60)]  # type: ignore[attr-defined]
    # At an elasticity of -1 every price earns nearly the same, so any advice is a false one.
    assert sum(one is not None for one in advised) <= 60 * 0.4


def test_prices_that_were_never_asked_are_not_judged() -> None:
    advice = judged(sold(-3.0, 0.05, 3))
    assert {offer.price for offer in advice.offers} <= {24.99, 29.99, 34.99, 39.99, 44.99}  # type: ignore[attr-defined]


def test_without_a_measured_effect_today_stays() -> None:
    none = Elasticity(None, None, None, None, 3, "Only 3 usable rows; 10 are the least.")
    assert advise(none, [30.0], 34.99, Terms(), LADDER).reason.startswith("Only 3")
    rising = Elasticity(0.7, 0.1, 0.5, 0.9, 50, "")
    assert advise(rising, [30.0], 34.99, Terms(), LADDER).best is None


def test_a_copy_that_earns_nothing_is_an_error() -> None:
    with pytest.raises(ValueError, match="earns nothing"):
        advise(Elasticity(-1.0, 0.1, -1.2, -0.8, 50, ""), [30.0], 34.99, Terms(fee=99.0), LADDER)


def test_the_same_question_has_the_same_answer() -> None:
    rows = sold(-2.0, 0.3, 5)
    assert judged(rows) == judged(rows)
    assert 0 < SURE_ENOUGH < 1
