"""Checking every release or book of the catalogue against the metadata rules."""

from __future__ import annotations

from collections import Counter
from typing import Any, ClassVar

from django.urls import reverse

from marketing import records
from marketing.longwork.base import LongWork, Progress
from marketing.metadata import checking
from marketing.metadata.rules import Destination
from marketing.models import Job

_AT_ONCE = 100
# As many of the worst entries as a page can show.
_MOST_SHOWN = 500


class CatalogueCheck(LongWork):
    """Entry by entry; the result has the counts of all and the worst entries by name."""

    slug: ClassVar[str] = "catalogue-check"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Check in slices; a takeover goes on behind the last one."""
        kind, destination = job.brief["kind"], job.brief.get("destination")
        rules = records.RULES_OF[kind]
        model = records.KINDS[kind]
        context = records.known(rules)
        state = {"after": 0, "checked": 0, "ready": 0, "rules": {}, "rows": [], **job.checkpoint}
        counts: Counter[str] = Counter(state["rules"])
        while entries := list(model.objects.filter(pk__gt=state["after"]).order_by("pk")[:_AT_ONCE]):
            for entry in entries:
                wanted = Destination(destination) if destination else None
                report = checking.check(rules, records.record_of(entry), context, wanted)
                counts.update(report.rule_ids)
                state["ready"] += report.is_ready
                if report.findings:
                    state["rows"].append([entry.pk, str(entry), report.score, report.rule_ids[:8]])
            state["after"] = entries[-1].pk
            state["checked"] += len(entries)
            state["rules"] = dict(counts)
            state["rows"] = sorted(state["rows"], key=lambda row: row[2])[:_MOST_SHOWN]
            progress.report(state["checked"], checkpoint=state)
        return {
            "checked": state["checked"],
            "ready": state["ready"],
            "rules": counts.most_common(),
            "rows": state["rows"],
        }

    def result_url(self, job: Job) -> str:
        """The list of what was found."""
        return reverse("check_report", args=[job.pk])
