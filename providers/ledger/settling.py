"""The end of an attempt: what it says of limits, key, model and provider, stored together and once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db.models import Q

from providers.errors import (
    AuthenticationError,
    Blame,
    ModelUnavailableError,
    ProviderError,
    QuotaExhaustedError,
    RateLimitError,
)
from providers.ledger import learning
from providers.ledger.books import Books, locking, marks
from providers.ledger.limiter import Count
from providers.ledger.operations import TOO_MANY, Settle, Settlement
from providers.ledger.windows import next_boundary
from providers.models import AIModel, Provider, ProviderKey, Quota
from providers.routing import Place
from providers.statements import Query, rows
from providers.types import Completion, LimitReading

# A vendor that says "too often" without saying for how long; a minute is every vendor's shortest window.
DEFAULT_REST_SECONDS = 60.0
# Those whose vendor may have counted the prompt and nothing else: it turned the request down at the door.
_TURNED_DOWN = range(400, 500)

_UPDATE = (
    "UPDATE providers_attempt SET outcome = %s, latency_ms = %s, error_class = %s, http_status = %s, detail = %s,"
    " raw = %s, prompt_tokens = %s, completion_tokens = %s, usage_estimated = %s, first_token_ms = %s WHERE id = %s"
)


def blames_provider(place: Place, error: ProviderError | None) -> bool:
    """Whether a failure counts for the circuit. Where no key is needed, its limits are the provider's."""
    if error is None:
        return False
    return error.blame is Blame.PROVIDER or (error.blame is Blame.KEY and place.key_id is None and not place.key.limits)


def failing_providers(settles: Iterable[Settle]) -> set[int]:
    """The providers whose circuits these settlements count a failure in."""
    return {
        one.opened.place.candidate.provider_id
        for one in settles
        if blames_provider(one.opened.place, one.settlement.error)
    }


def settle(books: Books, settles: Sequence[Settle], open_ones: Collection[int]) -> None:
    """Write the ends of those attempts that are in `open_ones`; one that was settled before is left as it is."""
    if not settles:
        return
    todo = {one.opened.attempt_id: one for one in settles if one.opened.attempt_id in open_ones}
    _settle_slots(books, todo)
    for one in todo.values():
        _draw_consequences(books, one)
    books.later(_UPDATE, [(*_record(one.settlement), attempt_id) for attempt_id, one in todo.items()])


def unsettled(settles: Sequence[Settle]) -> Query:
    """Which of these are still open; also those given up for lost: their process was only slow, and knows the truth."""
    attempts = [one.opened.attempt_id for one in settles]
    query = f"SELECT id FROM providers_attempt WHERE outcome IN ('running', 'abandoned') AND id IN ({marks(attempts)})"  # noqa: S608
    return f"{query} ORDER BY id{locking()}", attempts


def _record(settlement: Settlement) -> tuple[Any, ...]:
    result, error = settlement.result, settlement.error
    usage = result.usage if result else None
    return (
        str(settlement.outcome),
        settlement.latency_ms,
        error.kind if error else "",
        error.http_status if error else None,
        error.detail[:1000] if error else "",
        error.raw if error else "",
        usage.prompt_tokens if usage else None,
        usage.completion_tokens if usage else None,
        usage.estimated if usage else False,
        result.first_token_ms if isinstance(result, Completion) else None,
    )


def _settle_slots(books: Books, todo: dict[int, Settle]) -> None:
    # Without counts nothing is held back.
    if not todo or not books.counts:
        return
    query = f"SELECT id, bucket_id, attempt_id, units FROM providers_slot WHERE attempt_id IN ({marks(todo)})"  # noqa: S608
    counts = books.by_id()
    anchored: list[tuple[float, int, int]] = []
    gone: list[tuple[int]] = []
    for slot_id, bucket_id, attempt_id, reserved in rows(query, list(todo)):
        count = counts.get(bucket_id)
        if count is None:
            continue
        settlement = todo[attempt_id].settlement
        if settlement.gives_back:
            count.give_back(reserved)
            gone.append((slot_id,))
            continue
        units = _true_units(count, reserved, settlement)
        count.anchor(reserved, units, books.now)
        if count.slides:
            anchored.append((books.now, units, slot_id))
        else:
            gone.append((slot_id,))
    books.later("UPDATE providers_slot SET anchored_at = %s, units = %s WHERE id = %s", anchored)
    books.later("DELETE FROM providers_slot WHERE id = %s", gone)


def _true_units(count: Count, reserved: int, settlement: Settlement) -> int:
    if count.metric != Quota.Metric.TOKENS:
        return reserved
    if settlement.result is not None:
        return settlement.result.usage.total_tokens
    turned_down = settlement.error is not None and settlement.error.http_status in _TURNED_DOWN
    # Without an answer nobody knows what the vendor counted.
    return 0 if turned_down else reserved


def _draw_consequences(books: Books, one: Settle) -> None:
    place, settlement = one.opened.place, one.settlement
    error = settlement.error
    counts = [books.counts[limit.bucket] for limit in place.key.limits if limit.bucket in books.counts]
    # What a refusal's body says comes last, as it says which limit it is about.
    for reading in (*settlement.limits, *(one for one in _said(error) if one.source == "body")):
        learning.learn(reading, counts, books.now, refused=settlement.result is None)
    breaker = books.circuits.get(place.candidate.provider_id)
    if blames_provider(place, error):
        assert error is not None  # noqa: S101 - told by the condition
        _count_failure(books, one, error)
    elif breaker and (settlement.result is not None or _answered_about_the_key(error)):
        breaker.succeed(one.opened.probe)
    elif breaker:
        breaker.release(one.opened.probe)
    if error is not None and error.blame is Blame.KEY:
        _rest(books, place, error, counts)
    elif isinstance(error, ModelUnavailableError):
        AIModel.objects.filter(provider_id=place.candidate.provider_id, model_id=place.candidate.model_id).update(
            gone_since=books.moment
        )


def _said(error: ProviderError | None) -> tuple[LimitReading, ...]:
    return error.limits if error else ()


def _answered_about_the_key(error: ProviderError | None) -> bool:
    return error is not None and error.blame is Blame.KEY and error.http_status is not None


def _count_failure(books: Books, one: Settle, error: ProviderError) -> None:
    provider_id = one.opened.place.candidate.provider_id
    if provider_id not in books.pauses or provider_id not in books.circuits:
        return
    threshold, recovery = books.pauses[provider_id]
    books.circuits[provider_id].fail(
        error.kind,
        books.now,
        threshold=threshold,
        recovery=recovery,
        stated=books.now + error.wait_seconds if error.wait_seconds else 0.0,
        probe=one.opened.probe,
    )


def _rest(books: Books, place: Place, error: ProviderError, counts: list[Count]) -> None:
    """Leave alone what a refusal is about: one limit, or the key."""
    said = error.wait_seconds is not None or any(one.source == "body" for one in error.limits)
    about_limit = isinstance(error, RateLimitError) or (isinstance(error, QuotaExhaustedError) and said)
    count = learning.refused(error.limits, counts, error.wait_seconds) if about_limit else None
    if count is not None and error.http_status == TOO_MANY:
        wait = error.wait_seconds
        learning.infer(count, books.now)
        count.fill_until(books.now + wait if wait is not None else _return(count, error, books.now))
    elif place.key_id is not None:
        _rest_key(books, place, place.key_id, error)


def _return(count: Count, error: ProviderError, now: float) -> float:
    if isinstance(error, QuotaExhaustedError):
        return count.next_reset(now)
    return now + min(DEFAULT_REST_SECONDS, count.length)


def _rest_key(books: Books, place: Place, key_id: int, error: ProviderError) -> None:
    key = ProviderKey.objects.filter(pk=key_id)
    if isinstance(error, AuthenticationError):
        key.update(invalid_since=books.moment, blocked_reason=error.kind)
        return
    if error.wait_seconds is not None:
        until = books.moment + timedelta(seconds=error.wait_seconds)
    elif isinstance(error, QuotaExhaustedError):
        provider = Provider.objects.filter(pk=place.candidate.provider_id)
        zone = provider.values_list("reset_timezone", flat=True).first() or "UTC"
        until = datetime.fromtimestamp(next_boundary(Quota.Period.DAY, zone, books.now), UTC)
    else:
        until = books.moment + timedelta(seconds=DEFAULT_REST_SECONDS)
    # The longer deadline wins, also against another process that saw a later reset.
    earlier = Q(blocked_until__isnull=True) | Q(blocked_until__lt=until)
    key.filter(earlier).update(blocked_until=until, blocked_reason=error.kind)
