"""Forecasts: better than last year's value, with intervals that hold, and a doubt where there is reason for one."""

from __future__ import annotations

import json
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.analysis.forecasting import backtest, forecast
from marketing.analysis.models import MODELS
from marketing.analysis.tables import day, number, rows_of, series_of

pytestmark = pytest.mark.once
DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"


def seasonal(number: int = 96, noise: float = 1.0, growth: float = 0.5) -> list[float]:
    at = np.arange(number)
    chance = np.random.default_rng(7).normal(0, noise, number)
    return list(100 + growth * at + 12 * np.sin(2 * np.pi * at / 12) + chance)


def test_a_season_on_a_trend_is_carried_on() -> None:
    values = seasonal(108)
    found = forecast(values[:96], 12, 12)
    naive = np.abs(np.array(values[96:]) - values[84:96]).mean()
    error = np.abs(np.array(values[96:]) - [step.point for step in found.steps]).mean()
    assert error < 0.5 * naive
    assert found.warning == ""
    assert all(step.low <= step.point <= step.high for step in found.steps)


def test_intervals_hold_about_as_often_as_they_say() -> None:
    tested = [backtest(np.random.default_rng(seed).normal(50, 5, 120).tolist(), 1, 6, 6) for seed in range(12)]
    inside = sum((one.coverage or 0) * one.points for one in tested) / sum(one.points for one in tested)
    assert 0.7 <= inside <= 0.9


def test_chance_alone_beats_nobody_by_much() -> None:
    tested = backtest(np.random.default_rng(3).normal(0, 1, 150).cumsum().tolist(), 1, 5, 6)
    assert tested.mase is not None
    assert tested.seasonal_naive_mase is not None
    assert tested.mase <= 1.05 * tested.seasonal_naive_mase


def test_growth_that_multiplies_stays_above_zero() -> None:
    values = [100 * 1.03**at * (1 + 0.3 * np.sin(2 * np.pi * at / 12)) for at in range(72)]
    found = forecast(values, 12, 12)
    assert all(step.low > 0 for step in found.steps)
    assert found.steps[-1].point > values[-1]


def test_what_was_never_negative_will_not_be() -> None:
    found = forecast([3, 0, 0, 1, 0, 2, 0, 0, 0, 1, 0, 0, 4, 0, 0, 0], 1, 4)
    assert all(step.low >= 0 for step in found.steps)


def test_a_short_series_is_doubted() -> None:
    assert "Too short" in forecast([5, 6, 7, 8, 9, 10], 12, 3).warning


def test_a_collapse_is_told() -> None:
    assert "shifted" in forecast([*seasonal(96), *[20.0] * 12], 12, 6).warning


@pytest.mark.parametrize(("values", "horizon"), [([1.0, 2.0, 3.0], 2), ([1.0] * 9, 0)])
def test_what_cannot_be_forecast_is_refused(values: list[float], horizon: int) -> None:
    with pytest.raises(ValueError, match="least"):
        forecast(values, 1, horizon)


def test_a_constant_series_stays_constant_and_says_so() -> None:
    found = forecast([7.0] * 40, 4, 4)
    assert {round(step.point, 6) for step in found.steps} == {7.0}
    assert found.warning == "The series does not vary."
    assert backtest([7.0] * 40, 4, 4, 3).mase is None


def test_a_test_of_too_short_a_series_says_so() -> None:
    assert backtest([1.0, 2.0, 3.0, 4.0, 5.0], 4, 3, 3).points == 0


@pytest.mark.parametrize("model", list(MODELS))
@given(
    values=st.lists(st.floats(-1e6, 1e6), min_size=4, max_size=40),
    season=st.integers(1, 13),
    horizon=st.integers(1, 14),
)
@settings(max_examples=40, deadline=None)
def test_every_model_answers_for_any_series(model: str, values: list[float], season: int, horizon: int) -> None:
    found = MODELS[model](np.array(values), season, horizon)
    assert found.shape == (horizon,)
    assert np.isfinite(found).all()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1 234,56", 1234.56),
        ("1,234.56", 1234.56),
        ("1.234,56 zł", 1234.56),
        ("1,234", 1234.0),
        ("12,5", 12.5),
        ("-3.5", -3.5),
        ("$ 9.99", 9.99),
        ("1.234.567", 1234567.0),
        ("n/a", None),
        ("", None),
        ("inf", None),
        ("abc", None),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: float | None) -> None:
    assert number(text) == value


@pytest.mark.parametrize("text", ["2026-11-26", "26.11.2026", "2026/11/26", "20261126", "2026-11-26 08:00"])
def test_dates_are_read_as_people_write_them(text: str) -> None:
    found = day(text)
    assert found is not None
    assert found.isoformat() == "2026-11-26"


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    file = folder / "table.csv"
    file.write_bytes(text.encode(encoding))
    return file


def test_gaps_doubles_and_disorder_are_mended_and_told(tmp_path: Path) -> None:
    file = write(tmp_path, "day;sold\n2026-01-05;5\n2026-01-01;1\n2026-01-02;2\n2026-01-02;1\n2026-01-04;4\n")
    (series,) = series_of(rows_of(file), "sold", "day", None, 1)
    assert series.values == (1.0, 3.0, 3.5, 4.0, 5.0)
    assert "added up" in series.warning
    assert "1 of 5" in series.warning


def told(*arguments: Any) -> list[dict[str, Any]]:
    out = StringIO()
    call_command(*arguments, stdout=out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_the_command_forecasts_each_group(tmp_path: Path) -> None:
    rows = [
        f"2026-{month:02d}-01,{place},{month * factor}"
        for month in range(1, 13)
        for place, factor in (("a", 1), ("b", 2))
    ]
    file = write(tmp_path, "when,place,plays\n" + "\n".join(rows), "cp1250")
    asked = ("forecast", file, "--value=plays", "--date=when", "--by=place", "--horizon=2", "--season=1")
    first, second = told(*asked)
    assert (first["series"], second["series"]) == ("a", "b")
    assert [step["step"] for step in first["forecast"]] == [1, 2]
    assert set(first) == {"series", "model", "forecast", "warning"}
    (tested, _other) = told(*asked, "--backtest=2")
    assert set(tested) == {"series", "mase", "seasonal_naive_mase", "coverage", "points", "warning"}


def test_a_group_that_is_too_short_is_told_beside_the_others(tmp_path: Path) -> None:
    file = write(tmp_path, "when,plays\n2026-01-01,1\n2026-01-02,2\n")
    (found,) = told("forecast", file, "--value=plays", "--date=when", "--horizon=2", "--season=1")
    assert found["forecast"] == []
    assert "at least 4" in found["warning"]


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("a,b\n1,2\n", ("--value=x", "--date=b"), "no column “x”"),
        ("a,b\n1,soon\n", ("--value=a", "--date=b"), "No date"),
        ("a,b\n", ("--value=a", "--date=b"), "no rows"),
    ],
)
def test_a_table_that_cannot_be_used_says_why(tmp_path: Path, text: str, options: tuple[str, ...], words: str) -> None:
    with pytest.raises(CommandError, match=words):
        told("forecast", write(tmp_path, text), *options, "--horizon=2", "--season=1")


def test_a_missing_file_and_odd_options_are_told(tmp_path: Path) -> None:
    asked = ("forecast", tmp_path / "none.csv", "--value=a", "--date=b", "--season=1")
    with pytest.raises(CommandError, match="cannot be read"):
        told(*asked, "--horizon=2")
    with pytest.raises(CommandError, match="from 1 on"):
        told(*asked, "--horizon=0")


@pytest.mark.shared
@pytest.mark.parametrize(
    ("name", "value", "when", "season", "horizon", "folds", "most"),
    [
        ("series_monthly_retail.csv", "y", "ds", 12, 12, 6, 0.40),
        ("mmm_robyn_weekly.csv", "revenue", "DATE", 52, 12, 5, 0.80),
    ],
)
def test_real_series_are_forecast_as_well_as_wanted(
    name: str, value: str, when: str, season: int, horizon: int, folds: int, most: float
) -> None:
    (series,) = series_of(rows_of(DATA / name), value, when, None, season)
    tested = backtest(series.values, season, horizon, folds)
    assert tested.mase is not None
    assert tested.mase <= most


@pytest.mark.shared
def test_no_real_series_is_forecast_much_worse_than_by_last_years_values() -> None:
    rows = [{**row, "place": f"{row['region']} {row['type']}"} for row in rows_of(DATA / "price_avocado_weekly.csv")]
    ratios = []
    for series in list(series_of(rows, "total_volume", "date", "place", 52))[:20]:
        tested = backtest(np.log(series.values), 52, 8, 3)
        assert tested.mase is not None
        assert tested.seasonal_naive_mase is not None
        ratios.append(tested.mase / tested.seasonal_naive_mase)
    assert max(ratios) <= 1.05
    assert np.mean(ratios) < 0.8
