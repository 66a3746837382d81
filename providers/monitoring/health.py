"""How each provider stands, judged by what real calls brought; nothing is asked of a vendor."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db.models import Count, Max, Q
from django.utils import timezone

from providers.models import AIModel, Attempt, Circuit, Provider, ProviderKey
from providers.monitoring.sketch import Sketch
from providers.types import LOCAL_PROTOCOL

LATELY = timedelta(hours=1)
# Below this share of good answers a provider is called failing, once enough calls were made to tell.
LEAST_SUCCESS = 0.5
ENOUGH_CALLS = 5
State = Literal["ok", "resting", "failing", "no_key", "no_model", "off", "idle"]
_ENDED = (Attempt.Outcome.ANSWERED, Attempt.Outcome.REJECTED, Attempt.Outcome.FAILED)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """A provider as it stands now. Rates are over the last hour, 0 to 1; None without a call."""

    slug: str
    name: str
    enabled: bool
    state: State
    reason: str
    until: datetime | None
    models: int
    keys: int
    success_rate: float | None
    latency_p50_ms: float | None
    attempts_last_hour: int
    last_answer_at: datetime | None

    @property
    def can_answer(self) -> bool:
        """Whether it may be asked right now."""
        return self.state in {"ok", "idle", "failing"}


@dataclass(slots=True)
class _Lately:
    ended: int = 0
    answered: int = 0
    last_answer_at: datetime | None = None


def provider_states(now: datetime | None = None) -> list[ProviderState]:
    """Every provider but the local model, in the order in which they are asked."""
    now = now or timezone.now()
    lately, speeds = _lately(now), _speeds(now)
    circuits = Circuit.objects.in_bulk(field_name="provider_id")
    models = dict(
        AIModel.objects.filter(enabled=True, gone_since=None).values_list("provider").annotate(Count("pk")).order_by()
    )
    keys: dict[int, list[ProviderKey]] = defaultdict(list)
    for key in ProviderKey.objects.filter(enabled=True):
        keys[key.provider_id].append(key)
    states = []
    for provider in Provider.objects.exclude(protocol=LOCAL_PROTOCOL).order_by("priority", "pk"):
        recent = lately.get(provider.slug, _Lately())
        rate = recent.answered / recent.ended if recent.ended else None
        state, reason, until = _judge(
            provider, models.get(provider.pk, 0), keys[provider.pk], circuits.get(provider.pk), now
        )
        if state == "ok" and not recent.ended:
            state = "idle"
        if state == "ok" and rate is not None and rate < LEAST_SUCCESS and recent.ended >= ENOUGH_CALLS:
            state = "failing"
        states.append(
            ProviderState(
                slug=provider.slug,
                name=provider.name,
                enabled=provider.enabled,
                state=state,
                reason=reason,
                until=until,
                models=models.get(provider.pk, 0),
                keys=len(keys[provider.pk]),
                success_rate=rate,
                latency_p50_ms=speeds[provider.slug].quantile(0.5) if provider.slug in speeds else None,
                attempts_last_hour=recent.ended,
                last_answer_at=recent.last_answer_at,
            )
        )
    return states


def overall(states: list[ProviderState]) -> Literal["ok", "degraded", "down"]:
    """Whether texts can be had: from all that are switched on, from some, from none."""
    wanted = [one for one in states if one.enabled]
    able = [one for one in wanted if one.can_answer]
    if not able:
        return "down"
    return "ok" if len(able) == len(wanted) and all(one.state != "failing" for one in able) else "degraded"


def _judge(
    provider: Provider, models: int, keys: list[ProviderKey], circuit: Circuit | None, now: datetime
) -> tuple[State, str, datetime | None]:
    """The state, the kind of error behind it, and when it ends."""
    if not provider.enabled:
        return "off", "", None
    if not models:
        return "no_model", "", None
    good = [key for key in keys if key.invalid_since is None]
    # A model server of one's own may need none.
    if not good and (keys or not provider.allow_private_address):
        return "no_key", "Authentication" if keys else "", None
    if circuit and circuit.open_until and circuit.open_until > now:
        return "resting", circuit.reason, circuit.open_until
    blocked = [key.blocked_until for key in good if key.blocked_until and key.blocked_until > now]
    if good and len(blocked) == len(good):
        return "resting", "RateLimit", min(blocked)
    return "ok", "", None


def _lately(now: datetime) -> dict[str, _Lately]:
    found = (
        Attempt.objects.filter(started_at__gt=now - LATELY, outcome__in=_ENDED)
        .order_by()
        .values("provider_slug")
        .annotate(
            ended=Count("pk"),
            answered=Count("pk", filter=Q(outcome=Attempt.Outcome.ANSWERED)),
            last=Max("started_at", filter=Q(outcome=Attempt.Outcome.ANSWERED)),
        )
    )
    return {row["provider_slug"]: _Lately(row["ended"], row["answered"], row["last"]) for row in found}


def _speeds(now: datetime) -> dict[str, Sketch]:
    """Latencies of the last hour's answers, at most of the newest thousand."""
    newest = Attempt.objects.filter(started_at__gt=now - LATELY, outcome=Attempt.Outcome.ANSWERED)
    values: dict[str, list[int]] = defaultdict(list)
    for slug, latency in newest.order_by("-started_at").values_list("provider_slug", "latency_ms")[:1000]:
        values[slug].append(latency or 0)
    return {slug: Sketch.of(found) for slug, found in values.items()}
