"""Storing an export file's rows batch by batch; a takeover reads on behind the last stored one."""

from __future__ import annotations

import itertools
from typing import Any

from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from marketing.campaigns import accepting, reading
from marketing.campaigns.storing import Storing, Told, pieces_of
from marketing.longwork.base import LongWork, Progress
from marketing.models import CampaignFile, CampaignFilePiece, Job

BATCH = 1000
# So many left out rows are told one by one; the sums count all of them.
MOST_TOLD = 1000


class CampaignImport(LongWork):
    """`brief` has the `file`'s number, its `shape` and the `choices`; the result is the sums and the rows left out."""

    slug = "campaign-import"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Store the rows in batches, each with its report or not at all."""
        file = CampaignFile.objects.filter(pk=job.brief["file"]).first()
        if file is None:
            raise ValueError("The file is no longer here. Import it again.")
        shape = reading.Shape(**{**job.brief["shape"], "headings": tuple(job.brief["shape"]["headings"])})
        choices = reading.Choices.of(job.brief["choices"])
        storing = Storing(choices.source, file.pk)
        at = job.checkpoint.get("line", 0)
        told = Told(dict(job.checkpoint.get("counts", {})), [tuple(one) for one in job.checkpoint.get("left_out", [])])
        rows = (row for row in reading.rows(pieces_of(file), shape, choices) if row.line > at)
        try:
            while batch := list(itertools.islice(rows, BATCH)):
                with transaction.atomic():
                    _add(told, storing.store(batch))
                    kept = {"line": batch[-1].line, "counts": told.counts, "left_out": told.left_out}
                    progress.report(min(batch[-1].line, file.lines), total=max(1, file.lines), checkpoint=kept)
        except reading.UnreadableError as fault:
            raise ValueError("The file breaks off: behind the last stored row it is no table.") from fault
        with transaction.atomic():
            file.imported_at = timezone.now()
            file.save(update_fields=["imported_at"])
            # The rows are stored; what is kept of the file is its name and digest.
            CampaignFilePiece.objects.filter(file=file).delete()
        accepting.judge()
        return {"counts": told.counts, "left_out": told.left_out}

    def result_url(self, job: Job) -> str:
        """The report."""
        return reverse("campaign_import_report", args=[job.pk])


def _add(told: Told, batch: Told) -> None:
    for outcome, number in batch.counts.items():
        told.count(outcome, number)
    told.left_out += batch.left_out[: max(0, MOST_TOLD - len(told.left_out))]
