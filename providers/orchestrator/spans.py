"""What is traced of a request and of each attempt: OpenTelemetry's conventions for GenAI, and no word of a text.

Source of the names: opentelemetry.io/docs/specs/semconv/gen-ai (client spans), as of version 1.37.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from providers import tracing
from providers.errors import ProviderError
from providers.orchestrator.answers import Tried
from providers.routing import Place, Task
from providers.tracing import Fact, Kind, Span
from providers.types import Capability, Completion, Request, Result

# Words of the conventions; a capability or vendor that they do not know keeps ours.
_OPERATIONS: Mapping[Capability, str] = MappingProxyType(
    {
        Capability.TEXT_GENERATION: "chat",
        Capability.EMBEDDINGS: "embeddings",
        Capability.IMAGE_GENERATION: "generate_content",
    }
)
_VENDORS: Mapping[str, str] = MappingProxyType(
    {"gemini": "gcp.gemini", "mistral": "mistral_ai", "mistral-codestral": "mistral_ai"}
)
_PORTS: Mapping[str, int] = MappingProxyType({"http": 80, "https": 443})


def of_request(task: Task, request_id: uuid.UUID) -> Span:
    """The span around all attempts of one request. It holds no tokens, which would be counted twice."""
    if not tracing.is_on():
        return tracing.NOTHING
    facts: dict[str, Fact] = {
        "prometheus.capability": str(task.capability),
        "prometheus.feature": task.feature,
        "prometheus.request_id": str(request_id),
    }
    return tracing.span(f"answer {task.capability}", facts=facts)


def answered(span: Span, tried: list[Tried]) -> None:
    """Whose answer it was in the end, and after how many attempts."""
    if span and tried:
        last = tried[-1]
        span.note(
            {
                "prometheus.attempts": len(tried),
                "prometheus.provider": last.provider,
                "prometheus.model": last.model_id,
            }
        )


def fell_back(span: Span, place: Place, error: ProviderError) -> None:
    """The next place is asked, and why."""
    if span:
        candidate = place.candidate
        told = {"prometheus.provider": candidate.provider, "prometheus.model": candidate.model_id}
        span.happened("fallback", {**told, "error.type": error.kind})


def of_attempt(place: Place, task: Task, request: Request, number: int, *, prompted: bool) -> Span:
    """The span of one call to a vendor, a client span of the conventions."""
    if not tracing.is_on():
        return tracing.NOTHING
    candidate = place.candidate
    operation = "chat" if prompted else _OPERATIONS.get(task.capability, str(task.capability))
    vendor = _VENDORS.get(candidate.provider, candidate.provider)
    facts: dict[str, Fact] = {
        "gen_ai.operation.name": operation,
        "gen_ai.provider.name": vendor,
        # Its name until version 1.36, which gatherers still read.
        "gen_ai.system": vendor,
        "gen_ai.request.model": candidate.model_id,
        "prometheus.attempt": number,
        **_server(candidate.base_url),
    }
    if request.max_tokens:
        facts["gen_ai.request.max_tokens"] = min(request.max_tokens, candidate.max_output_tokens)
    return tracing.span(f"{operation} {candidate.model_id}", Kind.CLIENT, facts)


def _server(base_url: str) -> dict[str, Fact]:
    try:
        parts = urlsplit(base_url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return {}
    facts: dict[str, Fact] = {"server.address": parts.hostname} if parts.hostname else {}
    return {**facts, "server.port": port} if facts and port else facts


def attempted(span: Span, outcome: str, result: Result | None, error: ProviderError | None) -> None:
    """How an attempt ended. Tokens that we only estimated are not told as the vendor's."""
    if not span:
        return
    facts: dict[str, Fact] = {"prometheus.outcome": outcome}
    if result is not None:
        facts["gen_ai.response.model"] = result.model_id
        if not result.usage.estimated:
            facts["gen_ai.usage.input_tokens"] = result.usage.prompt_tokens
            facts["gen_ai.usage.output_tokens"] = result.usage.completion_tokens
    if isinstance(result, Completion):
        facts["gen_ai.response.finish_reasons"] = [str(result.finish_reason)]
        if result.first_token_ms is not None:
            facts["gen_ai.response.time_to_first_chunk"] = result.first_token_ms / 1000
    if error is not None and error.http_status is not None:
        facts["http.response.status_code"] = error.http_status
    span.note(facts)
