"""Whether a candidate may be asked at all, and when that may change."""

from __future__ import annotations

from datetime import datetime

from providers import prompted
from providers.routing.world import Candidate, KeyState, Skip, Skipped, Task
from providers.types import LOCAL_PROTOCOL, Capability, Request


def usable(key: KeyState, now: datetime) -> bool:
    """Whether a key may be asked now."""
    return not key.refused and key.rests_until(now) is None


def refusal(candidate: Candidate, task: Task, request: Request, now: datetime) -> Skipped | None:
    """Why a candidate cannot serve this request now, or None."""
    unfit = _unfit(candidate, task, request)
    if unfit:
        return Skipped(candidate, unfit)
    pause = candidate.rests_until(now)
    if pause:
        return Skipped(candidate, Skip.RESTING, pause, candidate.open_reason)
    if any(usable(key, now) for key in candidate.keys):
        return None
    resting = [(until, key) for key in candidate.keys if not key.refused and (until := key.rests_until(now))]
    if resting:
        until, first = min(resting, key=lambda one: one[0])
        blocked = first.blocked_until is not None and first.blocked_until > now
        return Skipped(candidate, Skip.KEY_RESTING if blocked else Skip.SPENT, until, first.blocked_reason)
    return Skipped(candidate, Skip.KEY_REFUSED if candidate.keys else Skip.NO_KEY)


def full_keys(candidate: Candidate, now: datetime) -> list[Skipped]:
    """The keys of a usable candidate that are left out for now."""
    full = [key.rests_until(now) for key in candidate.keys if not key.refused and not usable(key, now)]
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
    if candidate.quality_in(task.language) < task.least_quality:
        return Skip.QUALITY
    if needed > min(largest, roomiest):
        return Skip.TOO_LARGE
    return None


def _token_limit(key: KeyState, default: int) -> int:
    """What a single request may take of the tightest token limit; more would wait for ever."""
    return min((limit.limit for limit in key.limits if limit.metric == "tokens"), default=default)
