"""The request to a model: the record fenced as data, the candidates by their ids, and the shape of the answer."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from string import Template
from typing import Any

from marketing.metadata.text import as_text, texts, without_markup
from marketing.safety.fencing import fenced
from marketing.suggesting.offers import Offer
from marketing.suggesting.shapes import label_of, rows_of
from providers.types import ChatRequest, JSONSchema, Message, Role

_MOST_TOKENS = 2500
_LONGEST_TEXT = 6000
_SHOWN = ("title", "subtitle", "version", "type", "series", "language", "title_language", "original_title", "format")
FREE = {"book": ("keywords", "subtitle", "description"), "release": ("description",)}


def request_for(kind: str, record: Mapping[str, Any], offers: Sequence[Offer], language: str) -> ChatRequest:
    """What is asked for a record; the reasons come in `language` (`pl` or `en`)."""
    words = _prompts()[language]
    lists = {offer.kind: _lines(offer) for offer in offers}
    user = Template(words[kind]).substitute(
        record=fenced("record", _given(record), language),
        shape=json.dumps(_shape(kind, offers), ensure_ascii=False),
        **lists,
    )
    messages = (Message(Role.SYSTEM, words["system"].strip()), Message(Role.USER, user.strip()))
    schema = JSONSchema("metadata_suggestions", _schema(kind, offers))
    return ChatRequest(messages, max_tokens=_MOST_TOKENS, temperature=0.3, json_schema=schema)


def _lines(offer: Offer) -> str:
    named = (f"{name}: {label_of(offer.field, one.code) or one.label}" for name, one in offer.ids.items())
    return "\n".join(named) or "–"


def _given(record: Mapping[str, Any]) -> dict[str, Any]:
    given: dict[str, Any] = {name: as_text(record.get(name)) for name in _SHOWN if as_text(record.get(name))}
    given["description"] = without_markup(as_text(record.get("description")))[:_LONGEST_TEXT]
    given["keywords"] = texts(record.get("keywords"))
    given["tracks"] = [as_text(one.get("title")) for one in rows_of(record, "tracks")]
    return {name: value for name, value in given.items() if value}


def _shape(kind: str, offers: Sequence[Offer]) -> dict[str, Any]:
    picked = {offer.kind: [{"id": f"{offer.kind[0]}1", "reason": "…"}] for offer in offers}
    written = {"text": "…", "reason": "…"}
    return {**picked, **{name: [written] if name == "keywords" else written for name in FREE[kind]}}


def _schema(kind: str, offers: Sequence[Offer]) -> dict[str, Any]:
    reason = {"type": "string"}
    written = _object({"text": {"type": "string"}, "reason": reason})
    fields: dict[str, Any] = {
        offer.kind: {
            "type": "array",
            "items": _object({"id": {"type": "string", "enum": list(offer.ids) or ["–"]}, "reason": reason}),
        }
        for offer in offers
    }
    fields |= {name: {"type": "array", "items": written} if name == "keywords" else written for name in FREE[kind]}
    return _object(fields)


def _object(fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}


@cache
def _prompts() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads(
        Path(__file__).with_name("prompts.toml").read_text(encoding="utf-8")
    )
    return found
