"""A request's story step by step: who could be asked, who was left out and why, and what each attempt brought."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from providers.access import Permission, requires
from providers.admin.capacity_words import skip_words
from providers.admin.explaining import meaning, place_words
from providers.models import Attempt, RoutingDecision
from providers.replaying import decision_of
from providers.routing import Plan
from providers.types import LOCAL_PROTOCOL

_A_PAGE = 50
# Digits of the largest primary key, and one more.
_LONGEST_NUMBER = 19


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A candidate that was not asked."""

    name: str
    why: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Ranked:
    """A place of the plan in its order."""

    name: str
    why: str


@dataclass(frozen=True, slots=True)
class Step:
    """One attempt."""

    attempt: Attempt
    name: str
    why: str
    failure: str


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def requests(request: HttpRequest) -> HttpResponse:
    """The latest requests, by their first attempt."""
    before = request.GET.get("before", "")
    # By primary key, so that the millionth page costs what the first one does.
    first = Attempt.objects.filter(place=1).order_by("-pk")
    if before.isascii() and before.isdecimal() and len(before) < _LONGEST_NUMBER:
        first = first.filter(pk__lt=int(before))
    found = list(first[: _A_PAGE + 1])
    page = found[:_A_PAGE]
    last: dict[uuid.UUID, Attempt] = {}
    tries: dict[uuid.UUID, int] = {}
    all_of_them = Attempt.objects.select_related("provider").filter(request_id__in=[one.request_id for one in page])
    for attempt in all_of_them.order_by("pk"):
        last[attempt.request_id] = attempt
        tries[attempt.request_id] = tries.get(attempt.request_id, 0) + 1
    rows = [
        (one, last.get(one.request_id, one), _asked(last.get(one.request_id, one)), tries.get(one.request_id, 1))
        for one in page
    ]
    older = page[-1].pk if len(found) > _A_PAGE else None
    return render(request, "capacity/requests.html", {"rows": rows, "older": older, "first": not before})


@requires(Permission.SEE_REPORTS)
@require_GET
@never_cache
def story(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One request from its first decision to its end."""
    attempts = list(Attempt.objects.select_related("provider").filter(request_id=pk).order_by("pk"))
    decided = RoutingDecision.objects.filter(request_id=pk).order_by("pk").first()
    if not attempts and decided is None:
        raise Http404
    decision = decision_of(pk)
    plan = decision.plan() if decision else None
    context = {
        "pk": pk,
        "decision": decision,
        "began": decided.decided_at if decided else attempts[0].started_at,
        "ranked": _ranked(plan),
        "left_out": _left_out(plan),
        "steps": [_step(one) for one in attempts],
    }
    return render(request, "capacity/story.html", context)


def _ranked(plan: Plan | None) -> list[Ranked]:
    places = plan.places if plan else ()
    return [
        Ranked(f"{one.candidate.provider_name} · {one.candidate.model_id}", place_words(one.reason)) for one in places
    ]


def _left_out(plan: Plan | None) -> list[LeftOut]:
    skipped = plan.skipped if plan else ()
    return [
        LeftOut(f"{one.candidate.provider_name} · {one.candidate.model_id}", skip_words(one.why), one.until)
        for one in skipped
        # The small model of this machine is never a rival.
        if one.candidate.protocol != LOCAL_PROTOCOL
    ]


def _step(attempt: Attempt) -> Step:
    failure = str(meaning(attempt.error_class).happened) if attempt.error_class else ""
    return Step(attempt, _asked(attempt), place_words(attempt.reason), failure)


def _asked(attempt: Attempt) -> str:
    """Who was asked; a deleted provider is known by its slug."""
    provider = attempt.provider.name if attempt.provider else attempt.provider_slug
    return f"{provider} · {attempt.model_id}"
