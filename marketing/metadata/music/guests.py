"""Guests and other artists in titles: M02, M03, M12, M32."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.music.record import RULES, Title, titles
from marketing.metadata.rules import Context, Fault, Fix, Record
from marketing.metadata.text import tidied

_CREDIT = regex.compile(
    r"(?<![\p{L}\p{N}])(?P<word>featuring|feat\.?|ft\.?|w/|gościnnie|goscinnie|gośc\.|gość\.|gośc:|z udziałem)"
    r"(?=[\s:]|(?<=\.)\p{L}|(?<=/))[\s:]*(?P<names>[^()\[\]]*)",
    regex.IGNORECASE,
)
# "with" is a word of many titles; it credits only at the beginning of a bracket.
_WITH = regex.compile(r"[(\[]\s*(?P<word>with)\s+(?P<names>[^()\[\]]*)", regex.IGNORECASE)
_BETWEEN_NAMES = regex.compile(r"\s*(?:,|&|\bi\b|\boraz\b|\band\b|\s[xX]\s)\s*")
_COVER = regex.compile(
    r"originally (?:performed|recorded|sung) by|(?:as )?made famous by|tribute to|a tribute|in the style of"
    r"|oryginalnie wykonywan\w+ przez|w stylu (?=\p{Lu})|hołd dla|tribute dla|z repertuaru|cover of|karaoke version",
    regex.IGNORECASE,
)
_DASH = r"\s*(?:[-–—|]\s+|\s[-–—|]|:\s+)"


def _credits(title: Title) -> Iterator[tuple[regex.Match[str], bool]]:
    """Each credit in a title, and whether it is written as stores want it."""
    text = title.title
    for found in _CREDIT.finditer(text):
        bracketed = text[: found.start()].rstrip()[-1:] in {"(", "["}
        yield found, found["word"] == "feat." and bracketed
    for found in _WITH.finditer(text):
        yield found, found["word"] == "with"


@RULES.rule(
    "M02",
    _("“%(found)s”: guests are credited by “feat.” or “with”, lower case, in brackets."),
    source="Apple Music style guide 2.13",
)
def guest_words(record: Record, _context: Context) -> Iterable[Fault]:
    """Only `feat.` and `with`, lower case, English, in brackets."""
    for title in titles(record):
        for found, good in _credits(title):
            if not good:
                path = (*title.path, "title")
                yield Fault(path, {"found": found["word"]}, Fix(path, _mended(title.title, found)))


def _mended(text: str, found: regex.Match[str]) -> str:
    """The title with `(feat. …)` in the place of the credit."""
    word = "with" if found["word"].casefold() == "with" else "feat."
    before = text[: found.start()].rstrip()
    after = text[found.end() :].lstrip()
    if before[-1:] in {"(", "["}:
        before, after = before[:-1].rstrip(), after[1:].lstrip() if after[:1] in {")", "]"} else after
    return tidied(f"{before} ({word} {found['names'].strip()}) {after}".replace("( with", "(with"))


@RULES.rule(
    "M03",
    _("%(name)s is named as a guest but has not the role Featuring or With, or is a primary artist too."),
    source="Apple Music style guide 2.13",
)
def guest_roles(record: Record, _context: Context) -> Iterable[Fault]:
    """An artist named after feat. or with has the role; a featured artist is not primary too."""
    for title in titles(record):
        roles = {tidied(name).casefold(): role for _, name, role in title.artists}
        primary = {tidied(name).casefold() for _, name, role in title.artists if role == "primary"}
        for found, _good in _credits(title):
            for name in _named(found["names"], roles):
                if roles.get(name.casefold()) not in {"featuring", "with"}:
                    yield Fault((*title.path, "title"), {"name": name})
        for path, name, role in title.artists:
            if role in {"featuring", "with"} and tidied(name).casefold() in primary:
                yield Fault(path, {"name": name})


def _named(text: str, known: dict[str, str]) -> list[str]:
    """The names in a credit: the whole where such an artist is known, else its parts."""
    whole = tidied(text)
    if whole.casefold() in known:
        return [whole]
    return [name for part in _BETWEEN_NAMES.split(whole) if (name := tidied(part))]


@RULES.rule(
    "M12",
    _("The title carries the artist “%(name)s”; the artist has a field of their own."),
    source="Spotify, distributors",
)
def artist_in_title(record: Record, _context: Context) -> Iterable[Fault]:
    """No `Artist - Title`."""
    everybody = {tidied(name) for title in titles(record) for _, name, _role in title.artists if tidied(name)}
    for title in titles(record):
        text = tidied(title.title)
        for name in sorted(everybody, key=len, reverse=True):
            before = regex.match(rf"{regex.escape(name)}{_DASH}(?P<rest>.+)", text, regex.IGNORECASE)
            after = regex.match(rf"(?P<rest>.+?)\s[-–—|]\s*{regex.escape(name)}$", text, regex.IGNORECASE)
            found = before or after
            if found:
                path = (*title.path, "title")
                yield Fault(path, {"name": name}, Fix(path, found["rest"].strip()))
                break


@RULES.rule(
    "M32",
    _("“%(found)s”: a cover version is marked as a cover and credits its writers, not its earlier artist."),
    source="Apple, Spotify, distributors",
)
def cover_words(record: Record, _context: Context) -> Iterable[Fault]:
    """No "originally performed by", "tribute to", "in the style of"."""
    for title in titles(record):
        for path, text in title.fields:
            if found := _COVER.search(text):
                yield Fault(path, {"found": found[0]})
        for path, name, _role in title.artists:
            if found := _COVER.search(name):
                yield Fault(path, {"found": found[0]})
