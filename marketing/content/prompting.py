"""The prompts as versioned files, and what an administrator put in a file's place."""

from __future__ import annotations

import functools
import hashlib
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Any

from django.utils.translation import gettext as _

_FOLDER = Path(__file__).with_name("prompts")
LONGEST_SOURCE = 20_000
_DIGEST_LETTERS = 12
Wording = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt's words. `version` is a file's, such as `v2`, or that of a change; `digest` says which words exactly."""

    version: str
    digest: str
    wording: Wording


# By content type and language.
_instead: ContextVar[Mapping[tuple[str, str], Prompt]] = ContextVar("prompts_instead", default={})  # noqa: B039 - never changed in place


def prompt(kind: str, language: str) -> Prompt:
    """A content type's prompt: the one in use here, else the newest file's."""
    return _instead.get().get((kind, language)) or from_file(kind, language)


def wording(kind: str, language: str) -> Wording:
    """The wording of the prompt in use here."""
    return prompt(kind, language).wording


@functools.cache
def from_file(kind: str, language: str) -> Prompt:
    """The newest file's prompt."""
    written = source(kind, language)
    return Prompt(newest(kind), digest_of(written), tomllib.loads(written))


def source(kind: str, language: str) -> str:
    """The newest file as it was written."""
    return (_folder(kind) / f"{newest(kind)}.{language}.toml").read_text(encoding="utf-8")


def digest_of(written: str) -> str:
    """Which words exactly: the beginning of their SHA-256."""
    return hashlib.sha256(written.encode()).hexdigest()[:_DIGEST_LETTERS]


def changed(kind: str, language: str, written: str, version: str) -> Prompt:
    """A changed file's prompt. Raises ValueError with a sentence for its author when it cannot take the file's place.

    It has to be TOML with the same names, and each text may only ask for what the file's asks for: what is missing in
    it would be missing in every request, and a name that nobody fills would break them.
    """
    if len(written) > LONGEST_SOURCE:
        raise ValueError(_("The prompt is too long: at most %(most)d characters.") % {"most": LONGEST_SOURCE})
    try:
        found = tomllib.loads(written)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(_("This is no TOML: %(why)s.") % {"why": error}) from error
    _hold_against(dict(from_file(kind, language).wording), found, "")
    return Prompt(version, digest_of(written), found)


def _hold_against(known: dict[str, Any], found: dict[str, Any], inside: str) -> None:
    for name in known.keys() | found.keys():
        place = f"{inside}{name}"
        if name not in found or type(found[name]) is not type(known.get(name)):
            raise ValueError(_("“%(name)s” is missing, or is not of the file’s kind.") % {"name": place})
        if isinstance(found[name], dict):
            _hold_against(known[name], found[name], f"{place}.")
        elif isinstance(found[name], str):
            _hold_names(known[name], found[name], place)


def _hold_names(known: str, found: str, place: str) -> None:
    if not Template(found).is_valid():
        raise ValueError(_("A lone $ in “%(name)s”: write $$ for the sign.") % {"name": place})
    names = set(Template(found).get_identifiers())
    allowed = set(Template(known).get_identifiers())
    if unknown := names - allowed:
        raise ValueError(_("“%(name)s” asks for %(what)s, which nothing fills.") % _named(place, unknown))
    needed = {"brief", "shape"} & allowed
    if lost := needed - names:
        raise ValueError(_("“%(name)s” has lost %(what)s.") % _named(place, lost))


def _named(place: str, names: set[str]) -> dict[str, str]:
    return {"name": place, "what": ", ".join(f"${name}" for name in sorted(names))}


def kinds() -> tuple[str, ...]:
    """The content types that have prompts."""
    return tuple(sorted(folder.name.replace("_", "-") for folder in _FOLDER.iterdir() if folder.is_dir()))


@functools.cache
def newest(kind: str) -> str:
    """The newest version's name, such as `v2`."""
    numbers = [int(path.name.split(".")[0][1:]) for path in _folder(kind).glob("v*.*.toml")]
    return f"v{max(numbers)}"


@contextmanager
def using(instead: Mapping[tuple[str, str], Prompt]) -> Iterator[None]:
    """These prompts in place of the files' for what runs inside."""
    token = _instead.set({**_instead.get(), **instead})
    try:
        yield
    finally:
        _instead.reset(token)


def _folder(kind: str) -> Path:
    return _FOLDER / kind.replace("-", "_")
