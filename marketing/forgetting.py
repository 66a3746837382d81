"""Which work is old enough to be thrown away, and what of a person's own goes with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Exists, OuterRef, Q, QuerySet

from marketing.models import Brief, CalendarAddress, Favourite, Job, Variant

_WANTED = Q(kept_at__isnull=False) | Q(review__isnull=False) | Q(planned__isnull=False)


def old_drafts(before: datetime) -> QuerySet[Job]:
    """Finished work that began before this and of which nobody kept, submitted or planned a text."""
    wanted = Variant.objects.filter(_WANTED)
    return Job.objects.filter(
        ~Exists(wanted.filter(root=OuterRef("pk"))),
        ~Exists(wanted.filter(job=OuterRef("pk"))),
        created_at__lt=before,
        finished_at__isnull=False,
    )


def private_rows(person: AbstractBaseUser) -> dict[str, QuerySet[Any]]:
    """What is nobody's but this person's, by its name: open briefs, the secret calendar address and favourites."""
    return {
        "open briefs": Brief.objects.filter(owner=person.pk),
        "calendar addresses": CalendarAddress.objects.filter(owner=person.pk),
        "favourites": Favourite.objects.filter(owner=person.pk),
    }


def work_of(person: AbstractBaseUser) -> dict[str, int]:
    """What a person made for the house, which stays, counted by its name."""
    jobs = Job.objects.filter(owner=person.pk)
    return {"jobs": jobs.count(), "texts": Variant.objects.filter(root__in=jobs).count()}
