"""The release as a whole: M17 to M24, M28, M31."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.codelists import is_language, store_genres
from marketing.metadata.covers import release_faults, said
from marketing.metadata.music.record import RULES, day, tracks
from marketing.metadata.rules import Context, Fault, Fix, Level, Path, Record
from marketing.metadata.text import as_text, texts, tidied

LEAST_LEAD = timedelta(days=7)
_LINE = regex.compile(r"(?:[℗©]\s*|\([PC]\)\s*)?(?P<year>(?:19|20)\d{2})\s+(?P<owner>\S.*)")
_EXPLICIT = frozenset({"explicit", "clean", "not_explicit"})
_NOBODYS_WORK = frozenset(
    {"traditional", "trad.", "trad", "public domain", "tradycyjna", "tradycyjny", "ludowa", "ludowy"}
)
_INITIAL = regex.compile(r"\p{L}\.?")
NO_LANGUAGE = "zxx"
TEN_MINUTES, THIRTY_MINUTES = 600, 1800
_SINGLE, _EP = 3, 6


@RULES.rule("M17", _("The title “%(title)s” is there twice."), source="Apple, distributors")
def unique_titles(record: Record, _context: Context) -> Iterable[Fault]:
    """Track titles unique, except different versions or clean/explicit pairs."""
    keys = [
        (
            tidied(as_text(track.get("title"))).casefold(),
            tidied(as_text(track.get("version"))).casefold(),
            as_text(track.get("explicit")),
        )
        for _, track in tracks(record)
    ]
    counted = Counter(keys)
    seen: set[tuple[str, str, str]] = set()
    for (path, track), key in zip(tracks(record), keys, strict=True):
        if counted[key] > 1 and key[0] and key in seen:
            yield Fault((*path, "title"), {"title": as_text(track.get("title"))})
        seen.add(key)


@RULES.rule(
    "M18",
    _("The release date leaves less than 7 days, is missing, or lies before the original one."),
    level=Level.WARN,
    source="Spotify",
)
def dates(record: Record, _context: Context) -> Iterable[Fault]:
    """At least 7 days ahead; an original release date after the release is an error."""
    release, original = day(record.get("release_date")), day(record.get("original_release_date"))
    entered = day(record.get("entered_on"))
    if release is None:
        yield Fault(("release_date",), level=Level.ERROR)
        return
    if original and original > release:
        yield Fault(("original_release_date",), level=Level.ERROR)
    if entered and release - entered < LEAST_LEAD and not _is_reissue(original, entered):
        yield Fault(("release_date",))


def _is_reissue(original: date | None, entered: date) -> bool:
    """Catalogue that has long been out and is only delivered again needs no lead."""
    return original is not None and original < entered - timedelta(days=365)


@RULES.rule("M19", _("“%(code)s” is no ISO 639 code of a language."), source="Spotify, distributors")
def languages(record: Record, _context: Context) -> Iterable[Fault]:
    """Language of title and of lyrics as ISO 639 code."""
    code = as_text(record.get("title_language"))
    if not is_language(code):
        yield Fault(("title_language",), {"code": code})
    for path, track in tracks(record):
        lyrics = as_text(track.get("lyrics_language"))
        if not is_language(lyrics) and not (track.get("instrumental") and not lyrics):
            yield Fault((*path, "lyrics_language"), {"code": lyrics})


@RULES.rule("M20", _("“%(genre)s” is no genre of the stores; moods are tags."), source="Apple, distributors")
def genre(record: Record, _context: Context) -> Iterable[Fault]:
    """Main genre from the stores' list."""
    given = as_text(record.get("genre"))
    known = store_genres()
    if given not in known:
        match = next((name for name in known if name.casefold() == tidied(given).casefold()), None)
        yield Fault(("genre",), {"genre": given}, Fix(("genre",), match) if match else None)


@RULES.rule(
    "M21",
    _("“%(line)s”: year and owner, as in “2026 Hardban Records Lab”, and no later year."),
    source="Apple, distributors",
)
def lines(record: Record, _context: Context) -> Iterable[Fault]:
    """P line and C line: year and owner; the year not in the future, and not before the recording."""
    entered, release = day(record.get("entered_on")), day(record.get("release_date"))
    latest = max((one.year for one in (entered, release) if one), default=date.today().year)  # noqa: DTZ011 - a year
    for path, line, recorded in _lines(record):
        found = _LINE.fullmatch(tidied(line))
        if not found or int(found["year"]) > latest or (recorded and int(found["year"]) < recorded):
            yield Fault(path, {"line": line})


def _lines(record: Record) -> Iterator[tuple[Path, str, int]]:
    """Each line with its place and, for a track's P line, the year of the recording."""
    yield ("p_line",), as_text(record.get("p_line")), 0
    yield ("c_line",), as_text(record.get("c_line")), 0
    for path, track in tracks(record):
        if as_text(track.get("p_line")):
            year = track.get("recording_year")
            yield (*path, "p_line"), as_text(track.get("p_line")), year if isinstance(year, int) else 0


@RULES.rule("M22", _("Composers and lyricists by their full legal names (%(name)s)."), source="Apple, Spotify")
def writers(record: Record, _context: Context) -> Iterable[Fault]:
    """At least one composer and, unless instrumental, a lyricist; full names, no initials, no stage names."""
    for path, track in tracks(record):
        for name, wanted in (("composers", True), ("lyricists", not track.get("instrumental"))):
            people = [one for one in texts(track.get(name)) if one.strip()]
            if wanted and not people:
                yield Fault((*path, name), {"name": "–"})
            for at, person in enumerate(people):
                if not _is_full_name(person):
                    yield Fault((*path, name, at), {"name": person})


def _is_full_name(person: str) -> bool:
    parts = tidied(person).split()
    if tidied(person).casefold() in _NOBODYS_WORK:
        return True
    return len(parts) > 1 and not any(_INITIAL.fullmatch(part) for part in (parts[0], parts[-1]))


@RULES.rule(
    "M23", _("Say for each vocal track whether it is explicit, clean or not explicit."), source="Apple, distributors"
)
def explicit_flags(record: Record, _context: Context) -> Iterable[Fault]:
    """Explicit flag set for each vocal track; the release is as explicit as its worst track."""
    flags = []
    for path, track in tracks(record):
        flag = as_text(track.get("explicit"))
        flags.append(flag)
        if flag not in _EXPLICIT and not (track.get("instrumental") and not flag):
            yield Fault((*path, "explicit"))
    if "explicit" in flags and as_text(record.get("explicit")) not in {"explicit", ""}:
        yield Fault(("explicit",), fix=Fix(("explicit",), "explicit"))


@RULES.rule(
    "M24",
    _("An instrumental track has no lyricist, the language zxx, and is not explicit."),
    level=Level.WARN,
    source="distributors",
)
def instrumentals(record: Record, _context: Context) -> Iterable[Fault]:
    """Instrumental: no lyricist, language zxx, not explicit."""
    for path, track in tracks(record):
        if not track.get("instrumental"):
            continue
        if any(one.strip() for one in texts(track.get("lyricists"))):
            yield Fault((*path, "lyricists"), fix=Fix((*path, "lyricists"), []))
        if as_text(track.get("lyrics_language")) not in {NO_LANGUAGE, ""}:
            yield Fault((*path, "lyrics_language"), fix=Fix((*path, "lyrics_language"), NO_LANGUAGE))
        if track.get("explicit") == "explicit":
            yield Fault((*path, "explicit"), fix=Fix((*path, "explicit"), "not_explicit"))


@RULES.rule("M28", _("By its tracks this is: %(type)s."), level=Level.WARN, source="Apple, Spotify")
def release_type(record: Record, _context: Context) -> Iterable[Fault]:
    """Single, EP or album by number and length of the tracks."""
    given = as_text(record.get("type")).casefold()
    lengths = [track.get("duration_s") for _, track in tracks(record)]
    seconds = [one for one in lengths if isinstance(one, (int, float)) and not isinstance(one, bool)]
    if given not in {"single", "ep", "album"} or not seconds or len(seconds) != len(lengths):
        return
    right = type_of(seconds)
    if given != right:
        yield Fault(("type",), {"type": right}, Fix(("type",), right))


def type_of(seconds: list[Any]) -> str:
    """What stores call a release with tracks of these lengths in seconds."""
    if len(seconds) > _EP or sum(seconds) > THIRTY_MINUTES:
        return "album"
    if len(seconds) > _SINGLE or max(seconds) >= TEN_MINUTES:
        return "ep"
    return "single"


@RULES.rule(
    "M31",
    _("The cover must be a square RGB picture of 3,000 pixels or more as JPG or PNG; it is %(cover)s."),
    source="Apple, Spotify",
)
def cover(record: Record, _context: Context) -> Iterable[Fault]:
    """Cover: square, at least 3000 x 3000, RGB, JPG or PNG. Checked where the record describes one."""
    found = record.get("cover")
    if isinstance(found, dict) and found and release_faults(found):
        yield Fault(("cover",), {"cover": said(found)})
