"""The door for clients: whose key this is, whether it may do this, and how much it has left.

Asynchronous callers never touch the database. Keys are read on one thread and counts written on another, so that no
reader waits for a writer. Nothing is cached: a revoked key fails at the next call, in every process.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from providers.access import throttle
from providers.access.auditing import Origin, acting, record
from providers.access.client_keys import Issued, matches, parse, rotate
from providers.access.errors import (
    AccessError,
    ExpiredKeyError,
    MalformedKeyError,
    MissingKeyError,
    MissingScopeError,
    RevokedKeyError,
    TooManyBadKeysError,
    UnknownKeyError,
)
from providers.access.gathering import Gathering
from providers.access.limits import UNCOUNTED, Allowance, Ask, Correction, Limits
from providers.access.limits import serve as count_all
from providers.access.lookup import StoredKey, stored_keys
from providers.audit import Deed
from providers.clients import Client, ClientKey, Scope, StreamMode
from providers.errors import AuthenticationError

logger = logging.getLogger(__name__)

_NOTED_EVERY = timedelta(minutes=1)
_SCHEME = "bearer "


@dataclass(frozen=True, slots=True)
class Caller:
    """A client that was let in: who it is, what it may do, and with which of its keys it came."""

    client_id: int
    name: str
    scopes: frozenset[str]
    limits: Limits
    stream_mode: StreamMode
    key_pk: int
    key_id: str
    # When this key stops working because a newer one took its place.
    works_until: datetime | None = None

    def origin(self, address: str | None = None, request_id: str = "") -> Origin:
        """The client in the audit log."""
        return Origin(self.name, "client", "", address, request_id)


@dataclass(frozen=True, slots=True)
class _Presented:
    key_id: str
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Bad:
    """A refusal to be counted for the address it came from."""

    address: str | None
    refusal: AccessError


@dataclass(frozen=True, slots=True)
class _Used:
    """A key that was used just now."""

    key_pk: int
    at: datetime


async def authenticate(authorization: str | None, scope: Scope | None = None, *, address: str | None = None) -> Caller:
    """The client behind an `Authorization` header.

    Raises MissingKeyError, MalformedKeyError, UnknownKeyError, ExpiredKeyError, RevokedKeyError (401),
    TooManyBadKeysError (429), MissingScopeError (403).
    """
    try:
        caller = await _readers.ask(_presented(authorization))
    except MissingKeyError:
        raise
    except AccessError as refusal:
        await _aside.ask(_Bad(address, refusal))
        raise
    return _with_scope(caller, scope)


def authenticate_now(authorization: str | None, scope: Scope | None = None, *, address: str | None = None) -> Caller:
    """`authenticate` for synchronous callers."""
    try:
        caller = _readers.submit(_presented(authorization)).result()
    except MissingKeyError:
        raise
    except AccessError as refusal:
        _aside.submit(_Bad(address, refusal)).result()
        raise
    return _with_scope(caller, scope)


async def admit(caller: Caller, *, tokens: int = 0) -> Allowance:
    """Count a call before it is served, setting `tokens` aside; says what is left. Raises ClientLimitError (429).

    A client without limits is not counted: that would be a write for nothing.
    """
    if not caller.limits:
        return UNCOUNTED
    return await _writers.ask(Ask(caller.client_id, caller.limits, tokens))


async def settle(caller: Caller, allowance: Allowance, tokens: int) -> None:
    """Count what the call took in place of what `admit` set aside for it; 0 when it brought no answer."""
    if caller.limits and tokens != allowance.tokens:
        await _writers.ask(Correction(caller.client_id, allowance, tokens))


def exchange_key(caller: Caller, *, address: str | None = None, request_id: str = "") -> Issued:
    """A client exchanges its own key; the old one works through the grace period. Synchronous: no hot path.

    Raises ReplacedKeyError when the key that asks is not the current one.
    """
    with acting(lambda: caller.origin(address, request_id)):
        return rotate(Client.objects.get(pk=caller.client_id), presented=caller.key_pk)


def _presented(authorization: str | None) -> _Presented:
    given = (authorization or "").strip()
    if given[: len(_SCHEME)].lower() != _SCHEME:
        raise MissingKeyError
    return _Presented(*(parse(given[len(_SCHEME) :].strip()) or ("", "")))


def _with_scope(caller: Caller, scope: Scope | None) -> Caller:
    if scope is not None and scope.value not in caller.scopes:
        raise MissingScopeError(scope.value)
    return caller


def _look_up(presented: Sequence[_Presented]) -> list[Caller | Exception]:
    """Whose keys these are: one query, however many there are."""
    stored = stored_keys({one.key_id for one in presented if one.key_id})
    now = timezone.now()
    return [_judge(one, stored.get(one.key_id), now) for one in presented]


def _judge(presented: _Presented, key: StoredKey | None, now: datetime) -> Caller | AccessError:
    """Nothing about a key is told to somebody who does not have its secret."""
    if not presented.key_id:
        return MalformedKeyError()
    if key is None or not _fits(presented, key):
        return UnknownKeyError()
    if key.revoked_at is not None:
        return RevokedKeyError()
    if not key.works_at(now):
        return ExpiredKeyError()
    _note_use(key, now)
    return Caller(
        client_id=key.client_id,
        name=key.client,
        scopes=key.scopes,
        limits=key.limits,
        stream_mode=key.stream_mode,
        key_pk=key.pk,
        key_id=key.key_id,
        works_until=key.works_until,
    )


def _fits(presented: _Presented, key: StoredKey) -> bool:
    try:
        return matches(presented.secret, key.sealed_hash_key, key.digest)
    except AuthenticationError:
        logger.exception("client keys cannot be checked")
        return False


_noting: set[int] = set()


def _note_use(key: StoredKey, now: datetime) -> None:
    """Once a minute the use is written, on another thread and without anybody waiting for it."""
    if (key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY) and key.pk not in _noting:
        _noting.add(key.pk)
        _aside.submit(_Used(key.pk, now))


def _do_aside(things: Sequence[_Bad | _Used]) -> list[Exception | None]:
    answers: list[Exception | None] = []
    for one in things:
        if isinstance(one, _Bad):
            answers.append(_count_bad(one))
        else:
            _write_use(one)
            answers.append(None)
    return answers


def _write_use(used: _Used) -> None:
    try:
        unnoted = Q(last_used_at=None) | Q(last_used_at__lte=used.at - _NOTED_EVERY)
        ClientKey.objects.filter(unnoted, pk=used.key_pk).update(last_used_at=used.at)
    finally:
        _noting.discard(used.key_pk)


def _count_bad(bad: _Bad) -> AccessError | None:
    """Bad keys count for their address. Beyond the limit they are no longer explained, and once the log says so.

    A good key always passes: modules of the Lab share addresses, and one of them with an old key must not lock out
    the others. Guessing gains nothing from that; 238 bits are not guessed.
    """
    count = throttle.bad_keys(bad.address)
    if count <= throttle.MOST_BAD_A_MINUTE:
        return None
    if count == throttle.MOST_BAD_A_MINUTE + 1:
        record(Deed.KEYS_REFUSED, by=Origin("", "nobody", "", bad.address))
    return TooManyBadKeysError(throttle.seconds_left())


_readers: Gathering[_Presented, Caller] = Gathering("client-keys", _look_up)
_writers: Gathering[Ask | Correction, Allowance] = Gathering("client-counts", count_all)
_aside: Gathering[_Bad | _Used, None] = Gathering("client-notes", _do_aside)
