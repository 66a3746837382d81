"""A made-up wire protocol: one file in the adapters' folder is all that it takes.

POST {base}/ask   {"burrow": model, "lines": [...]}  ->  {"said": "..."}
GET  {base}/menu  ->  {"burrows": [{"name": ..., "holds": 4096, "closes": "2026-12-11", "free": true, ...}]}
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator
from datetime import date
from http import HTTPStatus
from typing import Any

from providers.adapters import wire
from providers.adapters.base import Adapter
from providers.adapters.failures import failure
from providers.types import ChatRequest, Chunk, Completion, Endpoint, FinishReason, ListedModel, Usage, estimated_tokens


class GopherAdapter(Adapter):
    """Asks a burrow and reads its menu."""

    protocol = "gopher"
    title = "Gopher"

    async def chat(self, endpoint: Endpoint, request: ChatRequest) -> Completion:
        """The whole answer."""
        lines = [message.content for message in request.messages]
        body = await _asked(endpoint, "POST", "ask", {"burrow": endpoint.model_id, "lines": lines})
        usage = Usage(request.estimated_prompt_tokens, estimated_tokens(body["said"]), estimated=True)
        return Completion(body["said"], endpoint.model_id, FinishReason.STOP, usage)

    async def stream(self, endpoint: Endpoint, request: ChatRequest) -> AsyncGenerator[Chunk, None]:
        """The answer in one piece."""
        whole = await self.chat(endpoint, request)
        yield Chunk(whole.text, finish_reason=whole.finish_reason, usage=whole.usage)

    async def check_key(self, endpoint: Endpoint) -> None:
        """A menu proves the key."""
        await _asked(endpoint, "GET", "menu")

    async def list_models(self, endpoint: Endpoint) -> tuple[ListedModel, ...]:
        """What stands on the menu."""
        return tuple(map(_listed, (await _asked(endpoint, "GET", "menu"))["burrows"]))


async def _asked(endpoint: Endpoint, method: str, path: str, payload: dict[str, Any] | None = None) -> Any:
    reply = await wire.call(endpoint, method, f"{endpoint.base_url}/{path}", payload)
    if reply.status != HTTPStatus.OK:
        raise failure(reply.status, reply.headers, reply.body)
    return json.loads(reply.body)


def _listed(burrow: dict[str, Any]) -> ListedModel:
    closes = burrow.get("closes")
    return ListedModel(
        burrow["name"],
        context_tokens=burrow.get("holds"),
        max_output_tokens=burrow.get("longest"),
        free=burrow.get("free"),
        shutdown_on=date.fromisoformat(closes) if closes else None,
        retired=burrow.get("retired", False),
    )
