"""How the fields of a sheet stand: each value's length, the number of values, near-repetitions and policies."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from django.utils.functional import Promise

from marketing.content.alike import alike_pairs
from marketing.content.counting import count, youtube_tags
from marketing.content.measure import UNITS, Gauge, Level
from marketing.content.policies import Breach, breaches, formula_sign
from marketing.content.sheets.table import Sheet, SheetField, Values


@dataclass(frozen=True, slots=True)
class ValueMeasure:
    """One value and how long it is. `alike` is the number of an earlier value that it nearly repeats.

    `runs` is the sign by which a spreadsheet would take an advertisement's value for a formula.
    """

    number: int
    text: str
    gauge: Gauge
    alike: int | None = None
    refused: str = ""
    runs: str = ""

    @property
    def level(self) -> Level:
        """How it stands."""
        return (
            Level.OVER if self.refused or self.runs else max(self.gauge.level, self._alike_level, key=list(Level).index)
        )

    @property
    def _alike_level(self) -> Level:
        return Level.OK if self.alike is None else Level.WARNING


@dataclass(frozen=True, slots=True)
class FieldMeasure:
    """A field and its values. `missing` more are needed, `extra` are too many, `lacks_short` asks for a short one."""

    field: SheetField
    values: tuple[ValueMeasure, ...]
    missing: int = 0
    extra: int = 0
    lacks_short: bool = False
    over_total: int = 0

    @property
    def level(self) -> Level:
        """The worst of its values; a wrong number of them is refused."""
        if self.missing or self.extra or self.over_total:
            return Level.OVER
        levels = [value.level for value in self.values]
        return max([*levels, Level.WARNING if self.lacks_short else Level.OK], key=list(Level).index)


@dataclass(frozen=True, slots=True)
class SheetMeasure:
    """A whole sheet; `over` when its tool would refuse it."""

    fields: tuple[FieldMeasure, ...]
    breaches: tuple[Breach, ...]

    @property
    def over(self) -> bool:
        """Whether it would be refused."""
        return any(one.level is Level.OVER for one in self.fields)


def measure_sheet(shown: Sheet, values: Values) -> SheetMeasure:
    """Every field against its limits, and the whole against the policies of its tool."""
    fields = tuple(
        _field(one, [_nfc(value) for value in values.get(one.name, ())], for_file=shown.kind == "ad-copy")
        for one in shown.fields
    )
    return SheetMeasure(fields, breaches(shown, values))


def measure_value(field: SheetField, text: str) -> Gauge:
    """One value against its field's limit; beyond an unproven one it is only warned about."""
    used = count(field.limit.counting, _nfc(text))
    most, advised = field.limit.max, field.limit.recommended
    level = Level.OK
    if most is not None and used > most:
        level = Level.OVER if field.limit.blocks else Level.WARNING
    elif advised is not None and used > advised:
        level = Level.WARNING
    return Gauge(used, most, advised, UNITS[field.limit.counting], level)


def unit_of(field: SheetField) -> Promise:
    """What is counted in a field."""
    return UNITS[field.limit.counting]


def refused_letters(field: SheetField, text: str) -> str:
    """The characters of a value that its tool refuses."""
    return "".join(dict.fromkeys(letter for letter in text if letter in field.forbidden))


def _nfc(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _field(field: SheetField, values: list[str], *, for_file: bool) -> FieldMeasure:
    filled = [value for value in values if value.strip()]
    pairs = {later: first for first, later in alike_pairs(values)} if field.distinct else {}
    measured = tuple(
        ValueMeasure(
            number=at + 1,
            text=value,
            gauge=measure_value(field, value),
            alike=pairs[at] + 1 if at in pairs else None,
            refused=refused_letters(field, value),
            runs=formula_sign(value) if for_file else "",
        )
        for at, value in enumerate(values)
    )
    short = field.short is None or any(count(field.limit.counting, value) <= field.short for value in filled)
    return FieldMeasure(
        field,
        measured,
        missing=max(0, field.least - len(filled)),
        extra=max(0, len(filled) - field.most),
        lacks_short=bool(filled) and not short,
        over_total=max(0, youtube_tags(filled) - field.total) if field.total else 0,
    )
