"""The ASGI application below `/v1/`: who asks, what they want, and an answer or a fault in OpenAI's words."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus
from types import MappingProxyType

from pydantic import ValidationError

from providers import request_ids, tracing
from providers.errors import ProviderError
from providers.gateway import door, endpoints, faults, once
from providers.gateway.exchange import ClientLeftError, Exchange, Receive, Scope, Send
from providers.gateway.faults import Fault

logger = logging.getLogger(__name__)

Endpoint = Callable[[Exchange, uuid.UUID], Awaitable[None]]

ENDPOINTS: Mapping[tuple[str, str], Endpoint] = MappingProxyType(
    {
        ("POST", "/v1/chat/completions"): endpoints.chat_completions,
        ("POST", "/v1/embeddings"): endpoints.embeddings,
        ("POST", "/v1/images/generations"): endpoints.images,
        ("POST", "/v1/moderations"): endpoints.moderations,
        ("GET", "/v1/models"): endpoints.models,
    }
)
_PATHS = frozenset(path for _, path in ENDPOINTS)


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request. Whatever happens, the client gets OpenAI's error shape or, in a stream, a clear end."""
    exchange = Exchange(scope, receive, send)
    request_id = uuid.uuid4()
    with request_ids.serving(str(request_id)), tracing.serving(exchange.method, exchange.headers) as span:
        try:
            await _answered(exchange, request_id)
        finally:
            if span:
                known = exchange.path.rstrip("/") in _PATHS
                tracing.served(span, exchange.method, exchange.path.rstrip("/") if known else "", exchange.status)


async def _answered(exchange: Exchange, request_id: uuid.UUID) -> None:
    try:
        await _serve(exchange, request_id)
    except ClientLeftError:
        return
    except Fault as fault:
        await _refuse(exchange, request_id, fault)
    except ValidationError as error:
        await _refuse(exchange, request_id, faults.of_validation(error))
    except ProviderError as error:
        await _refuse(exchange, request_id, faults.of_provider(error))


async def _serve(exchange: Exchange, request_id: uuid.UUID) -> None:
    endpoint = ENDPOINTS.get((exchange.method, exchange.path.rstrip("/")))
    if endpoint is None:
        known = exchange.path.rstrip("/") in _PATHS
        status = HTTPStatus.METHOD_NOT_ALLOWED if known else HTTPStatus.NOT_FOUND
        raise Fault(status, f"There is no {exchange.method} {exchange.path} here.", code="unknown_url")
    await door.enter(exchange)
    try:
        await once.serve(exchange, request_id, endpoint)
    finally:
        if exchange.allowance is not None:
            # What brought no answer took nothing.
            await asyncio.shield(door.settle(exchange, 0))


async def _refuse(exchange: Exchange, request_id: uuid.UUID, fault: Fault) -> None:
    if exchange.started:
        # The head is out; closing the connection is the only honest end left.
        raise fault
    await exchange.answer(fault.status, fault.body(), {**fault.headers, "x-request-id": str(request_id)})
