"""What each address does: read the request, ask the orchestrator, answer in OpenAI's words."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Callable
from dataclasses import replace
from typing import Any, cast

from providers import orchestrator
from providers.gateway import answered, door, structured
from providers.gateway.asked import AUTO, Chat, EmbeddingsAsked, ImagesAsked, ModerationsAsked
from providers.gateway.exchange import Exchange, until_client_leaves
from providers.gateway.listing import listed_models
from providers.gateway.provenance import headers_of
from providers.gateway.streaming import stream_chat
from providers.orchestrator import Answer, Task
from providers.types import Capability, ChatRequest, Completion, Embeddings, Images, Moderation, Request, Result

FEATURE = "openai"
# OpenAI's own clients wait ten minutes; nobody wants to wait that long for a free tier.
DEADLINE_SECONDS = 120.0


async def chat_completions(exchange: Exchange, request_id: uuid.UUID) -> None:
    """`POST /v1/chat/completions`, whole or in pieces."""
    asked = Chat.model_validate(await exchange.json())
    request = asked.request()
    check = structured.check_for(request.json_schema)
    task = _task(exchange, Capability.TEXT_GENERATION, asked.model)
    await door.admit(exchange, *[request] * asked.n)
    if asked.stream:
        await stream_chat(exchange, request_id, task, asked, check)
        return

    async def answer() -> None:
        choices = [
            orchestrator.complete(task, _seeded(request, number), check=check, request_id=request_id)
            for number in range(asked.n)
        ]
        # One alone needs no task of its own.
        answers = [await choices[0]] if len(choices) == 1 else await asyncio.gather(*choices)
        completions = [answered.checked(cast("Completion", one.result), one.value) for one in answers]
        await door.settle(exchange, sum(one.result.usage.total_tokens for one in answers))
        await exchange.answer(200, answered.chat(request_id, completions), headers_of(request_id, answers))

    await until_client_leaves(exchange, answer())


def _seeded(request: ChatRequest, number: int) -> ChatRequest:
    """The request of one of several choices: the same seed would bring the same answer each time."""
    if request.seed is None or not number:
        return request
    return replace(request, seed=request.seed + number)


async def embeddings(exchange: Exchange, request_id: uuid.UUID) -> None:
    """`POST /v1/embeddings`."""
    asked = EmbeddingsAsked.model_validate(await exchange.json())
    as_base64 = asked.encoding_format == "base64"

    def worded(result: Result) -> dict[str, Any]:
        return answered.embeddings(cast("Embeddings", result), as_base64=as_base64)

    return await _perform(
        exchange, request_id, _task(exchange, Capability.EMBEDDINGS, asked.model), asked.request(), worded
    )


async def images(exchange: Exchange, request_id: uuid.UUID) -> None:
    """`POST /v1/images/generations`."""
    asked = ImagesAsked.model_validate(await exchange.json())

    def worded(result: Result) -> dict[str, Any]:
        return answered.images(cast("Images", result))

    return await _perform(
        exchange, request_id, _task(exchange, Capability.IMAGE_GENERATION, asked.model), asked.request(), worded
    )


async def moderations(exchange: Exchange, request_id: uuid.UUID) -> None:
    """`POST /v1/moderations`."""
    asked = ModerationsAsked.model_validate(await exchange.json())

    def worded(result: Result) -> dict[str, Any]:
        return answered.moderation(request_id, cast("Moderation", result))

    return await _perform(
        exchange, request_id, _task(exchange, Capability.MODERATION, asked.model), asked.request(), worded
    )


async def models(exchange: Exchange, request_id: uuid.UUID) -> None:
    """`GET /v1/models`: what can be asked for, with capability and limits."""
    listing = {"object": "list", "data": await listed_models()}
    await exchange.answer(200, listing, {"x-request-id": str(request_id)})


async def _perform(
    exchange: Exchange,
    request_id: uuid.UUID,
    task: Task,
    request: Request,
    worded: Callable[[Result], dict[str, Any]],
) -> None:
    await door.admit(exchange, request)

    async def answer() -> None:
        found: Answer[Result] = await orchestrator.perform(task, request, request_id=request_id)
        await door.settle(exchange, found.result.usage.total_tokens)
        await exchange.answer(200, worded(found.value), headers_of(request_id, [found]))

    await until_client_leaves(exchange, answer())


def _task(exchange: Exchange, capability: Capability, model: str) -> Task:
    return Task(
        FEATURE,
        capability,
        wanted="" if model == AUTO else model,
        deadline_seconds=DEADLINE_SECONDS,
        client_id=exchange.caller.client_id,
    )
