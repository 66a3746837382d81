"""A line over days as parts of a picture: coordinates for an SVG, made here so that the page needs no script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from marketing.campaigns.performance import Line

WIDTH, HEIGHT = 760, 220
_LEFT, _RIGHT, _TOP, _BOTTOM = 76, 12, 14, 26
_TICKS = 4
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where, and its value."""

    at: float
    value: float | date


@dataclass(frozen=True, slots=True)
class Mark:
    """A point worth a look."""

    x: float
    y: float
    day: date
    value: float


@dataclass(frozen=True, slots=True)
class Chart:
    """The line's path, its axes, its wild days and the days of a new level."""

    path: str
    area: str
    marks: list[Mark]
    cuts: list[Mark]
    values: list[Tick]
    days: list[Tick]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    base: int = HEIGHT - _BOTTOM
    top: int = _TOP


def chart(line: Line) -> Chart:
    """The picture of a line; its axis begins at zero."""
    peak = _round_up(max(float(line.values.max()), 1e-9))
    number = len(line.days)

    def across(at: int) -> float:
        return round(_LEFT + (WIDTH - _LEFT - _RIGHT) * at / max(1, number - 1), 1)

    def up(value: float) -> float:
        return round(HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * max(value, 0) / peak, 1)

    places = {day: at for at, day in enumerate(line.days)}
    points = [f"{across(at)} {up(float(value))}" for at, value in enumerate(line.values)]
    path = "M" + " L".join(points)
    shown = sorted({round(at * (number - 1) / 3) for at in range(4)})
    return Chart(
        path,
        f"{path} L{across(number - 1)} {up(0)} L{across(0)} {up(0)} Z",
        [Mark(across(places[one.day]), up(one.value), one.day, one.value) for one in line.anomalies],
        [Mark(across(places[one.day]), up(one.after), one.day, one.after) for one in line.changes],
        [Tick(up(peak * at / _TICKS), peak * at / _TICKS) for at in range(_TICKS + 1)],
        [Tick(across(at), line.days[at]) for at in shown],
    )


def _round_up(value: float) -> float:
    """The next round number."""
    size = 1.0
    while size * 10 <= value:
        size *= 10
    while size > value:
        size /= 10
    return float(next(step * size for step in _STEPS if step * size >= value))
