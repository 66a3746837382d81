"""Tags and hashtags: the user's own words and closed lists first; a model only ranks them and tops them up."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from marketing.content.answers import read_object
from marketing.content.base import Part, Piece
from marketing.content.counting import youtube_tags
from marketing.content.sheets.briefs import TagsBrief
from marketing.content.sheets.checking import judge_of
from marketing.content.sheets.judging import Judge
from marketing.content.sheets.kind import SheetType
from marketing.content.sheets.prompts import build_sheet_request
from marketing.content.sheets.table import SheetField, as_text, sheet
from marketing.content.tag_lists import candidates, is_listed, once, written
from providers.errors import AnswerRejectedError
from providers.types import ChatRequest

# Of the places in a list a model may fill so many with words of its own.
_LARGEST_TOP_UP = 1 / 3
_MOST_RANKED = 60


class Tags(SheetType[TagsBrief]):
    """Lists of tags for several places at once."""

    slug: ClassVar[str] = "tags"
    brief_model = TagsBrief
    words: ClassVar[str] = "Tags and hashtags from closed lists and your own words"
    example: ClassVar[dict[str, Any]] = {
        "subject": "release",
        "title": "Żółte światło",
        "creator": "Ćma i Gęślarze",
        "facts": ["Drugi album kwartetu z Łodzi", "Winyl w nakładzie 300 sztuk"],
        "language": "pl",
        "own_words": ["polski folk", "winyl"],
        "platforms": ["tags-instagram", "tags-youtube-video"],
        "variants": 1,
    }

    def request(self, brief: TagsBrief, part: Part) -> ChatRequest:
        """The request to rank what is offered."""
        return build_sheet_request(brief, part, offered=candidates(brief))

    def check(self, brief: TagsBrief, part: Part, answer: str, *, last_try: bool) -> tuple[Piece, ...]:
        """The lists in an answer. Raises AnswerRejectedError when nothing in it can be used."""
        field = sheet(part.platform).asked[0]
        data, repaired = read_object(answer, "variants", [field.name])
        lists = [one for one in _as_list(data["variants"]) if isinstance(one, dict)]
        if not lists:
            raise AnswerRejectedError(f'The answer has no list "{field.name}".')
        judge, notes = _judge(brief, part), ("repaired",) if repaired else ()
        # Fewer lists than asked for are no loss: a list is a ranking, and the first one is its best.
        lists += lists[:1] * len(part.positions)
        ranked = [_as_list(one.get(field.name)) for one in lists[: len(part.positions)]]
        return tuple(_ranked(brief, judge, field, words, notes, last_try=last_try) for words in ranked)

    def offline(self, brief: TagsBrief, part: Part) -> tuple[Piece, ...]:
        """The lists in their own order; a further variant begins further down behind the user's own words."""
        field, judge = sheet(part.platform).asked[0], _judge(brief, part)
        offered = candidates(brief)
        own, others = offered[: len(brief.own_words)], offered[len(brief.own_words) :]
        pieces = []
        for position in part.positions:
            turn = (position - 1) * 2 % max(1, len(others))
            chosen, _new = _fitting(judge, field, (*own, *others[turn:], *others[:turn]), offered)
            pieces.append(_piece(judge, field, chosen, ()))
        return tuple(pieces)


def _judge(brief: TagsBrief, part: Part) -> Judge:
    # A number in a tag is a claim as anywhere else.
    return judge_of(brief, sheet(part.platform), strict=True)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _ranked(
    brief: TagsBrief, judge: Judge, field: SheetField, ranked: list[Any], notes: tuple[str, ...], *, last_try: bool
) -> Piece:
    """The user's own words, then the model's ranking; what it left empty is filled from the lists."""
    offered = candidates(brief)
    words = [word for word in ranked[:_MOST_RANKED] if isinstance(word, str)]
    usable, _new = _fitting(judge, field, words, offered)
    if not usable and not last_try:
        raise AnswerRejectedError(f'Nothing in "{field.name}" can be used: take words from the offered list.')
    chosen, new = _fitting(judge, field, (*brief.own_words, *words, *offered), offered)
    return _piece(judge, field, chosen, (*notes, "tags_topped_up") if new else notes)


def _fitting(judge: Judge, field: SheetField, words: Iterable[str], offered: tuple[str, ...]) -> tuple[list[str], int]:
    """As many tags as the field wants that pass every check, and how many of them are on no list."""
    chosen: list[str] = []
    new = 0
    for word in once(words):
        listed = is_listed(word, offered)
        tag = written(field, judge.cleaned(field, word)[0]) if not listed else written(field, word)
        if len(chosen) >= max(field.wanted, len(_own_words(judge))) or len(chosen) >= field.most:
            break
        if judge.fault(field, tag) or not any(letter.isalpha() for letter in tag):
            continue
        if not listed and (new + 1 > field.wanted * _LARGEST_TOP_UP or judge.unfounded(word)):
            continue
        if field.total and youtube_tags([*chosen, tag]) > field.total:
            continue
        chosen.append(tag)
        new += not listed
    return chosen, new


def _own_words(judge: Judge) -> tuple[str, ...]:
    """The user's own words: all of them are wanted, up to what the place takes."""
    return tuple(source.text for source in judge.sources if source.name == "own_word")


def _piece(judge: Judge, field: SheetField, chosen: list[str], notes: tuple[str, ...]) -> Piece:
    values = {field.name: tuple(chosen)}
    return Piece(as_text(judge.shown, values), "", notes, values)
