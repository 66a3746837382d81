"""Where a request may go and in which order: a pure function from a snapshot of the world to an explained plan."""

from __future__ import annotations

import math
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
    `background`: nobody sits waiting, so a reserve of each short limit is left to those who do. `patience_seconds`:
    how long the request may wait for capacity, within its deadline. `client_id`: the client that asked, if one did.
    """

    feature: str
    capability: Capability = Capability.TEXT_GENERATION
    confidential: bool = False
    on_this_machine: bool = False
    least_quality: int = 1
    deadline_seconds: float = 180.0
    wanted: str = ""
    background: bool = False
    patience_seconds: float = 10.0
    client_id: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as it binds one place. `bucket` names the count that it shares with other places.

    `metric`, `period` and `window` are a quota's words; `zone` is the vendor's time zone.
    """

    bucket: str
    metric: str
    period: str
    window: str
    limit: int
    zone: str = "UTC"


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key as it stands now for one model; `key_id` is None where a provider needs none.

    `share_left`: of the tightest limit an hour or longer, 0 to 1. `full_until`: no room before that.
    """

    key_id: int | None
    refused: bool = False
    blocked_until: datetime | None = None
    blocked_reason: str = ""
    fingerprint: str = ""
    limits: tuple[Limit, ...] = ()
    share_left: float = 1.0
    full_until: datetime | None = None

    def rests_until(self, now: datetime) -> datetime | None:
        """When it may be asked again, or None when that is now."""
        moments = [one for one in (self.blocked_until, self.full_until) if one and one > now]
        return max(moments, default=None)


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
    probe_until: datetime | None = None

    def rests_until(self, now: datetime) -> datetime | None:
        """When its provider may be asked again: after the pause, or after another request's test of it."""
        if self.open_until is None:
            return None
        if self.open_until > now:
            return self.open_until
        return self.probe_until if self.probe_until and self.probe_until > now else None


class Skip(StrEnum):
    """Why a candidate is not in the plan."""

    CAPABILITY = "capability"
    NOT_WANTED = "not the wanted model"
    CONFIDENTIAL = "confidential"
    QUALITY = "quality"
    TOO_LARGE = "too large"
    RESTING = "resting"
    KEY_RESTING = "key resting"
    SPENT = "spent"
    KEY_REFUSED = "key refused"
    NO_KEY = "no key"


@dataclass(frozen=True, slots=True)
class Place:
    """One step of a plan: a model of a provider with a key, and the reason for its rank."""

    candidate: Candidate
    key: KeyState
    reason: str

    @property
    def key_id(self) -> int | None:
        """The key's row, if a key is needed."""
        return self.key.key_id


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

    Lower priority first; among equal priorities the quarter of the least share left, so that what perishes at a
    reset is used up before it; then weighted chance (drawn from `seed`, so a decision can be replayed); within a
    provider the best model first; its keys take turns.
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
            skipped += _full_keys(candidate, now)
    rank = {provider: place for place, provider in enumerate(_provider_order(fitting, chance, now))}
    fitting.sort(key=lambda one: (rank[one.provider_id], -one.quality, one.model_id))
    places: list[Place] = []
    for candidate in fitting:
        keys = [key for key in candidate.keys if _usable(key, now)]
        turn = seed % len(keys)
        places += [Place(candidate, key, _reason(candidate, key)) for key in keys[turn:] + keys[:turn]]
    return Plan(tuple(places), tuple(skipped))


def _provider_order(candidates: list[Candidate], chance: random.Random, now: datetime) -> list[int]:
    """Provider ids; equal priorities and quarters are shuffled by weight (Efraimidis and Spirakis' keys)."""
    providers: dict[int, list[Candidate]] = {}
    for one in candidates:
        providers.setdefault(one.provider_id, []).append(one)
    drawn = {
        provider_id: (
            models[0].priority,
            min(_quarter(key) for one in models for key in one.keys if _usable(key, now)),
            -(chance.random() ** (1 / max(models[0].weight, 1))),
        )
        for provider_id, models in sorted(providers.items())
    }
    return sorted(drawn, key=lambda provider_id: drawn[provider_id])


def _quarter(key: KeyState) -> int:
    # In steps, as every single use would otherwise overrule the weights.
    return math.ceil(key.share_left * 4)


def _reason(candidate: Candidate, key: KeyState) -> str:
    left = "" if key.share_left >= 1 else f", {key.share_left:.0%} left"
    return f"priority {candidate.priority}, quality {candidate.quality}{left}"


def _usable(key: KeyState, now: datetime) -> bool:
    return not key.refused and key.rests_until(now) is None


def _refusal(candidate: Candidate, task: Task, request: Request, now: datetime) -> Skipped | None:
    """Why a candidate cannot serve this request now, or None."""
    unfit = _unfit(candidate, task, request)
    if unfit:
        return Skipped(candidate, unfit)
    pause = candidate.rests_until(now)
    if pause:
        return Skipped(candidate, Skip.RESTING, pause, candidate.open_reason)
    if any(_usable(key, now) for key in candidate.keys):
        return None
    resting = [(until, key) for key in candidate.keys if not key.refused and (until := key.rests_until(now))]
    if resting:
        until, first = min(resting, key=lambda one: one[0])
        blocked = first.blocked_until is not None and first.blocked_until > now
        return Skipped(candidate, Skip.KEY_RESTING if blocked else Skip.SPENT, until, first.blocked_reason)
    return Skipped(candidate, Skip.KEY_REFUSED if candidate.keys else Skip.NO_KEY)


def _full_keys(candidate: Candidate, now: datetime) -> list[Skipped]:
    """The keys of a usable candidate that are left out for now."""
    full = [key.rests_until(now) for key in candidate.keys if not key.refused and not _usable(key, now)]
    return [Skipped(candidate, Skip.SPENT, until) for until in full]


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
    roomiest = max((_token_limit(key, largest) for key in candidate.keys), default=largest)
    if not _can(candidate, task.capability) or (candidate.protocol == LOCAL_PROTOCOL) != task.on_this_machine:
        return Skip.CAPABILITY
    if task.wanted and task.wanted not in {candidate.model_id, f"{candidate.provider}/{candidate.model_id}"}:
        return Skip.NOT_WANTED
    if task.confidential and candidate.trains_on_data:
        return Skip.CONFIDENTIAL
    if candidate.quality < task.least_quality:
        return Skip.QUALITY
    if needed > min(largest, roomiest):
        return Skip.TOO_LARGE
    return None


def _token_limit(key: KeyState, default: int) -> int:
    """What a single request may take of the tightest token limit; more would wait for ever."""
    return min((limit.limit for limit in key.limits if limit.metric == "tokens"), default=default)
