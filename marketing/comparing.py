"""Blind comparisons: two models write one brief, somebody chooses without names, and routing learns from it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace

from django.contrib.auth.models import AbstractBaseUser
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from marketing import services
from marketing.campaigns.rates import Estimate, wilson
from marketing.content.registry import content_type
from marketing.models import Comparison, Job
from marketing.promoting import enriched
from marketing.services import Options
from providers import orchestrator
from providers.orchestrator import Task

Choice = Comparison.Choice
# What people may answer; each with what it says of the first and of the second.
SCORES: dict[str, tuple[float, float]] = {
    Choice.FIRST.value: (1.0, 0.0),
    Choice.SECOND.value: (0.0, 1.0),
    Choice.BOTH.value: (1.0, 1.0),
    Choice.NEITHER.value: (0.0, 0.0),
}
_PLANNING_SECONDS = 10.0
_RIVALS = 2


class NoRivalsError(Exception):
    """There are no two models that could be compared now; `count` is how many there are."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} models")
        self.count = count

    @property
    def advice(self) -> str:
        """What to do, for people."""
        if self.count:
            return _("Only one model can write this now, so there is nothing to compare. Send the brief as usual.")
        return _("No model can write this now. Send the brief as usual: you get an offline draft, or it waits.")


def compare(owner: AbstractBaseUser, slug: str, brief: dict[str, object], options: Options) -> Comparison:
    """Have the two models that routing would ask first write this brief, in an order that chance draws.

    Raises NoRivalsError, and pydantic's ValidationError.
    """
    kind = content_type(slug)
    checked = kind.load_brief(enriched(brief))
    part = kind.parts(checked)[0]
    task = Task(feature=slug, language=part.language, value=options.value)
    found = orchestrator.run(orchestrator.rivals(task, kind.request(checked, part)), seconds=_PLANNING_SECONDS)
    if len(found) < _RIVALS:
        raise NoRivalsError(len(found))
    first, second = secrets.SystemRandom().sample(found, k=_RIVALS)
    with transaction.atomic():
        made = Comparison.objects.create(
            owner_id=owner.pk,
            title=kind.headline(checked)[:200],
            content_type=slug,
            language=part.language,
            first=first,
            second=second,
        )
        for wanted in (first, second):
            # An offline draft has no author to compare.
            alone = replace(options, offline=False, wanted=wanted)
            services.request_generation(owner, slug, brief, alone, compared_in=made)
    return made


def sides(comparison: Comparison) -> tuple[Job | None, Job | None]:
    """The jobs of the first and the second; None where one is forgotten by now."""
    by_place = {job.options.get("wanted"): job for job in comparison.jobs.filter(regenerates=None)}
    return by_place.get(comparison.first), by_place.get(comparison.second)


def is_covered(comparison: Comparison) -> bool:
    """Whether the names must stay hidden. One that cannot be decided any more is opened here, as void."""
    if comparison.choice:
        return False
    both = sides(comparison)
    # Without all its texts a side cannot be judged; of two that are under way nobody knows yet.
    lost = any(job is None or (job.is_finished and job.state != Job.State.DONE) for job in both)
    ended = all(job is None or job.is_finished for job in both)
    if lost and ended:
        _decide(comparison, Choice.VOID.value)
    return not comparison.choice


def can_choose(comparison: Comparison) -> bool:
    """Whether both are there and nobody has chosen."""
    return not comparison.choice and all(job and job.state == Job.State.DONE for job in sides(comparison))


def choose(comparison: Comparison, choice: str) -> bool:
    """Note who won and tell routing; False when it was decided before, or cannot be yet. Raises KeyError."""
    scores = SCORES[choice]
    if not can_choose(comparison):
        return False
    with transaction.atomic():
        if not _decide(comparison, choice):
            return False
        for name, place, score in zip(("first", "second"), (comparison.first, comparison.second), scores, strict=True):
            provider, _slash, model_id = place.partition("/")
            orchestrator.rate(
                f"comparison:{comparison.pk}:{name}",
                provider=provider,
                model_id=model_id,
                feature=comparison.content_type,
                language=comparison.language,
                score=score,
            )
    return True


def _decide(comparison: Comparison, choice: str) -> bool:
    # The condition stands in the UPDATE: of two tabs the first one counts.
    found = Comparison.objects.filter(pk=comparison.pk, choice=Choice.OPEN)
    decided = bool(found.update(choice=choice, decided_at=timezone.now()))
    comparison.refresh_from_db()
    return decided


@dataclass(slots=True)
class Standing:
    """How one model did at one kind of text."""

    content_type: str
    place: str
    wins: int = 0
    losses: int = 0
    ties: int = 0

    @property
    def share(self) -> Estimate | None:
        """The share of won among decided comparisons, with Wilson's interval at 95 %; None without any."""
        return wilson(self.wins, self.wins + self.losses, 0.95)


def standings(decided: Iterable[Comparison]) -> list[Standing]:
    """Every model that was compared, by kind of text, the one with most wins first; void ones do not count."""
    found: dict[tuple[str, str], Standing] = {}
    for one in decided:
        if one.choice not in SCORES:
            continue
        mine, theirs = SCORES[one.choice]
        for place, own, other in ((one.first, mine, theirs), (one.second, theirs, mine)):
            row = found.setdefault((one.content_type, place), Standing(one.content_type, place))
            row.wins += own > other
            row.losses += own < other
            row.ties += own == other
    return sorted(found.values(), key=lambda row: (row.content_type, -row.wins, row.losses, row.place))
