"""The gateway's door: whose key it is, whether it may ask here, and what is left of the client's own limits."""

from __future__ import annotations

from http import HTTPStatus

from providers import access
from providers.access import AccessError, ClientLimitError, MissingScopeError
from providers.gateway.exchange import Exchange
from providers.gateway.faults import Fault
from providers.types import ChatRequest, Request

# What a client that reads OpenAI's codes understands.
_CODES = {
    HTTPStatus.UNAUTHORIZED: ("invalid_request_error", "invalid_api_key"),
    HTTPStatus.FORBIDDEN: ("invalid_request_error", "insufficient_permissions"),
    HTTPStatus.TOO_MANY_REQUESTS: ("requests", "rate_limit_exceeded"),
}


async def enter(exchange: Exchange) -> None:
    """Let a client with the scope `openai` in. Raises Fault (401, 403, 429)."""
    try:
        exchange.caller = await access.authenticate(
            exchange.headers.get("authorization"), access.Scope.OPENAI, address=exchange.client or None
        )
    except AccessError as error:
        raise fault_of(error) from None


async def admit(exchange: Exchange, *requests: Request) -> None:
    """Count a call against the client's limits before it is served, with its longest possible answer.

    What is left goes along with the answer's headers. Raises Fault (429).
    """
    caller = exchange.caller
    tokens = sum(_most(one) for one in requests) if caller.limits.tokens_per_day is not None else 0
    try:
        exchange.allowance = await access.admit(caller, tokens=tokens)
    except ClientLimitError as error:
        raise fault_of(error) from None
    exchange.more_headers = exchange.allowance.headers()


async def settle(exchange: Exchange, tokens: int) -> None:
    """Count what the call really took, once; before the answer leaves, so that the next call meets the true count."""
    allowance, exchange.allowance = exchange.allowance, None
    if allowance is not None:
        await access.settle(exchange.caller, allowance, tokens)


def _most(request: Request) -> int:
    answer = request.max_tokens if isinstance(request, ChatRequest) else 0
    return request.estimated_prompt_tokens + answer


def fault_of(error: AccessError) -> Fault:
    """A refusal in OpenAI's words."""
    kind, code = _CODES.get(error.status, ("invalid_request_error", error.code))
    scope = "scope" if isinstance(error, MissingScopeError) else None
    return Fault(error.status, str(error), kind, code, scope, dict(error.headers))
