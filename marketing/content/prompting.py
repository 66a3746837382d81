"""The prompts as versioned files, and what an administrator put in a file's place."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).with_name("prompts")
Wording = Mapping[str, Any]
# By content type and language.
_instead: ContextVar[Mapping[tuple[str, str], Wording]] = ContextVar("prompts_instead", default={})  # noqa: B039 - never changed in place


def wording(kind: str, language: str) -> Wording:
    """The wording of a content type's prompt: the one in use here, else the newest file's."""
    return _instead.get().get((kind, language)) or from_file(kind, language)


@functools.cache
def from_file(kind: str, language: str) -> Wording:
    """The newest file's wording."""
    return tomllib.loads(source(kind, language))


def source(kind: str, language: str) -> str:
    """The newest file as it was written."""
    return (_folder(kind) / f"{newest(kind)}.{language}.toml").read_text(encoding="utf-8")


@functools.cache
def newest(kind: str) -> str:
    """The newest version's name, such as `v2`."""
    numbers = [int(path.name.split(".")[0][1:]) for path in _folder(kind).glob("v*.*.toml")]
    return f"v{max(numbers)}"


@contextmanager
def using(instead: Mapping[tuple[str, str], Wording]) -> Iterator[None]:
    """These wordings in place of the files' for what runs inside."""
    token = _instead.set({**_instead.get(), **instead})
    try:
        yield
    finally:
        _instead.reset(token)


def _folder(kind: str) -> Path:
    return _FOLDER / kind.replace("-", "_")
