"""The fact table: every figure that a page or sentence may show: bounds, period, method, digest of the data."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from babel.numbers import format_currency, format_decimal, format_percent

from marketing.campaigns import performance
from marketing.campaigns.performance import RATES, SUMS, Sums, Verdict

UNITS = {"spend": "money", "revenue": "money", "ctr": "share", "cpc": "money", "cpa": "money", "roas": "factor"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One figure. `unit` is money, share, factor, count or day; bounds are None where there is no chance in it.

    `direction` is up, down, better or worse for a figure that has been tested for it, and only then. `subject` is the
    name of the one group it is about, `subject_id` that group's own; without them it is about all together.
    """

    id: str
    name: str
    value: float | date
    unit: str
    period: tuple[date, date] | None
    method: str
    digest: str
    low: float | None = None
    high: float | None = None
    currency: str = ""
    direction: str = ""
    subject: str = ""
    subject_id: str = ""

    def shown(self, language: str) -> str:
        """The value as its language writes it."""
        return written(self.value, self.unit, self.currency, language)

    def interval(self, language: str) -> tuple[str, str] | None:
        """The bounds as the language writes them."""
        if self.low is None or self.high is None:
            return None
        return tuple(written(one, self.unit, self.currency, language) for one in (self.low, self.high))  # type: ignore[return-value]  # of two comes a pair

    def as_json(self) -> dict[str, Any]:
        """For the Lab API."""
        value = self.value.isoformat() if isinstance(self.value, date) else self.value
        return {
            "id": self.id,
            "name": self.name,
            "value": value,
            "low": self.low,
            "high": self.high,
            "unit": self.unit,
            "currency": self.currency,
            "period": [one.isoformat() for one in self.period] if self.period else None,
            "method": self.method,
            "data": self.digest,
            "direction": self.direction,
            "subject": self.subject,
        }


def written(value: float | date, unit: str, currency: str, language: str) -> str:
    """A value in its unit as the language writes it."""
    if isinstance(value, date):
        from babel.dates import format_date

        return format_date(value, "d MMMM y", locale=language)
    if unit == "money":
        return format_currency(value, currency or "XXX", locale=language)
    if unit == "share":
        return format_percent(value, "0.00 %" if language == "pl" else "0.00%", locale=language)
    # Of a hundred clicks a day nobody wants the hundredth part.
    digits = 0 if unit == "count" and value >= 100 else 2  # noqa: PLR2004 - said above
    return format_decimal(round(value, digits), locale=language)


def on_axis(value: float, unit: str, currency: str, language: str) -> str:
    """A value beside an axis: in whole money."""
    if unit == "money" and (value >= 10 or not value):  # noqa: PLR2004 - below, a tick has decimals
        pattern = "#,##0 ¤" if language == "pl" else "¤#,##0"
        return format_currency(value, currency or "XXX", pattern, locale=language, currency_digits=False)
    return written(value, unit, currency, language)


def digest_of(groups: Sequence[Sums]) -> str:
    """Whether two tables of facts were made of the same data."""
    found = hashlib.sha256()
    for group in groups:
        found.update(repr((group.name, sorted(group.total.items()), sorted(group.days.items()))).encode())
    return found.hexdigest()[:12]


def facts(group: Sums, currency: str) -> list[Fact]:
    """The facts of one group: sums, rates, wild days and new levels."""
    digest = digest_of([group])
    period = (min(group.days), max(group.days)) if group.days else None
    found = []
    for name in SUMS:
        total = group.total.get(name)
        if total is not None:
            unit = UNITS.get(name, "count")
            found.append(Fact(name, name, total, unit, period, "sum", digest, currency=currency))
    for name in RATES:
        rate = performance.rate(group, name)
        if rate:
            known = not math.isnan(rate.low)
            low, high = (rate.low, rate.high) if known else (None, None)
            method = rate.method or "ratio of sums"
            found.append(Fact(name, name, rate.value, UNITS[name], period, method, digest, low, high, currency))
    return found + _events(group, period, digest, currency)


def compared(verdicts: Sequence[Verdict], by: str, name: str, currency: str) -> list[Fact]:
    """The rates of groups that are better or worse than the others for certain; a group's number is its place."""
    found = []
    for number, verdict in enumerate(verdicts, 1):
        group = verdict.group
        rate = performance.rate(group, name)
        if verdict.said not in {"better", "worse"} or rate is None or not group.name:
            continue
        known = not math.isnan(rate.low)
        low, high = (rate.low, rate.high) if known else (None, None)
        period = (min(group.days), max(group.days)) if group.days else None
        found.append(
            Fact(
                f"{by}{number}-{name}",
                name,
                rate.value,
                UNITS[name],
                period,
                rate.method or "ratio of sums",
                digest_of([group]),
                low,
                high,
                currency,
                verdict.said,
                group.name,
                f"{by}{number}",
            )
        )
    return found


def _events(group: Sums, period: tuple[date, date] | None, digest: str, currency: str) -> list[Fact]:
    found = []
    for name in ("impressions", "clicks", "conversions", "views", "spend"):
        line = performance.line(group, name)
        if line is None:
            continue
        unit = UNITS.get(name, "count")
        for number, one in enumerate(line.changes, 1):
            way = "up" if one.after > one.before else "down"
            stem = f"{name}-change{number}"
            found += [
                Fact(stem, f"{name}_change", one.day, "day", period, "PELT", digest, direction=way),
                Fact(f"{stem}-before", f"{name}_before", one.before, unit, period, "mean", digest, currency=currency),
                Fact(f"{stem}-after", f"{name}_after", one.after, unit, period, "mean", digest, currency=currency),
            ]
        for number, wild in enumerate(line.anomalies, 1):
            way = "up" if wild.value > wild.usual else "down"
            stem = f"{name}-anomaly{number}"
            found += [
                Fact(stem, f"{name}_anomaly", wild.day, "day", period, "median of 15 days", digest, direction=way),
                Fact(f"{stem}-value", f"{name}_on", wild.value, unit, period, "sum", digest, currency=currency),
            ]
    return found
