"""The rules against cases of our own: what each finds, and what it leaves alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from marketing.metadata.checking import check, found_rules

pytestmark = pytest.mark.once
ARTIST = {"name": "Zorza", "role": "primary"}
TRACK: dict[str, Any] = {
    "number": 1,
    "title": "Świt",
    "version": "",
    "artists": [ARTIST],
    "isrc": "PLH9A2600001",
    "iswc": "T-900.000.137-6",
    "duration_s": 198,
    "composers": ["Anna Maria Kowalska"],
    "lyricists": ["Jan Nowak"],
    "lyrics_language": "pl",
    "explicit": "not_explicit",
    "instrumental": False,
    "p_line": "2026 Hardban Records Lab",
}
RELEASE: dict[str, Any] = {
    "title": "Świt",
    "version": "",
    "type": "single",
    "artists": [ARTIST],
    "label": "Hardban Records Lab",
    "upc": "5901230000028",
    "release_date": "2026-12-18",
    "original_release_date": "2026-12-18",
    "entered_on": "2026-11-20",
    "genre": "Pop",
    "title_language": "pl",
    "territories": ["WW"],
    "c_line": "2026 Hardban Records Lab",
    "p_line": "2026 Hardban Records Lab",
    "explicit": "not_explicit",
    "tracks": [TRACK],
}


def release(title: str = "Świt", **changes: Any) -> dict[str, Any]:
    """A clean release with these changes; `artist`, `guest`, `version` and `track_…` change the track too."""
    made = copy.deepcopy(RELEASE)
    track = made["tracks"][0]
    made["title"] = track["title"] = title
    for name, value in changes.items():
        if name == "artist":
            made["artists"][0]["name"] = track["artists"][0]["name"] = value
        elif name == "guest":
            for owner in (made, track):
                owner["artists"].append({"name": value, "role": "featuring"})
        elif name == "version":
            made["version"] = track["version"] = value
        elif name.startswith("track_"):
            track[name.removeprefix("track_")] = value
        else:
            made[name] = value
    return made


def tracks(number: int, seconds: int = 198) -> list[dict[str, Any]]:
    """So many different recordings."""
    return [
        {
            **copy.deepcopy(TRACK),
            "number": at + 1,
            "title": f"Pieśń {chr(65 + at)}a",
            "isrc": f"PLH9A26{at:05d}",
            "duration_s": seconds,
        }
        for at in range(number)
    ]


MUSIC: list[tuple[list[str], dict[str, Any]]] = [
    ([], release("Nokturn, Vol. 2")),
    ([], release("Dzień dobry, Polsko")),
    ([], release("Co dalej?")),
    ([], release("100 lat")),
    ([], release("Świt (Remix)")),
    ([], release(version="Radio Edit")),
    ([], release("ABBA")),
    ([], release("Noc (feat. Ćma)", guest="Ćma")),
    (["M01"], release("świt nad wisłą")),
    (["M02"], release("Świt (Feat. Ćma)", guest="Ćma")),
    (["M02"], release("Świt feat. Ćma", guest="Ćma")),
    (["M03"], release("Świt (feat. Ćma)")),
    (["M02"], release("Świt (w/ Ćma)", guest="Ćma")),
    (["M02"], release("Świt (feat Ćma)", guest="Ćma")),
    (["M02"], release("Świt (FEAT. Ćma)", guest="Ćma")),
    (["M04"], release("Świt (Lyric Video)")),
    (["M04"], release("Świt (Oficjalny teledysk)")),
    (["M04"], release("Świt (MP3)")),
    (["M04"], release("Świt HQ")),
    (["M04"], release("Świt (Premiera)")),
    (["M04"], release("Świt (Nowość)")),
    (["M04"], release("Świt - Premiera")),
    (["M04"], release("Świt (Free Download)")),
    (["M04"], release("Świt (Exclusive)")),
    (["M04"], release("Świt [Lossless]")),
    (["M04"], release("Świt (Official Video)")),
    (["M04"], release("Świt Audio")),
    (["M04"], release("Świt (Video)")),
    (["M04"], release("Nowość: Świt")),
    (["M04"], release("Świt – nowość")),
    (["M04"], release("Premiera! Świt")),
    (["M05"], release(version="Original Version")),
    (["M05"], release("Świt (Original Mix)")),
    (["M06"], release("Świt [E]")),
    (["M06"], release(version="Explicit")),
    (["M06"], release("Świt (Clean Version)")),
    (["M07"], release("Świt - Remix")),
    (["M07"], release("Świt – Akustycznie")),
    (["M07"], release("Świt - Radio Edit")),
    (["M08"], release("Nokturny Vol 2")),
    (["M08"], release("Nokturny, vol. 2")),
    (["M08"], release("Nokturny, Część 2")),
    (["M08"], release("Nokturn (Part 2)")),
    (["M08"], release("Nokturny Vol. 2")),
    (["M08"], release("Nokturn, Part 2")),
    (["M09"], release("Track 1")),
    (["M09"], release("Bez tytułu")),
    (["M09"], release("Untitled")),
    (["M09"], release("Utwór 1")),
    (["M09"], release("Track 01")),
    (["M09"], release("Piosenka 2")),
    (["M10"], release(artist="Chorus")),
    (["M10"], release(artist="Chór")),
    (["M10"], release(artist="Orkiestra")),
    (["M10"], release(artist="Relaks")),
    (["M10"], release(artist="Various Artists")),
    (["M10"], release(artist="Różni wykonawcy")),
    (["M10"], release(artist="Muzyka relaksacyjna")),
    (["M10"], release(artist="Nieznany wykonawca")),
    (["M10"], release(artist="Relaxing Piano Music")),
    (["M10"], release(artist="Kołysanki")),
    (["M10"], release(artist="Piano Music")),
    ([], release(artist="Orkiestra Dęta z Krakowa")),
    ([], release(artist="Chór Uniwersytetu Gdańskiego")),
    ([], release(artist="Ćma i Gęślarze")),
    ([], release(artist="T.Love")),
    ([], release(artist="O.N.A.")),
    ([], release(artist="Łąki Łan")),
    (["M11"], release(artist="Zorza x Mrok")),
    (["M11"], release(artist="Zorza feat. Ćma")),
    (["M11"], release(artist="Zorza ft. Ćma")),
    (["M11"], release(artist="Zorza vs Mrok")),
    (["M11"], release(artist="Zorza / Mrok")),
    (["M11"], release(artist="Zorza; Mrok")),
    (["M12"], release("Zorza - Świt")),
    (["M12"], release("Zorza: Świt")),
    (["M12"], release("Świt - Zorza")),
    (["M13"], release(track_isrc="PL-H9A-26-00001")),
    (["M13"], release(track_isrc="")),
    (["M13"], release(track_isrc="plh9a2600001")),
    (["M14"], release(upc="5901230000029")),
    (["M14"], release(upc="")),
    (["M14"], release(upc=5901230000028)),
    (["M15"], release(track_iswc="T-900.000.137-5")),
    ([], release(track_iswc="")),
    ([], release(track_iswc="T9000001376")),
    (["M18"], release(release_date="2026-11-25", original_release_date="2026-11-25")),
    (["M18"], release(release_date="", original_release_date="")),
    (["M19"], release(track_lyrics_language="polski")),
    (["M19"], release(title_language="polish")),
    (["M19"], release(track_lyrics_language="")),
    ([], release(title_language="en")),
    (["M20"], release(genre="Chill")),
    (["M20"], release(genre="Polski hip-hop")),
    (["M20"], release(genre="")),
    ([], release(genre="Hip-Hop/Rap")),
    (["M21"], release(c_line="")),
    (["M21"], release(c_line="Hardban Records Lab 2026")),
    (["M21"], release(p_line="2031 Hardban Records Lab")),
    (["M21"], release(p_line="2026")),
    (["M22"], release(track_lyricists=[])),
    (["M22"], release(track_composers=["A. Kowalska"])),
    (["M22"], release(track_lyricists=["JN"])),
    (["M22"], release(track_composers=["Kowalska"])),
    ([], release(track_composers=["Anna Kowalska-Nowak"])),
    (["M23"], release(track_explicit="")),
    (["M23"], release(track_explicit=None)),
    (["M23"], release(track_explicit="yes")),
    ([], release("Deszcz", track_instrumental=True, track_lyricists=[], track_lyrics_language="zxx")),
    (["M24"], release("Deszcz", track_instrumental=True, track_lyricists=[])),
    (["M25"], release("K***a")),
    (["M25"], release("Świt ♥")),
    (["M25"], release("Świt 🎵")),
    (["M25"], release("Świt.")),
    (["M25"], release("Świt,")),
    (["M25"], release("Świt -")),
    (["M25"], release("F**k")),
    (["M25"], release("K*rwa")),
    (["M25"], release("Świt ☆")),
    (["M25"], release("~ Świt ~")),
    ([], release("Świt…")),
    (["M27"], release("Świt @zorza")),
    (["M27"], release("Świt www.zorza.pl")),
    (["M27"], release("Świt 9,99 zł")),
    (["M27"], release("Świt tel. 600700800")),
    (["M27"], release("Hardban Records Lab Świt")),
    (["M27"], release("Świt https://x.y")),
    (["M29"], release("Świt ")),
    (["M29"], release("Świt")),
    (["M30"], release("Noc / Night")),
    (["M32"], release("Świt (Tribute to Ćma)")),
    (["M32"], release("Świt (Made Famous by Ćma)")),
    (["M32"], release(artist="Tribute to Zorza")),
    (["M32"], release(version="In the Style of Ćma")),
    (["M28"], release(type="single", track_duration_s=700)),
    (["M08"], release("Nokturny, vol. 2")),
    (["M17"], release(tracks=[{**one, "title": "Pieśń"} for one in tracks(2)])),
    (["M26"], {**release(), "version": "Live"}),
    ([], release(tracks=tracks(2))),
    (["M28"], release(tracks=tracks(4))),
    ([], release(tracks=tracks(4), type="ep")),
    (["M28"], release(tracks=tracks(6, 400), type="ep")),
    ([], release(tracks=tracks(7, 100), type="album")),
    (["M28"], release(track_duration_s=700)),
    (["M31"], release(cover={"width": 1500, "height": 1500})),
    ([], release(cover={"width": 3000, "height": 3000, "mode": "RGB", "format": "JPEG"})),
]


@pytest.mark.parametrize(("expected", "record"), MUSIC)
def test_a_release_breaks_these_rules_and_no_others(expected: list[str], record: dict[str, Any]) -> None:
    assert found_rules("music", record) == expected


def test_no_code_is_made_out_of_nothing() -> None:
    faults = [finding for finding in check("music", {"title": "Cisza"}).findings if finding.rule.id == "M14"]
    assert [finding.fault.fix for finding in faults] == [None]
