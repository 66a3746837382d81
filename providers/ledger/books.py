"""The rows that one transaction works on: buckets and circuits, locked, changed in memory, written back at the end."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from providers.ledger.breaker import Breaker
from providers.ledger.limiter import Count
from providers.models import Bucket, Circuit, Provider
from providers.routing import Limit, Place
from providers.statements import Query, rows, write_all

_COLUMNS = (
    "id",
    "name",
    "metric",
    "period",
    '"window"',
    '"limit"',
    "used",
    "oldest_at",
    "unsure_at",
    "window_end",
    "carried",
    "full_until",
    "seen_limit",
    "seen_remaining",
    "seen_reset",
    "seen_at",
    "seen_source",
    "drift",
)
_WRITTEN = _COLUMNS[4:]


def aware(moment: datetime | None) -> datetime | None:
    """A moment as the database gives it: SQLite keeps UTC without saying so."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment


def stored(value: Any) -> Any:
    """A moment or a UUID as the database takes it in a query of our own."""
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    if isinstance(value, UUID) and connection.vendor == "sqlite":
        return value.hex
    return value


def marks(values: Collection[Any]) -> str:
    """As many placeholders as there are values."""
    return ", ".join(["%s"] * len(values))


def locking() -> str:
    """SQLite's transaction already holds the one lock there is."""
    return " FOR UPDATE" if connection.vendor == "postgresql" else ""


class SlotLog:
    """The uses behind the counts, in the table of slots."""

    def sweep(self, count: Count, until: float) -> None:
        """Delete the anchored uses up to this moment."""
        gone = rows(
            "DELETE FROM providers_slot WHERE bucket_id = %s AND anchored_at <= %s RETURNING units", (count.id, until)
        )
        count.used = max(0, count.used - sum(units for (units,) in gone))
        count.oldest_at = rows("SELECT MIN(anchored_at) FROM providers_slot WHERE bucket_id = %s", (count.id,))[0][0]

    def in_flight(self, count: Count) -> int:
        """The units that are not anchored yet."""
        query = "SELECT COALESCE(SUM(units), 0) FROM providers_slot WHERE bucket_id = %s AND anchored_at IS NULL"
        return int(rows(query, (count.id,))[0][0])

    def anchor_of(self, count: Count, units: int) -> float | None:
        """The anchor of the use with which the oldest ones reach so many units."""
        query = (
            "SELECT anchored_at, units FROM providers_slot WHERE bucket_id = %s AND anchored_at IS NOT NULL"
            " ORDER BY anchored_at"
        )
        with connection.cursor() as cursor:
            # A cursor, as the first few rows are mostly enough.
            cursor.execute(query, (count.id,))
            reached = 0
            while found := cursor.fetchone():
                reached += found[1]
                if reached >= units:
                    return float(found[0])
        return None


@dataclass(slots=True)
class Books:
    """Counts by their name, circuits by their provider, at one moment."""

    now: float = 0.0
    log: SlotLog = field(default_factory=SlotLog)
    counts: dict[str, Count] = field(default_factory=dict)
    circuits: dict[int, Breaker] = field(default_factory=dict)
    # Failures before a pause, and its seconds, of the providers that failed.
    pauses: dict[int, tuple[int, int]] = field(default_factory=dict)
    # What is written at the end, in order.
    changes: list[tuple[str, Sequence[Sequence[Any]]]] = field(default_factory=list)
    _limits: dict[str, tuple[Limit, Place]] = field(default_factory=dict)
    _wanted: dict[str, tuple[Limit, Place]] = field(default_factory=dict)

    @property
    def moment(self) -> datetime:
        """Now, as Django keeps it."""
        return datetime.fromtimestamp(self.now, UTC)

    def by_id(self) -> dict[int, Count]:
        """The counts by their row."""
        return {count.id: count for count in self.counts.values()}

    def queries(self, asked: Iterable[Place], ended: Iterable[Place], failing: Collection[int]) -> list[Query]:
        """What locks all that these places share; `take` wants the answers.

        A missing circuit is made for a provider in `failing`.
        """
        self._wanted = {limit.bucket: (limit, place) for place in asked for limit in place.key.limits}
        ended_ones = {limit.bucket: (limit, place) for place in ended for limit in place.key.limits}
        self._limits = {**ended_ones, **self._wanted}
        if failing:
            found = Provider.objects.filter(pk__in=failing).values_list("pk", "failure_threshold", "recovery_seconds")
            self.pauses = {pk: (threshold, seconds) for pk, threshold, seconds in found}
            made = [Circuit(provider_id=one) for one in sorted(self.pauses)]
            Circuit.objects.bulk_create(made, ignore_conflicts=True)
        providers = sorted({place.candidate.provider_id for place in (*asked, *ended)})
        return [
            *([_counts_query(list(self._limits))] if self._limits else ()),
            *([_circuits_query(providers)] if providers else ()),
        ]

    def take(self, answers: Sequence[Sequence[tuple[Any, ...]]]) -> None:
        """The locked rows, at the moment `now`; what was deleted meanwhile is missing among them.

        A missing count is made where a request asks.
        """
        left = list(answers)
        if self._limits:
            self._add_counts(left.pop(0))
            missing = [name for name in sorted(self._wanted) if name not in self.counts]
            if missing:
                made = [new_bucket(*self._limits[name]) for name in missing]
                Bucket.objects.bulk_create(made, ignore_conflicts=True)
                # Again as a whole, so that the locks are taken in order.
                self._add_counts(rows(*_counts_query(list(self._limits))))
            self._renew_counts()
        for provider_id, failures, open_until, probe_until, reason in left.pop(0) if left else ():
            self.circuits[provider_id] = Breaker(failures, _unix(open_until), _unix(probe_until), reason)

    def _add_counts(self, found: Iterable[tuple[Any, ...]]) -> None:
        for row in found:
            self.counts[row[1]] = Count(*row)

    def _renew_counts(self) -> None:
        for name, count in self.counts.items():
            limit = self._limits[name][0]
            if (count.limit, count.window) != (limit.limit, limit.window):
                count.limit, count.window, count.changed = limit.limit, limit.window, True
            count.zone, count.assumed = limit.zone, limit.assumed
            count.renew(self.now, self.log)

    def lock(self, ids: Collection[int]) -> dict[int, Count]:
        """Lock these buckets, whatever places they belong to."""
        if ids:
            self._add_counts(rows(*_locked(f"id IN ({marks(ids)})", list(ids))))
        return self.by_id()

    def later(self, statement: str, changes: Sequence[Sequence[Any]]) -> None:
        """Write this at the end, with all the rest."""
        if changes:
            self.changes.append((statement, changes))

    def close(self) -> None:
        """Write what has changed."""
        settings = ", ".join(f"{column} = %s" for column in _WRITTEN)
        names = [column.strip('"') for column in _WRITTEN]
        changed = [one for one in self.counts.values() if one.changed]
        self.later(
            f"UPDATE providers_bucket SET {settings} WHERE id = %s",  # noqa: S608 - our own column names
            [(*(getattr(one, name) for name in names), one.id) for one in changed],
        )
        write_all(self.changes)
        self.changes = []
        for provider_id, breaker in self.circuits.items():
            if breaker.changed:
                Circuit.objects.filter(pk=provider_id).update(
                    failures=breaker.failures,
                    open_until=_moment(breaker.open_until),
                    probe_until=_moment(breaker.probe_until),
                    reason=breaker.reason,
                )


def _counts_query(names: list[str]) -> Query:
    return _locked(f"name IN ({marks(names)})", names)


def _locked(condition: str, values: list[Any]) -> Query:
    # In the order of their rows, so that two processes never wait for each other.
    query = f"SELECT {', '.join(_COLUMNS)} FROM providers_bucket WHERE {condition} ORDER BY id{locking()}"  # noqa: S608 - no values
    return query, values


def _circuits_query(providers: list[int]) -> Query:
    query = "SELECT provider_id, failures, open_until, probe_until, reason FROM providers_circuit WHERE provider_id"
    return f"{query} IN ({marks(providers)}) ORDER BY provider_id{locking()}", providers


def new_bucket(limit: Limit, place: Place) -> Bucket:
    """The row for a limit that nobody used yet. Its name carries subject and model as its last parts."""
    _provider, _metric, _period, subject, model_id = limit.bucket.split("/", 4)
    return Bucket(
        name=limit.bucket,
        provider_id=place.candidate.provider_id,
        metric=limit.metric,
        period=limit.period,
        window=limit.window,
        limit=limit.limit,
        subject=subject,
        model_id=model_id,
    )


def _unix(moment: datetime | None) -> float | None:
    moment = aware(moment)
    return moment.timestamp() if moment else None


def _moment(unix: float | None) -> datetime | None:
    return datetime.fromtimestamp(unix, UTC) if unix is not None else None
