"""What routing looks at and what comes of it: tasks, candidates, the policy, and plans with their reasons."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from providers.types import Capability, Quirks, Value


@dataclass(frozen=True, slots=True)
class Policy:
    """What administrators may weigh. Points decide among providers of equal priority; 0 leaves a criterion out.

    `interactive_reserve`: of each limit, the share that background work leaves to people who wait. `perishable`,
    `health`, `latency` and `rating`: points for a quarter less of what is left, and off for failing, for being slow
    and for bad ratings. `keep_best_share`: with less than this left, the best model is kept for valuable work.
    `exploration`: the share of requests that try somebody at random once there are ratings.
    """

    interactive_reserve: float = 0.2
    perishable: float = 1.0
    health: float = 2.0
    latency: float = 1.0
    rating: float = 1.0
    keep_best_share: float = 0.25
    exploration: float = 0.05


DEFAULT_POLICY = Policy()


@dataclass(frozen=True, slots=True)
class Task:
    """What a request is for. `on_this_machine` asks the small local model and nobody else; others never meet it.

    `wanted` is a model id or `provider/model`; empty where any model will do.
    `background`: nobody sits waiting, so a reserve of each short limit is left to those who do. `patience_seconds`:
    how long the request may wait for capacity, within its deadline. `language` of the answer, as `pl`, if it matters.
    `client_id`: the client that asked, if one did.
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
    value: Value = Value.NORMAL
    language: str = ""
    client_id: int | None = None


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit as it binds one place. `bucket` names the count that it shares with other places.

    `metric`, `period` and `window` are a quota's words; `zone` is the vendor's time zone. `assumed`: nobody stated it.
    """

    bucket: str
    metric: str
    period: str
    window: str
    limit: int
    zone: str = "UTC"
    assumed: bool = False


@dataclass(frozen=True, slots=True)
class KeyState:
    """A key as it stands now for one model; `key_id` is None where a provider needs none.

    `share_left`: of the tightest limit an hour or longer, 0 to 1, which `resets_at` when that is known.
    `full_until`: no room before that.
    """

    key_id: int | None
    refused: bool = False
    blocked_until: datetime | None = None
    blocked_reason: str = ""
    fingerprint: str = ""
    limits: tuple[Limit, ...] = ()
    share_left: float = 1.0
    full_until: datetime | None = None
    resets_at: datetime | None = None

    def rests_until(self, now: datetime) -> datetime | None:
        """When it may be asked again, or None when that is now."""
        moments = [one for one in (self.blocked_until, self.full_until) if one and one > now]
        return max(moments, default=None)


@dataclass(frozen=True, slots=True)
class Ratings:
    """What people made of a model's answers: how many were judged, and the sum of the judgements from 0 to 1."""

    count: float
    total: float


# A language or a feature alone says little of a model with fewer judgements than this.
ENOUGH_RATINGS = 3


@dataclass(frozen=True, slots=True)
class Candidate:
    """One model of one provider with everything the choice depends on.

    `languages`: its quality where that differs by language. `failed_share` and `latency_ms` of its last calls, if there
    were enough. `ratings` by feature and language; an empty word stands for all of them.
    """

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
    languages: Mapping[str, int] = field(default_factory=dict)
    failed_share: float = 0.0
    latency_ms: int | None = None
    ratings: Mapping[tuple[str, str], Ratings] = field(default_factory=dict)

    def quality_in(self, language: str) -> int:
        """The operator's judgement, 1 to 5."""
        return self.languages.get(language, self.quality)

    def ratings_for(self, task: Task) -> Ratings | None:
        """The judgements closest to a task, of which there are enough."""
        for kind in ((task.feature, task.language), ("", task.language), ("", "")):
            found = self.ratings.get(kind)
            if found and found.count >= ENOUGH_RATINGS:
                return found
        return None

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

    def next_room(self) -> datetime | None:
        """When the first limit of those left out makes room again."""
        full = {Skip.SPENT, Skip.KEY_RESTING}
        return min((one.until for one in self.skipped if one.until and one.why in full), default=None)


@dataclass(frozen=True, slots=True)
class World:
    """Everything a plan depends on besides the request. `configuration` names what administrators had set."""

    candidates: tuple[Candidate, ...]
    policy: Policy = DEFAULT_POLICY
    configuration: uuid.UUID | None = None
