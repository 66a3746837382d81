"""A made-up protocol for the tests: its file is dropped into a folder where adapters are looked for."""

from __future__ import annotations

import gc
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from providers import adapters
from providers.adapters.base import registry
from providers.models import Provider
from tests.upstream import Behaviour, Upstream, replays

FILE = Path(__file__).parent / "drop_in" / "gopher.py"


@pytest.fixture
def gopher(tmp_path: Path) -> Iterator[None]:
    """While a test runs, one more adapter lies where they are looked for."""
    shutil.copy(FILE, tmp_path)
    adapters.__path__.append(str(tmp_path))
    registry.cache_clear()
    try:
        yield
    finally:
        adapters.__path__.remove(str(tmp_path))
        registry.cache_clear()
        sys.modules.pop("providers.adapters.gopher", None)
        vars(adapters).pop("gopher", None)
        # A class that nobody holds any more still is a subclass until it is swept up.
        gc.collect()


def menu(*burrows: str | dict[str, Any]) -> Behaviour:
    """A list of models in the made-up protocol; a name alone tells nothing else of its model."""
    return replays(200, {}, {"burrows": [{"name": one} if isinstance(one, str) else one for one in burrows]})


Burrow = Callable[..., Provider]


@pytest.fixture
def burrow(gopher: None, connect: Any, upstream: Upstream) -> Burrow:
    """A provider that speaks the made-up protocol, and the menus that it answers with, one after the other."""

    def make(name: str, *menus: Behaviour, ask: Behaviour | None = None, **fields: Any) -> Provider:
        said = ask or replays(200, {}, {"said": "Hello from below"})
        provider: Provider = connect(name, **{"protocol": "gopher", "tier": "paid", **fields})
        upstream.add(name, said, routes={"GET /menu": menus or (menu("small"),)})
        return provider

    return make
