"""Which price on the real ladder earns more than today's, how sure that is, and when the data cannot tell.

Demand follows the measured elasticity around today's price; its uncertainty is carried through by draws. Only prices
near those that were ever asked are judged: beyond them nothing was seen. What is earned is the net price's share less
the channel's fee, for every copy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from marketing.analysis.elasticity import Elasticity

# What people expect to see in Poland (the trade's price points).
LADDER = (
    *(round(tens + nine, 2) for tens in range(0, 100, 10) for nine in (4.99, 9.99)),
    *(109.99, 119.99, 129.99, 149.99),
)
# How far beyond the prices that were asked a step may lie.
_BEYOND = 0.1
# A change is advised only when it is so probably better.
SURE_ENOUGH = 0.8
_DRAWS = 4000
_TENTHS = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Terms:
    """What a copy brings: `share` (0 to 1) of the price without VAT (in per cent), less a fixed `fee` a copy."""

    share: float = 1.0
    fee: float = 0.0
    vat: float = 5.0

    def margin(self, price: float) -> float:
        """What one copy at this price brings."""
        return price / (1 + self.vat / 100) * self.share - self.fee


@dataclass(frozen=True, slots=True)
class Offer:
    """One step of the ladder. Ratios are against today's price: 1.1 is a tenth more; `low` and `high` hold 80 %."""

    price: float
    margin: float
    units: float
    earnings: float
    low: float
    high: float
    better: float


@dataclass(frozen=True, slots=True)
class Advice:
    """The ladder's steps, and the one to take; None with a `reason` where today's price should stay."""

    offers: tuple[Offer, ...]
    best: Offer | None
    reason: str


def advise(found: Elasticity, asked: Sequence[float], present: float, terms: Terms, ladder: Sequence[float]) -> Advice:
    """The best step for this elasticity. `asked` are the prices of the data, `present` is today's.

    Raises ValueError when a copy earns nothing today: then no ratio makes sense.
    """
    today = terms.margin(present)
    if present <= 0 or today <= 0:
        raise ValueError(_("At today’s price a copy earns nothing: check the price, the share and the fee."))
    if found.elasticity is None or found.standard_error is None:
        return Advice((), None, found.warning)
    if found.elasticity >= 0:
        return Advice(
            (), None, found.warning or _("Units do not fall when the price rises here: no effect of the price.")
        )
    lowest, highest = min(asked) * (1 - _BEYOND), max(asked) * (1 + _BEYOND)
    steps = [price for price in sorted(set(ladder)) if lowest <= price <= highest and terms.margin(price) > 0]
    # The same draws for every step and every call: an answer does not change by asking again.
    slopes = found.elasticity + found.standard_error * np.random.default_rng(0).standard_normal(_DRAWS)
    offers = tuple(_offer(price, found.elasticity, slopes, present, terms) for price in steps)
    others = [one for one in offers if one.price != present]
    if not others:
        return Advice(offers, None, _("No other step of the ladder lies near the prices that were asked."))
    best = max(others, key=lambda one: one.earnings)
    if best.earnings <= 1:
        return Advice(offers, None, _("No step near the prices that were asked earns more than today’s."))
    if best.better < SURE_ENOUGH:
        words = _("The data cannot tell: the best step is better with a probability of %(share)d%% only.")
        return Advice(offers, None, words % {"share": round(best.better * 100)})
    return Advice(offers, best, "")


def _offer(price: float, slope: float, slopes: np.ndarray, present: float, terms: Terms) -> Offer:
    ratio = terms.margin(price) / terms.margin(present)
    step = np.log(price / present)
    drawn = ratio * np.exp(slopes * step)
    low, high = np.quantile(drawn, _TENTHS)
    units = float(np.exp(slope * step))
    return Offer(price, terms.margin(price), units, ratio * units, float(low), float(high), float(np.mean(drawn > 1)))
