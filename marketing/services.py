"""The product's verbs. They own the transactions; a view or a task only calls them."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone

from marketing import jobs, judging
from marketing.claims import grounding_of
from marketing.content.base import Part
from marketing.content.registry import content_type
from marketing.longwork.base import LongWork, Progress, StoppedError
from marketing.longwork.registry import long_work
from marketing.models import Brief, BriefSet, Comparison, Job, Variant
from marketing.promoting import enriched
from marketing.urgency import bounded
from marketing.work import Work
from providers.types import Value

# The columns that a person's edit may change.
_EDITED = ["title", "text", "fields", "grounding", "edited_at"]


def save_brief(owner: AbstractBaseUser, slug: str, data: dict[str, Any]) -> Brief:
    """Keep a form as it was typed, valid or not."""
    brief, _created = Brief.objects.update_or_create(owner_id=owner.pk, content_type=slug, defaults={"data": data})
    return brief


def open_brief(owner: AbstractBaseUser, slug: str) -> dict[str, Any]:
    """What its author typed last, or nothing."""
    brief = Brief.objects.filter(owner_id=owner.pk, content_type=slug).first()
    return dict(brief.data) if brief else {}


@dataclass(frozen=True, slots=True)
class Options:
    """How a job is to be done. `offline`: whether a draft composed here is a welcome answer when nobody else gives one.

    `background`: nobody sits waiting for it. `mask`: personal data is replaced before a text leaves the house.
    `value`: how good a model it deserves. `due_at`: until then it may wait for capacity; it then is background work.
    `wanted`: the one place that may write it, as `provider/model`.
    """

    offline: bool = True
    background: bool = False
    mask: bool = False
    value: Value = Value.NORMAL
    due_at: datetime | None = None
    wanted: str = ""

    def columns(self) -> dict[str, Any]:
        """The options as a job's columns."""
        kept = asdict(self)
        value, due_at = kept.pop("value"), bounded(kept.pop("due_at"))
        kept["background"] = self.background or due_at is not None
        if not self.wanted:
            del kept["wanted"]
        return {"options": kept, "value": value, "due_at": due_at}


@dataclass(frozen=True, slots=True)
class Asker:
    """Whose job it is: a person's or a client's; exactly one of them."""

    person_id: int | None = None
    client_id: int | None = None

    @property
    def mark(self) -> str:
        """The asker in one word."""
        return f"client:{self.client_id}" if self.client_id else f"person:{self.person_id}"


def request_generation(
    owner: AbstractBaseUser | Asker,
    slug: str,
    brief: dict[str, Any],
    options: Options = Options(),
    *,
    part_of: BriefSet | None = None,
    compared_in: Comparison | None = None,
) -> Job:
    """Store a job for this brief and wake a worker after commit. Raises pydantic's ValidationError."""
    kind = content_type(slug)
    checked = kind.load_brief(enriched(brief))
    return make_job(
        owner if isinstance(owner, Asker) else Asker(person_id=owner.pk),
        content_type=slug,
        title=kind.headline(checked)[:200],
        brief=checked.model_dump(mode="json"),
        **options.columns(),
        brief_set=part_of,
        comparison=compared_in,
        parts_total=len(kind.parts(checked)),
    )


@transaction.atomic
def make_job(asker: Asker, **fields: Any) -> Job:
    """Store a job and wake a worker after commit."""
    job = Job.objects.create(owner_id=asker.person_id, client_id=asker.client_id, **fields)
    jobs.enqueue(job)
    return job


@transaction.atomic
def regenerate(variant: Variant) -> Job:
    """Ask for one variant anew; the old one stays until the new one is there. A request under way is returned."""
    running = (
        Job.objects.select_for_update()
        .filter(regenerates=variant, state__in=[Job.State.WAITING, Job.State.RUNNING])
        .first()
    )
    if running:
        return running
    judging.discarded(variant)
    return make_job(
        Asker(variant.root.owner_id, variant.root.client_id),
        content_type=variant.root.content_type,
        title=variant.root.title,
        brief=variant.root.brief,
        options=variant.root.options,
        value=variant.root.value,
        regenerates=variant,
    )


def edit_variant(variant: Variant, *, title: str, text: str, fields: dict[str, list[str]] | None = None) -> Variant:
    """Store what a person made of a variant; the provider's own words stay beside it."""
    variant.title, variant.text, variant.edited_at = title, text, timezone.now()
    variant.fields = variant.fields if fields is None else fields
    variant.grounding = grounding_of(variant.root, title, text, variant.fields, variant.grounding)
    variant.save(update_fields=_EDITED)
    if variant.kept_at:
        judging.kept(variant)
    return variant


def keep_variant(variant: Variant, *, keep: bool) -> Variant:
    """Put a variant into the library, or take it out."""
    variant.kept_at = timezone.now() if keep else None
    variant.save(update_fields=["kept_at"])
    if keep:
        judging.kept(variant)
    else:
        judging.undecided(variant)
    return variant


def cancel(job: Job) -> bool:
    """Stop a job; False when it had already ended."""
    return jobs.request_cancel(job.pk)


def retry(job: Job) -> bool:
    """Run a failed or cancelled job again; what it had finished stays. False when there is nothing to retry."""
    return jobs.retry(job)


def place_cards(job: Job) -> list[tuple[str, list[Variant]]]:
    """The variants that stand on a job's page now, by platform in the order of the brief."""
    current: dict[str, list[Variant]] = {}
    for variant in job.variants.filter(replaced_by=None).select_related("root", "review").order_by("position"):
        current.setdefault(variant.platform, []).append(variant)
    kind = content_type(job.content_type)
    order = [part.platform for part in kind.parts(kind.load_brief(job.brief))]
    return [(platform, current[platform]) for platform in order if platform in current]


def open_parts(job: Job) -> list[Part]:
    """The parts of a job that nobody has written yet."""
    kind = content_type(job.content_type)
    parts = kind.parts(kind.load_brief(job.brief))
    if job.regenerates:
        wanted = job.regenerates
        parts = tuple(
            Part(part.platform, part.language, (wanted.position,)) for part in parts if part.platform == wanted.platform
        )
    written = set(Variant.objects.filter(job=job).values_list("platform", flat=True))
    return [part for part in parts if part.platform not in written]


def run_job(claim: jobs.Claim, heartbeat: jobs.Heartbeat) -> None:
    """Do a claimed job part by part; each finished part is stored at once, so a takeover repeats none."""
    job = Job.objects.select_related("regenerates").get(pk=claim.job_id)
    kind = long_work(job.content_type)
    if kind:
        _run_long(kind, job, claim, heartbeat)
    else:
        Work(job, claim, heartbeat).run(open_parts(job))


def request_long_work(
    owner: AbstractBaseUser | Asker, slug: str, title: str, brief: dict[str, Any], *, total: int = 1
) -> Job:
    """Store a job for a kind of long work and wake a worker after commit. `total` is how many parts it counts."""
    asker = owner if isinstance(owner, Asker) else Asker(person_id=owner.pk)
    return make_job(asker, content_type=slug, title=title[:200], brief=brief, parts_total=max(1, total))


def _run_long(kind: LongWork, job: Job, claim: jobs.Claim, heartbeat: jobs.Heartbeat) -> None:
    progress = Progress(claim)
    heartbeat.on_lost(progress.stop)
    heartbeat.on_cancel(progress.stop)
    try:
        result = kind.run(job, progress)
    except StoppedError:
        jobs.finish(claim, Job.State.CANCELLED)
    except jobs.NoCapacityYetError as later:
        jobs.sleep(claim, later.until)
    except ValueError as error:
        jobs.finish(claim, Job.State.FAILED, failure={"kind": "BadInput", "detail": str(error)})
    else:
        jobs.finish(claim, Job.State.DONE, result=result)
