"""What every content type offers to the services; a new one is a new file beside this."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, TypeVar

from pydantic import BaseModel

from marketing.content.grounding import Block, Source
from providers.types import ChatRequest

BriefT = TypeVar("BriefT", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Part:
    """The share of a job that one request to a provider answers: some numbered places on one platform."""

    platform: str
    language: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Piece:
    """One checked text. `notes` are codes of what was mended on the way, such as `shortened`.

    `fields` are the values of a text with several fields, by field; then `text` is all of them for reading.
    """

    text: str
    title: str = ""
    notes: tuple[str, ...] = field(default=())
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


class ContentType(Generic[BriefT]):
    """A content type. `slug` names it in addresses and records, `brief_model` is what it needs to know.

    `words` says in a few words what it makes, `example` is a brief; both for the API's documentation.
    `strict` ones do not go out while a claim in them has neither a source nor a person's word.
    """

    slug: ClassVar[str]
    brief_model: type[BriefT]
    words: ClassVar[str] = ""
    example: ClassVar[dict[str, Any]] = {}
    strict: ClassVar[bool] = False

    def load_brief(self, data: dict[str, Any]) -> BriefT:
        """The stored brief, typed. Raises pydantic's ValidationError when it does not fit."""
        return self.brief_model.model_validate(data)

    def headline(self, brief: BriefT) -> str:
        """What a list of jobs calls this work, at most 200 characters."""
        raise NotImplementedError

    def parts(self, brief: BriefT) -> tuple[Part, ...]:
        """The requests this brief needs, in the order in which they are asked."""
        raise NotImplementedError

    def request(self, brief: BriefT, part: Part) -> ChatRequest:
        """The request for one part."""
        raise NotImplementedError

    def check(self, brief: BriefT, part: Part, answer: str, *, last_try: bool) -> tuple[Piece, ...]:
        """The pieces in an answer, one for each position.

        Raises AnswerRejectedError with a reason that the model can act on. On the last try small overruns are
        mended (cut at a sentence's end) instead of asked again.
        """
        raise NotImplementedError

    def offline(self, brief: BriefT, part: Part) -> tuple[Piece, ...]:
        """Drafts composed from the brief's facts alone; always possible, always within the limits."""
        raise NotImplementedError

    def sources(self, brief: BriefT) -> tuple[Source, ...]:  # noqa: ARG002 - a default for the others
        """What the copy may draw on; every claim in it is held against these."""
        return ()

    def blocks(self, title: str, text: str, fields: Mapping[str, Iterable[str]]) -> tuple[Block, ...]:
        """The pieces of copy that are held against the sources: title and text, or each value of each field."""
        if not fields:
            return tuple(Block(name, 0, piece) for name, piece in (("title", title), ("text", text)) if piece)
        return tuple(
            Block(name, at, value) for name, values in fields.items() for at, value in enumerate(values) if value
        )

    def wording_request(self, brief: BriefT, part: Part) -> ChatRequest | None:  # noqa: ARG002 - a default for the others
        """A request by which the small local model may enliven an offline draft, or None where it must not."""
        return None

    def enliven(
        self,
        brief: BriefT,  # noqa: ARG002 - a default for the others
        part: Part,  # noqa: ARG002
        drafts: tuple[Piece, ...],
        wording: str,  # noqa: ARG002
    ) -> tuple[Piece, ...]:
        """The offline drafts with the local model's wording where it passes the same checks, else unchanged."""
        return drafts
