"""The lists as they are searched: Thema's subjects and qualifiers, the stores' genres, sub-genres; built once each."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketing.metadata.codelists import Subject, store_genre_names, thema, thema_notes
from marketing.metadata.retrieval.index import Index, Listed

_FOLDER = Path(__file__).parent
_HEADING, _NOTE, _ABOVE, _SIGNS = 3.0, 0.5, 0.7, 2.0
# Thema's qualifiers by what they narrow; the first sign of a code says which. Style (6) is for the arts alone.
QUALIFIER_KINDS: Mapping[str, str | Promise] = {
    "1": _("place"),
    "2": _("language"),
    "3": _("time"),
    "4": _("education"),
    "5": _("interest and age"),
    "6": _("style"),
}


@cache
def subjects() -> Index:
    """Thema's subjects A to Y, found by both languages' headings and notes, and by the words that blurbs use."""
    return Index([_listed(one) for one in thema().values() if not one.is_qualifier])


@cache
def qualifiers(kind: str) -> Index:
    """Thema's qualifiers of one of QUALIFIER_KINDS."""
    return Index([_listed(one) for one in thema().values() if one.code.startswith(kind)], vectors=False)


@cache
def genres() -> Index:
    """The genres that stores take for a release, found by their names, their sub-genres and what moods suggest."""
    under: dict[str, list[str]] = {}
    for branch in _branches():
        under.setdefault(branch["store"], []).extend([branch["name"], *branch["genres"]])
    signs = _signs()["genre"]
    return Index(
        [
            Listed(
                name,
                f"{name} · {polish}" if polish != name else name,
                (
                    (name, _HEADING),
                    (polish, _HEADING),
                    (" ".join(under.get(name, ())), _NOTE),
                    (signs.get(name, ""), _SIGNS),
                ),
            )
            for name, polish in store_genre_names().items()
        ]
    )


@cache
def tags() -> Index:
    """The names of sub-genres; a code is the name itself."""
    return Index([Listed(name, name, ((name, _HEADING), (branch, _ABOVE))) for name, branch in sub_genres().items()])


@cache
def sub_genres() -> Mapping[str, str]:
    """Each sub-genre with the branch that it stands under."""
    return MappingProxyType({name: branch["name"] for branch in _branches() for name in branch["genres"]})


@cache
def store_genre_of(sub_genre: str) -> str:
    """The stores' genre for a sub-genre. Raises KeyError for a name that is not listed."""
    branch = sub_genres()[sub_genre]
    return next(str(one["store"]) for one in _branches() if one["name"] == branch)


def _listed(one: Subject) -> Listed:
    notes = thema_notes().get(one.code, "")
    above = " ".join(f"{up.pl} {up.en}" for up in _ancestors(one))
    signs = _signs()["subject"].get(one.code, "")
    return Listed(
        one.code,
        one.pl or one.en,
        ((one.pl, _HEADING), (one.en, _HEADING), (notes, _NOTE), (above, _ABOVE), (signs, _SIGNS)),
    )


def _ancestors(one: Subject) -> Iterator[Subject]:
    up = thema().get(one.parent)
    while up:
        yield up
        up = thema().get(up.parent)


@cache
def _branches() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads((_FOLDER.parent / "music_genres.toml").read_text(encoding="utf-8"))[
        "branch"
    ]
    return found


@cache
def _signs() -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = tomllib.loads((_FOLDER / "signs.toml").read_text(encoding="utf-8"))
    return found
