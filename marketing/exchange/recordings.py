"""Audio files beside a release's record: which track each is, where they differ, what is taken over."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from marketing.metadata.music.audio import Audio
from marketing.metadata.music.codes import compact
from marketing.metadata.text import tidied

# A second of silence at the end is no other length.
SAME_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Difference:
    """A field of a track in which record and file differ. `value` is what accepting puts there; None: only shown."""

    track: int
    field: str
    now: str
    found: str
    value: Any = None

    @property
    def key(self) -> str:
        """The place that a form names, as in `tracks.0.isrc`."""
        return f"tracks.{self.track}.{self.field}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`pairs` are files with the position of their track; the rest has no partner."""

    pairs: list[tuple[int, Audio]]
    differences: list[Difference]
    strangers: list[Audio]
    silent: list[int]


def compare(record: Mapping[str, Any], files: Sequence[Audio]) -> Comparison:
    """Each file beside its track: by ISRC, else by title, else by the number in its tags."""
    tracks = [one for one in record.get("tracks") or [] if isinstance(one, dict)]
    taken: dict[int, Audio] = {}
    strangers = []
    for file in files:
        at = _partner(tracks, file, taken)
        if at is None:
            strangers.append(file)
        else:
            taken[at] = file
    pairs = sorted(taken.items())
    differences = [one for at, file in pairs for one in _differences(at, tracks[at], file)]
    return Comparison(pairs, differences, strangers, [at for at in range(len(tracks)) if at not in taken])


def accepted(record: Mapping[str, Any], files: Sequence[Audio], keys: Iterable[str]) -> dict[str, Any]:
    """A copy of the record with these differences taken over, and with each file's format beside its track."""
    found = compare(record, files)
    wanted = set(keys)
    changed: dict[str, Any] = copy.deepcopy(dict(record))
    tracks = [one for one in changed.get("tracks") or [] if isinstance(one, dict)]
    for at, file in found.pairs:
        tracks[at]["audio"] = {
            "format": file.form,
            "sample_rate": file.sample_rate,
            "bit_depth": file.bit_depth,
            "channels": file.channels,
        }
    for one in found.differences:
        if one.key in wanted and one.value is not None:
            tracks[one.track][one.field] = one.value
    return changed


def _partner(tracks: Sequence[Mapping[str, Any]], file: Audio, taken: Mapping[int, Audio]) -> int | None:
    free = [at for at in range(len(tracks)) if at not in taken]
    coded = [at for at in free if file.isrc and compact(str(tracks[at].get("isrc") or "")) == file.isrc]
    titled = [at for at in free if file.title and _title(file.title) in _titles(tracks[at])]
    # A number alone is weak: it counts where nothing in the file speaks against it.
    numbered = [at for at in free if file.track and _number(tracks[at], at) == file.track]
    for found in (coded, titled, numbered):
        if len(found) == 1:
            return found[0]
    return None


def _number(track: Mapping[str, Any], at: int) -> int:
    number = track.get("number")
    return number if isinstance(number, int) and number else at + 1


def _title(text: str) -> str:
    return tidied(text).casefold()


def _titles(track: Mapping[str, Any]) -> set[str]:
    """A track's title as files write it: alone, or with its version in brackets or behind a dash."""
    title, version = str(track.get("title") or ""), str(track.get("version") or "")
    if not version:
        return {_title(title)}
    return {_title(form) for form in (f"{title} ({version})", f"{title} [{version}]", f"{title} - {version}")}


def _differences(at: int, track: Mapping[str, Any], file: Audio) -> list[Difference]:
    found = []
    if file.title and _title(file.title) not in _titles(track):
        # With a version of its own the title in the file holds both; taking it over would say the version twice.
        value = None if track.get("version") else file.title
        found.append(Difference(at, "title", _joined(track, "title", "version"), file.title, value))
    code = compact(str(track.get("isrc") or ""))
    if file.isrc and code != file.isrc:
        found.append(Difference(at, "isrc", code, file.isrc, file.isrc))
    length = track.get("duration_s")
    if not isinstance(length, int | float) or abs(length - file.seconds) > SAME_SECONDS:
        seconds = round(file.seconds)
        found.append(Difference(at, "duration_s", "" if length is None else str(length), str(seconds), seconds))
    names = [str(one.get("name") or "") for one in track.get("artists") or [] if isinstance(one, dict)]
    if file.artist and not all(_title(name) in _title(file.artist) for name in names if name):
        # Files write all artists into one field, records one a field: a person says which is which.
        found.append(Difference(at, "artists", ", ".join(names), file.artist))
    if file.composers and not track.get("composers"):
        found.append(Difference(at, "composers", "", ", ".join(file.composers), list(file.composers)))
    return found


def _joined(track: Mapping[str, Any], *names: str) -> str:
    return " – ".join(str(track[name]) for name in names if track.get(name))
