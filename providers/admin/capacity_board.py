"""The capacity board: each provider's quotas, when they return, how long they last, and what the vendor says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from providers.access import Permission, requires
from providers.admin.capacity_words import limit_name
from providers.admin.explaining import meaning
from providers.capacity.quotas import Level, accept, levels
from providers.ledger import live
from providers.models import Bucket, Circuit, Provider
from providers.routing import Candidate
from providers.types import LOCAL_PROTOCOL


@dataclass(frozen=True, slots=True)
class Bar:
    """One limit as a bar 100 wide: `solid` is used, `light` in flight, `mark` where it will stand at its reset."""

    level: Level
    name: str

    @property
    def solid(self) -> float:
        """Used for certain."""
        whole = 100.0 if self.level.full else 100 * self.level.share_used - self.light
        return round(max(0.0, whole), 1)

    @property
    def light(self) -> float:
        """Reserved by calls under way."""
        return 0.0 if self.level.full else round(min(100.0, 100 * self.level.reserved / max(1, self.level.limit)), 1)

    @property
    def mark(self) -> float | None:
        """The use that is expected at the reset, at most the whole bar."""
        seen = self.level.outlook
        if seen is None or seen.expected <= 0:
            return None
        return round(min(99.0, 100 * (self.level.used + seen.expected) / max(1, self.level.limit)), 1)

    @property
    def tone(self) -> str:
        """`full`, `low` or nothing."""
        if self.level.left <= 0:
            return "full"
        return "low" if self.level.outlook and self.level.outlook.warns else ""


@dataclass(frozen=True, slots=True)
class Card:
    """One provider. `state` is ready, resting, spent, problem or empty; `until` when that ends."""

    provider: Provider
    state: str
    words: str
    until: datetime | None
    models: int
    bars: list[Bar]

    @property
    def warnings(self) -> list[Bar]:
        """The quotas that will be used up before their reset, but are not yet."""
        return [bar for bar in self.bars if bar.tone == "low" and bar.level.outlook and bar.level.outlook.runs_out]


def cards(now: datetime) -> list[Card]:
    """Every provider in use that is asked over the network, in the order in which they are asked."""
    candidates = [one for one in live.world().candidates if one.protocol != LOCAL_PROTOCOL]
    known = levels(candidates, now)
    by_provider: dict[int, list[Candidate]] = {}
    for one in candidates:
        by_provider.setdefault(one.provider_id, []).append(one)
    circuits = {one.pk: one for one in Circuit.objects.all()}
    return [
        _card(provider, by_provider.get(provider.pk, []), known.get(provider.pk, []), circuits.get(provider.pk), now)
        for provider in Provider.objects.filter(enabled=True).exclude(protocol=LOCAL_PROTOCOL)
    ]


def _card(
    provider: Provider, models: list[Candidate], limits: list[Level], circuit: Circuit | None, now: datetime
) -> Card:
    state, words, until = _state(models, circuit, now)
    return Card(provider, state, words, until, len(models), [Bar(one, limit_name(one)) for one in limits])


def _state(models: list[Candidate], circuit: Circuit | None, now: datetime) -> tuple[str, str, datetime | None]:
    """What stands in the way of asking it, if anything, and until when."""
    if not models:
        return "empty", _("No model in use"), None
    if circuit and circuit.open_until:
        if circuit.open_until > now:
            return "resting", str(meaning(circuit.reason).happened), circuit.open_until
        return "resting", _("Next request tests it"), None
    keys = [key for one in models for key in one.keys]
    if not keys:
        return "problem", _("No key"), None
    if all(key.refused for key in keys):
        return "problem", _("Key refused"), None
    rests = [key.rests_until(now) for key in keys if not key.refused]
    if all(rests):
        return "spent", _("Used up"), min(one for one in rests if one)
    failures = circuit.failures if circuit else 0
    return "ready", _("Ready, though it failed lately") if failures else _("Ready"), None


@requires(Permission.USE_DESK)
@require_GET
@never_cache
def board(request: HttpRequest) -> HttpResponse:
    """The page, or its moving part for htmx."""
    now = timezone.now()
    shown = cards(now)
    context: dict[str, Any] = {
        "cards": shown,
        "warnings": [(card, bar) for card in shown for bar in card.warnings],
        "ready": sum(card.state == "ready" for card in shown),
        "now": now,
    }
    part = "#board" if request.headers.get("HX-Request") else ""
    return render(request, f"capacity/board.html{part}", context)


@requires(Permission.CONFIGURE)
@require_POST
def accept_limit(request: HttpRequest, pk: int) -> HttpResponse:
    """Take over the vendor's number."""
    bucket = get_object_or_404(Bucket, pk=pk)
    if accept(bucket):
        messages.success(request, _("The vendor’s limit is now yours."))
    return redirect("capacity")
