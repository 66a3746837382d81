"""How a text stands on a platform: length, title, hashtags, warnings, and where the platform folds it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from marketing.content.counting import count, graphemes
from marketing.content.links import find_hashtags, unbreakable
from marketing.content.platforms import Counting, Limit, Platform

UNITS: dict[Counting, Promise] = {
    Counting.X_WEIGHTED: _("characters as X counts them"),
    Counting.CODEPOINTS: _("characters"),
    Counting.UTF16: _("characters"),
    Counting.UTF8: _("bytes"),
    Counting.GRAPHEMES: _("visible characters"),
    Counting.MASTODON: _("characters as Mastodon counts them"),
    Counting.YOUTUBE_TAGS: _("characters"),
    Counting.ITEMS: _("hashtags"),
    Counting.GOOGLE_ADS: _("characters"),
    Counting.TIKTOK_ADS: _("characters"),
    Counting.WORDS: _("words"),
}
# How far back a fold looks for a space before it cuts a word in two.
_FOLD_SLACK = 20


class Level(StrEnum):
    """How a field stands: within its limits, beyond an advice, or beyond what the platform takes."""

    OK = "ok"
    WARNING = "warning"
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Gauge:
    """One counted field. `limit` and `left` are None where there is no limit; `left` is negative when over."""

    used: int
    limit: int | None
    recommended: int | None
    unit: Promise
    level: Level

    @property
    def left(self) -> int | None:
        """What is left up to the limit."""
        return None if self.limit is None else self.limit - self.used


@dataclass(frozen=True, slots=True)
class Warn:
    """Something a person should know, as a code; `number` is what the code is about, `limit` what it is held against.

    Codes: `over`, `too_long` (beyond an unproven limit), `long` (beyond the recommendation), `too_short`, `bytes_over`,
    `title_over`, `title_too_long`, `title_long`, `title_missing`, `hashtags_over`, `hashtags_too_many`,
    `hashtags_many`, `folded` (so many characters stand behind "more"), `forbidden_characters`.
    """

    code: str
    number: int
    limit: int = 0


@dataclass(frozen=True, slots=True)
class Measure:
    """A text measured for one platform; `used`, `limit`, `left`, `unit` are the text's, `level` is the worst of all."""

    text: Gauge
    title: Gauge | None
    hashtags: Gauge
    second: Gauge | None
    level: Level
    warnings: tuple[Warn, ...]

    @property
    def used(self) -> int:
        """The text's length in the platform's own counting."""
        return self.text.used

    @property
    def limit(self) -> int:
        """What the platform takes."""
        return self.text.limit or 0

    @property
    def left(self) -> int:
        """What is left, negative when over."""
        return self.limit - self.used

    @property
    def unit(self) -> Promise:
        """What is counted, for people."""
        return self.text.unit

    @property
    def over(self) -> bool:
        """Whether the platform would refuse the post."""
        return self.level is Level.OVER


def measure(platform: Platform, title: str, text: str) -> Measure:
    """Title and text against a platform's limits. Both are counted in NFC, the form in which they are stored."""
    title, text = unicodedata.normalize("NFC", title), unicodedata.normalize("NFC", text)
    body = _gauge(platform.text, count(platform.text.counting, text))
    tags = _gauge(platform.hashtags, len(find_hashtags(text)))
    second = _gauge(platform.second, count(platform.second.counting, text)) if platform.second else None
    head = _gauge(platform.title, count(platform.title.counting, title)) if platform.title else None
    warnings = [
        *_field_warnings(body, "over", "too_long", "long"),
        *_field_warnings(second, "bytes_over", "bytes_over", "bytes_over"),
        *_field_warnings(head, "title_over", "title_too_long", "title_long"),
        *_field_warnings(tags, "hashtags_over", "hashtags_too_many", "hashtags_many"),
        *_other_warnings(platform, title, text),
    ]
    gauges = [gauge for gauge in (body, tags, second, head) if gauge]
    levels = [*(gauge.level for gauge in gauges), *(_level_of(warning.code) for warning in warnings)]
    return Measure(body, head, tags, second, max(levels, key=list(Level).index), tuple(warnings))


def fold(platform: Platform, text: str) -> tuple[str, str]:
    """What shows before "more" and what stands behind it; together they are the text. Behind is empty without a fold.

    The cut never falls inside a visible character, a link or a hashtag, and prefers the end of a word.
    """
    text = unicodedata.normalize("NFC", text)
    if platform.fold is None:
        return text, ""
    letters = graphemes(text)
    if len(letters) <= platform.fold:
        return text, ""
    cut = cut_position(text, len("".join(letters[: platform.fold])), slack=_FOLD_SLACK)
    return text[:cut], text[cut:]


def cut_position(text: str, cut: int, *, slack: int) -> int:
    """The nearest good place at or before `cut`: a word's end within `slack` characters, never inside a link or tag.

    `cut` must lie between two graphemes. When a link begins the text, the place behind it is returned.
    """
    start = cut
    while start > max(0, cut - slack) and not _between_words(text, start):
        start -= 1
    place = start if start > 0 and _between_words(text, start) else cut
    for span in unbreakable(text):
        if span.start < place < span.end:
            return span.start or span.end
    return place


def _between_words(text: str, place: int) -> bool:
    return place >= len(text) or text[place].isspace() or text[place - 1].isspace()


def _gauge(limit: Limit, used: int) -> Gauge:
    level = Level.OK
    if limit.max is not None and used > limit.max:
        level = Level.OVER if limit.blocks else Level.WARNING
    elif limit.recommended is not None and used > limit.recommended:
        level = Level.WARNING
    return Gauge(used, limit.max, limit.recommended, UNITS[limit.counting], level)


def _field_warnings(gauge: Gauge | None, over: str, too_long: str, long: str) -> list[Warn]:
    if gauge is None or gauge.level is Level.OK:
        return []
    if gauge.limit is not None and gauge.used > gauge.limit:
        return [Warn(over if gauge.level is Level.OVER else too_long, gauge.used - gauge.limit, gauge.limit)]
    return [Warn(long, gauge.used - (gauge.recommended or 0), gauge.recommended or 0)]


def _other_warnings(platform: Platform, title: str, text: str) -> list[Warn]:
    warnings = []
    if not text.strip() and platform.text.min:
        warnings.append(Warn("too_short", 0, platform.text.min))
    if platform.title and platform.title.min and not title.strip():
        warnings.append(Warn("title_missing", 0, platform.title.min))
    hidden = fold(platform, text)[1]
    if hidden.strip():
        warnings.append(Warn("folded", len(graphemes(hidden)), platform.fold or 0))
    forbidden = sum((title + text).count(letter) for letter in platform.forbidden)
    return [*warnings, Warn("forbidden_characters", forbidden)] if forbidden else warnings


def _level_of(code: str) -> Level:
    # An empty required field and a refused character block as a limit does; a fold is only worth knowing.
    return Level.OVER if code in {"too_short", "title_missing", "forbidden_characters"} else Level.OK
