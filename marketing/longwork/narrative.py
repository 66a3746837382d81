"""A model's words about figures: asked for, held against them, asked again; the template speaks where none pass."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.urls import reverse

from marketing import jobs
from marketing.longwork.base import LongWork, Progress
from marketing.models import Job, Narrative
from marketing.narrating import asking
from marketing.narrating.sayable import Sayable
from providers.errors import FallbackExhaustedError, ProviderError
from providers.orchestrator import Answer, BackgroundCall, Exhausted, Task

# A place asks again once by itself, so everybody is asked again twice or more before the template speaks.
_ROUNDS = 2


class NarrativeWork(LongWork):
    """`brief` has the `offered` figures, the `language` and the page to go `back` to."""

    slug = "narrative"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Ask; the result says who wrote it, or why the template speaks."""
        offered = {name: Sayable(**one) for name, one in job.brief["offered"].items()}
        language = job.brief["language"]
        found = _asked(offered, language)
        if isinstance(found, dict):
            progress.report(1, total=1)
            return found
        provenance = {"provider": found.provider_name, "model": found.result.model_id, "prompt": asking.VERSION}
        Narrative.objects.update_or_create(
            digest=asking.digest_of(offered),
            language=language,
            defaults={"sentences": list(found.value), "provenance": provenance},
        )
        progress.report(1, total=1)
        return provenance

    def result_url(self, job: Job) -> str:
        """The page with the figures."""
        back: str = job.brief.get("back") or reverse("campaigns")
        return back


def _asked(offered: dict[str, Sayable], language: str) -> Answer[tuple[str, ...]] | dict[str, Any]:
    """The sentences, or why nobody's pass. Raises NoCapacityYetError where waiting helps."""

    def check(text: str, _last: bool) -> tuple[str, ...]:  # noqa: FBT001 - the orchestrator's signature
        return asking.check(text, offered, language)

    told: dict[str, Any] = {}
    for _round in range(_ROUNDS):
        task = Task(feature="narrative", language=language)
        try:
            return BackgroundCall(task, asking.request(offered, language), check).result()
        except FallbackExhaustedError as exhausted:
            tried = exhausted.tried if isinstance(exhausted, Exhausted) else ()
            if isinstance(exhausted, Exhausted) and exhausted.capacity_until and not tried:
                raise jobs.NoCapacityYetError(exhausted.capacity_until) from exhausted
            told = {"failure": exhausted.kind, "attempts": [asdict(one) for one in tried]}
            if not any(one.error == "AnswerRejected" for one in tried):
                break
        except ProviderError as error:
            return {"failure": error.kind, "attempts": []}
    return told
