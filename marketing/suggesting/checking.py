"""The validator: of a model's answer nothing passes but offered ids, and plain texts that the record bears out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

import regex

from marketing.content.answers import read_object
from marketing.content.grounding import Block, ground, open_claims
from marketing.content.grounding import Source as Ground
from marketing.metadata import checking
from marketing.metadata.rules import Level
from marketing.metadata.text import EMAIL, HANDLE, PHONE, PRICE, URL, as_text, texts, without_markup
from marketing.safety.fencing import orders
from marketing.safety.text import many_lines, one_line
from marketing.suggesting.offers import Offer
from marketing.suggesting.shapes import Item, Proposal, Source, rows_of
from providers.errors import AnswerRejectedError

LONGEST_REASON, LONGEST_DESCRIPTION, LONGEST_SUBTITLE = 200, 3000, 150
MOST_KEYWORDS = 7
# How many a model may pick of each kind.
MOST_PICKED = {"subjects": 3, "qualifiers": 2, "genres": 1, "tags": 5}
_FORBIDDEN = (URL, EMAIL, HANDLE, PHONE, PRICE)
# What could be read as a code of some list: it stands in a text only where the record has it too.
_CODE = regex.compile(r"(?<![\p{L}\p{N}])(?:[A-Z]{2,}[A-Z0-9-]*|\d+[A-Z][A-Z0-9-]*|[A-Z]\d[A-Z0-9-]*)(?![\p{Ll}\p{N}])")
_RULES = {"release": "music", "book": "book"}


@dataclass(slots=True)
class Checked:
    """What passed of an answer, and how many of its values did not."""

    proposals: list[Proposal] = field(default_factory=list)
    refused: int = 0


def checked(kind: str, record: Mapping[str, Any], offers: Sequence[Offer], answer: str) -> Checked:
    """The usable part of an answer. Raises AnswerRejectedError where there is none."""
    data, _mended = read_object(answer, offers[0].kind, ("id",))
    found = Checked()
    said = _said(record)
    picked = {offer.kind: list(_picked(offer, data.get(offer.kind), said, found)) for offer in offers}
    if kind == "book":
        found.proposals += _thema(picked["subjects"], picked["qualifiers"])
        found.proposals += _keywords(record, said, data.get("keywords"), found)
        found.proposals += _text(kind, record, "subtitle", data.get("subtitle"), found)
    else:
        found.proposals += [Proposal("genre", one.value, one.reason, Source.MODEL) for one in picked["genres"]]
        tags = tuple(picked["tags"])
        found.proposals += [Proposal("tags", [one.value for one in tags], "", Source.MODEL, tags)] if tags else []
    found.proposals += _text(kind, record, "description", data.get("description"), found)
    if not found.proposals:
        raise AnswerRejectedError("Nothing in the answer can be used: name ids of the lists, exactly as given.")
    return found


def one_branch(codes: Sequence[Item]) -> list[Item]:
    """The codes without those that stand above another one of them: the longest fitting code is enough (B13)."""
    return [
        one
        for one in codes
        if not any(other.value != one.value and other.value.startswith(one.value) for other in codes)
    ]


def _picked(offer: Offer, value: Any, said: str, found: Checked) -> Iterator[Item]:
    ids = offer.ids
    seen: set[str] = set()
    for one in value if isinstance(value, list) else []:
        name = one.get("id") if isinstance(one, dict) else None
        known = ids.get(name) if isinstance(name, str) else None
        if known is None or known.code in seen or len(seen) >= MOST_PICKED[offer.kind]:
            found.refused += known is None
            continue
        seen.add(known.code)
        yield Item(known.code, _reason(one.get("reason"), said))


def _thema(subjects: list[Item], qualifiers: list[Item]) -> list[Proposal]:
    main = one_branch(subjects)
    if not main:
        # Qualifiers narrow a subject and say nothing alone (B12, B14).
        return []
    items = (*main, *one_branch(qualifiers))
    return [Proposal("thema", [one.value for one in items], "", Source.MODEL, items)]


def _keywords(record: Mapping[str, Any], said: str, value: Any, found: Checked) -> list[Proposal]:
    kept: dict[str, Item] = {}
    for one in value if isinstance(value, list) else []:
        text = _plain(one)
        if not text or text.casefold() in kept:
            continue
        if len(kept) >= MOST_KEYWORDS or not _sound("book", record, "keywords", text, [text]):
            found.refused += 1
            continue
        kept[text.casefold()] = Item(text, _reason(one.get("reason"), said))
    items = tuple(kept.values())
    return [Proposal("keywords", [one.value for one in items], "", Source.MODEL, items)] if items else []


def _text(kind: str, record: Mapping[str, Any], name: str, value: Any, found: Checked) -> list[Proposal]:
    text = _plain(value, lines=name == "description")
    if not text:
        return []
    longest = LONGEST_DESCRIPTION if name == "description" else LONGEST_SUBTITLE
    marked = text
    if name == "description" and kind == "book":
        marked = "".join(f"<p>{escape(part.strip(), quote=False)}</p>" for part in text.split("\n\n") if part.strip())
    if len(text) > longest or not _sound(kind, record, name, text, marked):
        found.refused += 1
        return []
    return [Proposal(name, marked, _reason(value.get("reason"), _said(record)), Source.MODEL)]


def _plain(value: Any, *, lines: bool = False) -> str:
    text = value.get("text") if isinstance(value, dict) else None
    if not isinstance(text, str):
        return ""
    return str(many_lines(text) if lines else one_line(text))


def _sound(kind: str, record: Mapping[str, Any], name: str, text: str, value: Any) -> bool:
    """Whether a text is plain, keeps to the record, and breaks no rule where it is to stand."""
    said = _said(record)
    if regex.search(r"[<>]", text) or any(pattern.search(text) for pattern in _FORBIDDEN) or orders(text):
        return False
    if not _codes_known(text, said):
        return False
    sources = [Ground("record", one) for one in said.split("\n") if one]
    if open_claims(ground([Block(name, 0, text)], sources)):
        return False
    tried = {**record, name: value}
    found = checking.check(_RULES[kind], tried).findings
    # A faulty keyword is only a warning, and still nothing to suggest.
    return not any(one.fault.path[:1] == (name,) and (one.level is Level.ERROR or name == "keywords") for one in found)


def _reason(value: Any, said: str) -> str:
    """A model's reason as plain text; empty where it says more than a reason may."""
    text = str(one_line(value)) if isinstance(value, str) else ""
    bad = regex.search(r"[<>]", text) or any(pattern.search(text) for pattern in _FORBIDDEN) or orders(text)
    if bad or not _codes_known(text, said):
        return ""
    return text if len(text) <= LONGEST_REASON else text[: LONGEST_REASON - 1].rstrip() + "…"


def _codes_known(text: str, said: str) -> bool:
    return all(code in said for code in _CODE.findall(text))


def _said(record: Mapping[str, Any]) -> str:
    """What the record itself says, one text a line: all that a text may draw on."""
    own = [as_text(record.get(name)) for name in ("title", "subtitle", "series", "version", "original_title", "label")]
    own += [as_text(record.get(name)) for name in ("publisher", "publication_date", "release_date")]
    own += without_markup(as_text(record.get("description"))).split("\n")
    own += [one for name in ("keywords", "tags", "facts") for one in texts(record.get(name))]
    for name in ("contributors", "artists", "tracks"):
        own += [as_text(one.get("name")) or as_text(one.get("title")) for one in rows_of(record, name)]
    return "\n".join(one for one in own if one)
