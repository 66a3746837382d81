"""What the templates show of a job and its variants, gathered with few queries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from marketing import mailing, services, wording
from marketing.content.measure import Measure, fold, measure
from marketing.content.places import Place as Somewhere
from marketing.content.places import place
from marketing.content.places import places as everywhere
from marketing.content.platforms import Platform
from marketing.content.registry import content_type
from marketing.marks import Marks, marks_of
from marketing.models import Job, Review, Variant
from marketing.sheet_shown import SheetShown, sheet_shown

# The latest steps that an unfinished card shows; the older ones wait behind a fold.
SHOWN_STEPS = 6


@dataclass(frozen=True, slots=True)
class VariantCard:
    """One variant as its platform would show it. `regeneration` is the newest request for another text, if any.

    A post has a `measure`, a text with several fields a `sheet` instead.
    """

    variant: Variant
    platform: Somewhere
    measure: Measure | None
    visible: str
    hidden: str
    regeneration: Job | None = None
    sheet: SheetShown | None = None

    @property
    def marks(self) -> Marks:
        """What it claims, and what bears that out."""
        return marks_of(self.variant.grounding, strict=content_type(self.variant.root.content_type).strict)

    @property
    def review_state(self) -> str:
        """Where it stands between author and approver; empty when nobody asked."""
        review = getattr(self.variant, "review", None)
        return review.state if review else ""

    @property
    def review_words(self) -> str:
        """The same for people."""
        return str(Review.State(self.review_state).label) if self.review_state else ""

    @property
    def plain(self) -> str:
        """All of it for copying."""
        if self.sheet:
            return self.sheet.plain
        return f"{self.variant.title}\n\n{self.variant.text}" if self.variant.title else self.variant.text

    @property
    def kept_back(self) -> bool:
        """Whether it may not go out as it stands: an ad with an open claim, or one that its tool would refuse."""
        return self.marks.blocks or (self.over and bool(self.sheet and self.sheet.is_ad))

    @property
    def files(self) -> list[tuple[str, str | Promise]]:
        """The files it can be taken away in, each with its label; none while something keeps it back."""
        if self.sheet is None or self.kept_back:
            return []
        if self.sheet.is_mail:
            return list(mailing.TOOLS.items())
        return [("csv", _("As CSV"))] if self.sheet.is_ad else []

    @property
    def mail_faults(self) -> list[str]:
        """What keeps an e-mail from arriving well."""
        return mailing.faults(self.variant) if self.sheet and self.sheet.is_mail else []

    @property
    def over(self) -> bool:
        """Whether its place would refuse it."""
        return self.sheet.measure.over if self.sheet else bool(self.measure and self.measure.over)

    @property
    def example(self) -> bool:
        """Whether the text came with the demonstration data."""
        return bool(self.variant.provenance.get("example"))

    @property
    def notes(self) -> list[str]:
        """What was mended on the way."""
        return [wording.note(code) for code in self.variant.notes]

    @property
    def warnings(self) -> list[str]:
        """What the platform will make of it; the fold shows itself."""
        warnings = self.measure.warnings if self.measure else ()
        return [wording.warning(warn) for warn in warnings if warn.code != "folded"]

    @property
    def provenance(self) -> str:
        """Who wrote it, in one line."""
        return wording.provenance_line(self.variant.provenance, offline=self.variant.offline)

    @property
    def attempts(self) -> list[str]:
        """Each attempt behind it."""
        return wording.attempt_lines(self.variant.provenance)

    @property
    def hidden_data(self) -> str:
        """What the provider was not shown."""
        return wording.hidden_line(self.variant.provenance)

    @property
    def prompt(self) -> str:
        """Which prompt asked for it."""
        return wording.prompt_line(self.variant.provenance)

    @property
    def excess(self) -> int:
        """By how much the text is too long."""
        return max(0, -self.measure.left) if self.measure else 0

    @property
    def edited(self) -> bool:
        """Whether a person changed the provider's words."""
        variant = self.variant
        first = (variant.original_title, variant.original_text, variant.original_fields)
        return (variant.title, variant.text, variant.fields) != first

    @property
    def working(self) -> bool:
        """Whether another text is on its way."""
        return self.regeneration is not None and not self.regeneration.is_finished


@dataclass(frozen=True, slots=True)
class Place:
    """One platform on a job's page, with its variants or none yet."""

    platform: Somewhere
    cards: list[VariantCard]

    @property
    def wide(self) -> bool:
        """Whether its cards need the whole width: an e-mail's preview does."""
        return any(card.sheet.is_mail for card in self.cards if card.sheet)


@dataclass(frozen=True, slots=True)
class Story:
    """A job's steps in words: the newest, and those before them."""

    earlier: list[wording.Line]
    latest: list[wording.Line]

    @property
    def all(self) -> list[wording.Line]:
        """Every step, oldest first."""
        return [*self.earlier, *self.latest]


def variant_card(variant: Variant, regeneration: Job | None = None) -> VariantCard:
    """One variant, measured and folded."""
    stands = place(variant.platform)
    if not isinstance(stands, Platform):
        return VariantCard(variant, stands, None, "", "", regeneration, sheet_shown(stands, variant))
    visible, hidden = fold(stands, variant.text)
    return VariantCard(variant, stands, measure(stands, variant.title, variant.text), visible, hidden, regeneration)


def newest_regenerations(variants: Iterable[Variant]) -> dict[Any, Job]:
    """The newest request for another text of each variant, unless it already brought one."""
    requests = Job.objects.filter(regenerates__in=[variant.pk for variant in variants]).order_by("created_at")
    return {job.regenerates_id: job for job in requests if job.state != Job.State.DONE}


def places(job: Job) -> list[Place]:
    """Every platform of a job in the order of the brief."""
    written = dict(services.place_cards(job))
    asked = newest_regenerations(variant for variants in written.values() for variant in variants)
    return [
        Place(place(slug), [variant_card(one, asked.get(one.pk)) for one in written.get(slug, [])])
        for slug in platform_slugs(job)
    ]


def platform_slugs(job: Job) -> list[str]:
    """The platforms of a job, each once, in the order of the brief."""
    kind = content_type(job.content_type)
    return list(dict.fromkeys(part.platform for part in kind.parts(kind.load_brief(job.brief))))


def story(job: Job) -> Story:
    """The steps of a job. Asking and checking at one place for one platform end in one line: the last word counts."""
    kept: list[dict[str, Any]] = []
    for _part, steps in groupby(job.steps, key=lambda step: step.get("part")):
        kept.extend(_told(list(steps)))
    names = {one.slug: one.name for one in everywhere()}
    lines = [wording.step_line({**step, "part": names.get(str(step.get("part")), step.get("part"))}) for step in kept]
    return Story(lines[:-SHOWN_STEPS], lines[-SHOWN_STEPS:])


def _told(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    told: list[dict[str, Any]] = []
    passing = {"asking", "asking_again", "checking"}
    for step in steps:
        last = told[-1] if told and told[-1].get("kind") in passing else None
        if last and step.get("kind") == "written":
            step = {**step, "provider": last.get("provider")}  # noqa: PLW2901 - the record itself stays as it is
        if last and last.get("provider") == step.get("provider"):
            told.pop()
        told.append(step)
    return told
