"""Putting a post together for a platform: text, link and hashtags within its limits, cut only where a sentence ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import regex

from marketing.content.counting import count, graphemes
from marketing.content.links import find_hashtags, unbreakable
from marketing.content.platforms import Limit, Links, Platform

_TAG_LINE = regex.compile(r"(?:^|\n)[ \t]*((?:[#＃]\w+[ \t,·|]*)+)\s*\Z")
_SENTENCE_END = regex.compile(r"[.!?…]+[”\"»’)]*(?=\s|\Z)|(?<=\S)(?=\n)")
_WORD_END = regex.compile(r"(?<=\S)(?=\s)")
_SUBSTITUTES = str.maketrans({"<": "‹", ">": "›"})
# Less than this is not the post any more.
_LEAST_SHARE_KEPT = 0.5


@dataclass(frozen=True, slots=True)
class Composed:
    """A whole post and the codes of what had to be left out."""

    text: str
    notes: tuple[str, ...] = ()


def overrun(limit: Limit, text: str) -> int:
    """By how much a text is over a limit in its own counting, 0 when it fits."""
    return max(0, count(limit.counting, text) - limit.max) if limit.max is not None else 0


def fits(platform: Platform, text: str) -> bool:
    """Whether the text is within every length limit of the platform, proven or not."""
    return not any(overrun(limit, text) for limit in (platform.text, platform.second) if limit)


def allowed(platform: Platform, text: str) -> str:
    """The text without characters that the platform refuses; angle brackets become single quotation marks."""
    for letter in platform.forbidden:
        text = text.replace(letter, letter.translate(_SUBSTITUTES) if letter in "<>" else "")
    return text


def compose(platform: Platform, text: str, link: str, wanted: Sequence[str], offered: Iterable[str]) -> Composed:
    """The text, then the link where it is clickable and missing, then hashtags: the wanted ones first.

    Left out from the end, in this order, until all fits: hashtags, then the link. The text itself is never cut here.
    """
    body, lost_inline = _within_tag_limit(platform, text)
    inline = [span.value for span in find_hashtags(body)]
    tags, lost = _chosen_tags(platform, inline, wanted, offered)
    missing_link = link if platform.links is Links.CLICKABLE and link and link not in body else ""
    for with_link in dict.fromkeys((missing_link, "")):
        for kept in range(len(tags), -1, -1):
            whole = _joined(body, with_link, tags[:kept])
            if fits(platform, whole):
                return Composed(whole, _notes(lost or lost_inline or kept < len(tags), missing_link and not with_link))
    return Composed(body, _notes(bool(tags) or lost or lost_inline, missing_link))


def shorten(platform: Platform, text: str, link: str) -> str:
    """The text cut at the last sentence's end that leaves room for the link; empty when under half would stay."""
    needs_link = link if platform.links is Links.CLICKABLE else ""

    def has_room(part: str) -> bool:
        return fits(platform, part if needs_link in part else _joined(part, needs_link, []))

    cut = longest(text, _SENTENCE_END, has_room)
    return cut if len(cut) >= _LEAST_SHARE_KEPT * len(text) else ""


def shorten_words(text: str, has_room: Callable[[str], bool]) -> str:
    """A title cut at a word's end with an ellipsis; empty when not even its first word has room.

    A single long word is cut between visible characters, but never inside a number.
    """
    if has_room(text):
        return text
    cut = longest(text, _WORD_END, lambda part: has_room(_with_ellipsis(part)))
    return _with_ellipsis(cut or _cut_word(text, has_room))


def longest(text: str, places: regex.Pattern[str], has_room: Callable[[str], bool]) -> str:
    """The longest beginning that ends at one of the places, outside links and hashtags, and has room; else empty."""
    spans = unbreakable(text)
    ends = [match.end() for match in places.finditer(text)]
    whole = [end for end in ends if not any(span.start < end < span.end for span in spans)]
    low, high = 0, len(whole)
    # Room only shrinks as text grows, so halving finds the place.
    while low < high:
        middle = (low + high) // 2
        if has_room(text[: whole[middle]].rstrip()):
            low = middle + 1
        else:
            high = middle
    return text[: whole[low - 1]].rstrip() if low else ""


def unhash(text: str, keep: int) -> str:
    """The text with all but the first `keep` hashtags turned into plain words."""
    for span in reversed(find_hashtags(text)[keep:]):
        text = text[: span.start] + span.value + text[span.end :]
    return text


def _cut_word(text: str, has_room: Callable[[str], bool]) -> str:
    if any(span.start == 0 for span in unbreakable(text)):
        return ""
    letters = graphemes(text.split(maxsplit=1)[0]) if text.split() else []
    for end in range(len(letters) - 1, 0, -1):
        if letters[end - 1][-1:].isdigit() and letters[end][:1].isdigit():
            continue
        if has_room(_with_ellipsis("".join(letters[:end]))):
            return "".join(letters[:end])
    return ""


def _with_ellipsis(text: str) -> str:
    return text.rstrip(" ,.;:–-") + "…" if text else ""


def split_tag_line(text: str) -> tuple[str, list[str]]:
    """The text without the hashtags that end it on a line of their own, and these."""
    match = _TAG_LINE.search(text)
    if not match:
        return text, []
    tags = [span.value for span in find_hashtags(match[1])]
    return text[: match.start()].rstrip(), tags


def _within_tag_limit(platform: Platform, body: str) -> tuple[str, bool]:
    most = platform.hashtags.max
    if most is None or len(find_hashtags(body)) <= most:
        return body, False
    return unhash(body, most), True


def _chosen_tags(
    platform: Platform, inline: list[str], wanted: Sequence[str], offered: Iterable[str]
) -> tuple[list[str], bool]:
    """The hashtags for the last line and whether some were left out for their number."""
    taken = {tag.casefold() for tag in inline}
    tags: list[str] = []
    lost = False
    for tag, is_wanted in [*((tag, True) for tag in wanted), *((tag, False) for tag in offered)]:
        if tag.casefold() in taken:
            continue
        # What a person asked for is kept up to the platform's limit, what a model adds up to what does well.
        most = platform.hashtags.max if is_wanted else platform.hashtags.recommended
        if most is not None and len(inline) + len(tags) >= most:
            lost = True
            continue
        taken.add(tag.casefold())
        tags.append(tag)
    return tags, lost


def _joined(body: str, link: str, tags: Sequence[str]) -> str:
    return "\n\n".join(part for part in (body, link, " ".join(f"#{tag}" for tag in tags)) if part)


def _notes(hashtags_dropped: object, link_left_out: object) -> tuple[str, ...]:
    notes = {"hashtags_dropped": hashtags_dropped, "link_left_out": link_left_out}
    return tuple(code for code, happened in notes.items() if happened)
