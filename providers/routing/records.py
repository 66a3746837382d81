"""Decisions in a few hundred bytes, complete enough to be taken again under another policy."""

from __future__ import annotations

import hashlib
import json
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime
from typing import Any

from providers.routing.planning import plan
from providers.routing.world import Candidate, KeyState, Limit, Plan, Policy, Ratings, Task, World
from providers.types import Capability, Quirks, Request, Value

# What an administrator sets, in the order in which it is stored; keys and capabilities come after it.
_SETTINGS = (
    "provider_id",
    "provider",
    "provider_name",
    "protocol",
    "priority",
    "weight",
    "trains_on_data",
    "timeout_seconds",
    "allow_private_address",
    "model_id",
    "context_tokens",
    "max_output_tokens",
    "tokens_per_request",
    "quality",
    "json_schema",
)


_TASK = tuple(one.name for one in fields(Task))


@dataclass(frozen=True, slots=True)
class Size:
    """What a request takes of a context and of quotas: all of it that a plan depends on."""

    estimated_prompt_tokens: int
    max_tokens: int


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision as it was taken: for what, when, and in which world."""

    request_id: uuid.UUID
    task: Task
    size: Size
    now: datetime
    world: World

    def plan(self, policy: Policy | None = None) -> Plan:
        """The plan of then, or what another policy would have made of the same world."""
        return plan(
            self.world.candidates,
            self.task,
            self.size,
            now=self.now,
            seed=self.request_id.int,
            policy=policy or self.world.policy,
        )


def configuration_bytes(candidates: Sequence[Candidate], policy: Policy) -> bytes:
    """What administrators have set, for all decisions until it changes."""
    return _packed({"policy": asdict(policy), "candidates": [_settings(one) for one in candidates]})


def configuration_name(packed: bytes) -> uuid.UUID:
    """The same for the same settings, in every process."""
    return uuid.UUID(bytes=hashlib.sha256(packed).digest()[:16])


def decision_bytes(world: World, task: Task, request: Request, now: datetime) -> bytes:
    """What changes from one decision to the next. The candidates are those of `configuration_bytes`, in their order."""
    size = (request.estimated_prompt_tokens, request.max_tokens)
    states = [_state(one, task) for one in world.candidates]
    return _packed({"at": now.timestamp(), "task": _as_stored(task), "size": size, "states": states})


def read(request_id: uuid.UUID, configuration: bytes, packed: bytes) -> Decision:
    """A stored decision. Raises ValueError when the two do not belong together."""
    settings, live = _unpacked(configuration), _unpacked(packed)
    wish = {
        **live["task"],
        "capability": Capability(live["task"]["capability"]),
        "value": Value(live["task"]["value"]),
    }
    task = Task(**wish)
    pairs = zip(settings["candidates"], live["states"], strict=True)
    candidates = tuple(_candidate(one, state, task) for one, state in pairs)
    moment = datetime.fromtimestamp(live["at"], UTC)
    return Decision(request_id, task, Size(*live["size"]), moment, World(candidates, Policy(**settings["policy"])))


def _as_stored(task: Task) -> dict[str, Any]:
    # `asdict` copies deeply, which takes longer than all the rest.
    return {name: getattr(task, name) for name in _TASK}


def _packed(value: Any) -> bytes:
    return zlib.compress(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode(), 6)


def _unpacked(packed: bytes) -> Any:
    return json.loads(zlib.decompress(packed))


def _settings(candidate: Candidate) -> dict[str, Any]:
    return {
        "set": [getattr(candidate, name) for name in _SETTINGS],
        "can": sorted(candidate.capabilities),
        "languages": dict(candidate.languages),
        "keys": [
            [key.key_id, key.fingerprint, [list(_limit(limit)) for limit in key.limits]] for key in candidate.keys
        ],
    }


def _limit(limit: Limit) -> tuple[Any, ...]:
    return (
        limit.bucket,
        str(limit.metric),
        str(limit.period),
        str(limit.window),
        limit.limit,
        limit.zone,
        limit.assumed,
    )


def _state(candidate: Candidate, task: Task) -> list[Any]:
    """Empty where nothing is out of the ordinary."""
    ratings = candidate.ratings_for(task)
    keys = [_key_state(key) for key in candidate.keys]
    own = [
        _unix(candidate.open_until),
        candidate.open_reason,
        _unix(candidate.probe_until),
        candidate.failed_share,
        candidate.latency_ms,
        [ratings.count, ratings.total] if ratings else None,
    ]
    return [*own, keys] if any(own) or any(keys) else []


def _key_state(key: KeyState) -> list[Any]:
    changing = [key.refused, _unix(key.blocked_until), key.blocked_reason, key.share_left, _unix(key.full_until)]
    ordinary = [False, None, "", 1.0, None]
    return [*changing, _unix(key.resets_at)] if changing != ordinary or key.resets_at else []


def _candidate(stored: dict[str, Any], state: list[Any], task: Task) -> Candidate:
    candidate = Candidate(
        **dict(zip(_SETTINGS, stored["set"], strict=True)),
        base_url="",
        quirks=Quirks(),
        capabilities=frozenset(map(Capability, stored["can"])),
        keys=tuple(
            KeyState(key_id, fingerprint=fingerprint, limits=tuple(Limit(*limit) for limit in limits))
            for key_id, fingerprint, limits in stored["keys"]
        ),
        languages=stored["languages"],
    )
    if not state:
        return candidate
    open_until, open_reason, probe_until, failed_share, latency_ms, ratings, keys = state
    return replace(
        candidate,
        open_until=_moment(open_until),
        open_reason=open_reason,
        probe_until=_moment(probe_until),
        failed_share=failed_share,
        latency_ms=latency_ms,
        ratings={(task.feature, task.language): Ratings(*ratings)} if ratings else {},
        keys=tuple(_key(key, own) for key, own in zip(candidate.keys, keys, strict=True)),
    )


def _key(key: KeyState, state: list[Any]) -> KeyState:
    if not state:
        return key
    refused, blocked_until, blocked_reason, share_left, full_until, resets_at = state
    return replace(
        key,
        refused=refused,
        blocked_until=_moment(blocked_until),
        blocked_reason=blocked_reason,
        share_left=share_left,
        full_until=_moment(full_until),
        resets_at=_moment(resets_at),
    )


def _unix(moment: datetime | None) -> float | None:
    return moment.timestamp() if moment else None


def _moment(unix: float | None) -> datetime | None:
    return datetime.fromtimestamp(unix, UTC) if unix is not None else None
