"""A text with several fields as its card shows it: every value with its counter, and what its tool will say."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketing.content.policies import Breach
from marketing.content.sheets.measuring import FieldMeasure, SheetMeasure, ValueMeasure, measure_sheet, unit_of
from marketing.content.sheets.table import LABELS, Sheet, SheetField
from marketing.marks import open_spans
from marketing.models import Variant

_BREACHES: dict[str, Promise] = {
    "exclamation_in_headline": gettext_lazy("an exclamation mark in a headline is refused"),
    "many_exclamations": gettext_lazy("more than one exclamation mark is refused"),
    "repeated_marks": gettext_lazy("repeated punctuation is refused"),
    "shouting": gettext_lazy("words in capitals look like shouting"),
    "symbols": gettext_lazy("symbols and emoji are refused"),
    "phone": gettext_lazy("a telephone number is refused"),
    "click_here": gettext_lazy("“click here” is refused; say what happens next"),
    "order_words": gettext_lazy("values are shown in any order; this one asks for a place"),
    "guarantee": gettext_lazy("a guarantee has to be true and provable"),
    "price_in_text": gettext_lazy("prices and discounts are refused"),
    "time_limited": gettext_lazy("time-limited claims are refused"),
    "reviews": gettext_lazy("reviews and ratings are refused"),
    "spam": gettext_lazy("mail filters dislike this wording"),
    "superlative": gettext_lazy("a superlative needs a third party’s proof"),
}


@dataclass(frozen=True, slots=True)
class ValueShown:
    """One value with what is wrong with it. `spans` are its claims without a source."""

    measure: ValueMeasure
    notes: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def level(self) -> str:
        """How it stands."""
        return self.measure.level.value


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field with its values and, in the editor, an empty place for one more."""

    field: SheetField
    values: tuple[ValueShown, ...]
    notes: tuple[str, ...]
    unit: Promise

    @property
    def has_room(self) -> bool:
        """Whether one more value fits."""
        return len(self.values) < self.field.most


@dataclass(frozen=True, slots=True)
class SheetShown:
    """A whole text with several fields."""

    sheet: Sheet
    measure: SheetMeasure
    fields: tuple[FieldShown, ...]
    pins: tuple[str, ...] = ()

    @property
    def is_ad(self) -> bool:
        """Whether it goes to an ad tool."""
        return self.sheet.kind == "ad-copy"

    @property
    def is_mail(self) -> bool:
        """Whether it is laid out as an e-mail."""
        return self.sheet.kind == "email-templates"


def sheet_shown(shown: Sheet, variant: Variant) -> SheetShown:
    """A variant's fields, measured and marked."""
    measured = measure_sheet(shown, variant.fields)
    fields = tuple(_field(one, measured, variant) for one in measured.fields)
    return SheetShown(shown, measured, fields)


def _field(one: FieldMeasure, measured: SheetMeasure, variant: Variant) -> FieldShown:
    name = one.field.name
    values = tuple(
        ValueShown(
            value,
            _value_notes(value, [breach for breach in measured.breaches if _concerns(breach, name, value)]),
            tuple(open_spans(variant.grounding, name, at)),
        )
        for at, value in enumerate(one.values)
    )
    return FieldShown(one.field, values, _field_notes(one), unit_of(one.field))


def _concerns(breach: Breach, name: str, value: ValueMeasure) -> bool:
    return (breach.field, breach.number) == (name, value.number)


def _value_notes(value: ValueMeasure, breaches: list[Breach]) -> tuple[str, ...]:
    notes = [f"“{breach.words}”: {_BREACHES[breach.code]}" for breach in breaches]
    left = value.gauge.left
    if left is not None and left < 0:
        over = ngettext("%(number)d over the limit", "%(number)d over the limit", -left) % {"number": -left}
        notes.insert(0, over)
    if value.alike is not None:
        notes.append(_("nearly repeats number %(number)d") % {"number": value.alike})
    if value.refused:
        notes.append(_("has characters that are refused: %(letters)s") % {"letters": value.refused})
    return tuple(notes)


def _field_notes(one: FieldMeasure) -> tuple[str, ...]:
    label = LABELS[one.field.name]
    notes = []
    if one.missing:
        notes.append(_("%(field)s: at least %(least)d are needed.") % {"field": label, "least": one.field.least})
    if one.extra:
        notes.append(_("%(field)s: at most %(most)d are taken.") % {"field": label, "most": one.field.most})
    if one.lacks_short:
        short = {"field": label, "short": one.field.short}
        notes.append(_("%(field)s: one should have at most %(short)d characters.") % short)
    if one.over_total:
        notes.append(_("Together too long by %(number)d.") % {"number": one.over_total})
    return tuple(notes)
