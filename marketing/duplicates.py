"""Entries of the catalogue that look alike: pairs with the reason, found by blocks so that ten thousand stay fast.

Two entries are compared only where they share a block: an identifier, the first letters of a title without its version,
or a title's rarest word. Within a block titles are compared folded, then people and lengths speak for or against.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import AbstractBaseUser

from marketing.letters import plain
from marketing.metadata.text import as_text, without_brackets, words
from marketing.models import Book, NotDuplicate, Release
from marketing.records import KINDS, record_of

# A block with more entries says nothing ("Live", "Remix"): its pairs are found by another one.
LARGEST_BLOCK = 60
_BEGINNING = 8
_ALIKE = 0.88
_SAME_SECONDS = 2
_MOST_ISRCS_SHOWN = 3
_LONGEST_ROMAN = 5


class Reason(StrEnum):
    """Why two entries look like one."""

    CODE = "code"
    RECORDING = "recording"
    TITLE = "title"
    SIMILAR = "similar"


@dataclass(frozen=True, slots=True)
class Sign:
    """An entry as it is compared."""

    number: int
    title: str
    plain: str
    people: frozenset[str]
    code: str
    edition: str
    recordings: frozenset[str]
    seconds: int


@dataclass(frozen=True, slots=True)
class Pair:
    """Two entries that look alike, by their numbers; `one` is the smaller. `facts` is what they share."""

    one: int
    other: int
    reason: Reason
    facts: str = ""


def sign_of(kind: str, number: int, record: Mapping[str, Any]) -> Sign:
    """What of a record is compared."""
    title = as_text(record.get("title"))
    rows = _rows(record, "tracks")
    people = [as_text(one.get("name")) for name in ("artists", "contributors") for one in _rows(record, name)]
    seconds = [row.get("duration_s") for row in rows]
    recordings = ("".join(filter(str.isalnum, as_text(row.get("isrc")))).upper() for row in rows)
    code = as_text(record.get("upc" if kind == "release" else "isbn13"))
    return Sign(
        number,
        title,
        plain_title(title),
        frozenset(" ".join(sorted(words(plain(name)))) for name in people if name),
        "".join(filter(str.isdigit, code)).lstrip("0"),
        " ".join((as_text(record.get("version")), as_text(record.get("format")), as_text(record.get("language")))),
        frozenset(filter(None, recordings)),
        sum(one for one in seconds if isinstance(one, int) and not isinstance(one, bool)),
    )


def plain_title(title: str) -> str:
    """A title's words, folded, without what stands in brackets; all of them where nothing stands outside."""
    return " ".join(words(plain(without_brackets(title) or title)))


def compared(one: Sign, other: Sign) -> tuple[Reason, str] | None:
    """Why two entries look like one, the surest reason first; None when they do not."""
    if one.code and one.code == other.code:
        return Reason.CODE, one.code
    # A single stands on an album too, and rightly so (M16): most of both has to be the same.
    shared = one.recordings & other.recordings
    if shared and len(shared) * 2 > max(len(one.recordings), len(other.recordings)):
        return Reason.RECORDING, ", ".join(sorted(shared)[:_MOST_ISRCS_SHOWN])
    if not one.plain or not other.plain or (one.people and other.people and not one.people & other.people):
        return None
    # Another format, language or version of one work is an edition of its own, with a code of its own (B03).
    if one.edition != other.edition and one.code and other.code:
        return None
    if one.plain == other.plain:
        return Reason.TITLE, one.title
    if _sequel(one.plain, other.plain):
        return None
    matcher = SequenceMatcher(None, one.plain, other.plain, autojunk=False)
    alike = matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE
    # Names in common, or lengths to the second: a likeness of titles alone is too little.
    known = bool(one.people & other.people) or (one.seconds > 0 and abs(one.seconds - other.seconds) <= _SAME_SECONDS)
    return (Reason.SIMILAR, f"{one.title} / {other.title}") if alike and known else None


def pairs(kind: str) -> list[Pair]:
    """The pairs of a kind's whole catalogue, the surest first; those that somebody called different are left out."""
    signs = [sign_of(kind, one.pk, record_of(one)) for one in KINDS[kind].objects.order_by("pk").iterator(500)]
    known = set(NotDuplicate.objects.filter(kind=kind).values_list("one", "other"))
    order = list(Reason)
    found = [one for one in among(signs) if (one.one, one.other) not in known]
    return sorted(found, key=lambda one: (order.index(one.reason), one.one, one.other))


def among(signs: Iterable[Sign]) -> Iterator[Pair]:
    """The pairs among some entries, each once."""
    signs = list(signs)
    spread = Counter(word for sign in signs for word in set(sign.plain.split()))
    blocks: dict[str, list[Sign]] = defaultdict(list)
    for sign in signs:
        for key in _blocks(sign, spread):
            blocks[key].append(sign)
    seen: set[tuple[int, int]] = set()
    for block in blocks.values():
        if len(block) > LARGEST_BLOCK:
            continue
        for at, one in enumerate(block):
            for other in block[at + 1 :]:
                place = (min(one.number, other.number), max(one.number, other.number))
                if place in seen:
                    continue
                seen.add(place)
                if why := compared(one, other):
                    yield Pair(*place, *why)


def twins_of(kind: str, record: Mapping[str, Any], number: int | None, most: int = 3) -> list[Release | Book]:
    """The entries that a record looks like, for a word before it is stored.

    Titles and codes of the whole catalogue are looked at, records only of the few that could be meant.
    """
    mine = sign_of(kind, number or 0, record)
    code = "upc" if kind == "release" else "isbn13"
    rows = KINDS[kind].objects.exclude(pk=number).values_list("pk", "title", code)
    known = {*NotDuplicate.objects.filter(kind=kind, one=number or 0).values_list("other", flat=True)}
    known |= {*NotDuplicate.objects.filter(kind=kind, other=number or 0).values_list("one", flat=True)}
    spread: Counter[str] = Counter()
    keys = set(_blocks(mine, spread))
    near = [pk for pk, title, other in rows if pk not in known and keys & set(_thin(title, other, spread))]
    close = KINDS[kind].objects.filter(pk__in=near[:LARGEST_BLOCK]).order_by("pk")
    return [entry for entry in close if compared(mine, sign_of(kind, entry.pk, record_of(entry)))][:most]


def not_the_same(kind: str, one: int, other: int, by: AbstractBaseUser) -> None:
    """Remember that two entries are different ones."""
    first, second = sorted((one, other))
    NotDuplicate.objects.get_or_create(kind=kind, one=first, other=second, defaults={"by_id": by.pk})


def _thin(title: str, code: str, spread: Counter[str]) -> Iterator[str]:
    digits = "".join(filter(str.isdigit, code)).lstrip("0")
    return _blocks(Sign(0, title, plain_title(title), frozenset(), digits, "", frozenset(), 0), spread)


def _blocks(sign: Sign, spread: Counter[str]) -> Iterator[str]:
    if sign.code:
        yield f"code {sign.code}"
    for recording in sign.recordings:
        yield f"isrc {recording}"
    if sign.plain:
        yield f"title {sign.plain.replace(' ', '')[:_BEGINNING]}"
        # The rarest word, the longest of equals: a slip of the pen at the beginning hides nothing.
        rarest = min(sign.plain.split(), key=lambda word: (spread[word], -len(word), word))
        yield f"word {rarest}"


def _sequel(one: str, other: str) -> bool:
    """Whether two titles differ in their numbers: volumes of a series are no duplicates."""
    numbers = ([word for word in text.split() if _is_number(word)] for text in (one, other))
    return next(numbers) != next(numbers)


def _is_number(word: str) -> bool:
    return word.isdecimal() or (len(word) <= _LONGEST_ROMAN and set(word) <= set("ivxl"))


def _rows(record: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = record.get(name)
    return [one for one in found if isinstance(one, Mapping)] if isinstance(found, list) else []
