"""A worker's way through one job: ask a provider for each part, else compose it offline; store it under the claim."""

from __future__ import annotations

from concurrent.futures import CancelledError
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from marketing import jobs
from marketing.claims import grounding_of
from marketing.content import prompting
from marketing.content.base import ContentType, Part, Piece
from marketing.content.prompting import Prompt
from marketing.content.registry import content_type
from marketing.jobs import NoCapacityYetError
from marketing.models import Job, Variant
from marketing.prompts import in_use
from marketing.safety.personal import Mask
from marketing.steps import Step
from providers.errors import AnswerRejectedError, FallbackExhaustedError, ProviderError
from providers.orchestrator import Answer, BackgroundCall, Event, Exhausted, Task, Tried
from providers.types import Value

# Capacity that returns so soon is waited for in the call itself; for anything longer the worker does something else.
_PATIENCE_SECONDS = 3.0
_LONGEST_SLEEP = timedelta(days=1)
# Many jobs sleep until the same moment, and clocks differ.
_AFTER_THE_RESET = timedelta(seconds=1)


@dataclass(slots=True)
class Work:
    """One claimed job being done. The claim's token guards every write."""

    job: Job
    claim: jobs.Claim
    heartbeat: jobs.Heartbeat
    call: BackgroundCall[Any] | None = None
    stopped: bool = False
    kind: ContentType[Any] = field(init=False)
    brief: Any = field(init=False)
    mask: Mask = field(default_factory=Mask)
    # As they are when the work begins: a text is asked for and checked with one prompt.
    prompts: dict[tuple[str, str], Prompt] = field(default_factory=in_use)

    def __post_init__(self) -> None:
        self.kind = content_type(self.job.content_type)
        self.brief = self.kind.load_brief(self.job.brief)

    def run(self, parts: list[Part]) -> None:
        """Write the parts that are missing and end the job."""
        self.heartbeat.on_lost(self.stop)
        self.heartbeat.on_cancel(self.stop)
        try:
            with prompting.using(self.prompts):
                for part in parts:
                    if self.stopped:
                        break
                    self._write(part)
        except CancelledError:
            self.stopped = True
        except NoCapacityYetError as later:
            jobs.sleep(self.claim, later.until)
            return
        except ProviderError as error:
            failure = {"kind": error.kind, "detail": error.detail}
            if isinstance(error, Exhausted) and error.until:
                failure["until"] = error.until.isoformat()
            jobs.finish(self.claim, Job.State.FAILED, failure=failure)
            return
        # After a lost lease this changes nothing: the token is no longer ours.
        jobs.finish(self.claim, Job.State.CANCELLED if self.stopped else Job.State.DONE)

    def stop(self) -> None:
        """Leave the job at the next possible moment; called from the heartbeat's thread."""
        self.stopped = True
        if self.call:
            self.call.cancel()

    def _write(self, part: Part) -> None:
        try:
            answer = self._ask(part)
        except FallbackExhaustedError as exhausted:
            later = self._worth_waiting(exhausted)
            if later:
                raise NoCapacityYetError(later) from exhausted
            if not self.job.options.get("offline", True):
                raise
            self._store_offline(part, exhausted)
            return
        asked = prompting.prompt(self.kind.slug, part.language)
        provenance = {**_provenance(answer), "masked": self.mask.kinds}
        provenance["prompt"] = {"version": asked.version, "digest": asked.digest}
        self._store(part, answer.value, provenance=provenance)

    def _worth_waiting(self, exhausted: FallbackExhaustedError) -> datetime | None:
        """When to go on, if a limit makes room again before the person would rather have an offline draft."""
        until = exhausted.capacity_until if isinstance(exhausted, Exhausted) else None
        # Whoever names a deadline says how long a wait is welcome.
        latest = self.job.due_at or self.job.created_at + self._longest_wait()
        return max(until, timezone.now()) + _AFTER_THE_RESET if until and until < latest else None

    def _longest_wait(self) -> timedelta:
        """A person gets a draft in the end; a program that sits waiting is told the time at once, another one waits."""
        if self.job.options.get("offline", True):
            return timedelta(seconds=settings.CAPACITY_WAIT_SECONDS)
        return _LONGEST_SLEEP if self.job.options.get("background") else timedelta(0)

    def _ask(self, part: Part) -> Answer[tuple[Piece, ...]]:
        """A checked answer from the first provider that gives one. Raises ProviderError or CancelledError."""
        masked = bool(self.job.options.get("mask"))
        request = self.kind.request(self.mask.hide_in(self.brief) if masked else self.brief, part)

        def check(text: str, last_try: bool) -> tuple[Piece, ...]:  # noqa: FBT001 - the orchestrator's signature
            try:
                # The check may run in another thread, which knows nothing of ours.
                with prompting.using(self.prompts):
                    return self.kind.check(self.brief, part, self.mask.show(text), last_try=last_try)
            except AnswerRejectedError as rejected:
                if masked:
                    # The reason is told to the model, and may quote what was hidden from it.
                    raise AnswerRejectedError(self.mask.hide(rejected.detail)) from rejected
                raise

        # The local model is no answer here: its facts are unreliable. It may only enliven an offline draft.
        task = Task(
            feature=self.kind.slug,
            client_id=self.job.client_id,
            background=bool(self.job.options.get("background")),
            language=part.language,
            value=Value(self.job.value),
            patience_seconds=_PATIENCE_SECONDS,
            wanted=self.job.options.get("wanted", ""),
        )
        call = BackgroundCall(task, request, check)
        self.call = call
        if self.stopped:
            call.cancel()
        for event in call.events():
            self._note(part, event)
        return call.result()

    def _note(self, part: Part, event: Event) -> None:
        jobs.note(
            self.claim,
            Step(
                kind=event.happening.value,
                part=part.platform,
                provider=event.provider,
                model=event.model_id,
                reason=event.reason,
                until=event.until.isoformat() if event.until else "",
            ),
        )

    def _store_offline(self, part: Part, exhausted: FallbackExhaustedError) -> None:
        """Compose the part from the brief's facts; the local model may add English wording that passes the checks."""
        tried = exhausted.tried if isinstance(exhausted, Exhausted) else ()
        until = exhausted.until if isinstance(exhausted, Exhausted) else None
        jobs.note(self.claim, Step(kind="offline", part=part.platform, until=until.isoformat() if until else ""))
        drafts = self.kind.offline(self.brief, self._unused(part))
        provenance: dict[str, Any] = {"provider": "", "provider_name": "", "attempts": [_told(one) for one in tried]}
        wording = self.kind.wording_request(self.brief, part)
        if wording:
            call = BackgroundCall(
                Task(feature=f"{self.kind.slug} wording", on_this_machine=True), wording, lambda text, _last: text
            )
            self.call = call
            try:
                answer = call.result()
            except ProviderError:
                # The templates are the floor; without the model they stand as they are.
                pass
            else:
                enlivened = self.kind.enliven(self.brief, part, drafts, answer.value)
                if enlivened != drafts:
                    drafts, provenance["model"] = enlivened, answer.result.model_id
        self._store(part, drafts, provenance=provenance, offline=True)

    def _unused(self, part: Part) -> Part:
        """The part with a position that no draft was composed for: a position always brings the same draft."""
        replaced = self.job.regenerates
        if not replaced:
            return part
        written = Variant.objects.filter(root_id=replaced.root_id, platform=part.platform).count()
        return Part(part.platform, part.language, (written + 1,))

    def _store(
        self, part: Part, pieces: tuple[Piece, ...], *, provenance: dict[str, Any], offline: bool = False
    ) -> None:
        """Store a part and count it, if the claim still holds: both or neither."""
        with transaction.atomic():
            written = jobs.note(self.claim, Step(kind="written", part=part.platform), parts_done=F("parts_done") + 1)
            if not written:
                self.stopped = True
                return
            replaced = self.job.regenerates
            for position, piece in zip(part.positions, pieces, strict=True):
                fields = {name: list(values) for name, values in piece.fields.items()}
                variant = Variant.objects.create(
                    root_id=replaced.root_id if replaced else self.job.pk,
                    job=self.job,
                    platform=part.platform,
                    position=position,
                    language=part.language,
                    title=piece.title,
                    text=piece.text,
                    original_title=piece.title,
                    original_text=piece.text,
                    fields=fields,
                    original_fields=fields,
                    grounding=grounding_of(self.job, piece.title, piece.text, fields),
                    offline=offline,
                    notes=list(piece.notes),
                    provenance=provenance,
                )
                if replaced:
                    Variant.objects.filter(pk=replaced.pk).update(replaced_by=variant)


def _told(tried: Tried) -> dict[str, Any]:
    told = asdict(tried)
    told["model"] = told.pop("model_id")
    return told


def _provenance(answer: Answer[Any]) -> dict[str, Any]:
    """Who wrote it, in the form that is stored beside the text."""
    usage = answer.result.usage
    return {
        "request_id": str(answer.request_id),
        "provider": answer.provider,
        "provider_name": answer.provider_name,
        "model": answer.result.model_id,
        "latency_ms": sum(one.latency_ms for one in answer.tried),
        "prompt_tokens": usage.prompt_tokens,
        "completion_tokens": usage.completion_tokens,
        "estimated": usage.estimated,
        "attempts": [_told(one) for one in answer.tried],
    }
