"""The trade's code lists at run time: languages, Thema subjects, ONIX lists, the stores' genres.

Each is read from the package that carries it when it is first asked for, and kept.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

import pycountry

_SPECIAL = frozenset({"zxx", "mul", "und"})
QUALIFIERS = frozenset("123456")


@cache
def is_language(code: str) -> bool:
    """Whether it is an ISO 639-1, -2 or -3 code, perhaps with a region behind it as in `pt-BR`."""
    main = code.partition("-")[0]
    if not main.isascii() or not main.isalpha() or main != main.lower():
        return False
    if main in _SPECIAL:
        return True
    found = pycountry.languages.get(**{"alpha_2" if len(main) == 2 else "alpha_3": main})  # noqa: PLR2004
    return bool(found) or main in bibliographic_codes()


@cache
def bibliographic_codes() -> frozenset[str]:
    """The ISO 639-2/B codes: what ONIX and libraries use, `ger` rather than `deu`."""
    return frozenset(
        getattr(one, "bibliographic", None) or one.alpha_3 for one in pycountry.languages if hasattr(one, "alpha_3")
    )


@dataclass(frozen=True, slots=True)
class Subject:
    """A Thema code with its headings; `parent` is empty at the top."""

    code: str
    parent: str
    en: str
    pl: str

    @property
    def is_qualifier(self) -> bool:
        """Whether it only narrows a subject: place, language, time, education, interest, style."""
        return self.code[:1] in QUALIFIERS


@cache
def thema() -> Mapping[str, Subject]:
    """Every Thema subject and qualifier by its code."""
    polish = {row["code"]: row["heading"] for row in _thema_rows("pl")}
    rows = _thema_rows("en")
    return MappingProxyType(
        {row["code"]: Subject(row["code"], row["parent"], row["heading"], polish.get(row["code"], "")) for row in rows}
    )


@cache
def thema_notes() -> Mapping[str, str]:
    """What Thema says on the use of a code, in both languages."""
    notes: dict[str, str] = {}
    for language in ("pl", "en"):
        for row in _thema_rows(language):
            notes[row["code"]] = f"{notes.get(row['code'], '')} {row['notes']}".strip()
    return MappingProxyType(notes)


def _thema_rows(language: str) -> list[dict[str, str]]:
    text = (files("thema") / "data" / f"thema_{language}.json").read_text(encoding="utf-8-sig")
    found: list[dict[str, str]] = json.loads(text)["categories"]
    return found


@cache
def contributor_roles() -> frozenset[str]:
    """ONIX code list 17, from the schema that the validator carries."""
    return onix_list(17)


@cache
def onix_list(number: int) -> frozenset[str]:
    """The codes of an ONIX code list."""
    from lxml import etree

    schema = files("onixcheck") / "schema" / "xsd3.0" / "ONIX_BookProduct_CodeLists.xsd"
    tree = etree.fromstring(schema.read_bytes())
    space = {"xs": "http://www.w3.org/2001/XMLSchema"}
    values = tree.xpath(f"//xs:simpleType[@name='List{number}']//xs:enumeration/@value", namespaces=space)
    return frozenset(map(str, values))


@cache
def store_genres() -> tuple[str, ...]:
    """The genres that stores accept as a release's main genre."""
    return tuple(store_genre_names())


@cache
def store_genre_names() -> Mapping[str, str]:
    """The stores' genres with their Polish names."""
    data = tomllib.loads((Path(__file__).parent / "store_genres.toml").read_text(encoding="utf-8"))
    return MappingProxyType({row["name"]: row["name_pl"] for row in data["genre"]})
