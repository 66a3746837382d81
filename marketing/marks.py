"""A text's claims as a person sees them: each sentence with what bears it out, or the mark that nothing does."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from marketing.content.grounding import BLOCKING, Kind

_KINDS: dict[str, Promise] = {
    Kind.NUMBER: gettext_lazy("number"),
    Kind.DATE: gettext_lazy("date"),
    Kind.PRICE: gettext_lazy("price"),
    Kind.AWARD: gettext_lazy("award"),
    Kind.QUOTE: gettext_lazy("quotation"),
    Kind.SUPERLATIVE: gettext_lazy("superlative"),
    Kind.NAME: gettext_lazy("name"),
    Kind.LINK: gettext_lazy("link"),
}
_SOURCES: dict[str, Promise] = {
    "title": gettext_lazy("Title"),
    "creator": gettext_lazy("Artist or author"),
    "date": gettext_lazy("Date"),
    "link": gettext_lazy("Link"),
    "call_to_action": gettext_lazy("Call to action"),
    "hashtag": gettext_lazy("Hashtags"),
    "brand": gettext_lazy("Business name"),
    "own_word": gettext_lazy("Your own words"),
}
_BLOCKING = frozenset(kind.value for kind in BLOCKING)


@dataclass(frozen=True, slots=True)
class Mark:
    """A sentence that claims something. `open` are the claims that nothing bears out, in words."""

    sentence: str
    sources: tuple[str, ...]
    open: tuple[str, ...]
    blocking: bool
    confirmed_by: str = ""

    @property
    def state(self) -> str:
        """`confirmed`, `open` (asks for a person's word), `name` (only worth a look) or `sourced`."""
        if self.confirmed_by:
            return "confirmed"
        if not self.open:
            return "sourced"
        return "open" if self.blocking else "name"


@dataclass(frozen=True, slots=True)
class Marks:
    """All sentences that claim something. `strict`: the open ones keep the text from going out."""

    items: tuple[Mark, ...]
    strict: bool

    @property
    def open(self) -> tuple[Mark, ...]:
        """Those that ask for a person's word."""
        return tuple(mark for mark in self.items if mark.state == "open")

    @property
    def looked_at(self) -> tuple[Mark, ...]:
        """Names that stand nowhere in the brief."""
        return tuple(mark for mark in self.items if mark.state == "name")

    @property
    def borne_out(self) -> tuple[Mark, ...]:
        """Those with a source or a person's word."""
        return tuple(mark for mark in self.items if mark.state in {"sourced", "confirmed"})

    @property
    def blocks(self) -> bool:
        """Whether the text may not go out as it stands."""
        return self.strict and bool(self.open)


def marks_of(record: Mapping[str, Any], *, strict: bool) -> Marks:
    """The marks of a stored grounding; the same sentence in several places is one mark."""
    confirmed = {one["text"]: one["by"] for one in record.get("confirmed", ())}
    named = _names(record.get("sources", ()))
    items: dict[str, Mark] = {}
    for sentence in record.get("sentences", ()):
        if sentence["claims"] or sentence["sources"]:
            items.setdefault(sentence["text"], _mark(sentence, named, confirmed))
    return Marks(tuple(items.values()), strict)


def open_spans(record: Mapping[str, Any], field: str, at: int) -> list[tuple[int, int]]:
    """Where in one piece of copy claims stand that neither a source nor a person bears out."""
    confirmed = {one["text"] for one in record.get("confirmed", ())}
    return [
        (sentence["start"] + claim["start"], sentence["start"] + claim["end"])
        for sentence in record.get("sentences", ())
        if (sentence["field"], sentence["at"]) == (field, at) and sentence["text"] not in confirmed
        for claim in sentence["claims"]
        if not claim["sources"]
    ]


def _mark(sentence: Mapping[str, Any], named: list[str], confirmed: Mapping[str, str]) -> Mark:
    loose = [claim for claim in sentence["claims"] if not claim["sources"]]
    words = dict.fromkeys(
        _("%(kind)s “%(words)s”") % {"kind": _KINDS[claim["kind"]], "words": claim["text"]} for claim in loose
    )
    return Mark(
        sentence=sentence["text"],
        sources=tuple(named[place] for place in sentence["sources"] if place < len(named)),
        open=tuple(words),
        blocking=any(claim["kind"] in _BLOCKING for claim in loose),
        confirmed_by=confirmed.get(sentence["text"], ""),
    )


def _names(sources: Any) -> list[str]:
    """Each source in words: where in the brief it stands, what it says, and who vouches for it."""
    named, fact = [], 0
    for source in sources:
        if source["name"] == "fact":
            fact += 1
            label = _("Fact %(number)d") % {"number": fact}
        else:
            label = str(_SOURCES.get(source["name"], source["name"]))
        origin = f" ({source['origin']})" if source.get("origin") else ""
        named.append(f"{label}: {source['text']}{origin}")
    return named
