"""Suggestions for one record of the catalogue, or for one that a program sent."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import transaction
from django.urls import reverse
from django.utils.translation import gettext as _

from marketing import records
from marketing.longwork.base import LongWork, Progress
from marketing.models import Job
from marketing.suggesting import propose
from marketing.suggesting.deciding import store


class MetadataSuggestions(LongWork):
    """`brief` has the `kind`, the `language` of the reasons, and the entry's `number` or a `record` of its own."""

    slug: ClassVar[str] = "metadata-suggestions"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Ask, check and store; a record without an entry is only answered."""
        kind, language = job.brief["kind"], job.brief["language"]
        number = job.brief.get("number")
        entry = records.KINDS[kind].objects.filter(pk=number).first() if number else None
        if number and entry is None:
            raise ValueError(_("The entry is no longer in the catalogue."))
        record = records.record_of(entry) if entry else job.brief["record"]
        context = records.known(records.RULES_OF[kind])
        found = propose(kind, record, language, context=context, client_id=job.client_id)
        with transaction.atomic():
            progress.report(1, total=1)
            if entry:
                store(entry, job, found, language)
        return found.as_json()

    def result_url(self, job: Job) -> str:
        """The entry's page of suggestions."""
        number = job.brief.get("number")
        return reverse("suggestions", args=[job.brief["kind"], number]) if number else reverse("start")
