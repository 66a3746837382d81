"""Offline drafts of ads and e-mails: phrases and the brief's facts, each value held against every check."""

from __future__ import annotations

import functools
import hashlib
import string
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import regex
from babel.dates import format_date

from marketing.content.alike import are_alike
from marketing.content.base import Part, Piece
from marketing.content.sheets.briefs import SheetBrief
from marketing.content.sheets.checking import given_values, judge_of
from marketing.content.sheets.judging import Judge
from marketing.content.sheets.table import SheetField, as_text, sheet
from marketing.content.typography import quoted

_FOLDER = Path(__file__).parent
_CLOSED = regex.compile(r"[.!?…][”\"»’)]*$")
# Which phrases a field draws on, and whether the brief's facts stand before or behind them, or nowhere.
_POOLS: dict[str, tuple[str, str]] = {
    "headlines": ("short", "behind"),
    "long_headlines": ("medium", "before"),
    "descriptions": ("medium", "before"),
    "primary_texts": ("medium", "before"),
    "ad_texts": ("medium", "before"),
    "custom_texts": ("medium", "before"),
    "scripts": ("medium", "spoken"),
    "subjects": ("subjects", ""),
    "preheader": ("preheader", "before"),
    "headline": ("short", ""),
    "paragraphs": ("paragraph", ""),
    "points": ("", "before"),
    "button": ("button", ""),
    "closing": ("closing", ""),
    "paths": ("paths", ""),
}
_MOST_SPOKEN = 4


@dataclass(frozen=True, slots=True)
class _Setting:
    """One draft. `turn` makes positions begin with different lines."""

    brief: SheetBrief
    judge: Judge
    phrases: dict[str, Any]
    turn: int


def compose_sheet(brief: SheetBrief, part: Part, *, strict: bool) -> tuple[Piece, ...]:
    """Drafts for the part's positions; the same brief, sheet and position always give the same draft."""
    shown = sheet(part.platform)
    judge = judge_of(brief, shown, strict=strict)
    start = _stable_number(brief, part.platform)
    pieces = []
    for position in part.positions:
        setting = _Setting(brief, judge, _phrases(brief.language), start + position)
        values = {
            one.name: given_values(judge, brief, one) if one.given else _values(setting, one) for one in shown.fields
        }
        title = values["subjects"][0][:300] if values.get("subjects") else ""
        pieces.append(Piece(as_text(shown, values), title, (), values))
    return tuple(pieces)


def _values(setting: _Setting, one: SheetField) -> tuple[str, ...]:
    kept: list[str] = []
    for line in _candidates(setting, one):
        text = setting.judge.cleaned(one, line)[0]
        if _usable(setting.judge, one, kept, text):
            kept.append(text)
        if len(kept) == max(one.wanted, one.least):
            break
    return _filled_up(setting, one, kept)


def _usable(judge: Judge, one: SheetField, kept: list[str], text: str) -> bool:
    if judge.fault(one, text) or judge.unfounded(text) or text in kept:
        return False
    return not (one.distinct and any(are_alike(other, text) for other in kept))


def _filled_up(setting: _Setting, one: SheetField, kept: list[str]) -> tuple[str, ...]:
    """At least as many values as the tool asks for: the pool's own lines, which are short and claim nothing."""
    pool = _POOLS[one.name][0] or "medium"
    for line in setting.phrases[pool][setting.brief.subject]:
        if len(kept) >= one.least:
            break
        if "{" not in line and line not in kept and not setting.judge.overrun(one, line):
            kept.append(line)
    return tuple(kept)


def _candidates(setting: _Setting, one: SheetField) -> Iterator[str]:
    pool, facts_stand = _POOLS[one.name]
    lines = list(setting.phrases[pool][setting.brief.subject]) if pool else []
    if one.name in {"headlines", "subjects", "primary_texts", "descriptions"} and lines:
        # The first three name what is promoted; the others take turns.
        head, rest = lines[:3], lines[3:]
        turn = setting.turn % max(1, len(rest))
        lines = head + rest[turn:] + rest[:turn]
    # In running text a work's title stands in quotation marks.
    prose = pool in {"paragraph", "medium"} and setting.brief.subject in {"release", "book"}
    named = [(line, text) for line in lines if (text := _fill(setting, line, in_prose=prose))]
    if one.name == "paragraphs":
        # Of two lines that begin alike, the second one only does without a name that the brief has.
        named = list({line.split("{")[0]: (line, text) for line, text in reversed(named)}.values())[::-1]
    filled = [text for _line, text in named]
    closed = one.name not in {"headlines", "points"}
    facts = [_sentence(fact) if closed else _capital(fact) for fact in setting.brief.facts]
    if facts_stand == "spoken":
        spoken = [filled[0], *facts[:_MOST_SPOKEN], *filled[-2:]] if filled else facts
        yield " ".join(spoken)
        yield from filled
        return
    yield from facts if facts_stand == "before" else ()
    yield from filled
    yield from facts if facts_stand == "behind" else ()


def _fill(setting: _Setting, line: str, *, in_prose: bool) -> str:
    """A line with the brief's words in it; empty when the brief lacks one of them."""
    brief = setting.brief
    date = format_date(brief.date, "d MMMM y", locale=brief.language) if brief.date else ""
    title = quoted(brief.title, brief.language) if in_prose else brief.title
    known = {"title": title, "creator": brief.creator, "date": date, "call": brief.call_to_action.rstrip(" :.!")}
    names = {name for _text, name, _spec, _conversion in string.Formatter().parse(line) if name}
    return line.format(**known) if all(known[name] for name in names) else ""


def _capital(text: str) -> str:
    return text[0].upper() + text[1:] if text.split(" ", 1)[0].islower() else text


def _sentence(text: str) -> str:
    text = _capital(text)
    return text if _CLOSED.search(text) else f"{text}."


def _stable_number(brief: SheetBrief, slug: str) -> int:
    said = brief.model_dump_json(exclude={"platforms", "variants"})
    return int.from_bytes(hashlib.sha256(f"{slug}\n{said}".encode()).digest()[:6])


@functools.cache
def _phrases(language: str) -> dict[str, Any]:
    return tomllib.loads((_FOLDER / f"sheets.{language}.toml").read_text(encoding="utf-8"))
