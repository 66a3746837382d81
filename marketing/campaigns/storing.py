"""Storing read rows so that twice is once: a row is found again by what it is about, and the last import wins."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils import timezone

from marketing.campaigns.layouts import MONEY, WHOLE
from marketing.campaigns.reading import Pieces, Row
from marketing.models import Campaign, CampaignDay, CampaignFile, CampaignFilePiece

PIECE_BYTES = 256_000
_ABOUT = ("adset", "ad", "audience", "creative", "breakdown", "conversion_type", "currency")
_VALUES = (*WHOLE, *MONEY, "conversions")
_UPDATED = [*_VALUES, "adset", "ad", "file", "row_number", "imported_at", "values_digest"]


@transaction.atomic
def keep_file(name: str, chunks: Iterable[bytes], owner_id: int | None) -> CampaignFile:
    """Store an uploaded file in pieces."""
    file = CampaignFile.objects.create(name=name[:200], sha256="", size=0, owner_id=owner_id)
    digest = hashlib.sha256()
    for position, piece in enumerate(_pieces(chunks)):
        digest.update(piece)
        file.size += len(piece)
        file.lines += piece.count(b"\n")
        CampaignFilePiece.objects.create(file=file, position=position, content=piece)
    file.sha256 = digest.hexdigest()
    file.save(update_fields=["sha256", "size", "lines"])
    return file


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        rest += chunk
        while len(rest) >= PIECE_BYTES:
            yield rest[:PIECE_BYTES]
            rest = rest[PIECE_BYTES:]
    if rest:
        yield rest


def pieces_of(file: CampaignFile) -> Pieces:
    """How to read a stored file from its beginning, a piece at a time."""

    def read() -> Iterator[bytes]:
        position = 0
        # One query a piece: a cursor over all would hold them on SQLite, and end with the batch's transaction.
        while piece := file.pieces.filter(position=position).first():
            yield bytes(piece.content)
            position += 1

    return read


@dataclass(slots=True)
class Told:
    """What became of the rows of one batch. `left_out` are line, code and column."""

    counts: dict[str, int] = field(default_factory=dict)
    left_out: list[tuple[int, str, str]] = field(default_factory=list)

    def count(self, outcome: str, number: int = 1) -> None:
        """So many more rows with this outcome."""
        self.counts[outcome] = self.counts.get(outcome, 0) + number


@dataclass(slots=True)
class Storing:
    """Stores batches of one file; remembers the campaigns it has met."""

    source: str
    file_id: int | None
    _known: dict[tuple[str, str], int] = field(default_factory=dict)

    def preview(self, rows: Sequence[Row]) -> Told:
        """What storing these rows would do, as far as keys and values tell."""
        told = Told()
        self._sorted(self._good(rows, told), told)
        return told

    def store(self, rows: Sequence[Row]) -> Told:
        """Store the good rows of a batch; call it inside a transaction."""
        told = Told()
        wanted = self._good(rows, told)
        changed = self._sorted(wanted, told)
        now = timezone.now()
        days = [
            CampaignDay(
                campaign_id=self._campaign(row.values),
                key=key,
                values_digest=digest,
                file_id=self.file_id,
                row_number=row.line,
                imported_at=now,
                **{name: row.values.get(name) for name in ("day", "period_start", "period_end", *_VALUES)},
                **{name: row.values.get(name) or "" for name in _ABOUT},
            )
            for key, (row, digest) in changed.items()
        ]
        CampaignDay.objects.bulk_create(
            days, update_conflicts=True, unique_fields=["key"], update_fields=_UPDATED, batch_size=500
        )
        return told

    def _good(self, rows: Sequence[Row], told: Told) -> dict[str, tuple[Row, str]]:
        """The usable rows by their keys; of two with one key the later counts."""
        wanted: dict[str, tuple[Row, str]] = {}
        for row in rows:
            if row.code:
                told.count("total" if row.code == "total" else "wrong")
                told.left_out.append((row.line, row.code, row.column))
                continue
            key = _digest([self.source, *_about(row.values)])
            if key in wanted:
                told.count("repeated")
                told.left_out.append((wanted[key][0].line, "repeated", ""))
            wanted[key] = (row, _digest([_exact(row.values.get(name)) for name in _VALUES]))
        return wanted

    @staticmethod
    def _sorted(wanted: dict[str, tuple[Row, str]], told: Told) -> dict[str, tuple[Row, str]]:
        """Those that are new or have other values than the stored ones."""
        there = dict(CampaignDay.objects.filter(key__in=list(wanted)).values_list("key", "values_digest"))
        changed = {}
        for key, (row, digest) in wanted.items():
            outcome = "new" if key not in there else "changed" if there[key] != digest else "same"
            told.count(outcome)
            if outcome != "same":
                changed[key] = (row, digest)
        return changed

    def _campaign(self, values: dict[str, Any]) -> int:
        account = values.get("account") or ""
        identity = (values.get("campaign_id") or values["campaign"])[:300]
        if (account, identity) not in self._known:
            campaign, made = Campaign.objects.get_or_create(
                source=self.source, account=account, identity=identity, defaults={"name": values["campaign"][:300]}
            )
            if not made and campaign.name != values["campaign"][:300]:
                campaign.name = values["campaign"][:300]
                campaign.save(update_fields=["name"])
            self._known[account, identity] = campaign.pk
        return self._known[account, identity]


def _about(values: dict[str, Any]) -> list[str]:
    """What a row is about. An ad with a number is the same ad under a new name."""
    days = [str(values.get(name) or "") for name in ("day", "period_start", "period_end")]
    ad = values.get("ad_id") or f"{values.get('adset') or ''}\0{values.get('ad') or ''}"
    rest = [
        str(values.get(name) or "") for name in ("audience", "creative", "breakdown", "conversion_type", "currency")
    ]
    return [values.get("account") or "", values.get("campaign_id") or values["campaign"], ad, *days, *rest]


def _exact(value: Any) -> str:
    return str(value.normalize()) if isinstance(value, Decimal) else str(value)


def _digest(parts: Sequence[str]) -> str:
    return hashlib.sha1(json.dumps(list(parts)).encode(), usedforsecurity=False).hexdigest()
