"""Where a request may go and in which order: a pure function from a snapshot of the world to an explained plan."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from providers.routing.fitness import full_keys, refusal, usable
from providers.routing.world import (
    DEFAULT_POLICY,
    Candidate,
    KeyState,
    Place,
    Plan,
    Policy,
    Skipped,
    Task,
)
from providers.types import Request, Value

# What is left of a quota so shortly before its reset is better used than lost.
_PERISHES_WITHIN = timedelta(hours=3)
_WORTH_SAVING = 0.25
# From which share of failures on a provider loses one, two and three steps, and from how many times the fastest one's
# time on.
_FAILING = (0.1, 0.3, 0.6)
_SLOW = (2, 4, 8)
# How much a judgement has to say against so many of the average kind.
_PRIOR_COUNT = 2.0


def plan(
    candidates: Iterable[Candidate],
    task: Task,
    request: Request,
    *,
    now: datetime,
    seed: int,
    policy: Policy = DEFAULT_POLICY,
) -> Plan:
    """Order the candidates for a request.

    1. Lower priority first. 2. Among equal priorities by points: the less is left of a quota the sooner, so that what
    perishes at a reset is used up before it; what fails, is slow or is rated badly later. 3. Equal points by weighted
    chance. 4. Within a provider the best model for the language first, or for work of little value the weakest one.
    The best model of all goes last while little is left of it, unless the work is worth it. 5. Keys take turns.

    All chance is drawn from `seed`, so a decision can be replayed.
    """
    fitting: list[Candidate] = []
    skipped: list[Skipped] = []
    # In one order, whatever order they come in, so that the same seed draws the same.
    for candidate in sorted(candidates, key=lambda one: (one.provider_id, one.model_id)):
        unfit = refusal(candidate, task, request, now)
        if unfit:
            skipped.append(unfit)
        else:
            fitting.append(candidate)
            skipped += full_keys(candidate, now)
    standings = _standings(fitting, task, now, random.Random(seed), policy)  # noqa: S311 - a share of load, not a secret
    places: list[Place] = []
    for one in standings:
        keys = [key for key in one.candidate.keys if usable(key, now)]
        turn = seed % len(keys)
        places += [Place(one.candidate, key, one.reason(key)) for key in keys[turn:] + keys[:turn]]
    return Plan(tuple(places), tuple(skipped))


@dataclass(slots=True)
class _Standing:
    """What counts for and against one candidate. `share_left` is the least of its usable keys."""

    candidate: Candidate
    quality: int
    share_left: float
    perishes: bool
    failing: int
    slow: int
    rating: float | None
    kept: bool = False
    explored: bool = False

    def points(self, policy: Policy) -> float:
        """For its provider, among others of the same priority."""
        # In steps, as every single use would otherwise overrule the weights.
        left = math.ceil(self.share_left * 4)
        rated = 0 if self.rating is None else round((self.rating - 0.5) * 4)
        return (
            policy.perishable * ((4 - left) + self.perishes)
            - policy.health * self.failing
            - policy.latency * self.slow
            + policy.rating * rated
        )

    def reason(self, key: KeyState) -> str:
        """In a few words, for the record."""
        words = [f"priority {self.candidate.priority}", f"quality {self.quality}"]
        words += [f"{key.share_left:.0%} left"] if key.share_left < 1 else []
        words += ["resets soon"] if self.perishes else []
        words += ["failing lately"] if self.failing else []
        words += ["slow lately"] if self.slow else []
        words += [f"rated {self.rating:.1f}"] if self.rating is not None else []
        words += ["kept for valuable work"] if self.kept else []
        words += ["tried at random"] if self.explored else []
        return ", ".join(words)


def _standings(
    fitting: list[Candidate], task: Task, now: datetime, chance: random.Random, policy: Policy
) -> list[_Standing]:
    """The fitting candidates in the order in which they are asked."""
    if not fitting:
        return []
    standings = [_standing(one, fitting, task, now, chance) for one in fitting]
    _keep_the_best(standings, task, policy)
    rank = _provider_ranks(standings, chance, policy)
    worth = -1 if task.value > Value.LOW else 1
    standings.sort(
        key=lambda one: (
            one.kept,
            one.candidate.priority,
            rank[one.candidate.provider_id],
            worth * (one.quality + _bonus(one.rating, policy)),
            one.candidate.model_id,
        )
    )
    return _explored(standings, chance, policy)


def _standing(
    candidate: Candidate, fitting: list[Candidate], task: Task, now: datetime, chance: random.Random
) -> _Standing:
    keys = [key for key in candidate.keys if usable(key, now)]
    tightest = min(keys, key=lambda key: key.share_left)
    soon = tightest.resets_at is not None and tightest.resets_at - now < _PERISHES_WITHIN
    rivals = (one.latency_ms for one in fitting if one.priority == candidate.priority and one.latency_ms)
    fastest = min(rivals, default=0)
    return _Standing(
        candidate,
        quality=candidate.quality_in(task.language),
        share_left=tightest.share_left,
        perishes=soon and tightest.share_left > _WORTH_SAVING,
        failing=sum(candidate.failed_share >= limit for limit in _FAILING),
        slow=sum(candidate.latency_ms >= limit * fastest for limit in _SLOW) if candidate.latency_ms else 0,
        rating=_drawn_rating(candidate, task, chance),
    )


def _drawn_rating(candidate: Candidate, task: Task, chance: random.Random) -> float | None:
    """Thompson's sampling: a guess as good as what is known, so that what is known little of gets its chances."""
    known = candidate.ratings_for(task)
    if known is None:
        return None
    half = _PRIOR_COUNT / 2
    return chance.betavariate(half + known.total, half + max(0.0, known.count - known.total))


def _bonus(rating: float | None, policy: Policy) -> float:
    """A rating in grades of quality: the best one is worth a grade, the worst one costs a grade."""
    return 0.0 if rating is None else policy.rating * (rating - 0.5) * 2


def _keep_the_best(standings: list[_Standing], task: Task, policy: Policy) -> None:
    """Mark the best models of which little is left, if the work is not worth them and others will do."""
    best = max(one.quality for one in standings)
    if task.value >= Value.HIGH or task.wanted or all(one.quality == best for one in standings):
        return
    for one in standings:
        one.kept = one.quality == best and one.share_left < policy.keep_best_share


def _provider_ranks(standings: list[_Standing], chance: random.Random, policy: Policy) -> dict[int, int]:
    """Providers in their order; equal priorities and points are shuffled by weight (Efraimidis and Spirakis' keys)."""
    providers: dict[int, list[_Standing]] = {}
    for one in standings:
        providers.setdefault(one.candidate.provider_id, []).append(one)
    drawn = {
        provider_id: (
            own[0].candidate.priority,
            -max(one.points(policy) for one in own),
            -(chance.random() ** (1 / max(own[0].candidate.weight, 1))),
        )
        for provider_id, own in sorted(providers.items())
    }
    return {provider_id: rank for rank, provider_id in enumerate(sorted(drawn, key=lambda one: drawn[one]))}


def _explored(standings: list[_Standing], chance: random.Random, policy: Policy) -> list[_Standing]:
    """Now and then somebody at random goes first, of those that the first one's priority allows.

    Only where there are ratings at all: before the first one there is nothing to learn from it.
    """
    first = standings[0]
    rivals = [one for one in standings if one.candidate.priority == first.candidate.priority and not one.kept]
    if len(rivals) < 2 or all(one.rating is None for one in rivals) or chance.random() >= policy.exploration:  # noqa: PLR2004 - a rivalry
        return standings
    chosen = chance.choice(rivals)
    chosen.explored = True
    return [chosen, *(one for one in standings if one is not chosen)]
