"""Invented days of two invented campaigns: a new level, a wild day, an ad that tires, a difference that is chance."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from django.db import transaction

from marketing.campaigns.reading import Row
from marketing.campaigns.storing import Storing
from marketing.models import CampaignDay

_DAYS = 84
_FIRST = date(2026, 9, 1)
# Campaign, ad set, ad, audience, impressions a day, rate of clicks, its change a week, conversions a click.
_ADS = (
    ("Żółte światło: przedsprzedaż", "Folk i jazz", "Wideo z przędzalni", "25–44", 5200, 0.016, 0.99, 0.050),
    ("Żółte światło: przedsprzedaż", "Folk i jazz", "Okładka", "25–44", 4100, 0.015, 0.93, 0.048),
    ("Żółte światło: przedsprzedaż", "Festiwale", "Wideo z przędzalni", "18–24", 2600, 0.011, 1.0, 0.021),
    ("The Lighthouse Keeper’s Index", "Literary fiction", "Quotation", "35–54", 3000, 0.012, 1.0, 0.041),
    ("The Lighthouse Keeper’s Index", "Literary fiction", "Map of Hel", "35–54", 2900, 0.0118, 1.0, 0.040),
)


@transaction.atomic
def load() -> int:
    """Store them unless campaigns are there already; how many days were stored."""
    if CampaignDay.objects.exists():
        return 0
    chance = np.random.default_rng(8)
    rows: list[Row] = []
    for campaign, adset, ad, audience, daily, clicking, weekly, buying in _ADS:
        for at in range(_DAYS):
            day = _FIRST + timedelta(days=at)
            level = daily * (1.15 if day.weekday() >= 5 else 1.0)  # noqa: PLR2004 - the weekend
            if campaign.startswith("The") and at >= 50:  # noqa: PLR2004 - its budget was raised
                level *= 1.7
            if campaign.startswith("Żółte") and at == 30:  # noqa: PLR2004 - a festival shared it
                level *= 3
            impressions = int(chance.poisson(level) * chance.lognormal(0, 0.08))
            clicks = int(chance.binomial(impressions, clicking * weekly ** (at / 7)))
            bought = int(chance.binomial(clicks, buying))
            values = {
                "campaign": campaign,
                "account": "Przykład",
                "adset": adset,
                "ad": ad,
                "audience": audience,
                "day": day,
                "currency": "PLN",
                "impressions": impressions,
                "clicks": clicks,
                "spend": Decimal(round(impressions * 0.018, 2)).quantize(Decimal("0.01")),
                "conversions": Decimal(bought),
                "revenue": Decimal(bought * 59),
            }
            rows.append(Row(len(rows) + 1, values))
    return Storing("meta", None).store(rows).counts.get("new", 0)
