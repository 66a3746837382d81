"""The first step of a request, taken on the writer's thread: a plan, its record, and a wish to begin."""

from __future__ import annotations

from django.utils import timezone

from providers import routing
from providers.ledger import remembering
from providers.ledger.operations import Begin, Start, Started
from providers.routing import World


def decided(start: Start, seen: World) -> tuple[Started, Begin | None]:
    """The plan for a request in this world, and what to begin; nothing where the wanted model is unknown.

    A plan without places is begun too: then only the decision is stored.
    """
    now, policy = timezone.now(), seen.policy
    plan = routing.plan(seen.candidates, start.task, start.request, now=now, seed=start.request_id.int, policy=policy)
    started = Started(plan, policy.interactive_reserve)
    if start.task.wanted and not plan.knows_wanted():
        return started, None
    decision = remembering.decision(start.request_id, seen, start.task, start.request, now)
    begin = Begin(start.request_id, 1, start.task, start.request, plan.places, policy.interactive_reserve, decision)
    return started, begin
