"""One transaction for many callers: settle what ended, then reserve for those who want to begin."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from django.db import connection, transaction

from providers.ledger import holding, remembering, settling
from providers.ledger.books import Books, marks, stored
from providers.ledger.breaker import Gate
from providers.ledger.learning import effective_limit
from providers.ledger.limiter import Count
from providers.ledger.operations import Beat, Begin, Full, Opened, Operation, Outcome, Settle
from providers.ledger.windows import SHORT_PERIODS
from providers.models import Attempt
from providers.routing import Place
from providers.statements import Query, rows, several

# How much longer than its timeout a probe may take before another request may test the provider.
_PROBE_GRACE_SECONDS = 5.0

Clock = Callable[[], float]
_CLOCK: Query = ("SELECT extract(epoch FROM clock_timestamp())", ())
_HASTY: Query = ("SELECT set_config('synchronous_commit', 'off', true)", ())


def database_clock() -> float:
    """Unix time; on PostgreSQL the server's, which all hosts share."""
    if connection.vendor == "postgresql":
        return float(rows(*_CLOCK)[0][0])
    return time.time()


def run(operations: Sequence[Operation], clock: Clock = database_clock) -> list[Outcome]:
    """The outcome of each operation, in their order; all of them or none are stored."""
    settles = [one for one in operations if isinstance(one, Settle)]
    begins = [one for one in operations if isinstance(one, Begin)]
    with transaction.atomic():
        books, open_ones = _opened(begins, settles, clock)
        remembering.remember(books, [begin.decision for begin in begins if begin.decision])
        settling.settle(books, settles, open_ones)
        granted = _grants(books, begins)
        if granted or any(isinstance(one, Beat) for one in operations):
            holding.extend_lease(books)
        answers = iter(_stored(books, granted, begins))
        books.close()
    holding.extended()
    return [next(answers) if isinstance(one, Begin) else None for one in operations]


def _opened(begins: Sequence[Begin], settles: Sequence[Settle], clock: Clock) -> tuple[Books, set[int]]:
    """Everything that these operations share, locked and read in one journey; and which attempts are to be settled."""
    on_server = connection.vendor == "postgresql"
    before: list[Query] = []
    if on_server and not settles:
        # A crash of the database's host then costs a few counts; whatever was settled is on the disk.
        before.append(_HASTY)
    if on_server and clock is database_clock:
        before.append(_CLOCK)
    books = Books()
    shared = books.queries(
        [place for begin in begins for place in begin.places],
        [one.opened.place for one in settles],
        settling.failing_providers(settles),
    )
    after = [settling.unsettled(settles)] if settles else []
    answers = several(*before, *shared, *after)
    books.now = float(answers[len(before) - 1][0][0]) if _CLOCK in before else clock()
    books.take(answers[len(before) : len(before) + len(shared)])
    return books, {attempt_id for (attempt_id,) in answers[-1]} if after else set()


class _Grant:
    """A place with what was reserved there."""

    def __init__(self, begin: Begin, place: Place, taken: list[tuple[Count, int]], probe: float | None) -> None:
        self.begin, self.place, self.taken, self.probe = begin, place, taken, probe

    def row(self, moment: datetime) -> dict[str, Any]:
        """What is known of the attempt before it goes out."""
        begin, place = self.begin, self.place
        candidate = place.candidate
        return {
            "request_id": stored(begin.request_id),
            "place": begin.number,
            "feature": begin.task.feature,
            "capability": str(begin.task.capability),
            "provider_id": candidate.provider_id,
            "provider_slug": candidate.provider,
            "model_id": candidate.model_id,
            "key_fingerprint": place.key.fingerprint,
            "reason": "probe after a pause" if self.probe else place.reason,
            "started_at": stored(moment),
            "holder_id": holding.holder_id(),
            "client_id": begin.task.client_id,
        }


def _grants(books: Books, begins: Sequence[Begin]) -> dict[int, _Grant | Full]:
    return {number: _grant(books, begin) for number, begin in enumerate(begins)}


def _grant(books: Books, begin: Begin) -> _Grant | Full:
    """The first place with room in all of its limits, or when the first of them may have it."""
    soonest = math.inf
    for place in begin.places:
        circuit = books.circuits.get(place.candidate.provider_id)
        gate = circuit.gate(books.now) if circuit else Gate.OPEN_WAY
        if circuit and gate is Gate.CLOSED_WAY:
            soonest = min(soonest, circuit.returns_at(books.now))
            continue
        wanted = [(books.counts[limit.bucket], begin.units(place, limit.metric)) for limit in place.key.limits]
        free_at = max((_free_at(books, begin, count, units) for count, units in wanted), default=0.0)
        if free_at > 0:
            soonest = min(soonest, free_at)
            continue
        for count, units in wanted:
            count.take(units, books.now)
        probe = None
        if circuit and gate is Gate.PROBE:
            probe = books.now + place.candidate.timeout_seconds + _PROBE_GRACE_SECONDS
            circuit.probe(probe)
        return _Grant(begin, place, wanted, probe)
    # The caller's own clock decides how long it sleeps.
    ours = time.time() + soonest - books.now
    return Full(None if math.isinf(soonest) else datetime.fromtimestamp(ours, UTC))


def _free_at(books: Books, begin: Begin, count: Count, units: int) -> float:
    limit = effective_limit(count, books.now)
    reserve = begin.reserve * _unspent_time(count, books.now) if begin.task.background else 0.0
    open_to_all = limit - math.floor(limit * reserve)
    return count.free_at(units, open_to_all, books.now, books.log)


def _unspent_time(count: Count, now: float) -> float:
    """The part of a reserve that still makes sense: what is not used before a reset helps nobody."""
    if count.is_concurrent:
        return 0.0
    if count.period in SHORT_PERIODS or count.slides:
        return 1.0
    return min(1.0, max(0.0, (count.window_end - now) / count.length)) if count.window_end else 1.0


def _stored(books: Books, granted: dict[int, _Grant | Full], begins: Sequence[Begin]) -> list[Outcome]:
    """Write attempts and slots of what was granted; the answers in the order of the begins."""
    grants = [grant for grant in granted.values() if isinstance(grant, _Grant)]
    ids = _attempts([grant.row(books.moment) for grant in grants])
    numbered = list(zip(ids, grants, strict=True))
    books.later(
        "INSERT INTO providers_slot (bucket_id, attempt_id, units) VALUES (%s, %s, %s)",
        [(count.id, attempt_id, units) for attempt_id, grant in numbered for count, units in grant.taken],
    )
    opened = iter(Opened(attempt_id, grant.place, grant.probe) for attempt_id, grant in numbered)
    answers: list[Outcome] = []
    for number in range(len(begins)):
        found = granted[number]
        answers.append(found if isinstance(found, Full) else next(opened))
    return answers


def _attempts(new: Sequence[dict[str, Any]]) -> list[int]:
    """Insert attempts; their ids in order. By hand, as the ORM takes a third of a millisecond for each."""
    if not new:
        return []
    given = tuple(new[0])
    others = _others(given)
    columns = ", ".join(f'"{name}"' for name in (*given, *others))
    marked = ", ".join([f"({marks([*given, *others])})"] * len(new))
    values = [value for row in new for value in (*row.values(), *others.values())]
    query = f"INSERT INTO providers_attempt ({columns}) VALUES {marked} RETURNING id"  # noqa: S608 - our own column names
    return [attempt_id for (attempt_id,) in rows(query, values)]


@cache
def _others(given: tuple[str, ...]) -> dict[str, Any]:
    """What the other columns of an attempt begin with."""
    every = Attempt._meta.concrete_fields
    fields = [one for one in every if not one.primary_key and one.column not in given]
    # A field of a table always has a column.
    return {str(one.column): one.get_db_prep_save(one.get_default(), connection) for one in fields if not one.null}
