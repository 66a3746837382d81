"""What content types with several fields have in common: one part a sheet, prompt, check, offline draft."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from marketing.content.base import ContentType, Part, Piece
from marketing.content.grounding import Source
from marketing.content.offline.sheets import compose_sheet
from marketing.content.sheets.briefs import SheetBrief
from marketing.content.sheets.checking import check_sheet
from marketing.content.sheets.prompts import build_sheet_request
from providers.types import ChatRequest

SheetBriefT = TypeVar("SheetBriefT", bound=SheetBrief)
_LONGEST_HEADLINE = 200


class SheetType(ContentType[SheetBriefT]):
    """Texts with several fields; the sheets are those of `brief_model.kind`."""

    strict: ClassVar[bool] = False

    def headline(self, brief: SheetBriefT) -> str:
        """Creator and title, or the title alone."""
        name = f"{brief.creator} – {brief.title}" if brief.creator else brief.title
        return name if len(name) <= _LONGEST_HEADLINE else brief.title

    def parts(self, brief: SheetBriefT) -> tuple[Part, ...]:
        """One part a sheet, with as many positions as variants were asked for, counted from 1."""
        positions = tuple(range(1, brief.variants + 1))
        return tuple(Part(slug, brief.language, positions) for slug in brief.platforms)

    def request(self, brief: SheetBriefT, part: Part) -> ChatRequest:
        """The request for all variants of one sheet."""
        return build_sheet_request(brief, part)

    def check(self, brief: SheetBriefT, part: Part, answer: str, *, last_try: bool) -> tuple[Piece, ...]:
        """The finished sheets. Raises AnswerRejectedError with the faults found."""
        return check_sheet(brief, part, answer, strict=self.strict, last_try=last_try)

    def offline(self, brief: SheetBriefT, part: Part) -> tuple[Piece, ...]:
        """Drafts composed from the brief's facts, the same ones each time."""
        return compose_sheet(brief, part, strict=self.strict)

    def sources(self, brief: SheetBriefT) -> tuple[Source, ...]:
        """Everything that the brief says, its audience apart."""
        return brief.sources()
