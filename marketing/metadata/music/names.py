"""Artists' names: M10, M11, M33."""

from __future__ import annotations

from collections.abc import Iterable

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.music.record import RULES, every_artist
from marketing.metadata.rules import Context, Fault, Fix, Level, Record
from marketing.metadata.text import tidied, words

_NOBODY = frozenset(
    {
        *("various", "various artists", "various artist", "va", "v/a", "różni", "różni wykonawcy", "różni artyści"),
        *("unknown", "unknown artist", "nieznany", "nieznany wykonawca", "nieznany artysta", "artist", "artysta"),
        *("wykonawca", "wykonawcy", "anonymous", "anonim", "chorus", "chór", "choir", "orchestra", "orkiestra", "band"),
        *(
            "zespół",
            "ensemble",
            "singer",
            "wokalista",
            "wokalistka",
            "soloist",
            "solista",
            "soundtrack",
            "cast",
            "obsada",
        ),
        *("original cast", "traditional", "tradycyjna", "ludowa", "n/a", "none", "brak", "test", "dj", "guest", "gość"),
    }
)
# What people search for rather than who plays it: every word is one of these, and one at least of the strong ones.
_STRONG = frozenset(
    [
        "hits",
        "hity",
        "hit",
        "przeboje",
        "music",
        "muzyka",
        "sounds",
        "dźwięki",
        "songs",
        "piosenki",
        "beats",
        "bity",
        "noise",
        "szum",
        "karaoke",
        "lullabies",
        "lullaby",
        "kołysanki",
        "covers",
        "cover",
        "relaks",
        "relax",
        "relaxation",
        "relaxing",
        "chillout",
        "playlist",
        "playlista",
        "instrumentals",
        "tracks",
        "melodies",
        "melodie",
        "kolędy",
        "carols",
        "ambience",
        "asmr",
        "meditation",
        "medytacja",
        "workout",
    ]
)
_BAIT = _STRONG | frozenset(
    [
        "christmas",
        "świąteczne",
        "święta",
        "xmas",
        "sleep",
        "sleeping",
        "sen",
        "snu",
        "nauki",
        "nauka",
        "study",
        "studying",
        "do",
        "dla",
        "dzieci",
        "kids",
        "children",
        "baby",
        "babies",
        "niemowląt",
        "piano",
        "pianino",
        "fortepian",
        "spa",
        "yoga",
        "joga",
        "jogi",
        "medytacji",
        "relaksacyjna",
        "relaksacyjne",
        "treningu",
        "trening",
        "gym",
        "party",
        "impreza",
        "imprezowa",
        "imprezowe",
        "chill",
        "lofi",
        "lo",
        "fi",
        "focus",
        "calm",
        "calming",
        "spokój",
        "spokojna",
        "nature",
        "natury",
        "natura",
        "rain",
        "deszcz",
        "deszczu",
        "ocean",
        "white",
        "biały",
        "top",
        "best",
        "najlepsze",
        "the",
        "of",
        "for",
        "and",
        "i",
        "na",
        "w",
        "summer",
        "lato",
        "wakacje",
        "letnie",
        "love",
        "miłość",
        "wedding",
        "wesele",
        "weselne",
        "hotel",
        "lounge",
        "jazz",
        "deep",
        "polish",
        "polskie",
        "polska",
        "new",
        "nowe",
        "2024",
        "2025",
        "2026",
        "2027",
        "background",
        "tło",
        "instrumental",
        "tribute",
        "pop",
        "rock",
        "dance",
        "taneczna",
        "taneczne",
        "tiktok",
        "viral",
        "radio",
        "ambient",
        "classical",
        "klasyczna",
        "healing",
        "zen",
    ]
)
_JOINED = regex.compile(
    r"\s(?:&|\+|x|X|×|vs\.?|VS\.?|feat\.?|ft\.?|featuring|w/|pres\.?|presents)\s|,\s|\s/\s|;", regex.IGNORECASE
)


@RULES.rule("M10", _("“%(name)s” is no artist's name."), source="Apple, Spotify")
def generic_artist(record: Record, _context: Context) -> Iterable[Fault]:
    """No generic or search-bait artists; a named orchestra is none of these."""
    for path, name, _role, flagged in every_artist(record):
        if flagged:
            continue
        plain, parts = tidied(name).casefold(), words(name)
        bait = bool(parts) and all(word in _BAIT for word in parts) and any(word in _STRONG for word in parts)
        if plain in _NOBODY or bait or not plain:
            yield Fault(path, {"name": name})


@RULES.rule(
    "M11",
    _("“%(name)s”: one artist in a field, unless it is the name of one act."),
    source="Apple, Spotify, distributors",
)
def one_artist(record: Record, _context: Context) -> Iterable[Fault]:
    """No `A & B`, `A, B`, `A x B`, `A vs. B`, `A feat. B`."""
    for path, name, _role, flagged in every_artist(record):
        if not flagged and _JOINED.search(tidied(name)):
            yield Fault(path, {"name": name})


@RULES.rule("M33", _("The catalogue spells this name “%(known)s”."), level=Level.WARN, source="Spotify, distributors")
def known_spelling(record: Record, context: Context) -> Iterable[Fault]:
    """An artist's name is spelled as in the catalogue before: case, accents, "The"."""
    known = {_plain(name): name for name in context.names}
    for path, name, _role, _flagged in every_artist(record):
        before = known.get(_plain(name))
        if before and before != name and name not in context.names:
            yield Fault(path, {"known": before}, Fix(path, before))


_ACCENTS = str.maketrans("ąćęłńóśźż", "acelnoszz")


def _plain(name: str) -> str:
    return tidied(name).casefold().translate(_ACCENTS).removeprefix("the ")
