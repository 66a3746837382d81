"""The content types, found by looking through this package: a new one is a new module and nothing else."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from typing import Any

import marketing.content
from marketing.content.base import ContentType


def content_types() -> tuple[ContentType[Any], ...]:
    """Every content type, by slug."""
    return tuple(_by_slug().values())


def content_type(slug: str) -> ContentType[Any]:
    """The content type with this slug. Raises KeyError when there is none."""
    return _by_slug()[slug]


@functools.cache
def _by_slug() -> dict[str, ContentType[Any]]:
    found = [_type() for module in _modules() for _type in _types_of(module)]
    return {kind.slug: kind for kind in sorted(found, key=lambda kind: kind.slug)}


def _modules() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(marketing.content.__path__, "marketing.content.")]


def _types_of(module: str) -> list[type[ContentType[Any]]]:
    members = inspect.getmembers(importlib.import_module(module), inspect.isclass)
    # Only where it is written, not where it is imported, so that each is found once.
    return [
        member
        for _, member in members
        if issubclass(member, ContentType) and member.__module__ == module and hasattr(member, "slug")
    ]
