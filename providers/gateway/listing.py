"""What a client can ask for: every model in use, with what it can do and its limits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from providers import ledger
from providers.gateway.asked import AUTO
from providers.routing import Candidate
from providers.types import LOCAL_PROTOCOL


async def listed_models() -> list[dict[str, Any]]:
    """`auto`, then every model of every provider in use as `provider/model`; nothing is asked of a vendor."""
    candidates = [one for one in await ledger.snapshot() if one.protocol != LOCAL_PROTOCOL]
    return [_auto(candidates), *(_listed(one) for one in candidates)]


def _auto(candidates: Iterable[Candidate]) -> dict[str, Any]:
    able = sorted({capability.value for one in candidates for capability in one.capabilities})
    return {"id": AUTO, "object": "model", "created": 0, "owned_by": "prometheus", "capabilities": able}


def _listed(candidate: Candidate) -> dict[str, Any]:
    return {
        "id": f"{candidate.provider}/{candidate.model_id}",
        "object": "model",
        "created": 0,
        "owned_by": candidate.provider,
        "capabilities": sorted(capability.value for capability in candidate.capabilities),
        "context_tokens": candidate.context_tokens,
        "max_output_tokens": candidate.max_output_tokens,
        "tokens_per_request": candidate.tokens_per_request,
        "json_schema": candidate.json_schema,
    }
