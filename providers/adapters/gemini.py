"""Google's own protocol for Gemini: generateContent whole and streamed, vectors, the list of models."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from providers.adapters import listing, vectors
from providers.adapters.dialects import DialectAdapter, Question, compact
from providers.adapters.gemini_reply import Contents
from providers.adapters.gemini_request import content_payload
from providers.adapters.openai_calls import Foreign, shaped
from providers.types import Capability, ChatRequest, EmbeddingRequest, Embeddings, Endpoint, ListedModel, Usage

_METHODS = {
    "generateContent": Capability.TEXT_GENERATION,
    "embedContent": Capability.EMBEDDINGS,
    "batchEmbedContents": Capability.EMBEDDINGS,
}
_MOST_TEXTS = 100
_PAGE = 1000


class GeminiAdapter(DialectAdapter):
    """Gemini under `/v1beta`, which belongs to `base_url`."""

    protocol = "gemini"
    title = "Google Gemini"
    # Never `?key=` in the address, which lands in logs.
    key_header = "x-goog-api-key"
    refusable: ClassVar = {
        "responseJsonSchema": (
            "json mode is not enabled",
            "responsejsonschema",
            "response_json_schema",
            "response schema",
            "too many states",
        ),
        "systemInstruction": ("developer instruction is not enabled", "system instruction is not"),
    }
    gathering = Contents

    def question(self, endpoint: Endpoint, request: ChatRequest, refused: frozenset[str], *, stream: bool) -> Question:
        """A request for content; without `alt=sse` a stream would be one JSON array."""
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        return Question(_url(endpoint, f"{_model(endpoint)}:{verb}"), content_payload(endpoint, request, refused))

    async def check_key(self, endpoint: Endpoint) -> None:
        """List one model. Raises ProviderError; a bad key is a 400 here."""
        await self.fetched(endpoint, _url(endpoint, "models?pageSize=1"))

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """Every model with its limits and what it can do. Raises ProviderError."""

        def url(token: str) -> str:
            more = f"&pageToken={quote(token, safe='')}" if token else ""
            return _url(endpoint, f"models?pageSize={_PAGE}{more}")

        return await self.listed(endpoint, _Page, url)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each text, a hundred a call. The vendor counts no tokens here. Raises ProviderError."""
        found: list[vectors.Vector] = []
        for texts in vectors.batches(request.inputs, _MOST_TEXTS):
            payload = {"requests": [_embedding(endpoint, text, request.dimensions) for text in texts]}
            url = _url(endpoint, f"{_model(endpoint)}:batchEmbedContents")
            answered = await self.fetched(endpoint, url, payload, method="POST")
            found += [one.values for one in shaped(_Vectors, answered.body, "vectors").embeddings]
        usage = Usage(request.estimated_prompt_tokens, 0, estimated=True)
        return Embeddings(vectors.checked(found, len(request.inputs)), endpoint.model_id, usage)


class _Vector(Foreign):
    values: vectors.Vector


class _Vectors(Foreign):
    embeddings: list[_Vector]


class _Page(listing.ModelPage):
    models: list[dict[str, Any]] = Field(default_factory=list)
    next_page_token: str | None = Field(default=None, alias="nextPageToken")

    def listed(self) -> Iterator[ListedModel]:
        """Names come as `models/gemini-…`."""
        for entry in self.models:
            if model_id := listing.name(entry, "name").removeprefix("models/"):
                methods = entry.get("supportedGenerationMethods")
                known = methods if isinstance(methods, list) else []
                yield ListedModel(
                    model_id,
                    context_tokens=listing.amount(entry, "inputTokenLimit"),
                    max_output_tokens=listing.amount(entry, "outputTokenLimit"),
                    capabilities=frozenset(_METHODS[method] for method in known if method in _METHODS),
                )

    def following(self) -> str:
        """The token of the next page."""
        return self.next_page_token or ""


def _model(endpoint: Endpoint) -> str:
    # Tuned models stand under a name of their own.
    named = endpoint.model_id if "/" in endpoint.model_id else f"models/{endpoint.model_id}"
    return quote(named, safe="/")


def _url(endpoint: Endpoint, path: str) -> str:
    return f"{endpoint.base_url.rstrip('/')}/{path}"


def _embedding(endpoint: Endpoint, text: str, dimensions: int | None) -> dict[str, Any]:
    content = {"parts": [{"text": text}]}
    return compact({"model": _model(endpoint), "content": content, "outputDimensionality": dimensions})
