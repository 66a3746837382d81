"""A text with several fields as its card shows it: every value with its counter, and what its tool will say."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from marketing.content.policies import Breach
from marketing.content.sheets.measuring import (
    FieldMeasure,
    SheetMeasure,
    ValueMeasure,
    measure_sheet,
    measure_value,
    unit_of,
)
from marketing.content.sheets.table import LABELS, Sheet, SheetField
from marketing.exporting import pinned
from marketing.marks import open_spans
from marketing.models import Variant

# What Google shows at once.
_SHOWN_HEADLINES = 3
_SHOWN_DESCRIPTIONS = 2
_LEADING_FIELDS = 3

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

    @property
    def pieces(self) -> list[tuple[str, bool]]:
        """The value cut at its claims; True for a piece that nothing bears out."""
        cut, at = [], 0
        for start, end in sorted(self.spans):
            cut += [(self.measure.text[at:start], False), (self.measure.text[start:end], True)]
            at = end
        return [(piece, open_) for piece, open_ in [*cut, (self.measure.text[at:], False)] if piece]


@dataclass(frozen=True, slots=True)
class FieldShown:
    """One field with its values and, in the editor, an empty place for one more."""

    field: SheetField
    values: tuple[ValueShown, ...]
    notes: tuple[str, ...]
    unit: Promise

    @property
    def places(self) -> tuple[ValueShown, ...]:
        """The values and, where one more fits, an empty place for it."""
        if len(self.values) >= self.field.most:
            return self.values
        empty = ValueMeasure(len(self.values) + 1, "", measure_value(self.field, ""))
        return (*self.values, ValueShown(empty, (), ()))


@dataclass(frozen=True, slots=True)
class SheetShown:
    """A whole text with several fields."""

    sheet: Sheet
    measure: SheetMeasure
    fields: tuple[FieldShown, ...]
    pins: tuple[str, ...] = ()
    address: str = ""

    @property
    def lead(self) -> list[str]:
        """The first value of each of the first fields: enough to know it again."""
        return [one.values[0].measure.text for one in self.fields if one.values][:_LEADING_FIELDS]

    @property
    def headlines(self) -> list[str]:
        """The first headlines, as a search result shows them."""
        return self._first("headlines", _SHOWN_HEADLINES)

    @property
    def descriptions(self) -> list[str]:
        """The first descriptions, as a search result shows them."""
        return self._first("descriptions", _SHOWN_DESCRIPTIONS)

    def _first(self, name: str, most: int) -> list[str]:
        found = [one.values for one in self.fields if one.field.name == name]
        return [value.measure.text for values in found for value in values[:most]]

    @property
    def plain(self) -> str:
        """All of it for copying: tags on one line, other values one a line."""
        blocks = []
        for one in self.fields:
            texts = [value.measure.text for value in one.values]
            if one.field.name == "hashtags":
                blocks.append(" ".join(f"#{text}" for text in texts))
            elif one.field.name in {"video_tags", "keywords"}:
                blocks.append(", ".join(texts))
            else:
                blocks.append("\n".join(texts))
        return "\n\n".join(block for block in blocks if block)

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
    return SheetShown(shown, measured, fields, _pins(shown, variant), _address(variant))


def _pins(shown: Sheet, variant: Variant) -> tuple[str, ...]:
    if shown.slug != "google-search":
        return ()
    brief = variant.root.brief
    pin = pinned(variant.fields, (str(brief.get("title", "")), str(brief.get("creator", ""))))
    if pin is None:
        return ()
    headline = {"headline": variant.fields["headlines"][pin]}
    return (_("Pin “%(headline)s” to the first place, so that every ad names what it is about.") % headline,)


def _address(variant: Variant) -> str:
    host = urlsplit(str(variant.root.brief.get("link") or "")).hostname or ""
    return " / ".join(part for part in (host, *variant.fields.get("paths", ())) if part)


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
    if value.runs:
        sign = {"sign": value.runs}
        notes.append(_("begins with %(sign)s, which a spreadsheet would run as a formula; begin with a word") % sign)
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
