"""Whole example campaigns: posts, ads, e-mails and tags about an invented album and novel, in both languages."""

from __future__ import annotations

import tomllib
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from marketing.claims import grounding_of
from marketing.content.registry import content_type
from marketing.content.sheets.table import as_text, sheet
from marketing.forms import CampaignForm
from marketing.models import BriefSet, Job, Variant

# Names become ids through this, so that every installation's examples have the same ones.
_SETS = uuid.UUID("0b7a2f5e-6d0e-4a55-8c1e-7c1f9f8f2b63")
_PROVENANCE = {"example": True, "provider": "", "provider_name": "", "model": "", "attempts": []}


def campaigns() -> list[dict[str, Any]]:
    """The examples as they are written: `name`, `days_ago`, the form `typed`, and the texts."""
    written = Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
    found: list[dict[str, Any]] = tomllib.loads(written)["campaign"]
    return found


@transaction.atomic
def load(owner: AbstractBaseUser) -> int:
    """Store those that are not there yet; how many were stored. Raises ValueError when one no longer fits its form."""
    return sum(_load(one, owner) for one in campaigns())


def _load(example: dict[str, Any], owner: AbstractBaseUser) -> bool:
    number = uuid.uuid5(_SETS, example["name"])
    if BriefSet.objects.filter(pk=number).exists():
        return False
    form = CampaignForm(example["typed"])
    if not form.is_valid():
        raise ValueError(form.errors.as_json())
    asked = timezone.now() - timedelta(days=example["days_ago"])
    made = BriefSet.objects.create(
        pk=number, owner_id=owner.pk, title=form.headline[:200], brief=example["typed"], created_at=asked
    )
    for kind, brief in form.briefs():
        texts = [one for one in example["text"] if (one["kind"], one["language"]) == (kind, brief["language"])]
        _job(made, kind, brief, texts)
    return True


def _job(made: BriefSet, slug: str, data: dict[str, Any], texts: list[dict[str, Any]]) -> None:
    kind = content_type(slug)
    brief = kind.load_brief(data)
    parts = len(kind.parts(brief))
    job = Job.objects.create(
        id=uuid.uuid5(made.pk, f"{slug} {data['language']}"),
        owner_id=made.owner_id,
        brief_set=made,
        content_type=slug,
        title=kind.headline(brief)[:200],
        brief=brief.model_dump(mode="json"),
        state=Job.State.DONE,
        parts_total=parts,
        parts_done=parts,
        **dict.fromkeys(("created_at", "enqueued_at", "started_at", "finished_at"), made.created_at),
    )
    Variant.objects.bulk_create(_variant(job, text, made.created_at) for text in texts)


def _variant(job: Job, example: dict[str, Any], asked: datetime) -> Variant:
    fields: dict[str, list[str]] = example.get("fields", {})
    text = as_text(sheet(example["platform"]), fields) if fields else example["text"]
    title = fields["subjects"][0] if "subjects" in fields else ""
    return Variant(
        root=job,
        job=job,
        platform=example["platform"],
        position=1,
        language=example["language"],
        title=title,
        text=text,
        original_title=title,
        original_text=text,
        fields=fields,
        original_fields=fields,
        grounding=grounding_of(job, title, text, fields),
        provenance=_PROVENANCE,
        created_at=asked,
        kept_at=asked if example.get("kept") else None,
    )
