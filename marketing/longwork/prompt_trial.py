"""A changed prompt and the one in use, each asked with the same stored briefs."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, ClassVar

from django.urls import reverse

from marketing import jobs
from marketing.content import prompting
from marketing.content.base import ContentType, Part, Piece
from marketing.content.grounding import ground, open_claims
from marketing.content.prompting import Prompt
from marketing.content.registry import content_type
from marketing.longwork.base import LongWork, Progress
from marketing.models import ChangedPrompt, Job
from providers.errors import FallbackExhaustedError, ProviderError
from providers.orchestrator import BackgroundCall, Exhausted, Task


class PromptTrial(LongWork):
    """`brief` has the `prompt`'s number and the stored `jobs`; the result is a row a brief, with an answer a side."""

    slug: ClassVar[str] = "prompt-trial"

    def run(self, job: Job, progress: Progress) -> dict[str, Any]:
        """Ask side by side, brief by brief; a takeover goes on behind the last answer."""
        changed = ChangedPrompt.objects.filter(pk=job.brief["prompt"]).first()
        if changed is None:
            raise ValueError("The changed prompt is no longer here. Write it again.")
        kind, language = content_type(changed.content_type), changed.language
        sides = {
            "before": prompting.changed(kind.slug, language, changed.base, "before"),
            "after": prompting.changed(kind.slug, language, changed.text, changed.version),
        }
        rows: list[dict[str, Any]] = list(job.checkpoint.get("rows", []))
        asked = Job.objects.in_bulk(job.brief["jobs"])
        wanted = [(number, side) for number in job.brief["jobs"] for side in sides]
        for number, side in wanted[len(rows) :]:
            stored = next((one for pk, one in asked.items() if str(pk) == number), None)
            row = {"job": number, "side": side, **(_answer(kind, stored, sides[side]) if stored else {})}
            rows.append(row)
            progress.report(len(rows), total=len(wanted), checkpoint={"rows": rows})
        return {"rows": rows}

    def result_url(self, job: Job) -> str:
        """The page with both sides."""
        return reverse("prompt_change", args=[job.brief["prompt"]])


def _answer(kind: ContentType[Any], stored: Job, with_: Prompt) -> dict[str, Any]:
    """What the first platform of a stored brief gets with a prompt: one text, or why there is none."""
    brief = kind.load_brief(stored.brief)
    first = kind.parts(brief)[0]
    part = Part(first.platform, first.language, (1,))
    with prompting.using({(kind.slug, part.language): with_}):

        def check(text: str, last_try: bool) -> tuple[Piece, ...]:  # noqa: FBT001 - the orchestrator's signature
            # The check runs beside us, where the prompt in use is another one.
            with prompting.using({(kind.slug, part.language): with_}):
                return kind.check(brief, part, text, last_try=last_try)

        task = Task(feature=kind.slug, background=True, language=part.language)
        call = BackgroundCall(task, kind.request(brief, part), check)
        told = {"title": stored.title, "platform": part.platform}
        try:
            answer = call.result()
        except FallbackExhaustedError as exhausted:
            if isinstance(exhausted, Exhausted) and exhausted.capacity_until:
                raise jobs.NoCapacityYetError(exhausted.capacity_until) from exhausted
            tried = exhausted.tried if isinstance(exhausted, Exhausted) else ()
            attempts = [{**asdict(one), "model": one.model_id} for one in tried]
            return {**told, "failure": exhausted.kind, "attempts": attempts}
        except ProviderError as error:
            return {**told, "failure": error.kind, "attempts": []}
    (piece,) = answer.value
    fields = {name: list(values) for name, values in piece.fields.items()}
    record = ground(kind.blocks(piece.title, piece.text, fields), kind.sources(brief))
    return {
        **told,
        "text": f"{piece.title}\n\n{piece.text}" if piece.title and not fields else piece.text,
        "provider": answer.provider_name,
        "model": answer.result.model_id,
        "tries": len(answer.tried),
        "open": len(open_claims(record)),
        "prompt": with_.digest,
    }
