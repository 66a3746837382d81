"""Storing an uploaded table row by row; a takeover goes on behind the last stored batch."""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from typing import Any

from django.db import transaction
from django.urls import reverse

from marketing import importing
from marketing.longwork.base import LongWork, Progress
from marketing.models import Job

BATCH = 100


class CatalogueImport(LongWork):
    """`brief` has the `kind` of the entries and the `rows`; the result is a line for each row and the sums."""

    slug = "catalogue-import"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Store the rows in batches, each with its report or not at all."""
        rows, kind = job.brief["rows"], job.brief["kind"]
        told: list[Any] = list(job.checkpoint.get("told", []))
        while len(told) < len(rows):
            with transaction.atomic():
                batch = importing.store(rows[len(told) : len(told) + BATCH], kind)
                told += [list(astuple(verdict)) for verdict in batch]
                progress.report(len(told), total=len(rows), checkpoint={"told": told})
        return {"told": told, "counts": Counter(outcome for _line, _name, outcome, _code, _column in told)}

    def result_url(self, job: Job) -> str:
        """The report."""
        return reverse("catalogue_import_report", args=[job.pk])
