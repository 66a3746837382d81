"""What a failure means for the rest of a request: another try here after a pause, or this place left aside."""

from __future__ import annotations

import random
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar

from django.utils import timezone

from providers.errors import AnswerRejectedError, Blame, ProviderError
from providers.routing import Place

_K = TypeVar("_K", bound=Hashable)

# A retry at the same place is for hiccups; a place that took this long to fail gets no second chance.
SLOW_FAILURE_SECONDS = 5.0
LONGEST_JITTER_SECONDS = 1.0
# A vendor that asks for more patience than this is left for another one.
LONGEST_STATED_SECONDS = 2.0


def pause_before_retry(error: ProviderError, took_seconds: float) -> float | None:
    """Seconds before another try at the same place, or None where it cannot help.

    Full jitter, so that many callers that failed together do not come back together; what the vendor asks for is
    the floor. An answer that the caller's check refused is asked for anew at once.
    """
    if not error.retry_here:
        return None
    if isinstance(error, AnswerRejectedError):
        return 0.0
    stated = error.wait_seconds or 0.0
    if took_seconds >= SLOW_FAILURE_SECONDS or stated > LONGEST_STATED_SECONDS:
        return None
    return stated + random.uniform(0, LONGEST_JITTER_SECONDS)  # noqa: S311 - not a secret


@dataclass(slots=True)
class SetAside:
    """What this request leaves out: for good, or until the moment that a refusal named."""

    _providers: dict[int, datetime | None] = field(default_factory=dict)
    _keys: dict[int, datetime | None] = field(default_factory=dict)
    _models: dict[tuple[int, str, int | None], datetime | None] = field(default_factory=dict)

    def add(self, place: Place, error: ProviderError) -> None:
        """Leave out what a failure blames: a limit only for its time, anything else for the rest of the request."""
        candidate = place.candidate
        until = None
        if error.blame is Blame.KEY and error.wait_seconds is not None:
            until = timezone.now() + timedelta(seconds=error.wait_seconds)
        if error.blame is Blame.PROVIDER or (error.blame is Blame.KEY and place.key_id is None):
            self._providers[candidate.provider_id] = until
        elif error.blame is Blame.KEY and place.key_id is not None and not place.key.limits:
            self._keys[place.key_id] = until
        elif error.blame is Blame.KEY:
            # Which limit it is about decides what else rests; the ledger knows, this place does in any case.
            self._models[candidate.provider_id, candidate.model_id, place.key_id] = until
        else:
            self._models[candidate.provider_id, candidate.model_id, None] = None

    def __contains__(self, place: Place) -> bool:
        candidate = place.candidate
        model = (candidate.provider_id, candidate.model_id)
        return (
            _rests(self._providers, candidate.provider_id)
            or (place.key_id is not None and _rests(self._keys, place.key_id))
            or _rests(self._models, (*model, place.key_id))
            or _rests(self._models, (*model, None))
        )

    def failed(self) -> set[int]:
        """The providers that are left out for good."""
        return {provider for provider, until in self._providers.items() if until is None}

    def next_return(self) -> datetime | None:
        """When the first of those that are left out for a time comes back."""
        everything = (*self._providers.values(), *self._keys.values(), *self._models.values())
        return min((until for until in everything if until and until > timezone.now()), default=None)


def _rests(aside: Mapping[_K, datetime | None], which: _K) -> bool:
    if which not in aside:
        return False
    until = aside[which]
    return until is None or until > timezone.now()
