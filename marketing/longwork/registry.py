"""The kinds of long work by slug: a new one is a new module of this package and nothing else."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil

import marketing.longwork
from marketing.longwork.base import LongWork


def long_work(slug: str) -> LongWork | None:
    """The kind of long work with this slug, or None: then the slug is a content type's."""
    return _by_slug().get(slug)


@functools.cache
def _by_slug() -> dict[str, LongWork]:
    names = [module.name for module in pkgutil.iter_modules(marketing.longwork.__path__, "marketing.longwork.")]
    kinds = [
        kind
        for name in names
        for _, kind in inspect.getmembers(importlib.import_module(name), inspect.isclass)
        if issubclass(kind, LongWork) and kind.__module__ == name and hasattr(kind, "slug")
    ]
    return {kind.slug: kind() for kind in kinds}
