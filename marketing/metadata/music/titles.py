"""How titles are written: M01, M04 to M09, M25 to M27, M29, M30."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator

import regex
from django.utils.translation import gettext_lazy as _

from marketing.metadata.music.record import RULES, every_artist, titles, tracks
from marketing.metadata.rules import Context, Fault, Fix, Level, Path, Record
from marketing.metadata.text import (
    EMAIL,
    HANDLE,
    PHONE,
    PRICE,
    URL,
    any_word,
    as_text,
    in_brackets,
    texts,
    tidied,
    without_brackets,
)

# An abbreviation may stand in capitals up to this length.
LONGEST_ABBREVIATION = 4
_PROMOTION = any_word(
    *(
        "official",
        "oficjalny",
        "oficjalna",
        "oficjalne",
        "audio",
        "video",
        "wideo",
        "lyric video",
        "lyrics",
        "visualizer",
    ),
    *("music video", "hd", "hq", "4k", "uhd", "mp3", "wav", "flac", "exclusive", "ekskluzywnie", "na wyłączność"),
    *("limited edition", "edycja limitowana", "free download", "free", "darmowe pobieranie", "do pobrania", "za darmo"),
    *("dolby atmos", "lossless", "hi-res", "teledysk", "klip", "wideoklip", "premiera", "nowość", "nowosc", "out now"),
    *("już dostępne", "bestseller", "hit"),
)
# Words of titles too; they promote only in brackets, or cut off by a dash, a colon or an exclamation mark.
_ONLY_IN_BRACKETS = frozenset({"free", "hit", "lyrics", "premiera", "klip", "bestseller", "nowość", "nowosc"})
_STANDARD = regex.compile(
    r"(?:original|album|standard|main|normal)(?:\s+(?:mix|version|track))|original|oryginał"
    r"|(?:wersja )?oryginalna(?: wersja)?"
    r"|wersja (?:albumowa|standardowa|podstawowa)|albumowa wersja|oryginalny mix",
    regex.IGNORECASE,
)
_ADVICE = regex.compile(
    r"(?:explicit|clean|dirty|e|c|uncensored|censored|parental advisory|wulgarn[aey]|ocenzurowan[aey]"
    r"|bez cenzury|cenzura)"
    r"(?:\s+(?:version|lyrics|edit|wersja))?|wersja (?:ocenzurowana|wulgarna|bez cenzury)",
    regex.IGNORECASE,
)
_AFTER_DASH = regex.compile(r"\s[-–—]\s+(?P<rest>[^()\[\]]+)$")
_VERSION_WORD = any_word(
    *(
        "remix",
        "mix",
        "edit",
        "live",
        "acoustic",
        "version",
        "remaster",
        "remastered",
        "demo",
        "instrumental",
        "unplugged",
    ),
    *("session", "reprise", "radio edit", "extended", "rework", "bootleg", "vip", "dub", "orchestral", "a cappella"),
    *(
        "akustycznie",
        "akustyczna",
        "na żywo",
        "live w",
        "koncert",
        "wersja",
        "remiks",
        "orkiestrowo",
        "instrumentalnie",
    ),
)
_PART = regex.compile(
    r"(?<![\p{L}\p{N}])(?P<word>volume|vol\.?|part|pt\.?|część|czesc|cz\.?|tom)(?P<gap>\s*)"
    r"(?P<number>\d+|[IVX]+(?!\p{L})|one|two|three|four|five|pierwsza|druga|trzecia|i{1,3}(?!\p{L}))(?![\p{L}\p{N}])",
    regex.IGNORECASE,
)
_GOOD_PART = frozenset({"Vol.", "Pt."})
_GENERIC_TITLE = regex.compile(
    r"(?:track|utwór|utwor|ścieżka|sciezka|piosenka|song|nagranie|audio|recording|title|tytuł|untitled"
    r"|bez tytułu|no title)"
    r"[\s_#.-]*(?:nr\s*)?\d*|instrumental(?:ny|na)?|unknown|nieznany|no name|bez nazwy|bonus track|new song|nowy utwór",
    regex.IGNORECASE,
)
_CENSORED = regex.compile(r"\p{L}\*+\p{L}?|\*{2,}|\p{L}[#@$%]{2,}\p{L}?")
_DECORATION = regex.compile(r"[\p{Extended_Pictographic}\p{So}\p{Sk}~|♥♡]")
# Signs of music and of numbers are part of titles.
_ALLOWED_SIGNS = frozenset("♯♭♮№°`´^¨#*0123456789")
_TRAILING = regex.compile(r"(?:[,;:\-–—_/+=]|(?<!\.)\.|[!?]{2,})\s*$")
_DOTTED = regex.compile(r"(?<!\p{L})(?:\p{L}\.)+$|\b(?:jr|sr|st|mr|dr|vol|pt|feat|no|nr|cz)\.$", regex.IGNORECASE)


def _letters(text: str) -> str:
    return "".join(sign for sign in text if sign.isalpha())


def _is_one_case(text: str) -> bool:
    letters = _letters(without_brackets(text))
    if not letters:
        return False
    shouted = letters == letters.upper() != letters.lower() and len(letters) > LONGEST_ABBREVIATION
    # "100 lat" begins with a number; nothing stands there that could be large.
    lowered = letters == letters.lower() != letters.upper() and not without_brackets(text)[:1].isdigit()
    return shouted or lowered


@RULES.rule("M01", _("Not all in capitals and not all in lower case."), source="Apple, distributors")
def one_case(record: Record, _context: Context) -> Iterable[Fault]:
    """Title or artist neither all capitals nor all lower case; abbreviations and documented stylisation may."""
    for title in titles(record):
        if not title.flagged and _is_one_case(title.title):
            path = (*title.path, "title")
            yield Fault(path, fix=Fix(path, _sentence_case(title.title)))
    for path, name, _role, flagged in every_artist(record):
        if not flagged and _is_one_case(name):
            yield Fault(path)


def _sentence_case(text: str) -> str:
    """The first letter large, the rest small: right for Polish, and a beginning for English."""
    lower = text.lower()
    at = next((place for place, sign in enumerate(lower) if sign.isalpha()), 0)
    return lower[:at] + lower[at : at + 1].upper() + lower[at + 1 :]


def _title_texts(record: Record) -> Iterator[tuple[Path, str]]:
    for title in titles(record):
        yield from title.fields


def _all_texts(record: Record) -> Iterator[tuple[Path, str]]:
    """Titles, versions and artists' names."""
    yield from _title_texts(record)
    for path, name, _role, _flagged in every_artist(record):
        yield path, name


@RULES.rule(
    "M04", _("“%(found)s” is promotion or a format, not part of a title or name."), source="Apple, distributors"
)
def promotion(record: Record, _context: Context) -> Iterable[Fault]:
    """No promotion and no format words in titles or artist names."""
    for path, text in _all_texts(record):
        bracketed = " ".join(in_brackets(text)).casefold()
        # A one-word title may be the name of a thing.
        whole = tidied(text).casefold()
        for found in _PROMOTION.finditer(text):
            word = found[0].casefold()
            if word in _ONLY_IN_BRACKETS and (whole == word or not (word in bracketed or _is_apart(text, found))):
                continue
            yield Fault(path, {"found": found[0]}, _without_bracket(path, text, found[0]))
            break


def _is_apart(text: str, found: regex.Match[str]) -> bool:
    """Whether a dash, a colon or an exclamation mark cuts the word off from the title."""
    before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
    return before[-1:] in {"-", "–", "—", ":", "|", "!"} or after[:1] in {":", "!", "|"} or after[:2] in {"- ", "– "}


def _without_bracket(path: Path, text: str, found: str) -> Fix | None:
    """The text without the bracket that holds it; nothing is proposed where it stands free."""
    mended = regex.sub(rf"\s*[(\[][^()\[\]]*{regex.escape(found)}[^()\[\]]*[)\]]", "", text).strip()
    return Fix(path, mended) if mended and mended != text else None


@RULES.rule("M05", _("The standard version carries no version text (“%(found)s”)."), source="Apple, distributors")
def standard_version(record: Record, _context: Context) -> Iterable[Fault]:
    """No Original Mix, Original Version, Album Version."""
    for title in titles(record):
        if found := _STANDARD.fullmatch(tidied(title.version)):
            yield Fault((*title.path, "version"), {"found": found[0]}, Fix((*title.path, "version"), ""))
        for inner in [*in_brackets(title.title), *_after_dash(title.title)]:
            if _STANDARD.fullmatch(inner):
                path = (*title.path, "title")
                yield Fault(path, {"found": inner}, _without_bracket(path, title.title, inner))


def _after_dash(text: str) -> list[str]:
    found = _AFTER_DASH.search(text)
    return [found["rest"].strip()] if found else []


@RULES.rule(
    "M06", _("“%(found)s” is said by the explicit flag, not by the title."), source="Apple, Spotify, distributors"
)
def advice_in_title(record: Record, _context: Context) -> Iterable[Fault]:
    """No (Explicit), (Clean), [E] in titles."""
    for title in titles(record):
        if found := _ADVICE.fullmatch(tidied(title.version)):
            yield Fault((*title.path, "version"), {"found": found[0]}, Fix((*title.path, "version"), ""))
        for inner in [*in_brackets(title.title), *_after_dash(title.title)]:
            if _ADVICE.fullmatch(inner):
                path = (*title.path, "title")
                yield Fault(path, {"found": inner}, _without_bracket(path, title.title, inner))


@RULES.rule(
    "M07",
    _("Version text stands in brackets or in its own field, not after a dash (“%(found)s”)."),
    level=Level.WARN,
    source="distributors",
)
def version_after_dash(record: Record, _context: Context) -> Iterable[Fault]:
    """`Noc (Remix)`, not `Noc - Remix`."""
    for title in titles(record):
        text = title.title
        found = _AFTER_DASH.search(text)
        if found and _VERSION_WORD.search(found["rest"]):
            path = (*title.path, "title")
            mended = f"{text[: found.start()].rstrip()} ({found['rest'].strip()})"
            yield Fault(path, {"found": found["rest"].strip()}, Fix(path, mended))


@RULES.rule(
    "M08",
    _("Volumes and parts are written “, Vol. 2” and “, Pt. 1” (found “%(found)s”)."),
    level=Level.WARN,
    source="Apple, distributors",
)
def volume_and_part(record: Record, _context: Context) -> Iterable[Fault]:
    """`Vol. 2` and `Pt. 1`, after a comma."""
    for title in titles(record):
        for found in _PART.finditer(title.title):
            before = title.title[: found.start()]
            good = found["word"] in _GOOD_PART and found["gap"] == " " and before.endswith(", ")
            if not good:
                path = (*title.path, "title")
                short = "Vol." if found["word"].casefold()[0] in "vt" else "Pt."
                stem = before.rstrip(" ,–—-([")
                rest = title.title[found.end() :].lstrip(" )]")
                mended = tidied(f"{stem}, {short} {found['number']} {rest}") if stem else title.title
                yield Fault(path, {"found": found[0]}, Fix(path, mended))


@RULES.rule("M09", _("“%(found)s” is no title but a placeholder."), source="Apple, distributors")
def generic_title(record: Record, _context: Context) -> Iterable[Fault]:
    """No Track 1, Utwór 3, Instrumental, Untitled, unless flagged as the real title."""
    for title in titles(record):
        if not title.flagged and _GENERIC_TITLE.fullmatch(tidied(title.title)):
            yield Fault((*title.path, "title"), {"found": title.title.strip()})
        elif not title.title.strip():
            yield Fault((*title.path, "title"), {"found": ""})


@RULES.rule(
    "M25",
    _("No emoji, censoring stars, decoration or stray punctuation (“%(found)s”)."),
    source="Apple, distributors",
)
def decoration(record: Record, _context: Context) -> Iterable[Fault]:
    """No emoji, no `K***a`, no decorative symbols, no trailing punctuation that is not part of the name."""
    for path, text in _all_texts(record):
        signs = "".join(dict.fromkeys(sign for sign in _DECORATION.findall(text) if sign not in _ALLOWED_SIGNS))
        censored = _CENSORED.search(text)
        stray = _TRAILING.search(text) if not _DOTTED.search(text.rstrip()) else None
        if signs:
            bare = tidied("".join(sign for sign in text if sign not in signs and sign not in "\ufe0f\u200d"))
            yield Fault(path, {"found": signs}, Fix(path, bare) if bare else None)
        elif censored:
            yield Fault(path, {"found": censored[0]})
        elif stray:
            bare = text[: stray.start()].rstrip()
            yield Fault(path, {"found": stray[0].strip()}, Fix(path, bare) if bare else None)


@RULES.rule("M26", _("A release of one track bears that track's title, with its version."), source="distributors")
def single_title(record: Record, _context: Context) -> Iterable[Fault]:
    """One-track release: release title = track title incl. version."""
    found = titles(record)
    if len(tracks(record)) != 1:
        return
    release, track = found[0], found[1]
    if tidied(release.title) != tidied(track.title):
        yield Fault(("title",), fix=Fix(("title",), track.title))
    elif tidied(release.version) != tidied(track.version):
        yield Fault(("version",), fix=Fix(("version",), track.version))


@RULES.rule("M27", _("“%(found)s” does not belong into a title or a name."), source="distributors")
def contact(record: Record, _context: Context) -> Iterable[Fault]:
    """No web address, @handle, phone, price or label name in titles or artist names."""
    label = tidied(as_text(record.get("label")))
    for path, text in _all_texts(record):
        found = next((hit for pattern in (EMAIL, URL, HANDLE, PHONE, PRICE) if (hit := pattern.search(text))), None)
        if found:
            yield Fault(path, {"found": found[0]})
        elif len(label) > LONGEST_ABBREVIATION and label.casefold() in tidied(text).casefold():
            yield Fault(path, {"found": label})


@RULES.rule("M29", _("White space, accents or apostrophes are not in order."), level=Level.FIX, source="all stores")
def white_space(record: Record, _context: Context) -> Iterable[Fault]:
    """White space trimmed and single, NFC, one kind of apostrophe."""
    kinds = {sign for _, text in _all_texts(record) for sign in text if sign in "'’"}
    for path, text in _every_text(record):
        mended = tidied(text)
        if len(kinds) > 1 and path[-1] in {"title", "version", "name"}:
            mended = mended.replace("'", "’")
        if mended != text:
            yield Fault(path, fix=Fix(path, mended))


def _every_text(record: Record) -> Iterator[tuple[Path, str]]:
    yield from _all_texts(record)
    for name in ("label", "p_line", "c_line", "genre"):
        yield (name,), as_text(record.get(name))
    for path, track in tracks(record):
        for name in ("composers", "lyricists"):
            for at, person in enumerate(texts(track.get(name))):
                yield (*path, name, at), person


@RULES.rule(
    "M30", _("One language in a field: no translation after a slash."), level=Level.WARN, source="Apple, distributors"
)
def translation_in_title(record: Record, _context: Context) -> Iterable[Fault]:
    """No translation after a slash."""
    for path, text in _title_texts(record):
        before, slash, _after = text.partition(" / ")
        if slash and any(unicodedata.category(sign).startswith("L") for sign in before):
            yield Fault(path, fix=Fix(path, before.strip()))
