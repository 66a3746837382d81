"""How long models still live: what ends soon and what has just gone, for the people who can act on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from providers.models import AIModel

# So long before its end a model is warned about, and so long after it is still told.
AHEAD = timedelta(days=30)
AFTERWARDS = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class LifetimeWarning:
    """A model in use that ends on a day, or that is gone since then. `days` are those that are left."""

    provider_id: int
    provider: str
    model_id: str
    day: date
    days: int
    gone: bool

    def __str__(self) -> str:
        """What happens, in the reader's language."""
        facts = {"model": self.model_id, "day": date_format(self.day, "DATE_FORMAT"), "days": self.days}
        if self.gone:
            return _("%(model)s is gone since %(day)s; nothing is sent to it.") % facts
        if self.days <= 0:
            return _("%(model)s ended on %(day)s; nothing is sent to it.") % facts
        words = ngettext(
            "%(model)s ends on %(day)s, in %(days)s day.", "%(model)s ends on %(day)s, in %(days)s days.", self.days
        )
        return words % facts


def warnings() -> list[LifetimeWarning]:
    """Models in use whose vendor ends them within thirty days or took them away lately, the most pressing first."""
    in_use = AIModel.objects.filter(enabled=True, provider__enabled=True).select_related("provider")
    return sorted(
        [*_gone(in_use), *_ending(in_use)], key=lambda one: (not one.gone, one.days, one.provider, one.model_id)
    )


def _ending(in_use: QuerySet[AIModel]) -> Iterator[LifetimeWarning]:
    today = timezone.now().date()
    for model in in_use.filter(gone_since=None, shutdown_on__lte=today + AHEAD):
        if model.shutdown_on:
            yield _warning(model, model.shutdown_on, (model.shutdown_on - today).days, gone=False)


def _gone(in_use: QuerySet[AIModel]) -> Iterator[LifetimeWarning]:
    """Those that the vendor took away; what a single call found out may be about this account only."""
    lately = timezone.now() - AFTERWARDS
    for model in in_use.filter(gone_since__gte=lately).exclude(gone_reason=""):
        if model.gone_since:
            yield _warning(model, timezone.localtime(model.gone_since).date(), 0, gone=True)


def _warning(model: AIModel, day: date, days: int, *, gone: bool) -> LifetimeWarning:
    return LifetimeWarning(model.provider_id, model.provider.name, model.model_id, day, days, gone)
