"""`elasticity FILE.csv --price COLUMN --units COLUMN`: one JSON line a group."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from collections import defaultdict
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import translation

from marketing.analysis.elasticity import Observation, elasticity
from marketing.analysis.tables import need, number, rows_of

_YES = frozenset({"yes", "true", "tak", "y", "t"})
_NO = frozenset({"no", "false", "nie", "n", "f"})


class Command(BaseCommand):
    help = "Measures the price elasticity of demand in a table, with 95 % intervals."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--price", required=True, help="the column with the prices")
        parser.add_argument("--units", required=True, help="the column with what was sold")
        parser.add_argument("--unit-effect", help="the column with shops, regions, titles: each keeps its own level")
        parser.add_argument("--time-effect", help="the column with dates: each keeps its own level")
        parser.add_argument("--by", help="the column that tells groups apart")
        parser.add_argument("--advertised", help="the column that says whether a price was advertised")

    def handle(self, *_args: Any, file: Path, **options: Any) -> None:
        try:
            groups = _groups(file, options)
        except ValueError as error:
            raise CommandError(str(error)) from error
        # Programs read this, whatever the desk speaks.
        with translation.override("en"):
            for name, rows in groups.items():
                self.stdout.write(json.dumps({"group": name, **asdict(elasticity(rows))}, ensure_ascii=False))


def _groups(file: Path, options: dict[str, Any]) -> dict[str, list[Observation]]:
    rows = rows_of(file)
    names = ("price", "units", "unit_effect", "time_effect", "by", "advertised")
    price, units, unit, time, by, advertised = (options[name] for name in names)
    need(rows, price, units, unit, time, by, advertised)
    groups: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        paid, sold = number(row[price]), number(row[units])
        if paid is None or sold is None:
            continue
        told = _flag(row[advertised]) if advertised else None
        one = Observation(paid, sold, row[unit] if unit else "", row[time] if time else "", told)
        groups[row[by] if by else ""].append(one)
    if not groups:
        raise ValueError(f"No row has a number in both “{price}” and “{units}”.")
    return groups


def _flag(text: str) -> float:
    plain = text.strip().casefold()
    if plain in _YES or plain in _NO:
        return float(plain in _YES)
    return number(text) or 0.0
