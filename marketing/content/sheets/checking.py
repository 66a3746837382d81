"""Checking what a model wrote for a sheet: every value of every field, and the number of those that are left."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from marketing.content.alike import are_alike
from marketing.content.answers import read_object
from marketing.content.base import Part, Piece
from marketing.content.counting import youtube_tags
from marketing.content.language import is_in
from marketing.content.policies import without_formula_signs
from marketing.content.sheets.briefs import SheetBrief
from marketing.content.sheets.judging import Judge
from marketing.content.sheets.prompts import sheet_instructions
from marketing.content.sheets.table import Sheet, SheetField, as_text, sheet
from marketing.content.social_composing import shorten_words
from providers.errors import AnswerRejectedError

# With so many of the wanted values an answer is good enough the first time.
_ENOUGH = 2 / 3
_MOST_TOLD = 6
_LANGUAGE_NAMES = {"pl": "Polish", "en": "English"}
_MOST_VALUES = 60


@dataclass(slots=True)
class _Kept:
    """One field's values: good ones, those that claim what the brief does not say, and why others were left out."""

    good: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    too_long: list[str] = field(default_factory=list)


def check_sheet(brief: SheetBrief, part: Part, answer: str, *, strict: bool, last_try: bool) -> tuple[Piece, ...]:
    """The checked pieces of an answer, one for each position. Raises AnswerRejectedError with the faults found."""
    shown = sheet(part.platform)
    asked = [one.name for one in shown.asked]
    data, repaired = read_object(answer, "variants", asked)
    variants = data["variants"] if isinstance(data["variants"], list) else [data["variants"]]
    variants = [one for one in variants if isinstance(one, dict)]
    if len(variants) < len(part.positions):
        raise AnswerRejectedError(f"The answer has {len(variants)} variants, {len(part.positions)} were asked for.")
    judge = judge_of(brief, shown, strict=strict)
    pieces = [
        _piece(judge, brief, one, ("repaired",) if repaired else (), last_try=last_try)
        for one in variants[: len(part.positions)]
    ]
    return tuple(pieces)


def judge_of(brief: SheetBrief, shown: Sheet, *, strict: bool) -> Judge:
    """What the values of one sheet are held against."""
    sources = brief.sources()
    known = "\n".join([*(source.text for source in sources), brief.audience])
    return Judge(shown, brief.language, known, sheet_instructions(brief), sources, strict, brief.voice)


def given_values(judge: Judge, brief: SheetBrief, one: SheetField) -> tuple[str, ...]:
    """The values of a field that the brief fills."""
    if one.given == "link":
        return (brief.link,) if brief.link and not judge.overrun(one, brief.link) else ()
    for name in map(without_formula_signs, (brief.brand, brief.creator, brief.title)):
        text = judge.cleaned(one, name)[0] if name else ""
        if text and not judge.overrun(one, text):
            return (text,)
    whole = without_formula_signs(brief.brand or brief.creator or brief.title)
    cut = shorten_words(whole, lambda part: not judge.overrun(one, part))
    return (cut,) if cut else ()


def _piece(judge: Judge, brief: SheetBrief, raw: dict[str, Any], notes: tuple[str, ...], *, last_try: bool) -> Piece:
    values: dict[str, tuple[str, ...]] = {}
    faults: list[str] = []
    for one in judge.shown.fields:
        if one.given:
            values[one.name] = given_values(judge, brief, one)
            continue
        kept, removed = _kept(judge, one, raw.get(one.name))
        chosen, more = _chosen(judge, one, kept, last_try=last_try)
        notes += ("link_removed",) if removed else ()
        notes += more
        values[one.name] = chosen
        faults += _too_few(one, chosen, kept, last_try=last_try)
    if not is_in(_prose(judge.shown, values), brief.language, (brief.title, brief.creator, brief.brand)):
        faults.append(f"the text is not in {_LANGUAGE_NAMES[brief.language]}")
    if faults:
        raise AnswerRejectedError("; ".join(faults[:_MOST_TOLD]) + ".")
    title = values.get("subjects", ("",))[0] if "subjects" in values else ""
    return Piece(as_text(judge.shown, values), title[:300], tuple(dict.fromkeys(notes)), values)


def _prose(shown: Sheet, values: dict[str, tuple[str, ...]]) -> str:
    return "\n".join(value for one in shown.asked if not one.path for value in values[one.name])


def _kept(judge: Judge, one: SheetField, raw: Any) -> tuple[_Kept, bool]:
    kept, removed_any = _Kept(), False
    texts = [raw] if isinstance(raw, str) else raw if isinstance(raw, list) else []
    for number, item in enumerate(texts[:_MOST_VALUES], start=1):
        if not isinstance(item, str):
            continue
        text, removed = judge.cleaned(one, item)
        removed_any = removed_any or removed
        _sort_in(judge, one, kept, text, number)
    return kept, removed_any


def _sort_in(judge: Judge, one: SheetField, kept: _Kept, text: str, number: int) -> None:
    fault = judge.fault(one, text)
    if fault:
        kept.faults.append(f"{one.name} {number} {fault}")
        if judge.overrun(one, text):
            kept.too_long.append(text)
    elif one.distinct and any(are_alike(other, text) for other in kept.good):
        kept.faults.append(f"{one.name} {number} nearly repeats another one")
    elif claim := judge.unfounded(text):
        kept.faults.append(f'{one.name} {number} claims "{claim}", which the brief does not say')
        kept.doubtful.append(text)
    else:
        kept.good.append(text)


def _chosen(judge: Judge, one: SheetField, kept: _Kept, *, last_try: bool) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The values to keep and the notes on what was done to the others."""
    values = kept.good[: one.most]
    notes: tuple[str, ...] = ("unfounded_left_out",) if kept.doubtful else ()
    if last_try and len(values) < one.least:
        for text in kept.too_long:
            cut = judge.shortened(one, text)
            if cut and not judge.fault(one, cut) and cut not in values and len(values) < one.least:
                values.append(cut)
                notes += ("values_shortened",)
        # Better marked than missing: a person decides about these.
        values += kept.doubtful[: max(0, one.least - len(values))]
    while one.total and youtube_tags(values) > one.total:
        values.pop()
    return tuple(values), notes


def _too_few(one: SheetField, chosen: tuple[str, ...], kept: _Kept, *, last_try: bool) -> list[str]:
    needed = one.least if last_try else max(one.least, int(one.wanted * _ENOUGH))
    if len(chosen) >= needed:
        return []
    why = kept.faults[:3] or [f"{one.name} is missing"]
    return [f"{one.name}: {len(chosen)} of {one.wanted} can be used", *why]
