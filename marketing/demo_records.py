"""More invented releases and books for the catalogue, Polish and English; some have faults that the check finds."""

from __future__ import annotations

from typing import Any

_HOUSE = "2027 Hardban Records Lab"


def _act(*names: str) -> list[dict[str, str]]:
    return [{"name": name, "role": "primary"} for name in names]


def _track(number: int, title: str, isrc: str, seconds: int, act: list[dict[str, str]], **more: Any) -> dict[str, Any]:
    return {
        "number": number,
        "title": title,
        "version": "",
        "artists": act,
        "isrc": isrc,
        "iswc": "",
        "duration_s": seconds,
        "composers": ["Maja Ostrowska"],
        "lyricists": ["Maja Ostrowska"],
        "lyrics_language": "pl",
        "explicit": "not_explicit",
        "instrumental": False,
        "p_line": _HOUSE,
        **more,
    }


def _release(title: str, kind: str, act: list[dict[str, str]], upc: str, day: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "version": "",
        "type": kind,
        "artists": act,
        "label": "Hardban Records Lab",
        "upc": upc,
        "release_date": day,
        "original_release_date": day,
        "entered_on": "2026-11-20",
        "genre": "Alternative",
        "title_language": "pl",
        "territories": ["WW"],
        "c_line": _HOUSE,
        "p_line": _HOUSE,
        "explicit": "not_explicit",
        **more,
    }


def _book(title: str, isbn: str, author: str, **more: Any) -> dict[str, Any]:
    return {
        "title": title,
        "subtitle": "",
        "series": "",
        "series_number": "",
        "isbn13": isbn,
        "format": "epub",
        "product_form": "ED",
        "product_form_detail": ["E101"],
        "publisher": "Hardban Lab",
        "country": "PL",
        "contributors": [{"role": "A01", "name": author}],
        "language": "pol",
        "original_language": "",
        "original_title": "",
        "publication_date": "2027-03-04",
        "entered_on": "2026-11-20",
        "publishing_status": "02",
        "thema": ["FBA", "1DTP"],
        "bisac": ["FIC019000"],
        "keywords": [],
        "description": "",
        "price": 39.99,
        "currency": "PLN",
        "price_type": "02",
        "tax_rate": 5,
        "adult": False,
        "accessibility": ["EPUB accessibility 1.1"],
        **more,
    }


_MARTEN, _HOLLOW, _SZKLARKI = _act("Kuna"), _act("Hollow Meadow"), _act("Szklarki")
RELEASES: tuple[dict[str, Any], ...] = (
    _release(
        "Lód na Wiśle",
        "single",
        _MARTEN,
        "5901234123464",
        "2027-02-05",
        tracks=[_track(1, "Lód na Wiśle", "PLH9A2700011", 214, _MARTEN)],
    ),
    # An instrumental in English: nobody sings, so it has no lyricist.
    _release(
        "Paper Boats",
        "single",
        _HOLLOW,
        "5901234123471",
        "2027-02-19",
        genre="Instrumental",
        title_language="en",
        tracks=[
            _track(
                1,
                "Paper Boats",
                "PLH9A2700021",
                305,
                _HOLLOW,
                composers=["Edith Marlow"],
                lyricists=[],
                lyrics_language="zxx",
                instrumental=True,
            )
        ],
    ),
    # Faults to mend: a guest typed into the title, an ISRC with hyphens, a cover that is too small.
    _release(
        "Szkło ft. Kuna",
        "single",
        _SZKLARKI,
        "5901234123488",
        "2027-03-12",
        cover={"format": "PNG", "width": 1400, "height": 1400, "mode": "RGB", "bytes": 812_004},
        tracks=[_track(1, "Szkło ft. Kuna", "PL-H9A-27-00031", 187, _SZKLARKI)],
    ),
    # Faults to mend: a wrong check digit and a version in the title behind a dash.
    _release(
        "Night Tram - Live",
        "single",
        _HOLLOW,
        "5901234123499",
        "2027-03-26",
        title_language="en",
        tracks=[
            _track(1, "Night Tram - Live", "PLH9A2700041", 241, _HOLLOW, lyrics_language="en", composers=["E. Marlow"])
        ],
    ),
)
BOOKS: tuple[dict[str, Any], ...] = (
    _book(
        "Sól i popiół",
        "9788324000029",
        "Jan Ossowski",
        keywords=["powieść o kopalni", "Wieliczka", "saga rodzinna"],
        description="<p>Trzy pokolenia górników z Wieliczki i list, którego nikt nie wysłał.</p>",
    ),
    _book(
        "Atlas of Small Rivers",
        "9788324000036",
        "Edith Marlow",
        format="paperback",
        product_form="BC",
        product_form_detail=[],
        accessibility=[],
        language="eng",
        thema=["DNL", "1DTP"],
        bisac=["LCO010000"],
        keywords=["essays on rivers", "walking in Poland"],
        description="<p>Eleven rivers that no map of Poland names, and the people who do.</p>",
        price=49.99,
    ),
    # Faults to mend: praise in the subtitle, and the full rate of tax.
    _book(
        "Ostatni zegarmistrz",
        "9788324000043",
        "Jan Ossowski",
        subtitle="Bestseller roku",
        keywords=["kryminał retro", "Lwów 1938"],
        description="<p>W nocy stają wszystkie zegary przy Rynku.</p>",
        tax_rate=23,
    ),
    # Faults to mend: a translation whose translator nobody names, and a link in the description.
    _book(
        "The Salt Choir",
        "9788324000050",
        "Jan Ossowski",
        language="eng",
        original_language="pol",
        original_title="Sól i popiół",
        keywords=["mining novel", "family saga in translation"],
        description="<p>Three generations under Wieliczka. More at www.example.com.</p>",
    ),
)
