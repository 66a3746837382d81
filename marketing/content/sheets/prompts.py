"""The request for a text with several fields: instructions from versioned files, the brief fenced as data."""

from __future__ import annotations

import json
from string import Template
from typing import Any

from marketing.content.base import Part
from marketing.content.brief import NOT_IN_PROMPTS
from marketing.content.prompting import Wording, wording
from marketing.content.sheets.briefs import SheetBrief
from marketing.content.sheets.table import Sheet, SheetField, sheet
from marketing.safety.fencing import fenced
from providers.types import ChatRequest, JSONSchema, Message, Role

# Hidden reasoning and the JSON around the words; a Polish character is up to 0.6 tokens.
_SPARE_TOKENS = 700
_TOKENS_A_CHARACTER = 0.6
_TOKENS_A_VALUE = 12
_MOST_TOKENS = 7000
# What a long field is worth in characters where nothing is recommended.
_LONGEST_VALUE = 500
_LETTERS_A_WORD = 7


def build_sheet_request(brief: SheetBrief, part: Part, *, offered: tuple[str, ...] = ()) -> ChatRequest:
    """The request for one sheet's variants. `offered` are words to choose from, where there is a closed list."""
    shown, words = sheet(part.platform), wording(brief.kind, brief.language)
    messages = (
        Message(Role.SYSTEM, words["system"].strip()),
        Message(Role.USER, _user_message(brief, shown, part, words, offered)),
    )
    tokens = _SPARE_TOKENS + len(part.positions) * sum(map(_tokens, shown.asked))
    schema = JSONSchema(brief.kind.replace("-", "_"), _schema(shown))
    return ChatRequest(messages, max_tokens=min(int(tokens), _MOST_TOKENS), temperature=0.8, json_schema=schema)


def sheet_instructions(brief: SheetBrief) -> str:
    """What the model is told beside the brief, to recognise it when it comes back as copy."""
    words = wording(brief.kind, brief.language)
    return f"{words['system']}\n{words['user']}"


def _user_message(brief: SheetBrief, shown: Sheet, part: Part, words: Wording, offered: tuple[str, ...]) -> str:
    fields = "\n".join(_field_line(field, words) for field in shown.asked)
    shape = {"variants": [{field.name: ["…"] for field in shown.asked}]}
    return (
        Template(words["user"])
        .substitute(
            sheet=shown.name,
            variants=len(part.positions),
            brief=fenced("brief", _given(brief), brief.language),
            fields=fields,
            subject=words["subject"][brief.subject],
            goal=words["goal"][brief.goal],
            tone=words["tone"][brief.tone],
            offered=", ".join(offered),
            shape=json.dumps(shape, ensure_ascii=False),
        )
        .strip()
    )


def _field_line(field: SheetField, words: Wording) -> str:
    most = field.limit.recommended or field.limit.max
    unit = words["unit"].get(field.limit.counting.value, words["unit"]["codepoints"])
    line = Template(words["field"]).substitute(name=field.name, wanted=field.wanted, room=most, unit=unit)
    short = Template(words["short"]).substitute(room=field.short) if field.short else ""
    return " ".join(piece for piece in (line, words["hint"].get(field.name, ""), short) if piece)


def _given(brief: SheetBrief) -> dict[str, Any]:
    # The link is a field of its own; no value may hold one.
    fields = brief.model_dump(mode="json", exclude=NOT_IN_PROMPTS | {"link", "image", "image_alt", "postal_address"})
    return {name: value for name, value in fields.items() if value}


def _tokens(field: SheetField) -> float:
    room = field.limit.recommended or field.limit.max or _LONGEST_VALUE
    letters = room * _LETTERS_A_WORD if field.limit.counting.value == "words" else min(room, _LONGEST_VALUE)
    return field.wanted * (letters * _TOKENS_A_CHARACTER + _TOKENS_A_VALUE)


def _schema(shown: Sheet) -> dict[str, Any]:
    strings = {"type": "array", "items": {"type": "string"}}
    properties = {field.name: strings for field in shown.asked}
    variant = {"type": "object", "properties": properties, "required": [*properties], "additionalProperties": False}
    return {
        "type": "object",
        "properties": {"variants": {"type": "array", "items": variant}},
        "required": ["variants"],
        "additionalProperties": False,
    }
