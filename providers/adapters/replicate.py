"""Replicate's protocol: predictions that are started, waited for and cancelled, each model with its own input."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from dataclasses import replace
from typing import Any

from providers.adapters import replicate_account as account
from providers.adapters import wire
from providers.adapters.base import Adapter
from providers.adapters.redaction import secrets_kept
from providers.adapters.replicate_facts import KnownModels, ModelFacts
from providers.adapters.replicate_input import chat_input, embedding_inputs, image_input, longest_answer
from providers.adapters.replicate_output import Vector, pictures_of, text_of, vectors_of
from providers.adapters.replicate_prediction import Prediction
from providers.adapters.replicate_run import Run, held_seconds, started, within_timeout
from providers.adapters.replicate_stream import chunks
from providers.adapters.thoughts import split_thoughts
from providers.errors import BrokenAnswerError, ModelUnavailableError, ProviderError
from providers.types import (
    ChatRequest,
    Chunk,
    Completion,
    EmbeddingRequest,
    Embeddings,
    Endpoint,
    Image,
    ImageRequest,
    Images,
    ListedModel,
    Usage,
)

_PAGES = 3
# Not every model draws several pictures at once, and each run costs.
_MOST_RUNS = 10


class ToolsLackingError(ProviderError):
    """A model that cannot call functions was told to; another provider's may."""


class ReplicateAdapter(Adapter):
    """Replicate's predictions: official models, versions of any model, and deployments."""

    protocol = "replicate"
    title = "Replicate"

    def __init__(self) -> None:
        self._known = KnownModels()

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer. Raises ProviderError."""
        _refuse_tools(request)
        with secrets_kept(endpoint.api_key):
            async with within_timeout(endpoint):
                facts = await self._known.facts(endpoint)
                fields = chat_input(facts.schema, request)
                async with _running(endpoint, facts, fields) as run:
                    return _completion(endpoint, request, fields, await run.finished())

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in pieces. Raises ProviderError, also in the middle."""
        _refuse_tools(request)
        with secrets_kept(endpoint.api_key):
            facts = await self._known.facts(endpoint)
            fields = chat_input(facts.schema, request)
            async with (
                _running(endpoint, facts, fields, streamed=True) as run,
                aclosing(chunks(run, request, longest_answer(fields))) as arriving,
            ):
                async for chunk in arriving:
                    yield chunk

    async def draw(self, endpoint: Endpoint, request: ImageRequest) -> Images:
        """The pictures, fetched at once. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            async with within_timeout(endpoint):
                facts = await self._known.facts(endpoint)
                images: list[Image] = []
                for _ in range(max(1, min(request.count, _MOST_RUNS))):
                    wanted = request.count - len(images)
                    seeded = replace(request, seed=None if request.seed is None else request.seed + len(images))
                    async with _running(endpoint, facts, image_input(facts.schema, seeded, wanted)) as run:
                        last = await run.finished()
                    images += await pictures_of(endpoint, last.output, wanted)
                    if len(images) >= request.count:
                        break
                usage = Usage(request.estimated_prompt_tokens, 0, estimated=True)
                return Images(tuple(images), last.model or endpoint.model_id, usage, vendor_request_id=last.id)

    async def embed(self, endpoint: Endpoint, request: EmbeddingRequest) -> Embeddings:
        """One vector for each input. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            async with within_timeout(endpoint):
                facts = await self._known.facts(endpoint)
                vectors: tuple[Vector, ...] = ()
                last: Prediction | None = None
                for fields, count in embedding_inputs(facts.schema, request):
                    async with _running(endpoint, facts, fields) as run:
                        last = await run.finished()
                    vectors += vectors_of(last.output, count)
                if last is None or len({len(vector) for vector in vectors}) != 1:
                    raise BrokenAnswerError("vectors of different lengths", http_status=200)
                usage = Usage(request.estimated_prompt_tokens, 0, estimated=True)
                return Embeddings(vectors, last.model or endpoint.model_id, usage, last.id)

    async def check_key(self, endpoint: Endpoint) -> None:
        """Ask whose token it is; that costs nothing. Raises ProviderError."""
        with secrets_kept(endpoint.api_key):
            await account.account(endpoint)

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """The official models, or the first pages of all where there is no such list; none is free."""
        with secrets_kept(endpoint.api_key):
            try:
                found = await account.official_models(endpoint)
            except ModelUnavailableError:
                found = ()
            found = found or await account.models(endpoint, pages=_PAGES)
        return tuple(
            ListedModel(model.model_id, capabilities=model.capabilities if model.schema_read else None, free=False)
            for model in found
        )


@asynccontextmanager
async def _running(
    endpoint: Endpoint, facts: ModelFacts, fields: Mapping[str, Any], *, streamed: bool = False
) -> AsyncIterator[Run]:
    """A prediction of the endpoint's model, through the door that the model has.

    Community models have no official door: where that one is closed, the latest version's is taken.
    """
    at = account.door(endpoint.model_id)
    by_version = replace(at, path="predictions", version=facts.latest_version)
    has_second = at.path.startswith("models/") and bool(facts.latest_version)
    if has_second and facts.is_official is False:
        at, has_second = by_version, False
    seconds = wire.LONGEST_STREAM_SECONDS if streamed else endpoint.timeout_seconds
    held = 0 if streamed else held_seconds(endpoint)
    async with AsyncExitStack() as stack:
        try:
            run = await stack.enter_async_context(started(endpoint, at, fields, seconds=seconds, held=held))
        except ModelUnavailableError:
            if not has_second:
                raise
            run = await stack.enter_async_context(started(endpoint, by_version, fields, seconds=seconds, held=held))
        yield run


def _refuse_tools(request: ChatRequest) -> None:
    if request.tools and request.tool_choice not in {"auto", "none"}:
        raise ToolsLackingError("models on Replicate are not asked to call functions")


def _completion(endpoint: Endpoint, request: ChatRequest, fields: dict[str, Any], prediction: Prediction) -> Completion:
    whole = text_of(prediction.output)
    text, thoughts = split_thoughts(whole)
    if not text.strip():
        raise BrokenAnswerError("an empty answer: no text in it", http_status=200)
    return Completion(
        text=text,
        model_id=prediction.model or endpoint.model_id,
        finish_reason=prediction.finish_reason(longest_answer(fields)),
        usage=prediction.usage(request.estimated_prompt_tokens, len(whole)),
        reasoning=thoughts.strip(),
        vendor_request_id=prediction.id,
    )
