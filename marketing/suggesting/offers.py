"""What a model may pick from for one record: candidates of the code lists, each under a short id of this request."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import regex

from marketing.metadata.codelists import thema
from marketing.metadata.retrieval import Found, Index, genres, qualifiers, subjects, tags
from marketing.metadata.text import as_text, texts, without_markup
from marketing.suggesting.shapes import rows_of

MOST_SUBJECTS, MOST_PLACES, MOST_TIMES, MOST_GENRES, MOST_TAGS = 24, 6, 4, 31, 24


def _codes(written: str) -> tuple[str, ...]:
    return tuple(written.split())


# A blurb that only tells a story has no word in common with its subject: the usual branches are always offered.
_USUAL = _codes("FB FBA FF FH FK FL FM FR FS FT FV FYB DC DNB DNC DNP NH VS WB WT YB YFB YN")
# Poland, and from which age a children's book is.
_USUAL_QUALIFIERS = _codes("1DTP 5AC 5AD 5AF 5AG 5AH 5AJ 5AK 5AL 5AM 5AN 5AP 5AQ")
_NAME = regex.compile(r"\p{Lu}[\p{L}\p{M}-]+")
_TITLE, _TEXT, _NAMES = 1.5, 1.0, 0.5


@dataclass(frozen=True, slots=True)
class Offer:
    """The candidates of one kind. `ids` are what a model names them by, in this request only."""

    kind: str
    field: str
    candidates: tuple[Found, ...]

    @property
    def ids(self) -> dict[str, Found]:
        """The candidates by their ids."""
        return {f"{self.kind[0]}{at}": one for at, one in enumerate(self.candidates, start=1)}


def offers_for(kind: str, record: Mapping[str, Any]) -> tuple[Offer, ...]:
    """What is offered for a release or a book."""
    said = words_of(kind, record)
    if kind == "book":
        found = _once([*_found(subjects(), said, MOST_SUBJECTS), *_plain(_USUAL)])
        narrowed = [*_found(qualifiers("1"), _names_in(said), MOST_PLACES), *_found(qualifiers("3"), said, MOST_TIMES)]
        fitting = [one for one in narrowed if one.words]
        usual = _once([*fitting, *_plain(_USUAL_QUALIFIERS)])
        return Offer("subjects", "thema", tuple(found)), Offer("qualifiers", "thema", tuple(usual))
    ranked = _found(genres(), said, MOST_GENRES)
    rest = [Found(one.code, one.label, 0.0) for one in genres().entries]
    return (
        Offer("genres", "genre", tuple(_once([*ranked, *rest]))),
        Offer("tags", "tags", tuple(_found(tags(), said, MOST_TAGS))),
    )


def words_of(kind: str, record: Mapping[str, Any]) -> list[tuple[str, float]]:
    """The texts of a record that say what it is about, with their weights."""
    own = [(as_text(record.get(name)), _TITLE) for name in ("title", "subtitle", "original_title", "genre", "subgenre")]
    own.append((without_markup(as_text(record.get("description"))), _TEXT))
    own += [(one, _TEXT) for name in ("keywords", "tags") for one in texts(record.get(name))]
    own += [(as_text(record.get("series")), _NAMES)]
    if kind == "release":
        own += [(as_text(one.get("title")), _NAMES) for one in rows_of(record, "tracks")]
    return [(text, weight) for text, weight in own if text]


def _names_in(said: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """The words with a capital: a lake in a blurb is no place, the name of one is."""
    return [(" ".join(_NAME.findall(text)), weight) for text, weight in said]


def _found(index: Index, said: list[tuple[str, float]], most: int) -> list[Found]:
    return index.search(said, most)


def _plain(codes: Iterable[str]) -> list[Found]:
    return [Found(code, thema()[code].pl or thema()[code].en, 0.0) for code in codes if code in thema()]


def _once(found: Iterable[Found]) -> list[Found]:
    kept: dict[str, Found] = {}
    for one in found:
        kept.setdefault(one.code, one)
    return list(kept.values())
