"""Demonstration data: the sign-in and finished example jobs. Running it again changes nothing."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand
from django.db import IntegrityError, transaction
from django.utils import timezone

from marketing import demo_campaigns, demo_catalogue, demo_sets, finding
from marketing.claims import grounding_of
from marketing.content.registry import content_type
from marketing.demo import EXAMPLES, Example, ExampleText
from marketing.models import Job, Variant

SOCIAL_POSTS = "social-posts"
SIGN_IN = "admin"
# Names become ids through this, so that every installation's examples have the same ones.
_EXAMPLES = uuid.UUID("6f1c7a52-3c0f-4f0e-9a53-0d9f2d0e5a11")
_PROVENANCE = {"example": True, "provider": "", "provider_name": "", "model": "", "attempts": []}


class Command(BaseCommand):
    help = "Creates the demonstration sign-in and example jobs; idempotent."

    def handle(self, *_args: Any, **_options: Any) -> None:
        owner = self._sign_in()
        made = sum(_load(example, owner) for example in EXAMPLES)
        self.stdout.write(f"Demonstration data: sign-in {SIGN_IN}, {made} new of {len(EXAMPLES)} example jobs")
        self.stdout.write(f"Whole campaigns: {demo_sets.load(owner)} new examples")
        finding.mend()
        self.stdout.write(f"Catalogue: {demo_catalogue.load()} new example entries")
        self.stdout.write(f"Campaigns: {demo_campaigns.load()} new example days")

    def _sign_in(self) -> Any:
        """The administrator. The password is written only when it differs: a new hash would end every session."""
        users = get_user_model()
        try:
            with transaction.atomic():
                owner, _made = users.objects.get_or_create(
                    username=SIGN_IN, defaults={"is_staff": True, "is_superuser": True}
                )
        except IntegrityError:
            # Another process made it in the same moment.
            owner = users.objects.get(username=SIGN_IN)
        if settings.DEMO_PASSWORD and not owner.check_password(settings.DEMO_PASSWORD):
            owner.set_password(settings.DEMO_PASSWORD)
            owner.save(update_fields=["password"])
        return owner


@transaction.atomic
def _load(example: Example, owner: Any) -> bool:
    """Store an example unless it is there; whether it was stored now."""
    job_id = uuid.uuid5(_EXAMPLES, example.name)
    if Job.objects.filter(pk=job_id).exists():
        return False
    kind = content_type(SOCIAL_POSTS)
    brief = kind.load_brief(example.brief)
    asked = timezone.now() - timedelta(days=example.days_ago)
    parts = len(kind.parts(brief))
    job = Job.objects.create(
        id=job_id,
        owner=owner,
        content_type=SOCIAL_POSTS,
        title=kind.headline(brief)[:200],
        brief=brief.model_dump(mode="json"),
        state=Job.State.DONE,
        parts_total=parts,
        parts_done=parts,
        created_at=asked,
        enqueued_at=asked,
        started_at=asked,
        finished_at=asked,
    )
    Variant.objects.bulk_create(_variant(job, text, asked) for text in example.texts)
    return True


def _variant(job: Job, text: ExampleText, asked: datetime) -> Variant:
    return Variant(
        root=job,
        job=job,
        platform=text.platform,
        position=text.position,
        language=job.brief["language"],
        title=text.title,
        text=text.text,
        original_title=text.title,
        original_text=text.text,
        grounding=grounding_of(job, text.title, text.text, {}),
        provenance=_PROVENANCE,
        created_at=asked,
        kept_at=asked if text.kept else None,
    )
