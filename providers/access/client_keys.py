"""Making, checking, rotating and revoking client keys. A secret exists in clear only in what `issue` returns.

A key reads `pk_lab_<id>_<secret>`. The id finds the row; of the secret only an HMAC-SHA256 is stored. That hash is
fast on purpose: the secret has 238 random bits, which no slow hash would make harder to guess.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from providers import keys
from providers.access.auditing import record
from providers.access.errors import ReplacedKeyError
from providers.audit import Deed
from providers.clients import Client, ClientKey, ClientUse, HashKey
from providers.errors import AuthenticationError

_ID_LETTERS = string.ascii_lowercase + string.digits
_SECRET_LETTERS = string.ascii_letters + string.digits
_ID_LENGTH = 8
_SECRET_LENGTH = 40
_SHAPE = re.compile(rf"pk_lab_([a-z0-9]{{{_ID_LENGTH}}})_([A-Za-z0-9]{{{_SECRET_LENGTH}}})")


@dataclass(frozen=True, slots=True)
class Issued:
    """A key that was just made: its row, and the only sight of the whole."""

    key: ClientKey
    secret: str = field(repr=False)


def parse(presented: str) -> tuple[str, str] | None:
    """Id and secret of what looks like a client key."""
    match = _SHAPE.fullmatch(presented)
    return (match[1], match[2]) if match else None


def digest(secret: str, sealed_hash_key: str) -> str:
    """What is stored of a secret. Raises AuthenticationError when ENCRYPTION_KEY no longer opens the hash key."""
    return hmac.digest(_opened(sealed_hash_key), secret.encode(), hashlib.sha256).hex()


def matches(secret: str, sealed_hash_key: str, stored: str) -> bool:
    """Whether this is the secret behind a stored digest, in a time that tells nothing about it."""
    return hmac.compare_digest(digest(secret, sealed_hash_key), stored)


@lru_cache(maxsize=16)
def _opened(sealed: str) -> bytes:
    return keys.unseal(sealed).encode()


@transaction.atomic
def create_client(name: str, scopes: Sequence[str], *, expires_at: datetime | None = None, **limits: int) -> Issued:
    """A new client with its first key. Raises IntegrityError when the name is taken, ValidationError for bad scopes."""
    client = Client(name=name, scopes=sorted(set(scopes)), expires_at=expires_at, **limits)
    client.full_clean(validate_unique=False)
    client.save(force_insert=True)
    return issue(client)


@transaction.atomic
def issue(client: Client) -> Issued:
    """A key for a client without a current one. Raises IntegrityError when it has one."""
    ClientUse.objects.get_or_create(client=client)
    key_id = "".join(secrets.choice(_ID_LETTERS) for _ in range(_ID_LENGTH))
    secret = "".join(secrets.choice(_SECRET_LETTERS) for _ in range(_SECRET_LENGTH))
    hash_key = _hash_key()
    key = ClientKey.objects.create(
        client=client, key_id=key_id, digest=digest(secret, hash_key.sealed), hash_key=hash_key
    )
    record(Deed.KEY_SHOWN, key, after={"client": client.name, "scopes": client.scopes})
    return Issued(key, f"pk_lab_{key_id}_{secret}")


def _hash_key() -> HashKey:
    """The newest hash key that opens, or a new one."""
    for found in HashKey.objects.all():
        try:
            _opened(found.sealed)
        except AuthenticationError:
            continue
        return found
    return HashKey.objects.create(sealed=keys.seal(secrets.token_urlsafe(32)))


@transaction.atomic
def rotate(client: Client, *, grace: timedelta | None = None, presented: int | None = None) -> Issued:
    """A new current key; the old one works on through the grace period (API_KEY_GRACE_PERIOD when not given).

    `presented` is the primary key of the key that asks for its own exchange: raises ReplacedKeyError when it is not
    the current one, so that of two exchanges at once only one happens.
    """
    _locked(client)
    now = timezone.now()
    current = client.keys.filter(works_until=None, revoked_at=None)
    if presented is not None and not current.filter(pk=presented).exists():
        raise ReplacedKeyError
    until = now + (settings.API_KEY_GRACE_PERIOD if grace is None else grace)
    old = list(current)
    current.update(works_until=until)
    issued = issue(client)
    for key in old:
        record(Deed.KEY_ROTATED, key, after={"client": client.name, "works_until": until, "new": str(issued.key)})
    return issued


@transaction.atomic
def revoke(client: Client) -> int:
    """End all keys of a client now, for every process; returns how many still worked."""
    _locked(client)
    now = timezone.now()
    working = [key for key in client.keys.filter(revoked_at=None) if key.works_at(now)]
    client.keys.filter(revoked_at=None).update(revoked_at=now)
    for key in working:
        record(Deed.KEY_REVOKED, key, after={"client": client.name})
    return len(working)


def _locked(client: Client) -> None:
    """One rotation or revocation of a client at a time: a revocation must not miss a key that is being made."""
    Client.objects.select_for_update().get(pk=client.pk)


def due_keys(now: datetime) -> list[ClientKey]:
    """Current keys older than API_KEY_ROTATION_INTERVAL; not those of clients whose time is over."""
    oldest = now - settings.API_KEY_ROTATION_INTERVAL
    due = ClientKey.objects.filter(works_until=None, revoked_at=None, created_at__lte=oldest)
    return list(due.exclude(client__expires_at__lte=now).select_related("client").order_by("client__name"))
