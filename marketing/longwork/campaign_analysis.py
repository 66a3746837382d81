"""An analysis of campaigns that nobody waits for."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from marketing.longwork.base import LongWork, Progress
from marketing.models import Job
from marketing.narrating.answering import answer_of


class CampaignAnalysis(LongWork):
    """`brief` has `what` to analyse, the `rows` and what else it takes."""

    slug = "campaign-analysis"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Compute it; the result is what the operation would have answered."""
        found = answer_of(job.brief)
        progress.report(1, total=1)
        return found

    def result_url(self, job: Job) -> str:  # noqa: ARG002 - the base's signature
        """The campaigns."""
        return reverse("campaigns")
