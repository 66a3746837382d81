"""Odds of chart entries: they learn what is there to learn, know nothing of later weeks, and hold on real charts."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from marketing.analysis import survival
from marketing.analysis.reading_charts import entries_of
from marketing.analysis.survival import Chart, Entry
from marketing.analysis.tables import rows_of

pytestmark = pytest.mark.once
DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
FIRST = date(2024, 1, 6)


def chart(weeks: int = 60, size: int = 50) -> list[Entry]:
    """A chart on which every song sinks three places a week until it leaves; new ones come in anywhere."""
    chance = np.random.default_rng(4)
    alive: dict[str, float] = {}
    rows, number = [], 0
    for at in range(weeks):
        alive = {name: place + 3 + chance.normal(0, 1) for name, place in alive.items()}
        alive = {name: place for name, place in alive.items() if place <= size}
        while len(alive) < size:
            number += 1
            alive[f"song {number}"] = float(chance.uniform(1, size))
        order = sorted(alive, key=alive.__getitem__)
        rows += [Entry(FIRST + timedelta(weeks=at), rank, name) for rank, name in enumerate(order, start=1)]
    return rows


def test_odds_learn_who_stays() -> None:
    found = survival.held_out(Chart(chart()))
    assert found is not None
    told = found[0]
    assert told is not None
    assert told.auc > 0.9
    assert told.brier < 0.6 * told.base_brier


def test_features_know_nothing_of_later_weeks() -> None:
    rows = chart(20)
    whole, cut = Chart(rows), Chart([one for one in rows if one.week <= FIRST + timedelta(weeks=9)])
    for key, run in cut.runs.items():
        assert all(survival.features(whole, key, at) == survival.features(cut, key, at) for at in run)


def test_a_short_chart_teaches_nothing() -> None:
    assert survival.held_out(Chart(chart(12))) is None


def test_the_own_chart_teaches_where_it_does_better() -> None:
    model, told, own = survival.chosen(Chart(chart()), "singles")
    assert own
    assert told is not None
    assert model is not survival.shipped()["singles"]


def test_a_ranking_beats_chance_as_often_as_it_is_right() -> None:
    kept = np.array([1.0, 1.0, 0.0, 0.0])
    weights = survival.Survival((0.0,), (1.0,), (0.0, 1.0))
    told = survival.check(weights, np.array([[2.0], [0.0], [0.0], [-1.0]]), kept)
    assert told is not None
    assert told.auc == 0.875
    assert survival.check(weights, np.array([[2.0]]), np.array([1.0])) is None


def test_a_chart_is_read_by_the_names_of_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "chart.csv"
    file.write_text("Tydzień;Pozycja;Utwór;Wykonawca;poprzednio\n2026-11-07;3;Nad Łódką;Ćma;-\n2026-11-07;;Bez;X;1\n")
    assert list(entries_of(rows_of(file))) == [Entry(date(2026, 11, 7), 3, "Nad Łódką", "Ćma")]
    file.write_text("week;song\n2026-11-07;a\n")
    with pytest.raises(CommandError, match="No column for the rank"):
        call_command("fit_survival", file)


@pytest.mark.shared
@pytest.mark.parametrize(("name", "auc", "brier"), [("hot100", 0.79, 0.178), ("albums100", 0.79, 0.178)])
def test_real_charts_are_judged_as_well_as_wanted(name: str, auc: float, brier: float) -> None:
    out = StringIO()
    call_command("fit_survival", DATA / f"music_{name}_weekly.csv", stdout=out)
    told = json.loads(out.getvalue())["checked_on_later_weeks"]
    assert told["auc"] >= auc
    assert told["brier"] <= brier
