"""Composing an offline draft: phrases, the brief's facts, link and hashtags, each added only while all fits."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

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
_AIRY_FROM = 500
_MOST_RUNNING_FACTS = 2
_FEWEST_SPACES_IN_A_LEAD = 3
# Where and when, and how many pages: worth saying, but nothing to begin with.
_NO_LEAD = regex.compile(
    r"^(?:\P{L}|początek|start|doors|bilet|ticket)|\b(?:ul|al|pl|street|st)\b\.?|\d[.:]\d\d", regex.IGNORECASE
)
# The ways to lay a draft out; the third is opening, mood, details.
_MOOD_FIRST, _FACT_FIRST, _LAYOUTS = 1, 2, 3
_STEM = 5
_LONG_WORD = regex.compile(r"\p{L}{4,}")


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
        opening = _spaced(self.opening, self.mood)
        if self.order == _MOOD_FIRST and self.mood:
            return self.mood, self.opening, self._details(self.facts)
        if self.order == _FACT_FIRST and self.facts and _can_lead(self.facts[0]):
            return self.facts[0], opening, self._details(self.facts[1:])
        return opening, self._details(self.facts)

    def _details(self, facts: tuple[str, ...]) -> str:
        # Two facts read as one thought, three and more as a list of lines where there is room.
        return (
            "\n".join((self.date, *facts)).strip()
            if self.airy and len(facts) > _MOST_RUNNING_FACTS
            else _spaced(self.date, *facts)
        )


def _can_lead(fact: str) -> bool:
    return fact.count(" ") >= _FEWEST_SPACES_IN_A_LEAD and not _NO_LEAD.search(fact)


def _spaced(*blocks: str) -> str:
    return " ".join(block for block in blocks if block)


@dataclass(frozen=True, slots=True)
class _Setting:
    """What one draft is composed from. `turn` picks among phrases: stable for a brief, platform and position."""

    brief: SocialPostBrief
    place: Platform
    words: Phrases
    start: int
    position: int

    def pick(self, lines: Sequence[str], *, step: int = 1, beside: str = "") -> str:
        """One of the lines; neighbouring positions get different ones, `beside` is copy whose words it avoids."""
        if not lines:
            return ""
        turn = self.position - 1 + ((self.position - 1) // len(lines) if step > 1 else 0)
        ordered = [lines[(self.start // step + turn + ahead) % len(lines)] for ahead in range(len(lines))]
        used = _stems(beside)
        return next((line for line in ordered if not used & _stems(line)), ordered[0])

    @property
    def goal(self) -> str:
        """The goal whose closings fit: a conversation ends like an announcement."""
        return "announce" if self.brief.goal == "engage" else self.brief.goal


def _stems(text: str) -> set[str]:
    # Beginnings, so that "premiera" and "premiery" count as one word.
    return {word[:_STEM].casefold() for word in _LONG_WORD.findall(text)}


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
    order = (setting.start + setting.position) % _LAYOUTS
    base = _Draft(order=order, airy=(setting.place.text.aim or 0) > _AIRY_FROM)
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


def _opening_template(setting: _Setting) -> str:
    return setting.pick(setting.words.opening[setting.brief.subject][setting.brief.goal])


def _opening(setting: _Setting, work: str) -> str:
    before, _, after = _opening_template(setting).partition("{work}")
    if _SENTENCE_CLOSED.search(work) and after.startswith("."):
        after = after[1:]
    return before + work + after


def _closing(setting: _Setting, *, with_link: bool) -> str:
    brief, words = setting.brief, setting.words
    call, said = brief.call_to_action, _opening_template(setting)
    if not with_link:
        without_link = setting.pick(words.closing_without_link[setting.goal], step=7, beside=said)
        return _sentence(call.rstrip(" :;→-")) if call else without_link
    call = call or setting.pick(words.closing[brief.subject][setting.goal], step=7, beside=said)
    if setting.place.links is Links.CLICKABLE:
        return f"{_before_link(call)}\n{brief.link}"
    call = call.rstrip(" :;→-")
    if setting.place.links is Links.SEPARATE:
        return _sentence(call)
    template = words.link_in_bio_after if _SENTENCE_CLOSED.search(call) else words.link_in_bio
    return template.format(call=call)


def _before_link(call: str) -> str:
    return call if _SENTENCE_CLOSED.search(call) else f"{call}:"


def _filled(setting: _Setting, draft: _Draft) -> _Draft:
    """The draft with whatever still fits: first what the brief wants said, then what makes it pleasant to read."""
    brief = setting.brief
    said = f"{_opening_template(setting)} {draft.closing}"
    if brief.date:
        written = format_date(brief.date, "d MMMM y", locale=brief.language)
        line = setting.pick(setting.words.date[brief.subject], step=3, beside=said)
        draft = _if_room(setting, draft, date=line.format(date=written))
    wanted = _within_tag_limit(setting, brief.hashtags)
    for tag in wanted:
        draft = _if_room(setting, draft, tags=(*draft.tags, tag))
    if brief.goal == "engage":
        question = setting.pick(setting.words.question[brief.subject], step=5, beside=said)
        draft = _if_room(setting, draft, question=question)
    facts = _turned([_sentence(fact) for fact in brief.facts], setting.position - 1)
    draft = _with_facts(setting, draft, facts[:1])
    moods = setting.words.mood[brief.subject].get(brief.tone, ())
    draft = _if_room(setting, draft, aim=True, mood=setting.pick(moods, step=11, beside=f"{said} {draft.question}"))
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
