"""Whom routing would ask for a task, for callers that let several write the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.utils import timezone

from providers import ledger, routing
from providers.routing import Task
from providers.types import Request


async def rivals(task: Task, request: Request, *, most: int = 2) -> tuple[str, ...]:
    """The first `most` places of the plan as `provider/model`, each provider's best before anybody's second."""
    seen = await ledger.world()
    plan = routing.plan(seen.candidates, task, request, now=timezone.now(), seed=uuid.uuid4().int, policy=seen.policy)
    return _apart((place.candidate.provider, place.candidate.model_id) for place in plan.places)[:most]


def _apart(places: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    best: list[str] = []
    further: list[str] = []
    met: set[str] = set()
    for provider, model in dict.fromkeys(places):
        (further if provider in met else best).append(f"{provider}/{model}")
        met.add(provider)
    return (*best, *further)
