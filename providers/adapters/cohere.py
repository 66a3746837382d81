"""Cohere's own protocol: chat and vectors of version 2, models and the check of a key of version 1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from providers.adapters import listing, vectors
from providers.adapters.cohere_reply import Chat
from providers.adapters.conversation import spoken, system_prompt
from providers.adapters.dialects import DialectAdapter, Question, compact, root
from providers.adapters.openai_calls import Foreign, shaped
from providers.adapters.schemas import without
from providers.errors import AuthenticationError
from providers.types import (
    Capability,
    ChatRequest,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    ListedModel,
    Message,
    Role,
    Tool,
    Usage,
)

_CHOICES = {"none": "NONE", "required": "REQUIRED"}
_ENDPOINTS = {"chat": Capability.TEXT_GENERATION, "embed": Capability.EMBEDDINGS}
# Keywords that Cohere's structured output does not know.
_UNENFORCED = frozenset(
    {
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "multipleOf",
        "minItems",
        "maxItems",
        "uniqueItems",
    }
)
_MOST_TEXTS = 96
_PAGE = 1000


class CohereAdapter(DialectAdapter):
    """Command and Embed models; `base_url` is https://api.cohere.com, with or without a version at its end."""

    protocol = "cohere"
    title = "Cohere"
    refusable: ClassVar = {
        "response_format": ("response_format", "json_schema", "json schema", "structured output"),
        "tool_choice": ("tool_choice",),
    }
    gathering = Chat

    def question(self, endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> Question:
        """A chat."""
        return Question(_url(endpoint, "v2/chat"), _payload(endpoint, request, refused, stream=stream))

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask whether the key is valid, which costs nothing; the 200 alone says nothing. Raises ProviderError."""
        answered = await self.fetched(endpoint, _url(endpoint, "v1/check-api-key"), {}, method="POST")
        if answered.body.get("valid") is not True:
            raise AuthenticationError("the vendor says that the key is not valid", http_status=200)

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its context and what it can do. Raises ProviderError."""

        def url(token: str) -> str:
            more = f"&page_token={quote(token, safe='')}" if token else ""
            return _url(endpoint, f"v1/models?page_size={_PAGE}{more}")

        return await self.listed(endpoint, _Page, url)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each text, 96 a call. Raises ProviderError."""
        found: list[vectors.Vector] = []
        billed: list[int | None] = []
        for texts in vectors.batches(request.inputs, _MOST_TEXTS):
            payload = {
                "model": endpoint.model_id,
                "texts": list(texts),
                # Texts that are compared with each other must all be of one kind.
                "input_type": "search_document",
                "embedding_types": ["float"],
                "output_dimension": request.dimensions,
                "truncate": "NONE",
            }
            answered = await self.fetched(endpoint, _url(endpoint, "v2/embed"), compact(payload), method="POST")
            read = shaped(_Vectors, answered.body, "vectors")
            found += read.embeddings.floats
            billed.append(read.meta.billed_tokens() if read.meta else None)
        counts = [count for count in billed if count is not None]
        whole = len(counts) == len(billed)
        usage = Usage(sum(counts) if whole else request.estimated_prompt_tokens, 0, estimated=not whole)
        return Embeddings(vectors.checked(found, len(request.inputs)), endpoint.model_id, usage)


class _Floats(Foreign):
    floats: list[vectors.Vector] = Field(alias="float")


class _Meta(Foreign):
    billed_units: dict[str, Any] | None = None

    def billed_tokens(self) -> int | None:
        """What the call cost."""
        return listing.amount(self.billed_units or {}, "input_tokens")


class _Vectors(Foreign):
    embeddings: _Floats
    meta: _Meta | None = None


class _Page(listing.ModelPage):
    models: list[dict[str, Any]] = Field(default_factory=list)
    next_page_token: str | None = None

    def listed(self) -> Iterator[ListedModel]:
        """A deprecated model still answers: it is not retired."""
        for entry in self.models:
            if model_id := listing.name(entry, "name"):
                endpoints = entry.get("endpoints")
                features = entry.get("features")
                yield ListedModel(
                    model_id,
                    context_tokens=listing.amount(entry, "context_length"),
                    capabilities=frozenset(
                        _ENDPOINTS[one] for one in endpoints or () if isinstance(one, str) and one in _ENDPOINTS
                    ),
                    json_schema="json_schema" in features if isinstance(features, list) else None,
                )

    def following(self) -> str:
        """The token of the next page."""
        return self.next_page_token or ""


def _payload(endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> dict[str, Any]:
    response_format = None if "response_format" in refused else _response_format(endpoint, request)
    system = system_prompt(request, schema_in_words=response_format is None)
    return compact(
        {
            "model": endpoint.model_id,
            "messages": [
                *([{"role": "system", "content": system}] if system else []),
                *(_message(said) for said in spoken(request)),
            ],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop_sequences": list(request.stop) or None,
            "response_format": response_format,
            "tools": [_tool(tool) for tool in _shown(request)] or None,
            "tool_choice": _tool_choice(request),
            "stream": stream,
        },
        refused,
    )


def _response_format(endpoint: Endpoint, request: ChatRequest) -> dict[str, Any] | None:
    # Cohere refuses a schema beside tools.
    if request.json_schema is None or not endpoint.json_schema or request.tools:
        return None
    return {"type": "json_object", "json_schema": without(request.json_schema.schema, _UNENFORCED)}


def _message(said: Message) -> dict[str, Any]:
    if said.role is Role.TOOL:
        return {"role": "tool", "tool_call_id": said.call_id, "content": said.content}
    wishes = [
        {"id": call.call_id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
        for call in said.tool_calls
    ]
    # A message of nothing but calls has no content.
    content = None if wishes and not said.content else said.content
    return compact({"role": said.role.value, "content": content, "tool_calls": wishes or None})


def _shown(request: ChatRequest) -> tuple[Tool, ...]:
    """The tools that may be called; one that must be is shown alone, as it cannot be named."""
    chosen = tuple(tool for tool in request.tools if tool.name == request.tool_choice)
    return chosen or request.tools


def _tool(tool: Tool) -> dict[str, Any]:
    schema = dict(tool.parameters) or {"type": "object", "properties": {}}
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": schema}}


def _tool_choice(request: ChatRequest) -> str | None:
    if not request.tools or request.tool_choice == "auto":
        return None
    return _CHOICES.get(request.tool_choice, "REQUIRED")


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{root(endpoint, 'v1', 'v2')}/{path}"
