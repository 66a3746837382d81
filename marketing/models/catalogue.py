"""The catalogue: what is promoted, the facts that copy may draw on, and the voices it speaks in.

`record` of a release or a book is its whole metadata in the words of the trade's rules; the columns beside it are
copies for lists and searches, brought in line by `save`.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


class BrandVoice(models.Model):
    """How a label, an imprint or an artist speaks."""

    class Emoji(models.TextChoices):
        """How many emoji a text may carry."""

        NONE = "none", _("none")
        SPARING = "sparing", _("sparing: at most one")
        FREE = "free", _("as it fits")

    name = models.CharField(_("name"), max_length=120, unique=True)
    tone = models.TextField(_("tone"), blank=True)
    dos = models.JSONField(_("do"), default=list, blank=True)
    donts = models.JSONField(_("don’t"), default=list, blank=True)
    preferred_words = models.JSONField(_("words to use"), default=list, blank=True)
    banned_words = models.JSONField(_("words to avoid"), default=list, blank=True)
    emoji = models.CharField(_("emoji"), max_length=10, choices=Emoji, default=Emoji.SPARING)
    samples = models.JSONField(_("sample posts"), default=list, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["name"]
        verbose_name = _("brand voice")
        verbose_name_plural = _("brand voices")

    def __str__(self) -> str:
        return self.name


class Artist(models.Model):
    """An act, a musician or an author, under the name on the cover."""

    class Kind(models.TextChoices):
        """What they are known for here."""

        ARTIST = "artist", _("artist")
        AUTHOR = "author", _("author")

    name = models.CharField(_("name"), max_length=200)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.ARTIST)
    about = models.TextField(_("about"), blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    identifiers = models.JSONField(_("identifiers"), default=dict, blank=True, help_text=_("ISNI, Spotify, Apple …"))
    voice = models.ForeignKey(
        BrandVoice, null=True, blank=True, on_delete=models.SET_NULL, related_name="artists", verbose_name=_("voice")
    )
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["name", "kind"], name="one_artist_a_name")]
        verbose_name = _("artist or author")
        verbose_name_plural = _("artists and authors")

    def __str__(self) -> str:
        return self.name


class Release(models.Model):
    """A single, an EP or an album. `record` has its tracks and everything that stores ask for."""

    title = models.CharField(_("title"), max_length=300)
    artist = models.ForeignKey(
        Artist, null=True, blank=True, on_delete=models.SET_NULL, related_name="releases", verbose_name=_("artist")
    )
    artist_line = models.CharField(_("artists"), max_length=300, blank=True)
    upc = models.CharField(_("UPC or EAN"), max_length=14, blank=True, db_index=True)
    release_date = models.DateField(_("release date"), null=True, blank=True, db_index=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    record = models.JSONField(_("metadata"), default=dict, blank=True)
    voice = models.ForeignKey(
        BrandVoice, null=True, blank=True, on_delete=models.SET_NULL, related_name="releases", verbose_name=_("voice")
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["-release_date", "title"]
        verbose_name = _("release")
        verbose_name_plural = _("releases")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Bring the columns in line with the record, where there is one."""
        if self.record:
            self.title = str(self.record.get("title") or self.title)[:300]
            self.artist_line = _primary(self.record.get("artists") or [])[:300]
            self.upc = str(self.record.get("upc") or "")[:14]
            self.release_date = _day(self.record.get("release_date"))
        super().save(*args, **kwargs)


class Book(models.Model):
    """One edition of a book. `record` has what shops and libraries ask for."""

    title = models.CharField(_("title"), max_length=300)
    author = models.ForeignKey(
        Artist, null=True, blank=True, on_delete=models.SET_NULL, related_name="books", verbose_name=_("author")
    )
    author_line = models.CharField(_("authors"), max_length=300, blank=True)
    isbn13 = models.CharField(_("ISBN"), max_length=13, blank=True, db_index=True)
    publication_date = models.DateField(_("publication date"), null=True, blank=True, db_index=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    record = models.JSONField(_("metadata"), default=dict, blank=True)
    voice = models.ForeignKey(
        BrandVoice, null=True, blank=True, on_delete=models.SET_NULL, related_name="books", verbose_name=_("voice")
    )
    created_at = models.DateTimeField(_("added"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["-publication_date", "title"]
        verbose_name = _("book")
        verbose_name_plural = _("books")

    def __str__(self) -> str:
        return self.title

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Bring the columns in line with the record, where there is one."""
        if self.record:
            authors = [one for one in self.record.get("contributors") or [] if one.get("role") == "A01"]
            self.title = str(self.record.get("title") or self.title)[:300]
            self.author_line = ", ".join(str(one.get("name") or "") for one in authors)[:300]
            self.isbn13 = str(self.record.get("isbn13") or "")[:13]
            self.publication_date = _day(self.record.get("publication_date"))
        super().save(*args, **kwargs)


class Event(models.Model):
    """A concert, a reading, a fair."""

    title = models.CharField(_("title"), max_length=300)
    artist = models.ForeignKey(
        Artist, null=True, blank=True, on_delete=models.SET_NULL, related_name="events", verbose_name=_("with")
    )
    starts_at = models.DateTimeField(_("begins"), db_index=True)
    venue = models.CharField(_("place"), max_length=200, blank=True)
    city = models.CharField(_("city"), max_length=120, blank=True)
    link = models.URLField(_("link"), max_length=500, blank=True)
    updated_at = models.DateTimeField(_("changed"), auto_now=True)

    class Meta:
        ordering = ["-starts_at"]
        verbose_name = _("event")
        verbose_name_plural = _("events")

    def __str__(self) -> str:
        return self.title


class Fact(models.Model):
    """One thing that copy may claim, with where it comes from. It belongs to exactly one entry of the catalogue."""

    class Kind(models.TextChoices):
        """What is claimed."""

        PLAIN = "plain", _("fact")
        AWARD = "award", _("award")
        QUOTE = "quote", _("quote")
        NUMBER = "number", pgettext_lazy("a fact", "number")
        DATE = "date", _("date")
        PRICE = "price", _("price")
        LINK = "link", _("link")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.PLAIN)
    text = models.CharField(_("text"), max_length=500)
    language = models.CharField(_("language"), max_length=5, blank=True)
    source = models.CharField(_("source"), max_length=300, blank=True, help_text=_("Who says so, or where it stands."))
    valid_until = models.DateField(_("true until"), null=True, blank=True)
    artist = models.ForeignKey(Artist, null=True, blank=True, on_delete=models.CASCADE, related_name="facts")
    release = models.ForeignKey(Release, null=True, blank=True, on_delete=models.CASCADE, related_name="facts")
    book = models.ForeignKey(Book, null=True, blank=True, on_delete=models.CASCADE, related_name="facts")
    event = models.ForeignKey(Event, null=True, blank=True, on_delete=models.CASCADE, related_name="facts")
    position = models.PositiveSmallIntegerField(_("number"), default=0)

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(artist__isnull=False, release=None, book=None, event=None)
                | models.Q(artist=None, release__isnull=False, book=None, event=None)
                | models.Q(artist=None, release=None, book__isnull=False, event=None)
                | models.Q(artist=None, release=None, book=None, event__isnull=False),
                name="fact_of_one_entry",
            ),
        ]
        verbose_name = _("fact")
        verbose_name_plural = _("facts")

    def __str__(self) -> str:
        return self.text

    def clean(self) -> None:
        """Raises ValidationError unless the fact belongs to one entry."""
        if sum(bool(one) for one in (self.artist_id, self.release_id, self.book_id, self.event_id)) != 1:
            raise ValidationError(_("A fact belongs to exactly one artist, release, book or event."))


def _primary(artists: list[dict[str, Any]]) -> str:
    return ", ".join(str(one.get("name") or "") for one in artists if one.get("role", "primary") == "primary")


def _day(text: object) -> date | None:
    """The day in an ISO date; a malformed one is the rules' business, not the column's."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
