"""What the catalogue brings into a brief: an entry's title, facts with their origin, link, date and voice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import Q
from django.utils import timezone

from marketing.models import Artist, Book, BrandVoice, Event, Fact, Release

MOST_FACTS = 20
_LONGEST_FACT = 300
_Entry = Artist | Book | Event | Release
_MODELS: dict[str, type[Any]] = {"release": Release, "book": Book, "event": Event, "artist": Artist}
_VOICE_FIELDS = ("name", "tone", "dos", "donts", "preferred_words", "banned_words", "emoji", "samples")


def find_entry(mark: str) -> _Entry | None:
    """The entry that a mark such as `release:12` names; None when there is none."""
    kind, _colon, number = mark.partition(":")
    model = _MODELS.get(kind)
    if model is None or not number.isdecimal() or len(number) > len(str(2**31)):
        return None
    found: _Entry | None = model.objects.filter(pk=int(number)).first()
    return found


def brief_of(mark: str) -> dict[str, Any]:
    """What an entry says about itself, in a brief's words; empty when there is none."""
    entry = find_entry(mark)
    if entry is None:
        return {}
    facts = facts_of(entry)
    brief: dict[str, Any] = {"entry": mark, "facts": list(facts), "fact_origins": {t: o for t, o in facts.items() if o}}
    brief |= {"link": entry.link, "title": getattr(entry, "title", "") or str(entry), **_particulars(entry)}
    voice = voice_for(entry)
    if voice:
        brief["voice"] = snapshot(voice)
    return brief


def enriched(brief: Mapping[str, Any]) -> dict[str, Any]:
    """A brief with what it leaves out, taken from the entry that it names; what it says itself stays."""
    known = brief_of(str(brief.get("entry") or ""))
    filled = {**brief}
    for name in ("title", "creator", "subject", "date", "link", "facts", "voice"):
        if not filled.get(name) and known.get(name):
            filled[name] = known[name]
    said = filled.get("facts")
    if isinstance(said, list):
        origins = {fact: origin for fact, origin in known.get("fact_origins", {}).items() if fact in said}
        filled["fact_origins"] = {**origins, **(filled.get("fact_origins") or {})}
    return filled


def facts_of(entry: _Entry) -> dict[str, str]:
    """The facts that still hold, each with who vouches for it; an act's own ones after those of its work."""
    own = Q(**{type(entry).__name__.lower(): entry})
    creator = getattr(entry, "artist", None) or getattr(entry, "author", None)
    today = timezone.localdate()
    valid = Fact.objects.filter(Q(valid_until=None) | Q(valid_until__gte=today))
    found = [*valid.filter(own), *(valid.filter(artist=creator) if creator else ())]
    return {" ".join(fact.text.split())[:_LONGEST_FACT]: fact.source for fact in found[:MOST_FACTS]}


def voice_for(entry: _Entry) -> BrandVoice | None:
    """The entry's own voice, else its artist's or author's."""
    creator = getattr(entry, "artist", None) or getattr(entry, "author", None)
    voice: BrandVoice | None = getattr(entry, "voice", None) or getattr(creator, "voice", None)
    return voice


def snapshot(voice: BrandVoice) -> dict[str, Any]:
    """A voice as a brief keeps it: later changes of the voice do not change the brief."""
    return {name: getattr(voice, name) for name in _VOICE_FIELDS}


def find_entries(words: str, most: int = 12) -> list[tuple[str, str, str]]:
    """Entries whose names have all these words, as mark, name and kind; the newest of each kind first."""
    found: list[tuple[str, str, str]] = []
    for kind, model in _MODELS.items():
        name = "name" if kind == "artist" else "title"
        rows = model.objects.all()
        for word in words.split():
            rows = rows.filter(**{f"{name}__icontains": word})
        found += [(f"{kind}:{row.pk}", str(row), kind) for row in rows[:most]]
    return found[:most]


def _particulars(entry: _Entry) -> dict[str, Any]:
    if isinstance(entry, Release):
        date = entry.release_date
        return {"subject": "release", "creator": entry.artist_line or _name(entry.artist), "date": _iso(date)}
    if isinstance(entry, Book):
        date = entry.publication_date
        return {"subject": "book", "creator": entry.author_line or _name(entry.author), "date": _iso(date)}
    if isinstance(entry, Event):
        day = timezone.localtime(entry.starts_at)
        where = ", ".join(part for part in (entry.venue, entry.city) if part)
        facts = [fact for fact in (where, f"{day:%H:%M}") if fact]
        known = list(facts_of(entry))
        return {
            "subject": "event",
            "creator": _name(entry.artist),
            "date": day.date().isoformat(),
            "facts": [*facts, *known][:MOST_FACTS],
        }
    return {"subject": "other", "creator": "", "date": None}


def _name(artist: Artist | None) -> str:
    return artist.name if artist else ""


def _iso(date: Any) -> str | None:
    return date.isoformat() if date else None
