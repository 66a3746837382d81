"""What is to know and to do about providers' keys: age, due date, use, validity; replacing and re-encrypting them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.apps import apps
from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, Model, Q, Sum
from django.utils import timezone

from providers import keys
from providers.access.auditing import record
from providers.audit import Deed
from providers.errors import AuthenticationError
from providers.models import Attempt, ProviderKey

_BATCH = 100
_SEALED = "sealed"


class Validity(StrEnum):
    """What is known of a key without asking the vendor."""

    WORKS = "works"  # the vendor took it at its last use
    UNTRIED = "untried"  # not used since it was entered
    RESTING = "resting"  # the vendor sends it away for a while
    REFUSED = "refused"  # the vendor did not take it
    CLOSED = "closed"  # it cannot be opened, or its variable is empty


@dataclass(frozen=True, slots=True)
class Use:
    """Calls with a key, and tokens asked and answered; answers that cost nothing are counted too."""

    requests: int = 0
    failed: int = 0
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """A provider key as an administrator judges it. `due_at` is when API_KEY_ROTATION_INTERVAL has passed."""

    age: timedelta
    due_at: datetime
    is_due: bool
    today: Use
    month: Use
    last_used_at: datetime | None
    validity: Validity


def facts(stored: Iterable[ProviderKey], now: datetime | None = None) -> dict[int, KeyFacts]:
    """The facts of these keys by primary key, in two queries. A month is thirty days; today begins at midnight here."""
    rows = list(stored)
    moment = now or timezone.now()
    marks = {row.fingerprint for row in rows if row.fingerprint}
    midnight = timezone.localtime(moment).replace(hour=0, minute=0, second=0, microsecond=0)
    today = _use(marks, midnight)
    month = _use(marks, moment - timedelta(days=30))
    nothing = (Use(), None, None)
    return {
        row.pk: _facts(row, today.get(row.fingerprint, nothing)[0], month.get(row.fingerprint, nothing), moment)
        for row in rows
    }


_Used = tuple[Use, datetime | None, datetime | None]


def _use(marks: set[str], since: datetime) -> dict[str, _Used]:
    """By fingerprint: the use, the last one, and the last one that the vendor answered."""
    failed = Q(outcome=Attempt.Outcome.FAILED)
    found = (
        Attempt.objects.filter(key_fingerprint__in=marks, started_at__gte=since)
        .order_by()
        .values("key_fingerprint")
        .annotate(
            requests=Count("pk"),
            failed=Count("pk", filter=failed),
            asked=Sum("prompt_tokens"),
            answered=Sum("completion_tokens"),
            last=Max("started_at"),
            last_answered=Max("started_at", filter=Q(outcome=Attempt.Outcome.ANSWERED)),
        )
    )
    return {
        one["key_fingerprint"]: (
            Use(one["requests"], one["failed"], (one["asked"] or 0) + (one["answered"] or 0)),
            one["last"],
            one["last_answered"],
        )
        for one in found
    }


def _facts(row: ProviderKey, today: Use, month: _Used, now: datetime) -> KeyFacts:
    due_at = row.entered_at + settings.API_KEY_ROTATION_INTERVAL
    return KeyFacts(
        age=now - row.entered_at,
        due_at=due_at,
        is_due=due_at <= now,
        today=today,
        month=month[0],
        last_used_at=month[1],
        validity=_validity(row, answered=month[2] is not None, now=now),
    )


def _validity(row: ProviderKey, *, answered: bool, now: datetime) -> Validity:
    if not opens(row):
        return Validity.CLOSED
    if row.invalid_since:
        return Validity.REFUSED
    if row.blocked_until and row.blocked_until > now:
        return Validity.RESTING
    return Validity.WORKS if answered else Validity.UNTRIED


def opens(row: ProviderKey) -> bool:
    """Whether the key can be had here and now."""
    try:
        row.open()
    except AuthenticationError:
        return False
    return True


def replace(row: ProviderKey, secret: str) -> None:
    """Put another secret into a row, for the next call on; what was learned about the old one is forgotten."""
    with transaction.atomic():
        old = row.fingerprint
        row.hold(secret)
        row.save()
        record(Deed.KEY_ROTATED, row, before={"fingerprint": old}, after={"fingerprint": row.fingerprint})


def due(now: datetime) -> list[ProviderKey]:
    """Keys in use that were entered longer than API_KEY_ROTATION_INTERVAL ago, the oldest first."""
    oldest = now - settings.API_KEY_ROTATION_INTERVAL
    stored = ProviderKey.objects.filter(enabled=True, provider__enabled=True, entered_at__lte=oldest)
    return list(stored.select_related("provider").order_by("entered_at"))


@dataclass(slots=True)
class Rewrapped:
    """How many secrets were re-encrypted, how many needed it not, and which rows no key opens."""

    renewed: int = 0
    current: int = 0
    closed: list[str] = field(default_factory=list)


def rewrap_all(tell: Callable[[int], None] = lambda _count: None) -> Rewrapped:
    """Re-encrypt every stored secret under the newest encryption key, in small transactions.

    While it runs both forms can be read. A row that somebody changes meanwhile keeps what they wrote. It may be
    ended and begun anew at any moment. Every model's column named `sealed` takes part. `tell` hears of each batch.
    """
    outcome = Rewrapped()
    for model in sealed_models():
        for batch in _batches(model):
            with transaction.atomic():
                for pk, sealed in batch:
                    _rewrap(model, pk, sealed, outcome)
            tell(len(batch))
    if outcome.renewed:
        record(Deed.KEYS_REWRAPPED, after={"renewed": outcome.renewed})
    return outcome


def sealed_models() -> list[type[Model]]:
    """The models that hold secrets: a new one takes part by naming its column `sealed`."""
    every = apps.get_models()
    return [model for model in every if any(field.name == _SEALED for field in model._meta.concrete_fields)]


def _batches(model: type[Model]) -> Iterator[list[tuple[int, str]]]:
    rows = model._default_manager.exclude(sealed="").order_by("pk").values_list("pk", _SEALED)
    last = None
    while batch := list((rows if last is None else rows.filter(pk__gt=last))[:_BATCH]):
        yield batch
        last = batch[-1][0]


def _rewrap(model: type[Model], pk: int, sealed: str, outcome: Rewrapped) -> None:
    try:
        renewed = keys.rewrapped(sealed)
    except AuthenticationError:
        outcome.closed.append(f"{model._meta.verbose_name_raw} {pk}")
        return
    if renewed is None:
        outcome.current += 1
        return
    # Only what was read is replaced: a key entered in this moment stays.
    outcome.renewed += model._default_manager.filter(pk=pk, sealed=sealed).update(sealed=renewed)
