"""Where a request may go and in which order: a pure function from a snapshot of the world to an explained plan."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from providers import prompted
from providers.types import LOCAL_PROTOCOL, Capability, Quirks, Request


@dataclass(frozen=True, slots=True)
class Task:
    """What a request is for. `on_this_machine` asks the small local model and nobody else; others never meet it.

    `wanted` is a model id or `provider/model`; empty where any model will do.
    """

    feature: str
    capability: Capability = Capability.TEXT_GENERATION
    confidential: bool = False
    on_this_machine: bool = False
    least_quality: int = 1
    deadline_seconds: float = 180.0
    wanted: str = ""


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key as it stands now; `key_id` is None where a provider needs none."""

    key_id: int | None
    refused: bool = False
    blocked_until: datetime | None = None
    blocked_reason: str = ""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of one provider with everything the choice depends on."""

    provider_id: int
    provider: str
    provider_name: str
    protocol: str
    base_url: str
    priority: int
    weight: int
    trains_on_data: bool
    timeout_seconds: float
    allow_private_address: bool
    quirks: Quirks
    model_id: str
    capabilities: frozenset[Capability]
    context_tokens: int
    max_output_tokens: int
    tokens_per_request: int | None
    quality: int
    json_schema: bool
    keys: tuple[KeyState, ...]
    open_until: datetime | None = None
    open_reason: str = ""


class Skip(StrEnum):
    """Why a candidate is not in the plan."""

    CAPABILITY = "capability"
    NOT_WANTED = "not the wanted model"
    CONFIDENTIAL = "confidential"
    QUALITY = "quality"
    TOO_LARGE = "too large"
    RESTING = "resting"
    KEY_RESTING = "key resting"
    KEY_REFUSED = "key refused"
    NO_KEY = "no key"


@dataclass(frozen=True, slots=True)
class Place:
    """One step of a plan: a model of a provider with a key, and the reason for its rank."""

    candidate: Candidate
    key_id: int | None
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A candidate that was left out; `until` is when that may change by itself."""

    candidate: Candidate
    why: Skip
    until: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """An ordered, explained answer to "whom do we ask"."""

    places: tuple[Place, ...]
    skipped: tuple[Skipped, ...]

    def knows_wanted(self) -> bool:
        """Whether the wanted model is there at all, be it only later."""
        strangers = {Skip.CAPABILITY, Skip.NOT_WANTED}
        return bool(self.places) or any(one.why not in strangers for one in self.skipped)

    def next_chance(self) -> datetime | None:
        """When the first of those left out returns by itself."""
        return min((skipped.until for skipped in self.skipped if skipped.until), default=None)


def plan(candidates: Iterable[Candidate], task: Task, request: Request, *, now: datetime, seed: int) -> Plan:
    """Order the candidates for a request.

    Lower priority first; among equal priorities by weighted chance (drawn from `seed`, so a decision can be
    replayed); within a provider the best model first; its keys take turns.
    """
    chance = random.Random(seed)  # noqa: S311 - a share of load, not a secret
    fitting: list[Candidate] = []
    skipped: list[Skipped] = []
    for candidate in candidates:
        refusal = _refusal(candidate, task, request, now)
        if refusal:
            skipped.append(refusal)
        else:
            fitting.append(candidate)
    rank = {provider: place for place, provider in enumerate(_provider_order(fitting, chance))}
    fitting.sort(key=lambda one: (rank[one.provider_id], -one.quality, one.model_id))
    places: list[Place] = []
    for candidate in fitting:
        keys = [key for key in candidate.keys if _usable(key, now)]
        turn = seed % len(keys)
        places += [
            Place(candidate, key.key_id, f"priority {candidate.priority}, quality {candidate.quality}")
            for key in keys[turn:] + keys[:turn]
        ]
    return Plan(tuple(places), tuple(skipped))


def _provider_order(candidates: list[Candidate], chance: random.Random) -> list[int]:
    """Provider ids, equal priorities shuffled by weight (Efraimidis and Spirakis' keys)."""
    providers = {one.provider_id: one for one in candidates}
    drawn = {
        provider_id: (one.priority, -(chance.random() ** (1 / max(one.weight, 1))))
        for provider_id, one in sorted(providers.items())
    }
    return sorted(drawn, key=lambda provider_id: drawn[provider_id])


def _usable(key: KeyState, now: datetime) -> bool:
    return not key.refused and (key.blocked_until is None or key.blocked_until <= now)


def _refusal(candidate: Candidate, task: Task, request: Request, now: datetime) -> Skipped | None:
    """Why a candidate cannot serve this request now, or None."""
    unfit = _unfit(candidate, task, request)
    if unfit:
        return Skipped(candidate, unfit)
    if candidate.open_until and candidate.open_until > now:
        return Skipped(candidate, Skip.RESTING, candidate.open_until, candidate.open_reason)
    if any(_usable(key, now) for key in candidate.keys):
        return None
    resting = [key for key in candidate.keys if key.blocked_until and not key.refused]
    if resting:
        first = min(resting, key=lambda key: key.blocked_until or now)
        return Skipped(candidate, Skip.KEY_RESTING, first.blocked_until, first.blocked_reason)
    return Skipped(candidate, Skip.KEY_REFUSED if candidate.keys else Skip.NO_KEY)


def _can(candidate: Candidate, capability: Capability) -> bool:
    """Natively, or in words by a model that chats."""
    by_prompt = prompted.can(capability) and Capability.TEXT_GENERATION in candidate.capabilities
    return capability in candidate.capabilities or by_prompt


def _unfit(candidate: Candidate, task: Task, request: Request) -> Skip | None:
    """A reason that no waiting would change."""
    # A classifier's or an encoder's context holds what goes in; only a chat needs room for its answer.
    is_native = task.capability in candidate.capabilities and task.capability is not Capability.TEXT_GENERATION
    needed = request.estimated_prompt_tokens + (0 if is_native else request.max_tokens)
    largest = min(candidate.context_tokens, candidate.tokens_per_request or candidate.context_tokens)
    if not _can(candidate, task.capability) or (candidate.protocol == LOCAL_PROTOCOL) != task.on_this_machine:
        return Skip.CAPABILITY
    if task.wanted and task.wanted not in {candidate.model_id, f"{candidate.provider}/{candidate.model_id}"}:
        return Skip.NOT_WANTED
    if task.confidential and candidate.trains_on_data:
        return Skip.CONFIDENTIAL
    if candidate.quality < task.least_quality:
        return Skip.QUALITY
    if needed > largest:
        return Skip.TOO_LARGE
    return None
