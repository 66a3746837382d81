"""The odds that a chart entry is still there some weeks later, learned from whole charts and checked on later weeks.

A logistic regression on where an entry stands, how it got there, how long it has been there, what else its artist has
on the chart, and the time of the year. The weights in `survival.json` were learned by `fit_survival`; where a caller
sends a chart long enough to learn from, its own weights are taken when they do better on its own later weeks.
"""

from __future__ import annotations

import functools
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]
# Ranks are spoken of as if a chart had so many.
FULL = 100
HORIZON = 4
# What a chart must have to be learned from, and of it the later part that judges.
LEAST_WEEKS = 40
LEAST_ROWS = 1500
LATER = 0.2
_RIDGE = 3.0
_STEPS = 40
_FILE = Path(__file__).with_name("survival.json")
_RANKS = (0.2, 0.4, 0.5, 0.6, 0.75, 0.9)
_AGES = (2, 4, 10, 20)


@dataclass(frozen=True, slots=True)
class Entry:
    """One place of a chart. `peak`, `weeks` and `last` are the chart's own words on its past; None: as the rows say."""

    week: date
    rank: int
    track: str
    artist: str = ""
    peak: int | None = None
    weeks: int | None = None
    last: int | None = None

    @property
    def key(self) -> tuple[str, str]:
        """What tells recordings apart."""
        return self.track, self.artist


class Chart:
    """Entries by track and week. Weeks are counted from the first; `size` is the lowest rank there is."""

    def __init__(self, entries: Iterable[Entry], size: int = 0) -> None:
        rows = sorted(entries, key=lambda one: one.week)
        self.first = rows[0].week if rows else date.min
        self.size = max(size, max((one.rank for one in rows), default=FULL))
        self.runs: dict[tuple[str, str], dict[int, Entry]] = {}
        for one in rows:
            self.runs.setdefault(one.key, {})[self.at(one.week)] = one
        self.last = self.at(rows[-1].week) if rows else 0
        self._ages: dict[tuple[str, str], dict[int, int]] = {}
        self._peaks: dict[tuple[str, str], dict[int, int]] = {}
        self.beside: Counter[tuple[str, int]] = Counter()
        self.fresh: Counter[tuple[str, int]] = Counter()
        for key, run in self.runs.items():
            self._follow(key, run)

    def _follow(self, key: tuple[str, str], run: Mapping[int, Entry]) -> None:
        """What each week of a run knew of the weeks before it."""
        ages, peaks = self._ages.setdefault(key, {}), self._peaks.setdefault(key, {})
        peak = next(iter(run.values())).rank
        for number, (at, one) in enumerate(run.items(), start=1):
            peak = min(peak, one.rank, one.peak or one.rank)
            ages[at], peaks[at] = one.weeks or number, peak
            self.beside[key[1], at] += 1
            self.fresh[key[1], at] += ages[at] <= 1

    def at(self, week: date) -> int:
        """The number of a week."""
        return (week - self.first).days // 7

    def age(self, key: tuple[str, str], at: int) -> int:
        """Weeks on the chart up to here."""
        return self._ages[key][at]

    def peak(self, key: tuple[str, str], at: int) -> int:
        """The best rank up to here."""
        return self._peaks[key][at]

    @staticmethod
    def before(run: Mapping[int, Entry], at: int) -> int | None:
        """The rank of the week before; None for what was not there."""
        previous = run.get(at - 1)
        return previous.rank if previous else run[at].last


@dataclass(frozen=True, slots=True)
class Check:
    """How odds did on weeks they were not learned from: AUC (0.5 is chance), Brier (0 is perfect) and their number."""

    auc: float
    brier: float
    base_brier: float
    rows: int


@dataclass(frozen=True, slots=True)
class Survival:
    """Weights of the standardised features, the first of them the constant's."""

    means: tuple[float, ...]
    spreads: tuple[float, ...]
    weights: tuple[float, ...]
    horizon: int = HORIZON

    def odds(self, features: Values) -> Values:
        """The probability of each row of features."""
        scaled = (features - np.array(self.means)) / np.array(self.spreads)
        return _logistic(self.weights[0] + scaled @ np.array(self.weights[1:]))


def features(chart: Chart, key: tuple[str, str], at: int) -> list[float]:
    """What is known in a week of an entry that stands on the chart then. Nothing of later weeks."""
    run = chart.runs[key]
    scale = FULL / max(chart.size, 1)
    rank, peak, age = run[at].rank * scale, chart.peak(key, at) * scale, max(1, chart.age(key, at))
    previous, earlier = chart.before(run, at), run.get(at - 3)
    new = age <= 1
    change = (previous * scale - rank) / 20 if previous is not None else 0.0
    lately = (earlier.rank * scale - rank) / 40 if earlier else 0.75 * change
    beside, fresh = np.log(chart.beside[key[1], at]), np.log(max(1, chart.fresh[key[1], at]))
    height, years = np.log(rank), np.log(age)
    day = run[at].week.timetuple().tm_yday
    festive = day > _CHRISTMAS or day <= _EPIPHANY
    # Charts take old songs out by rule once they have sunk (the "recurrent" rule); it nears from here on.
    leaving = age >= 16 and rank > 40  # noqa: PLR2004 - see above
    return [
        *(height, rank / FULL, *(max(0.0, rank / FULL - knee) for knee in _RANKS)),
        *(change, max(change, 0.0), min(1.0, max(-1.0, change)), min(1.0, max(-1.0, lately))),
        *(years, *(max(0.0, years - np.log(knee)) for knee in _AGES)),
        *(np.log(peak), (rank - peak) / FULL, float(rank == peak and not new)),
        *(float(new), float(previous is None and not new), new * height, new * fresh, beside),
        *((age <= 4) * beside, (age <= 3) * change),  # noqa: PLR2004 - the weeks of an album's release
        *(float(leaving), leaving * (rank - 40) / 60, float(age >= 20 and rank >= 45), float(age >= 45 and rank > 20)),  # noqa: PLR2004 - see above
        *(years * height, height * change, years * change),
        *(float(_ADVENT < day <= _CHRISTMAS), float(festive), festive * (age > 15), festive * (change > 0.5)),  # noqa: PLR2004 - songs that come back each winter
    ]


_ADVENT, _CHRISTMAS, _EPIPHANY = 319, 344, 7


def table(chart: Chart, horizon: int = HORIZON) -> tuple[Values, Values, Values]:
    """Features, whether each entry was there `horizon` weeks later (1 or 0), and its week; only where that is known."""
    rows, kept, weeks = [], [], []
    for key, run in chart.runs.items():
        for at in run:
            if at + horizon <= chart.last:
                rows.append(features(chart, key, at))
                kept.append(float(at + horizon in run))
                weeks.append(float(at))
    return np.array(rows), np.array(kept), np.array(weeks)


def fit(rows: Values, kept: Values, horizon: int = HORIZON) -> Survival:
    """The weights that make what was seen most likely, drawn slightly towards zero."""
    means, spreads = rows.mean(axis=0), rows.std(axis=0)
    spreads[spreads < 1e-9] = 1.0  # noqa: PLR2004 - what never changes has no weight
    design = np.column_stack([np.ones(len(rows)), (rows - means) / spreads])
    weights = np.zeros(design.shape[1])
    ridge = np.full(len(weights), _RIDGE)
    ridge[0] = 0.0
    for _step in range(_STEPS):
        chance = _logistic(design @ weights)
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + np.diag(ridge) + 1e-9 * np.eye(len(weights))
        move = np.linalg.solve(bend, design.T @ (kept - chance) - ridge * weights)
        weights = weights + move
        if np.abs(move).max() < 1e-8:  # noqa: PLR2004 - it stands still
            break
    means_, spreads_, weights_ = (tuple(float(one) for one in values) for values in (means, spreads, weights))
    return Survival(means_, spreads_, weights_, horizon)


def check(model: Survival, rows: Values, kept: Values) -> Check | None:
    """How the model does on these rows; None where all of them stayed, or none."""
    if not len(kept) or kept.min() == kept.max():
        return None
    odds = model.odds(rows)
    base = float(kept.mean())
    return Check(_auc(kept, odds), float(np.mean((odds - kept) ** 2)), base * (1 - base), len(kept))


def held_out(chart: Chart, horizon: int = HORIZON, later: float = LATER) -> tuple[Check | None, Survival] | None:
    """A model of the earlier weeks checked on the later ones; None for a chart too short to learn from."""
    rows, kept, weeks = table(chart, horizon)
    cut = int((chart.last + 1) * (1 - later))
    # What became of an entry must be known before the judged weeks begin.
    early, late = weeks < cut - horizon, weeks >= cut
    if chart.last < LEAST_WEEKS or early.sum() < LEAST_ROWS or not late.any():
        return None
    model = fit(rows[early], kept[early], horizon)
    return check(model, rows[late], kept[late]), model


def chosen(chart: Chart, kind: str) -> tuple[Survival, Check | None, bool]:
    """The model for this chart, how it did on the chart's later weeks, and whether it was learned from the chart."""
    ours = shipped()[kind]
    rows, kept, weeks = table(chart, ours.horizon)
    if not len(rows):
        return ours, None, False
    late = weeks >= int((chart.last + 1) * (1 - LATER))
    known = check(ours, rows[late], kept[late])
    own = held_out(chart, ours.horizon)
    if own and own[0] and known and own[0].brier < known.brier:
        return fit(rows, kept, ours.horizon), own[0], True
    return ours, known, False


@functools.cache
def shipped() -> Mapping[str, Survival]:
    """The weights that came with the product, by kind of chart."""
    told = json.loads(_FILE.read_text(encoding="utf-8"))
    return {
        kind: Survival(tuple(one["means"]), tuple(one["spreads"]), tuple(one["weights"]), one["horizon"])
        for kind, one in told.items()
    }


def written(model: Survival) -> dict[str, object]:
    """The model as `survival.json` has it."""
    plain = {name: [round(one, 6) for one in values] for name, values in asdict(model).items() if name != "horizon"}
    return {**plain, "horizon": model.horizon}


def _logistic(values: Values) -> Values:
    return np.asarray(1 / (1 + np.exp(-np.clip(values, -30, 30))))


def _auc(kept: Sequence[float] | Values, odds: Values) -> float:
    """The chance that an entry that stayed has higher odds than one that left; ties count half."""
    positive = np.sort(odds[np.asarray(kept) == 1])
    negative = odds[np.asarray(kept) == 0]
    below = np.searchsorted(positive, negative, "left"), np.searchsorted(positive, negative, "right")
    above = len(positive) - (below[0] + below[1]) / 2
    return float(above.sum() / (len(positive) * len(negative)))
