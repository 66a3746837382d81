"""Price elasticity: the truth where it is known, the references where it is not, and abstention."""

from __future__ import annotations

import json
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from marketing.analysis.elasticity import Observation, elasticity

pytestmark = pytest.mark.once
DATA = Path(__file__).resolve().parents[3] / "shared" / "domain" / "datasets"
Make = Callable[..., list[Observation]]


def market(true: float = -1.5, shops: int = 20, weeks: int = 30, *, hidden: float = 0.0) -> list[Observation]:
    """Shops that differ in level; with `hidden`, dear shops sell more for another reason."""
    chance = np.random.default_rng(11)
    rows = []
    for shop in range(shops):
        level = shop / shops
        for week in range(weeks):
            price = np.exp(0.3 * level * bool(hidden) + chance.normal(1, 0.2))
            units = np.exp(5 + true * np.log(price) + hidden * level + 0.3 * np.sin(week) + chance.normal(0, 0.1))
            rows.append(Observation(float(price), float(units), f"shop {shop}", f"week {week}"))
    return rows


def test_a_known_elasticity_lies_in_its_interval() -> None:
    found = elasticity(market())
    assert found.low is not None
    assert found.high is not None
    assert found.low <= -1.5 <= found.high
    assert found.high - found.low < 0.2


def test_effects_of_shops_take_out_what_prices_did_not_do() -> None:
    with_effects = elasticity(market(hidden=2.0))
    without = elasticity([Observation(row.price, row.units) for row in market(hidden=2.0)])
    assert with_effects.elasticity == pytest.approx(-1.5, abs=0.1)
    assert without.elasticity is not None
    assert abs(without.elasticity + 1.5) > 0.2


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([Observation(2.0, 3.0)] * 5, "Only 5 usable rows"),
        ([Observation(2.0, float(units)) for units in range(1, 30)], "never changed"),
        ([Observation(1.0 + shop, 2.0 + shop, str(shop)) for shop in range(12)], "never changed"),
        ([Observation(0.0, 3.0)] * 50, "Only 0 usable rows"),
    ],
)
def test_where_nothing_can_be_told_nothing_is(rows: list[Observation], words: str) -> None:
    found = elasticity(rows)
    assert found.elasticity is None
    assert words in found.warning


def test_a_rise_with_the_price_is_no_effect_of_the_price() -> None:
    assert "no effect of the price" in elasticity(market(true=0.8)).warning


def test_few_shops_are_doubted() -> None:
    assert "Few units" in elasticity(market(shops=3)).warning


def told(*arguments: Any) -> dict[str, dict[str, Any]]:
    out = StringIO()
    call_command("elasticity", *arguments, stdout=out)
    return {row["group"]: row for row in map(json.loads, out.getvalue().splitlines())}


def test_the_command_reads_a_table(tmp_path: Path) -> None:
    rows = [f"{row.unit};{row.time};{row.price:.4f};{row.units:.2f};nie".replace(".", ",") for row in market()]
    file = tmp_path / "sales.csv"
    file.write_text("sklep;tydzień;cena;sztuki;reklama\n" + "\n".join(rows), encoding="cp1250")
    options = ("--price=cena", "--units=sztuki", "--unit-effect=sklep", "--time-effect=tydzień", "--advertised=reklama")
    found = told(file, *options)[""]
    assert set(found) == {"group", "elasticity", "standard_error", "low", "high", "n", "warning"}
    assert found["elasticity"] == pytest.approx(-1.5, abs=0.1)
    assert found["n"] == 600


def test_a_table_without_numbers_says_so(tmp_path: Path) -> None:
    file = tmp_path / "sales.csv"
    file.write_text("price,units\ncheap,many\n")
    with pytest.raises(CommandError, match="No row has a number"):
        told(file, "--price=price", "--units=units")


@pytest.mark.shared
def test_orange_juice_is_as_elastic_as_the_reference_says() -> None:
    found = told(DATA / "price_orange_juice.csv", "--price=price", "--units=sales", "--by=brand", "--advertised=feat")
    wanted = {"dominicks": -2.77, "minute.maid": -1.99, "tropicana": -2.04}
    assert {name: round(found[name]["elasticity"], 2) for name in wanted} == wanted


@pytest.mark.shared
def test_avocados_are_as_elastic_as_the_reference_says() -> None:
    options = (
        "--price=average_price",
        "--units=total_volume",
        "--by=type",
        "--unit-effect=region",
        "--time-effect=date",
    )
    found = told(DATA / "price_avocado_weekly.csv", *options)
    seen = {name: (round(row["elasticity"], 2), round(row["standard_error"], 2)) for name, row in found.items()}
    assert seen == {"conventional": (-1.00, 0.04), "organic": (-1.38, 0.09)}
