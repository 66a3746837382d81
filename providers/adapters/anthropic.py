"""Anthropic's messages protocol, as Claude speaks it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from providers.adapters import listing
from providers.adapters.anthropic_reply import Messages
from providers.adapters.anthropic_request import messages_payload
from providers.adapters.dialects import DialectAdapter, Question, root
from providers.types import Capability, ChatRequest, Endpoint, ListedModel

_PAGE = 1000


class AnthropicAdapter(DialectAdapter):
    """Claude under `/v1/messages`; `base_url` with or without `/v1` at its end."""

    protocol = "anthropic"
    title = "Anthropic"
    key_header = "x-api-key"
    # Later versions only refuse more; this one is what every recorded exchange speaks.
    headers: ClassVar = {"anthropic-version": "2023-06-01"}
    # Anthropic names what it does not take in its sentence: "output_config: Extra inputs are not permitted".
    refusable: ClassVar = {"output_config": ("output_config", "output_format", "structured output", "json_schema")}
    gathering = Messages

    def question(self, endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> Question:
        """A request for one message."""
        return Question(_url(endpoint, "messages"), messages_payload(endpoint, request, refused, stream=stream))

    async def check_key(self, endpoint: Endpoint) -> None:
        """List one model, which costs nothing; whether there is credit, only a message would show."""
        await self.fetched(endpoint, _url(endpoint, "models?limit=1"))

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its context, its longest answer and the day it retires. Raises ProviderError."""

        def url(after: str) -> str:
            return _url(endpoint, f"models?limit={_PAGE}" + (f"&after_id={quote(after, safe='')}" if after else ""))

        return await self.listed(endpoint, _Page, url)


class _Page(listing.ModelPage):
    data: list[dict[str, Any]] = Field(default_factory=list)
    has_more: bool = False
    last_id: str | None = None

    def listed(self) -> Iterator[ListedModel]:
        """Anthropic's models all write texts."""
        for entry in self.data:
            if model_id := listing.name(entry, "id"):
                yield ListedModel(
                    model_id,
                    context_tokens=listing.amount(entry, "max_input_tokens"),
                    max_output_tokens=listing.amount(entry, "max_tokens"),
                    capabilities=frozenset({Capability.TEXT_GENERATION}),
                    json_schema=_structured(entry),
                    shutdown_on=listing.day(listing.name(entry, "retires_at")),
                    retired=entry.get("lifecycle") == "retired",
                )

    def following(self) -> str:
        """The last id of this page, where another follows."""
        return (self.last_id or "") if self.has_more else ""


def _structured(entry: dict[str, Any]) -> bool | None:
    capabilities = entry.get("capabilities")
    outputs = capabilities.get("structured_outputs") if isinstance(capabilities, dict) else None
    supported = outputs.get("supported") if isinstance(outputs, dict) else None
    return supported if isinstance(supported, bool) else None


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{root(endpoint, 'v1')}/v1/{path}"
