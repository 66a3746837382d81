"""Storing a file of whole records part by part; a takeover goes on behind the last stored one."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import Any, ClassVar

from django.db import transaction
from django.urls import reverse

from marketing.exchange import storing
from marketing.longwork.base import LongWork, Progress
from marketing.models import Job, RecordFile

# So many records that have something to tell are told one by one; the sums count all.
MOST_TOLD = 1000


class RecordsImport(LongWork):
    """`brief` has the `file`'s number, `form` and `kind`; the result is the sums and what there is to tell."""

    slug: ClassVar[str] = "records-import"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Store the records in parts, each with its report or not at all."""
        file = RecordFile.objects.filter(pk=job.brief["file"]).first()
        if file is None:
            raise ValueError("The file is no longer here. Import it again.")
        state = {"part": 0, "done": 0, "counts": {}, "rules": {}, "told": [], **job.checkpoint}
        counts, rules = Counter[str](state["counts"]), Counter[str](state["rules"])
        for position, entries in storing.batches(file, state["part"]):
            with transaction.atomic():
                verdicts = storing.judge(file.kind, file.form, entries, store=True)
                counts.update(one.outcome for one in verdicts)
                rules.update(rule for one in verdicts for rule in one.rules)
                state["told"] = _told([*state["told"], *(asdict(one) for one in verdicts)])
                state |= {"part": position + 1, "done": state["done"] + len(entries)}
                state |= {"counts": dict(counts), "rules": dict(rules)}
                progress.report(state["done"], total=file.records, checkpoint=state)
        with transaction.atomic():
            storing.finish(file)
        return {"counts": dict(counts), "rules": rules.most_common(), "told": state["told"]}

    def result_url(self, job: Job) -> str:
        """The report."""
        return reverse("record_import_report", args=[job.pk])


def _told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first of each outcome where there are too many: those left out before all others."""
    if len(rows) <= MOST_TOLD:
        return rows
    order = {"wrong": 0, "changed": 1, "new": 2, "same": 3}
    return sorted(rows, key=lambda row: order[row["outcome"]])[:MOST_TOLD]
