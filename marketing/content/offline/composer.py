"""Composing an offline draft: phrases, the brief's facts, link and hashtags, each added only while all fits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

import regex
from babel.dates import format_date

from marketing.content.base import Part, Piece
from marketing.content.counting import count
from marketing.content.links import find_urls, unbreakable
from marketing.content.offline.phrases import Phrases, phrases
from marketing.content.platforms import Links, Platform, platform
from marketing.content.social_brief import SocialPostBrief, normal_hashtag
from marketing.content.social_composing import allowed, fits, overrun, shorten_words, unhash
from marketing.content.typography import polish, quoted

_EMOJI = {"release": "🎧", "book": "📖", "event": "📅", "other": "✨"}
_SOBER_PLATFORMS = frozenset({"linkedin"})
_SENTENCE_CLOSED = regex.compile(r"[.!?…:;][”\"»’)]*$")
_NUMBER = regex.compile(r"\d+")
# A link that takes more than this share of a short post leaves too little to say.
_LARGEST_LINK_SHARE = 0.5
_LONGEST_DERIVED_TAG = 30


@dataclass(frozen=True, slots=True)
class _Draft:
    """The blocks of a draft; `order` is the way they are laid out, an empty block takes no room."""

    opening: str = ""
    mood: str = ""
    date: str = ""
    facts: tuple[str, ...] = ()
    question: str = ""
    closing: str = ""
    tags: tuple[str, ...] = ()
    order: int = 0
    airy: bool = False

    def text(self) -> str:
        """The draft as it stands."""
        paragraphs = [*self._head(), self.question, self.closing, " ".join(f"#{tag}" for tag in self.tags)]
        return "\n\n".join(paragraph for paragraph in paragraphs if paragraph)

    def _head(self) -> tuple[str, ...]:
        facts = ("\n" if self.airy and len(self.facts) > 2 else " ").join(self.facts)  # noqa: PLR2004 - two read as one thought
        details = " ".join(block for block in (self.date, facts) if block)
        opening = " ".join(block for block in (self.opening, self.mood) if block)
        if self.order == 1 and self.mood:
            return self.mood, self.opening, details
        if self.order == 2 and self.facts:  # noqa: PLR2004 - the third way: a fact first
            rest = " ".join(block for block in (self.date, *self.facts[1:]) if block)
            return self.facts[0], opening, rest
        return opening, details


@dataclass(frozen=True, slots=True)
class _Setting:
    """What one draft is composed from. `turn` picks among phrases: stable for a brief, platform and position."""

    brief: SocialPostBrief
    place: Platform
    words: Phrases
    start: int
    position: int
    notes: list[str] = field(default_factory=list)

    def pick(self, lines: Sequence[str], *, step: int = 1) -> str:
        """One of the lines; neighbouring positions get different ones."""
        if not lines:
            return ""
        round_number = (self.position - 1) // len(lines)
        return lines[(self.start // step + self.position - 1 + (round_number if step > 1 else 0)) % len(lines)]

    @property
    def goal(self) -> str:
        """The goal whose closings fit: a conversation ends like an announcement."""
        return "announce" if self.brief.goal == "engage" else self.brief.goal


def compose_drafts(brief: SocialPostBrief, part: Part) -> tuple[Piece, ...]:
    """Drafts for the part's positions; the same brief, platform and position always give the same draft."""
    place = platform(part.platform)
    start = _stable_number(brief, part.platform)
    safe = _acceptable(brief, place)
    return tuple(_piece(_Setting(safe, place, phrases(brief.language), start, at)) for at in part.positions)


def _stable_number(brief: SocialPostBrief, slug: str) -> int:
    said = brief.model_dump_json(exclude={"platforms", "variants"})
    return int.from_bytes(hashlib.sha256(f"{slug}\n{said}".encode()).digest()[:6])


def _acceptable(brief: SocialPostBrief, place: Platform) -> SocialPostBrief:
    """The brief without characters that the platform refuses."""
    return brief.model_copy(
        update={
            "title": allowed(place, brief.title) or "–",
            "creator": allowed(place, brief.creator),
            "facts": [allowed(place, fact) for fact in brief.facts],
            "call_to_action": allowed(place, brief.call_to_action),
        },
    )


def _piece(setting: _Setting) -> Piece:
    draft, notes = _skeleton(setting)
    draft = _filled(setting, draft)
    text = draft.text()
    most = setting.place.hashtags.max
    if most is not None:
        body = replace(draft, tags=()).text()
        plain_body = unhash(body, most - len(draft.tags))
        text = plain_body + text[len(body) :]
    if setting.brief.language == "pl" and fits(setting.place, polish(text)):
        text = polish(text)
    if len(draft.tags) < len(setting.brief.hashtags):
        notes = (*notes, "hashtags_dropped")
    return Piece(text, _title(setting), notes)


def _skeleton(setting: _Setting) -> tuple[_Draft, tuple[str, ...]]:
    """Opening and closing: what a draft always has. The link gives way first, then the title is shortened."""
    order = (setting.start + setting.position) % 3
    base = _Draft(order=order, airy=(setting.place.text.aim or 0) > 500)  # noqa: PLR2004 - room for a list of lines
    has_link = bool(setting.brief.link)
    for with_link in dict.fromkeys((has_link and _link_has_room(setting), False)):
        closing = _closing(setting, with_link=with_link)
        for work in _works(setting, closing, base):
            draft = replace(base, opening=_opening(setting, work), closing=closing)
            if fits(setting.place, draft.text()):
                lost_link = has_link and not with_link and setting.place.links is Links.CLICKABLE
                return draft, ("link_left_out",) if lost_link else ()
    neutral = setting.words.neutral[setting.brief.subject]
    return replace(base, opening=_opening(setting, neutral)), ("title_left_out",)


def _link_has_room(setting: _Setting) -> bool:
    if setting.place.links is not Links.CLICKABLE:
        return True
    most = setting.place.text.max
    used = count(setting.place.text.counting, setting.brief.link)
    return most is None or used <= most * _LARGEST_LINK_SHARE


def _works(setting: _Setting, closing: str, base: _Draft) -> Iterator[str]:
    """Ways to name the work, the fullest first."""
    brief = setting.brief
    is_quoted = brief.subject in {"release", "book"}
    title = quoted(brief.title, brief.language) if is_quoted else brief.title
    if brief.creator and brief.creator.casefold() not in brief.title.casefold():
        yield setting.words.work[brief.subject].format(creator=brief.creator, title=title)
    yield title

    def has_room(part: str) -> bool:
        shown = quoted(part, brief.language) if is_quoted else part
        return fits(setting.place, replace(base, opening=_opening(setting, shown), closing=closing).text())

    if cut := shorten_words(brief.title, has_room):
        yield quoted(cut, brief.language) if is_quoted else cut


def _opening(setting: _Setting, work: str) -> str:
    template = setting.pick(setting.words.opening[setting.brief.subject][setting.brief.goal])
    before, _, after = template.partition("{work}")
    if _SENTENCE_CLOSED.search(work) and after.startswith("."):
        after = after[1:]
    return before + work + after


def _closing(setting: _Setting, *, with_link: bool) -> str:
    brief, words = setting.brief, setting.words
    call = brief.call_to_action
    if not with_link:
        return _sentence(call) if call else setting.pick(words.closing_without_link[setting.goal], step=7)
    call = call or setting.pick(words.closing[brief.subject][setting.goal], step=7)
    if setting.place.links is Links.CLICKABLE:
        return f"{_before_link(call)}\n{brief.link}"
    if setting.place.links is Links.PLAIN:
        return words.link_in_bio.format(call=call.rstrip(" .:!…")) if not _SENTENCE_CLOSED.search(call) else call
    return _sentence(call)


def _before_link(call: str) -> str:
    return call if _SENTENCE_CLOSED.search(call) else f"{call}:"


def _filled(setting: _Setting, draft: _Draft) -> _Draft:
    """The draft with whatever still fits: first what the brief wants said, then what makes it pleasant to read."""
    brief = setting.brief
    if brief.date:
        written = format_date(brief.date, "d MMMM y", locale=brief.language)
        line = setting.pick(setting.words.date[brief.subject], step=3).format(date=written)
        draft = _if_room(setting, draft, date=line)
    wanted = _within_tag_limit(setting, brief.hashtags)
    for tag in wanted:
        draft = _if_room(setting, draft, tags=(*draft.tags, tag))
    if brief.goal == "engage":
        draft = _if_room(setting, draft, question=setting.pick(setting.words.question[brief.subject], step=5))
    facts = _turned([_sentence(fact) for fact in brief.facts], setting.position - 1)
    draft = _with_facts(setting, draft, facts[:1])
    moods = setting.words.mood[brief.subject].get(brief.tone, ())
    draft = _if_room(setting, draft, aim=True, mood=setting.pick(moods, step=11))
    draft = _with_facts(setting, draft, facts[1:], aim=True)
    for tag in _derived_tags(setting, wanted):
        draft = _if_room(setting, draft, aim=True, tags=(*draft.tags, tag))
    if brief.tone in {"friendly", "energetic"} and setting.place.slug not in _SOBER_PLATFORMS:
        draft = _if_room(setting, draft, aim=True, opening=f"{_EMOJI[brief.subject]} {draft.opening}")
    return draft


def _with_facts(setting: _Setting, draft: _Draft, facts: Sequence[str], *, aim: bool = False) -> _Draft:
    # Whole or not at all: half a fact may be a wrong one.
    for fact in facts:
        draft = _if_room(setting, draft, aim=aim, facts=(*draft.facts, fact))
    return draft


def _if_room(setting: _Setting, draft: _Draft, *, aim: bool = False, **blocks: object) -> _Draft:
    """The draft with these blocks, or as it was when it would get too long: beyond the limit, or beyond our aim."""
    longer = replace(draft, **blocks)  # type: ignore[arg-type]  # the names are the dataclass's own
    text = longer.text()
    limit = setting.place.text
    bound = limit.aim if aim else limit.recommended
    has_room = fits(setting.place, text) and (bound is None or count(limit.counting, text) <= bound)
    return longer if has_room else draft


def _turned(facts: list[str], by: int) -> list[str]:
    """The facts beginning with another one for each position, so that variants put different things first."""
    if not facts:
        return []
    by %= len(facts)
    return facts[by:] + facts[:by]


def _sentence(text: str) -> str:
    """A fact as a sentence: a capital in front unless it begins with a link or a name, a full stop behind."""
    spans = unbreakable(text)
    first = text.split(" ", 1)[0]
    if first.islower() and not (spans and spans[0].start < len(first)):
        text = text[0].upper() + text[1:]
    ends_in_link = bool(spans) and spans[-1].end == len(text)
    return text if ends_in_link or _SENTENCE_CLOSED.search(text) else f"{text}."


def _within_tag_limit(setting: _Setting, tags: Sequence[str]) -> Sequence[str]:
    most = setting.place.hashtags.max
    return tags if most is None else tags[:most]


def _derived_tags(setting: _Setting, wanted: Sequence[str]) -> list[str]:
    """Hashtags from creator and title, up to what does well, each with no number that its source does not have."""
    most = setting.place.hashtags.recommended or 0
    taken = {tag.casefold() for tag in wanted}
    tags = []
    for source in (setting.brief.creator, setting.brief.title):
        tag = _camel(source)
        numbers_kept = set(_NUMBER.findall(tag)) <= set(_NUMBER.findall(source))
        is_word = any(letter.isalpha() for letter in tag) and len(tag) <= _LONGEST_DERIVED_TAG
        if is_word and numbers_kept and tag.casefold() not in taken and not find_urls(source):
            taken.add(tag.casefold())
            tags.append(tag)
    return tags[: max(0, most - len(wanted))]


def _camel(source: str) -> str:
    words = regex.findall(r"[\p{L}\p{Nd}]+", source)
    return normal_hashtag("".join(word[0].upper() + word[1:] for word in words))


def _title(setting: _Setting) -> str:
    """A title where the platform has one, within what does well, else within what is taken."""
    limit = setting.place.title
    if limit is None:
        return ""
    brief = setting.brief
    template = setting.pick(setting.words.headline[brief.subject])
    names = [f"{brief.creator} – {brief.title}"] if brief.creator and brief.creator not in brief.title else []
    well = replace(limit, max=limit.recommended or limit.max)
    for bound in (well, limit):
        for name in [*names, brief.title]:
            for line in (template.format_map({"name": name}), name):
                if not overrun(bound, line):
                    return line
    has_room: Callable[[str], bool] = lambda part: not overrun(limit, part)  # noqa: E731 - named for what it asks
    return shorten_words(brief.title, has_room) or template.format_map({"name": setting.words.neutral[brief.subject]})
