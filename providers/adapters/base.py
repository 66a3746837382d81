"""What every wire protocol offers, and the registry that finds them."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from functools import cache
from types import MappingProxyType
from typing import ClassVar

from providers import adapters
from providers.types import ChatRequest, Chunk, Completion, Endpoint


class UnknownProtocolError(LookupError):
    """No adapter speaks the protocol that a provider is configured with."""


class Adapter(ABC):
    """One wire protocol. Adapters keep no state of a call; one instance serves every provider of its protocol.

    Every method raises only ProviderError and its children; a caller's own cancellation passes through untouched.
    """

    protocol: ClassVar[str]

    @abstractmethod
    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer, within `endpoint.timeout_seconds`."""

    @abstractmethod
    def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces; silence is bounded by `endpoint.timeout_seconds`.

        The last chunk carries the finish reason and the usage. It comes only when the answer was finished: a stream
        that breaks raises instead. Whoever stops early calls `aclose()`, which also ends the vendor's work.
        """

    @abstractmethod
    async def check_key(self, endpoint: Endpoint) -> None:
        """Return when the endpoint takes the key, with as little use as possible; raise what stands against it."""


@cache
def registry() -> Mapping[str, Adapter]:
    """Every adapter by its protocol, found by looking through this package."""
    for module in pkgutil.iter_modules(adapters.__path__):
        importlib.import_module(f"{adapters.__name__}.{module.name}")
    found = [kind for kind in _with_descendants(Adapter.__subclasses__()) if "protocol" in vars(kind)]
    return MappingProxyType({kind.protocol: kind() for kind in found})


def adapter_for(protocol: str) -> Adapter:
    """The adapter of a protocol. Raises UnknownProtocolError."""
    try:
        return registry()[protocol]
    except KeyError:
        raise UnknownProtocolError(f"no adapter speaks {protocol!r}; there are {', '.join(registry())}") from None


def _with_descendants(kinds: list[type[Adapter]]) -> list[type[Adapter]]:
    return kinds + [below for kind in kinds for below in _with_descendants(kind.__subclasses__())]
