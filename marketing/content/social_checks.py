"""Checking what a model wrote for a social post: shape, language, limits, leftovers; mending what is safe to mend."""

from __future__ import annotations

import difflib
import itertools
from dataclasses import dataclass
from typing import Any

import regex
from pydantic import BaseModel, Field, ValidationError, field_validator

from marketing.content.answers import read_object
from marketing.content.base import Part, Piece
from marketing.content.cleaning import leak, placeholder, plain, without_foreign_links
from marketing.content.grounding import Block, open_claims
from marketing.content.grounding import ground as grounded
from marketing.content.language import is_in
from marketing.content.links import find_urls, unbreakable, without
from marketing.content.platforms import Platform, platform
from marketing.content.social_brief import LONGEST_TAG, SocialPostBrief, normal_hashtag
from marketing.content.social_composing import allowed, compose, fits, overrun, shorten, shorten_words, split_tag_line
from marketing.content.social_prompts import instructions
from marketing.content.typography import polish
from providers.errors import AnswerRejectedError

_FEWEST_LETTERS = 10
# Texts that share so much of their words in the same order are one text with a word changed.
_TOO_ALIKE = 0.85
_WORD = regex.compile(r"\w+")
# Where the words of a hashtag were glued: `Fryderyk2019`, `NowaPłyta`, `EPWinyl`.
_JOINTS = regex.compile(r"(?<=\p{Ll})(?=[\p{Lu}\p{Nd}])|(?<=\p{Nd})(?=\p{L})|(?<=\p{Lu})(?=\p{Lu}\p{Ll}|\p{Nd})")
_LANGUAGE_NAMES = {"pl": "Polish", "en": "English"}


class _Variant(BaseModel):
    title: str = ""
    text: str
    hashtags: list[str] = Field(default_factory=list)

    @field_validator("title", mode="before")
    @classmethod
    def _no_title(cls, value: Any) -> Any:
        return "" if value is None else value

    @field_validator("hashtags", mode="before")
    @classmethod
    def _in_one_string(cls, value: Any) -> Any:
        if value is None:
            return []
        return regex.findall(r"[^\s,;#]+", value) if isinstance(value, str) else value


class _Answer(BaseModel):
    variants: list[_Variant]


@dataclass(frozen=True, slots=True)
class _Ground:
    """What every variant of a part is held against. `known` is all that the brief says."""

    brief: SocialPostBrief
    place: Platform
    known: str
    last_try: bool


def check_answer(brief: SocialPostBrief, part: Part, answer: str, *, last_try: bool) -> tuple[Piece, ...]:
    """The checked pieces of an answer, one for each position. Raises AnswerRejectedError with all faults found."""
    data, repaired = read_object(answer, "variants")
    variants = _variants(data, len(part.positions))
    ground = _Ground(brief, platform(part.platform), said(brief), last_try)
    pieces, faults = [], []
    for number, variant in enumerate(variants, start=1):
        try:
            pieces.append(_piece(ground, variant, repaired=repaired))
        except AnswerRejectedError as exc:
            faults.append(f"variant {number} {exc.detail}")
    faults += _alike(pieces) if not faults else []
    if faults:
        raise AnswerRejectedError("; ".join(faults) + ".")
    return tuple(pieces)


def said(brief: SocialPostBrief) -> str:
    """All words of a brief, one field a line: what a post may contain without having invented it."""
    tags = [f"#{tag}" for tag in brief.hashtags]
    lines = [brief.title, brief.creator, *brief.facts, brief.call_to_action, brief.audience, brief.link, *tags]
    return "\n".join(line for line in lines if line)


def _variants(data: dict[str, Any], wanted: int) -> list[_Variant]:
    try:
        variants = _Answer.model_validate(data).variants
    except ValidationError as exc:
        first = exc.errors()[0]
        place = ".".join(str(step) for step in first["loc"])
        raise AnswerRejectedError(f"The JSON does not have the asked shape: {place}: {first['msg']}.") from exc
    if len(variants) < wanted:
        raise AnswerRejectedError(f"The answer has {len(variants)} variants, {wanted} were asked for.")
    return variants[:wanted]


def _piece(ground: _Ground, variant: _Variant, *, repaired: bool) -> Piece:
    _refuse_leftovers(ground, f"{variant.title}\n{variant.text}")
    notes = ["repaired"] if repaired else []
    text = allowed(ground.place, plain(variant.text))
    text, removed = without_foreign_links(text, ground.brief.link, ground.known.splitlines())
    text, own_tags = split_tag_line(text)
    notes += ["link_removed"] if removed else []
    if sum(letter.isalpha() for letter in without(text, find_urls(text, any_domain=True))) < _FEWEST_LETTERS:
        raise AnswerRejectedError("is empty")
    _refuse_leftovers(ground, text)
    text, shortened = _within_limit(ground, text)
    notes += ["shortened"] if shortened else []
    offered = [*own_tags, *(plain(tag) for tag in variant.hashtags)]
    tags = _tags(ground, offered)
    notes += ["hashtags_dropped"] if len(tags) < len(offered) else []
    names = (ground.brief.title, ground.brief.creator)
    if not is_in(text, ground.brief.language, names):
        raise AnswerRejectedError(f"is not in {_LANGUAGE_NAMES[ground.brief.language]}")
    title, title_notes = _title(ground, variant.title)
    whole = compose(ground.place, _set(ground, text), ground.brief.link, ground.brief.hashtags, tags)
    return Piece(whole.text, title, tuple(dict.fromkeys([*notes, *title_notes, *whole.notes])))


def _refuse_leftovers(ground: _Ground, text: str) -> None:
    if slot := placeholder(text, ground.known):
        raise AnswerRejectedError(f"still has the placeholder {slot}: write the words or leave it out")
    if words := leak(text, instructions(ground.brief.language), ground.known):
        raise AnswerRejectedError(f'speaks about the task ("{words}"): write only the post')


def _within_limit(ground: _Ground, text: str) -> tuple[str, bool]:
    limits = [limit for limit in (ground.place.text, ground.place.second) if limit]
    worst = next((limit for limit in limits if limit.blocks and overrun(limit, text)), None)
    if worst is None:
        return text, False
    if ground.last_try and (cut := shorten(ground.place, text, ground.brief.link)):
        return cut, True
    raise AnswerRejectedError(f"is {overrun(worst, text)} over {worst.max}")


def _title(ground: _Ground, title: str) -> tuple[str, list[str]]:
    """The title, mended on the last try: cut at a word, or the brief's own where a required one is missing."""
    limit = ground.place.title
    if limit is None:
        return "", []
    title, removed = without_foreign_links(plain(title).replace("\n", " "), "", ground.known.splitlines())
    title = allowed(ground.place, title).strip()
    notes = ["link_removed"] if removed else []
    if not title and limit.min:
        if not ground.last_try:
            raise AnswerRejectedError("has no title")
        title, notes = allowed(ground.place, ground.brief.title), [*notes, "title_from_brief"]
    if title and ground.brief.language == "pl":
        title = polish(title)
    over = overrun(limit, title)
    if not over:
        return title, notes
    if ground.last_try and (cut := shorten_words(title, lambda part: not overrun(limit, part))):
        return cut, [*notes, "title_shortened"]
    raise AnswerRejectedError(f"has a title that is {over} over {limit.max}")


def _set(ground: _Ground, text: str) -> str:
    """The text with its language's typography, unless that no longer fits."""
    if ground.brief.language != "pl":
        return text
    finished = polish(text)
    return finished if fits(ground.place, finished) or not fits(ground.place, text) else text


def _tags(ground: _Ground, offered: list[str]) -> list[str]:
    """The hashtags that are words and claim nothing that the brief does not say, glued together or not."""
    tags = []
    for words in offered:
        tag = normal_hashtag(words)
        if not any(letter.isalpha() for letter in tag) or len(tag) > LONGEST_TAG:
            continue
        apart = _JOINTS.sub(" ", tag).replace("_", " ")
        if not open_claims(grounded([Block("hashtag", 0, apart)], ground.brief.sources())):
            tags.append(tag)
    return tags


def _alike(pieces: list[Piece]) -> list[str]:
    words = [_WORD.findall(_prose(piece.text).casefold()) for piece in pieces]
    faults = []
    for (first, one), (second, two) in itertools.combinations(enumerate(words, start=1), 2):
        if difflib.SequenceMatcher(None, one, two, autojunk=False).ratio() > _TOO_ALIKE:
            faults.append(f"variants {first} and {second} are nearly the same: write each from another angle")
    return faults


def _prose(text: str) -> str:
    return without(text, unbreakable(text))
