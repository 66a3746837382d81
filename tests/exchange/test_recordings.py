"""Audio files beside a record: what is read of each format, which track it is, and what is taken over."""

from __future__ import annotations

import contextlib
import io
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketing.exchange.recordings import accepted, compare
from marketing.metadata.music.audio import Audio, UnreadableAudioError, read_audio
from tests import audio
from tests.metadata.test_music_rules import release

pytestmark = pytest.mark.once
TRACK = release()["tracks"][0]
FILE = Audio("a.flac", "flac", float(TRACK["duration_s"]), 44_100, 2, 16, TRACK["title"], isrc=TRACK["isrc"])


def read(name: str, content: bytes) -> Audio:
    return read_audio(name, io.BytesIO(content))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.mp3", audio.mp3(2, TIT2="Żółty świt", TPE1="Ćma", TSRC="PLH9A2600001", TRCK="3/5", TCOM="Lena Żuraw")),
        (
            "a.flac",
            audio.flac(
                2, TITLE="Żółty świt", ARTIST="Ćma", ISRC="PL-H9A-26-00001", TRACKNUMBER="3", COMPOSER="Lena Żuraw"
            ),
        ),
    ],
)
def test_tags_are_read_in_every_format(name: str, content: bytes) -> None:
    found = read(name, content)
    assert (found.title, found.artist, found.isrc, found.track) == ("Żółty świt", "Ćma", "PLH9A2600001", 3)
    assert found.composers == ("Lena Żuraw",)
    assert (found.sample_rate, found.channels) == (44_100, 2)
    assert found.seconds == pytest.approx(2, abs=0.1)


def test_an_mp4_file_is_read() -> None:
    found = read("a.m4a", audio.m4a(2, isrc="PLH9A2600001", nam="Żółty świt", ART="Ćma"))
    assert (found.title, found.artist, found.isrc) == ("Żółty świt", "Ćma", "PLH9A2600001")
    assert found.seconds == pytest.approx(2, abs=0.1)


def test_a_file_without_tags_tells_its_length_and_format() -> None:
    found = read("a.wav", audio.wav(1.5))
    assert (found.seconds, found.bit_depth, found.title) == (1.5, 16, "")


@pytest.mark.parametrize(
    ("name", "content", "code"),
    [
        ("a.txt", b"no audio at all", "unknown"),
        ("a.flac", b"fLaC", "broken"),
        ("a.mp3", b"ID3\4\0\0\0\0\0\0", "broken"),
        ("a.m4a", audio.m4a()[:40], "broken"),
    ],
)
def test_what_is_no_audio_is_told(name: str, content: bytes, code: str) -> None:
    with pytest.raises(UnreadableAudioError, match=code):
        read(name, content)


@given(content=st.binary(max_size=80), start=st.sampled_from([b"", b"fLaC", b"ID3\4\0\0", b"RIFF", b"OggS", b"\0\0"]))
@settings(max_examples=100, deadline=None)
def test_no_bytes_are_so_odd_that_reading_breaks(content: bytes, start: bytes) -> None:
    with contextlib.suppress(UnreadableAudioError):
        assert read("a.mp3", start + content).seconds > 0


def test_a_file_like_its_track_differs_in_nothing() -> None:
    found = compare(release(), [FILE])
    assert (found.differences, found.strangers, found.silent) == ([], [], [])


def test_each_difference_names_its_place_and_what_it_would_put_there() -> None:
    file = replace(FILE, title="Inny", seconds=FILE.seconds + 5.4, artist="Ktoś", composers=("Lena Żuraw",))
    record = release() | {"tracks": [{**TRACK, "composers": []}]}
    told = {one.key: one.value for one in compare(record, [file]).differences}
    assert told == {
        "tracks.0.title": "Inny",
        "tracks.0.duration_s": round(FILE.seconds + 5.4),
        "tracks.0.artists": None,
        "tracks.0.composers": ["Lena Żuraw"],
    }


def two() -> dict[str, Any]:
    other = {**TRACK, "title": "Mgła", "version": "Live", "isrc": "PLH9A2600002", "number": 2}
    return release() | {"tracks": [TRACK, other]}


@pytest.mark.parametrize(
    "file",
    [
        replace(FILE, title="", isrc="PLH9A2600002"),
        replace(FILE, title="mgła (live)", isrc=""),
        replace(FILE, title="Mgła - Live", isrc=""),
        replace(FILE, title="", isrc="", track=2),
    ],
)
def test_a_file_finds_its_track_by_code_title_or_number(file: Audio) -> None:
    found = compare(two(), [file])
    assert ([at for at, _file in found.pairs], found.silent) == ([1], [0])


def test_a_file_that_is_no_track_of_the_release_is_told() -> None:
    found = compare(two(), [replace(FILE, title="Nic", isrc="PLH9A2699999")])
    assert ([one.name for one in found.strangers], found.silent) == (["a.flac"], [0, 1])


def test_only_what_is_ticked_is_taken_over_and_the_record_given_stays_as_it_was() -> None:
    record = release()
    file = replace(FILE, title="Inny", isrc="PLH9A2600009", track=1)
    changed = accepted(record, [file], ["tracks.0.isrc", "tracks.7.title"])["tracks"][0]
    assert (changed["isrc"], changed["title"]) == ("PLH9A2600009", TRACK["title"])
    assert changed["audio"] == {"format": "flac", "sample_rate": 44_100, "bit_depth": 16, "channels": 2}
    assert record == release()
