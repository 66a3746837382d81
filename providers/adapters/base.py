"""What every wire protocol offers, and the registry that finds them."""

from __future__ import annotations

import importlib
import pkgutil
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, ClassVar

from providers import adapters
from providers.errors import ModelUnavailableError
from providers.types import (
    Capability,
    ChatRequest,
    Chunk,
    Classification,
    ClassificationRequest,
    Completion,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    ImageRequest,
    Images,
    ListedModel,
    Moderation,
    ModerationRequest,
    Result,
    SummaryRequest,
)


class UnknownProtocolError(LookupError):
    """No adapter speaks the protocol that a provider is configured with."""


class Adapter(ABC):
    """One wire protocol. Adapters keep no state of a call; one instance serves every provider of its protocol.

    Every method raises only ProviderError and its children; a caller's own cancellation passes through untouched.
    A protocol overrides what it has natively; the rest raises ModelUnavailableError.
    """

    protocol: ClassVar[str]
    # What people call the protocol.
    title: ClassVar[str]

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

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each input."""
        raise self._lacking(endpoint, request)

    async def draw(self, endpoint: Endpoint, request: ImageRequest) -> Images:
        """The pictures themselves, fetched where the vendor answers with links."""
        raise self._lacking(endpoint, request)

    async def classify(self, endpoint: Endpoint, request: ClassificationRequest) -> Classification:
        """A classifier's own labels, the best first."""
        raise self._lacking(endpoint, request)

    async def classify_zero_shot(self, endpoint: Endpoint, request: ClassificationRequest) -> Classification:
        """The request's labels, the best first."""
        raise self._lacking(endpoint, request)

    async def summarize(self, endpoint: Endpoint, request: SummaryRequest) -> Completion:
        """A shorter text."""
        raise self._lacking(endpoint, request)

    async def moderate(self, endpoint: Endpoint, request: ModerationRequest) -> Moderation:
        """One verdict for each input."""
        raise self._lacking(endpoint, request)

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """The models that the vendor lists for this key, with what it tells about each."""
        raise self._lacking(endpoint, None)

    def offers(self, capability: Capability) -> bool:
        """Whether the protocol has the capability natively."""
        name = _METHODS[capability]
        return getattr(type(self), name) is not getattr(Adapter, name)

    async def perform(self, endpoint: Endpoint, capability: Capability, request: Any) -> Result:
        """The native answer to a request of the capability's own kind. Raises as the capability's method does."""
        result: Result = await getattr(self, _METHODS[capability])(endpoint, request)
        return result

    def _lacking(self, endpoint: Endpoint, request: object) -> ModelUnavailableError:
        what = type(request).__name__ if request else "a list of models"
        return ModelUnavailableError(f"{endpoint.provider} has no {what} in the protocol {self.protocol}")


_METHODS: Mapping[Capability, str] = MappingProxyType(
    {
        Capability.TEXT_GENERATION: "chat",
        Capability.EMBEDDINGS: "embed",
        Capability.IMAGE_GENERATION: "draw",
        Capability.CLASSIFICATION: "classify",
        Capability.ZERO_SHOT_CLASSIFICATION: "classify_zero_shot",
        Capability.SUMMARIZATION: "summarize",
        Capability.MODERATION: "moderate",
    }
)


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
