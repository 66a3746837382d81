"""What would have been asked under another policy: stored decisions, taken again in the world of their time.

Each decision is taken by itself: what another choice would have left of the quotas for the next one is not simulated.
"""

from __future__ import annotations

import uuid
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from providers.models import Attempt, ConfigurationSnapshot, RoutingDecision
from providers.routing import Candidate, Plan, Policy
from providers.routing.records import Decision, read

_CHUNK = 500


@dataclass(slots=True)
class Side:
    """What one policy chose: first places by `provider/model`, and what is known of them."""

    first: Counter[str] = field(default_factory=Counter)
    nobody: int = 0
    _quality: int = 0
    _latencies: list[int] = field(default_factory=list)

    def add(self, plan: Plan, language: str) -> None:
        """Count a plan's first place."""
        if not plan.places:
            self.nobody += 1
            return
        candidate = plan.places[0].candidate
        self.first[named(candidate)] += 1
        self._quality += candidate.quality_in(language)
        if candidate.latency_ms:
            self._latencies.append(candidate.latency_ms)

    @property
    def quality(self) -> float | None:
        """The mean quality of the first places."""
        return self._quality / self.first.total() if self.first else None

    @property
    def seconds(self) -> float | None:
        """The mean time of the first places, where it was known."""
        return sum(self._latencies) / len(self._latencies) / 1000 if self._latencies else None


@dataclass(slots=True)
class Replay:
    """Decisions as they were taken (`then`) and as another policy takes them (`now`).

    `faithful`: of the decisions that led to a call (`called`), how many name the place that was called first.
    """

    decisions: int = 0
    unreadable: int = 0
    changed: int = 0
    called: int = 0
    faithful: int = 0
    then: Side = field(default_factory=Side)
    now: Side = field(default_factory=Side)

    def rows(self) -> list[tuple[str, int, int]]:
        """Each place with how often it came first then and now, the most frequent first."""
        names = set(self.then.first) | set(self.now.first)
        table = [(name, self.then.first[name], self.now.first[name]) for name in names]
        return sorted(table, key=lambda row: (-max(row[1:]), row[0]))


def replay(since: datetime, until: datetime, policy: Policy, *, most: int) -> Replay:
    """Take the decisions of that time again under another policy; of more than `most`, the latest ones."""
    result = Replay()
    rows = RoutingDecision.objects.filter(decided_at__gte=since, decided_at__lt=until).order_by("-decided_at")[:most]
    configurations: dict[uuid.UUID, bytes] = {}
    chunk: list[RoutingDecision] = []
    for row in rows.iterator(chunk_size=_CHUNK):
        chunk.append(row)
        if len(chunk) == _CHUNK:
            _take_again(chunk, configurations, policy, result)
            chunk.clear()
    _take_again(chunk, configurations, policy, result)
    return result


def decision_of(request_id: uuid.UUID) -> Decision | None:
    """The stored decision about one request, if there is one that can be read."""
    row = RoutingDecision.objects.filter(request_id=request_id).order_by("pk").first()
    return _decision(row, _configurations({row.configuration})) if row else None


def named(candidate: Candidate) -> str:
    """`provider/model`."""
    return f"{candidate.provider}/{candidate.model_id}"


def _take_again(
    chunk: list[RoutingDecision], configurations: dict[uuid.UUID, bytes], policy: Policy, result: Replay
) -> None:
    configurations.update(_configurations({row.configuration for row in chunk} - configurations.keys()))
    called = _first_called([row.request_id for row in chunk])
    for row in chunk:
        decision = _decision(row, configurations)
        if decision is None:
            result.unreadable += 1
            continue
        before, after = decision.plan(), decision.plan(policy)
        result.decisions += 1
        result.then.add(before, decision.task.language)
        result.now.add(after, decision.task.language)
        result.changed += _first(before) != _first(after)
        if row.request_id in called:
            result.called += 1
            result.faithful += any(named(one.candidate) == called[row.request_id] for one in before.places)


def _configurations(names: set[uuid.UUID]) -> dict[uuid.UUID, bytes]:
    found = ConfigurationSnapshot.objects.filter(pk__in=names).values_list("pk", "packed")
    return {pk: bytes(packed) for pk, packed in found}


def _decision(row: RoutingDecision, configurations: dict[uuid.UUID, bytes]) -> Decision | None:
    """The decision, or None where another version of the product wrote it."""
    try:
        return read(row.request_id, configurations[row.configuration], bytes(row.packed))
    except (ValueError, KeyError, TypeError, zlib.error):
        return None


def _first(plan: Plan) -> str:
    return named(plan.places[0].candidate) if plan.places else ""


def _first_called(requests: list[uuid.UUID]) -> dict[uuid.UUID, str]:
    calls = Attempt.objects.filter(request_id__in=requests, place=1)
    return {
        request_id: f"{slug}/{model_id}"
        for request_id, slug, model_id in calls.values_list("request_id", "provider_slug", "model_id")
    }
