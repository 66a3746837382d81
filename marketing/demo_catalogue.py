"""Invented entries for the catalogue: acts, an author, events, voices and the facts that texts may claim."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from marketing import demo_records
from marketing.models import Artist, Book, BrandVoice, Event, Fact, Release

_VOICES: tuple[dict[str, Any], ...] = (
    {
        "name": "Przędzalnia (folk i jazz)",
        "tone": "Ciepło i z bliska, jak rozmowa po koncercie. Krótkie zdania, konkret zamiast zachwytu.",
        "dos": ["Zaczynaj od szczegółu, który słychać lub widać", "Mów do jednej osoby"],
        "donts": ["Nie obiecuj wzruszeń", "Nie pisz wielkimi literami"],
        "preferred_words": ["na setkę", "płyta", "winyl"],
        "banned_words": ["kultowy", "epicki", "must-have"],
        "emoji": "none",
        "samples": ["Nagrali to w przędzalni. Słychać podłogę.\n\nPremiera 15 stycznia."],
    },
    {
        "name": "Latarnia (proza)",
        "tone": "Spokojnie i dokładnie; autor mówi pierwszy, wydawnictwo drugie.",
        "dos": ["Cytuj jedno zdanie z książki"],
        "donts": ["Nie zdradzaj zakończenia"],
        "preferred_words": ["powieść", "przekład"],
        "banned_words": ["bestseller"],
        "emoji": "sparing",
        "samples": [],
    },
)
_MAIN = [{"name": "Ćma i Gęślarze", "role": "primary"}]
_TITLES = ("Żółte światło", "Przędzalnia", "Nad Łódką", "Kołysanka dla zmiany nocnej", "Wątek i osnowa")
_ALBUM: dict[str, Any] = {
    "title": "Żółte światło",
    "version": "",
    "type": "ep",
    "artists": _MAIN,
    "label": "Hardban Records Lab",
    "upc": "5901234123457",
    "release_date": "2027-01-15",
    "original_release_date": "2027-01-15",
    "entered_on": "2026-11-20",
    "genre": "Singer/Songwriter",
    "title_language": "pl",
    "territories": ["WW"],
    "c_line": "2027 Hardban Records Lab",
    "p_line": "2027 Hardban Records Lab",
    "explicit": "not_explicit",
    "tracks": [
        {
            "number": number,
            "title": title,
            "version": "",
            "artists": _MAIN,
            "isrc": f"PLH9A27000{number:02d}",
            "iswc": "",
            "duration_s": 190 + 17 * number,
            "composers": ["Lena Żuraw", "Józef Święch"],
            "lyricists": ["Lena Żuraw"],
            "lyrics_language": "pl",
            "explicit": "not_explicit",
            "instrumental": False,
            "p_line": "2027 Hardban Records Lab",
        }
        for number, title in enumerate(_TITLES, start=1)
    ],
}
_BOOK: dict[str, Any] = {
    "title": "The Lighthouse Keeper’s Index",
    "subtitle": "",
    "isbn13": "9788324000012",
    "format": "epub",
    "product_form": "ED",
    "product_form_detail": ["E101"],
    "publisher": "Hardban Lab",
    "country": "PL",
    "contributors": [{"role": "A01", "name": "Maria Zawada"}, {"role": "B06", "name": "Anna Lind"}],
    "language": "eng",
    "original_language": "pol",
    "original_title": "Indeks latarnika",
    "publication_date": "2027-02-11",
    "entered_on": "2026-11-20",
    "publishing_status": "02",
    "thema": ["FB", "1DTP"],
    "bisac": ["FIC019000"],
    "keywords": ["lighthouse fiction", "Hel peninsula", "Polish fiction in translation"],
    "description": "<p>When the lamp on Hel goes out, the keeper starts an index of everything the sea gave back.</p>",
    "price": 34.99,
    "currency": "PLN",
    "price_type": "02",
    "tax_rate": 5,
    "adult": False,
    "accessibility": ["EPUB accessibility 1.1"],
}
_Facts = tuple[tuple[str, str, str], ...]
_ACT: _Facts = (
    ("plain", "Kwartet z Łodzi, gra od 2019 roku", "strona zespołu"),
    ("award", "Finał konkursu Nowa Tradycja na Niby 2025", "komunikat organizatora (przykład)"),
)
_RECORD: _Facts = (
    ("number", "Winyl w nakładzie 300 sztuk", "zamówienie w tłoczni"),
    ("quote", "„Najcieplejsza płyta tej zimy”", "Gazeta Przykładowa, 12.11.2026"),
    ("date", "Premiera 15 stycznia 2027", "plan wydawniczy"),
)
_NOVEL: _Facts = (
    ("number", "A novel in 26 entries, 288 pages", "the imprint"),
    ("price", "Hardback, PLN 59", "price list 2027"),
)


@transaction.atomic
def load() -> int:
    """Put the invented entries into an empty catalogue; returns how many. One that has entries stays as it is."""
    if any(model.objects.exists() for model in (Artist, Release, Book, Event, BrandVoice)):
        return 0
    folk, prose = (BrandVoice.objects.create(**voice) for voice in _VOICES)
    act = Artist.objects.create(name="Ćma i Gęślarze", voice=folk, link="https://example.com/cma")
    author = Artist.objects.create(name="Maria Zawada", kind=Artist.Kind.AUTHOR, voice=prose)
    release = Release.objects.create(artist=act, link="https://example.com/zolte-swiatlo", record=_ALBUM)
    book = Book.objects.create(author=author, link="https://example.com/lighthouse", record=_BOOK)
    _more()
    _events(act)
    for name, entry, facts in (("artist", act, _ACT), ("release", release, _RECORD), ("book", book, _NOVEL)):
        for position, (kind, text, source) in enumerate(facts, start=1):
            Fact.objects.create(**{name: entry}, kind=kind, text=text, source=source, position=position)
    return 8 + len(demo_records.RELEASES) + len(demo_records.BOOKS)


def _more() -> None:
    """Further entries, each tied to its act or author."""
    for record in demo_records.RELEASES:
        artist, _made = Artist.objects.get_or_create(name=record["artists"][0]["name"], kind=Artist.Kind.ARTIST)
        Release.objects.create(artist=artist, record=record)
    for record in demo_records.BOOKS:
        writer, _made = Artist.objects.get_or_create(name=record["contributors"][0]["name"], kind=Artist.Kind.AUTHOR)
        Book.objects.create(author=writer, record=record)


def _events(act: Artist) -> None:
    zone = timezone.get_current_timezone()
    Event.objects.create(
        title="Noc wydawców w Zajezdni",
        starts_at=datetime(2026, 12, 11, 19, tzinfo=zone),
        venue="Zajezdnia, ul. Wąska 4",
        city="Wrocław",
        link="https://example.com/noc",
    )
    Event.objects.create(
        title="Koncert premierowy „Żółte światło”",
        artist=act,
        starts_at=datetime(2027, 1, 15, 20, tzinfo=zone),
        venue="Dawna przędzalnia",
        city="Łódź",
        link="https://example.com/zolte-swiatlo/lodz",
    )
