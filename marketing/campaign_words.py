"""A campaign's figures in words: a model's sentences where there are some that fit them, else the template's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.contrib.auth.models import AbstractBaseUser
from django.utils.translation import gettext as _

from marketing import services
from marketing.campaigns.facts import Fact
from marketing.longwork.narrative import NarrativeWork
from marketing.models import Job, Narrative
from marketing.narrating import asking, telling
from marketing.narrating.guard import faults
from marketing.narrating.sayable import Sayable, sayables
from marketing.narrating.telling import Piece


@dataclass(frozen=True, slots=True)
class Words:
    """Sentences cut at their figures, each of which leads to its fact. `by` is empty where the template speaks."""

    sentences: list[list[Piece]]
    by: str
    offered: dict[str, Sayable]
    language: str


def shown(facts: Sequence[Fact], language: str) -> Words | None:
    """What is said of these facts; None where there is nothing to say."""
    offered = sayables(facts, language)
    told = Narrative.objects.filter(digest=asking.digest_of(offered), language=language).first() if offered else None
    # A stored sentence passes the guard of today or is not shown.
    if told and not faults(told.sentences, offered, language):
        by = f"{told.provenance.get('provider', '')}, {told.provenance.get('model', '')}".strip(", ")
        return Words(telling.filled(told.sentences, offered), by or _("a model"), offered, language)
    sentences = telling.tell(offered)
    return Words(telling.filled(sentences, offered), "", offered, language) if sentences else None


def ask(owner: AbstractBaseUser, words: Words, back: str) -> Job:
    """A job that asks a model for better sentences about the same figures."""
    brief: dict[str, Any] = {
        "offered": {name: asdict(one) for name, one in words.offered.items()},
        "language": words.language,
        "back": back,
    }
    return services.request_long_work(owner, NarrativeWork.slug, _("Figures in words"), brief)
