"""Invented entries for the catalogue: acts, an author, events, voices and the facts that texts may claim."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

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
    release = Release.objects.create(
        title="Żółte światło",
        artist=act,
        artist_line=act.name,
        upc="5901234123457",
        release_date=datetime(2027, 1, 15, tzinfo=timezone.get_current_timezone()).date(),
        link="https://example.com/zolte-swiatlo",
    )
    book = Book.objects.create(
        title="The Lighthouse Keeper’s Index",
        author=author,
        author_line=author.name,
        isbn13="9783161484100",
        publication_date=datetime(2027, 2, 11, tzinfo=timezone.get_current_timezone()).date(),
        link="https://example.com/lighthouse",
    )
    _events(act)
    for name, entry, facts in (("artist", act, _ACT), ("release", release, _RECORD), ("book", book, _NOVEL)):
        for position, (kind, text, source) in enumerate(facts, start=1):
            Fact.objects.create(**{name: entry}, kind=kind, text=text, source=source, position=position)
    return 8


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
