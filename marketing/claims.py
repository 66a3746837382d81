"""What a stored text claims: its grounding against its brief, kept in line with every edit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils import timezone

from marketing.content import grounding
from marketing.content.registry import content_type
from marketing.models import Job, Variant


def grounding_of(
    job: Job, title: str, text: str, fields: Mapping[str, Iterable[str]], before: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The grounding of a job's text, as `Variant.grounding` keeps it."""
    kind = content_type(job.content_type)
    return grounding.ground(kind.blocks(title, text, fields), kind.sources(kind.load_brief(job.brief)), before)


def confirm(variant: Variant, sentence: str, by: AbstractBaseUser) -> bool:
    """Take a person's word for a sentence; False when the text has no such sentence any more."""
    if not any(one["text"] == sentence for one in variant.grounding.get("sentences", ())):
        return False
    now = timezone.now().isoformat(timespec="seconds")
    variant.grounding = grounding.confirm(variant.grounding, sentence, by.get_username(), now)
    variant.save(update_fields=["grounding"])
    return True


def blocked(variant: Variant) -> list[str]:
    """The sentences that keep a text of a strict kind from going out; none where the kind is not strict."""
    if not content_type(variant.root.content_type).strict:
        return []
    return list(dict.fromkeys(sentence for sentence, _claim in grounding.open_claims(variant.grounding)))
