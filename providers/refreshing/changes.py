"""What reading a vendor's list changed, one fact at a time, and its words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Self

from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Kind(StrEnum):
    """What happened to a model."""

    VANISHED = "vanished"
    RETIRED = "retired"
    BACK = "back"
    ENDS = "ends"
    ENDS_NO_MORE = "ends no more"
    CONTEXT = "context"
    LONGEST_ANSWER = "longest answer"
    NEW_FREE = "new free"


_WORDS: dict[Kind, Promise] = {
    Kind.VANISHED: _("%(model)s is no longer in the vendor's list; nothing is sent to it any more"),
    Kind.RETIRED: _("%(model)s was retired by the vendor; nothing is sent to it any more"),
    Kind.BACK: _("%(model)s is in the vendor's list again and can be asked"),
    Kind.ENDS: _("%(model)s ends on %(detail)s"),
    Kind.ENDS_NO_MORE: _("%(model)s has no last day any more"),
    Kind.CONTEXT: _("%(model)s: context is now %(detail)s tokens"),
    Kind.LONGEST_ANSWER: _("%(model)s: the longest answer is now %(detail)s tokens"),
    Kind.NEW_FREE: _("%(model)s is new and free; add it if you want it to be asked"),
}


@dataclass(frozen=True, slots=True)
class ListChange:
    """One change. `detail` is a day (ISO 8601) or a number, as text."""

    kind: Kind
    model: str
    detail: str = ""

    def __str__(self) -> str:
        """The change in the reader's language."""
        return str(_WORDS[self.kind]) % {"model": self.model, "detail": self._worded()}

    def stored(self) -> dict[str, str]:
        """The change as `ModelRefresh.changes` keeps it."""
        return asdict(self)

    @classmethod
    def read(cls, stored: Mapping[str, Any]) -> Self:
        """The change that `stored` made."""
        return cls(Kind(stored["kind"]), stored["model"], stored["detail"])

    def _worded(self) -> str:
        if self.kind is Kind.ENDS:
            return date_format(date.fromisoformat(self.detail), "DATE_FORMAT")
        return number_format(self.detail, use_l10n=True, force_grouping=True) if self.detail else ""
