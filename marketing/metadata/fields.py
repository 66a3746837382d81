"""The fields of a record, for forms: their names in the rules' words, how each is written, and what is chosen from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketing.metadata.codelists import store_genres

Label = str | Promise
Choices = Sequence[tuple[str, Label]]


class How(StrEnum):
    """How a value is written."""

    LINE = "line"
    TEXT = "text"
    DATE = "date"
    WHOLE = "whole"
    DECIMAL = "decimal"
    YES = "yes"
    LIST = "list"
    CHOICE = "choice"


@dataclass(frozen=True, slots=True)
class Field:
    """One value."""

    name: str
    label: Label
    how: How = How.LINE
    choices: tuple[tuple[str, Label], ...] = ()
    hint: Label = ""
    # Half a row beside another one.
    short: bool = True


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of records within the record, such as the tracks of a release. `one` names a row, `add` the button."""

    name: str
    label: Label
    one: Label
    add: Label
    fields: tuple[Field | Rows, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A card of the form."""

    slug: str
    title: Label
    fields: tuple[Field | Rows, ...]


_ONE_A_LINE = _("One a line.")
_ROLES: tuple[tuple[str, Label], ...] = (
    ("primary", _("main artist")),
    ("featuring", "feat."),
    ("with", "with"),
    ("remixer", _("remixer")),
    ("producer", _("producer")),
)
_EXPLICIT: tuple[tuple[str, Label], ...] = (
    ("not_explicit", _("not explicit")),
    ("explicit", _("explicit")),
    ("clean", _("cleaned")),
)
_TYPES: tuple[tuple[str, Label], ...] = (("single", _("Single")), ("ep", "EP"), ("album", _("Album")))
_CONTRIBUTORS: tuple[tuple[str, Label], ...] = (
    ("A01", _("author")),
    ("B06", _("translator")),
    ("B01", _("editor")),
    ("A12", _("illustrator")),
    ("A23", _("foreword")),
    ("E07", _("narrator")),
)
_FORMATS: tuple[tuple[str, Label], ...] = (
    ("epub", "EPUB"),
    ("pdf", "PDF"),
    ("mobi", "MOBI"),
    ("paperback", _("paperback")),
    ("hardback", _("hardback")),
    ("audiobook", _("audiobook")),
)
_STATUSES: tuple[tuple[str, Label], ...] = (
    ("02", _("forthcoming")),
    ("04", _("active")),
    ("07", _("out of print")),
)
_PRICES: tuple[tuple[str, Label], ...] = (
    ("02", _("with tax")),
    ("01", _("without tax")),
    ("42", _("agency, with tax")),
)
_ARTISTS = Rows(
    "artists",
    _("Artists"),
    _("Artist"),
    _("Add an artist"),
    (Field("name", _("Name")), Field("role", _("Role"), How.CHOICE, _ROLES)),
)


@cache
def sections(kind: str) -> tuple[Section, ...]:
    """The form of a `release` or a `book`. Raises KeyError for anything else."""
    return {"release": _release, "book": _book}[kind]()


def _release() -> tuple[Section, ...]:
    genres = tuple((name, name) for name in store_genres())
    track = (
        Field("title", _("Title")),
        Field("version", _("Version"), hint=_("Such as Live or Radio Edit, without brackets.")),
        _ARTISTS,
        Field("isrc", "ISRC"),
        Field("iswc", "ISWC"),
        Field("duration_s", _("Length in seconds"), How.WHOLE),
        Field("lyrics_language", _("Language of the lyrics"), hint=_("ISO code, such as pl or en.")),
        Field("composers", _("Composers"), How.LIST, hint=_ONE_A_LINE),
        Field("lyricists", _("Lyricists"), How.LIST, hint=_ONE_A_LINE),
        Field("explicit", _("Explicit words"), How.CHOICE, _EXPLICIT),
        Field("instrumental", _("Instrumental"), How.YES),
        Field("p_line", _("℗ line")),
    )
    return (
        Section(
            "release",
            _("Release"),
            (
                Field("title", _("Title")),
                Field("version", _("Version"), hint=_("Such as Live or Radio Edit, without brackets.")),
                Field("type", _("Type"), How.CHOICE, _TYPES),
                Field("title_language", _("Language of the title"), hint=_("ISO code, such as pl or en.")),
                _ARTISTS,
                Field("label", _("Label")),
                Field("genre", _("Genre"), How.CHOICE, genres),
                Field("subgenre", _("Sub-genre")),
                Field("tags", _("Tags"), How.LIST, hint=_ONE_A_LINE),
                Field("upc", _("UPC or EAN")),
                Field("explicit", _("Explicit words"), How.CHOICE, _EXPLICIT),
                Field("release_date", _("Release date"), How.DATE),
                Field("original_release_date", _("First released"), How.DATE),
                Field("c_line", _("© line"), hint=_("Year and owner, such as 2026 Hardban Records Lab.")),
                Field("p_line", _("℗ line")),
                Field("territories", _("Territories"), How.LIST, hint=_("WW for the whole world, or countries.")),
                Field("description", _("Description"), How.TEXT, short=False),
            ),
        ),
        Section(
            "tracks",
            _("Tracks"),
            (Rows("tracks", _("Tracks"), pgettext_lazy("music", "Track"), _("Add a track"), track),),
        ),
    )


def _book() -> tuple[Section, ...]:
    people = (Field("name", _("Name")), Field("role", _("Role"), How.CHOICE, _CONTRIBUTORS))
    return (
        Section(
            "book",
            _("Book"),
            (
                Field("title", _("Title")),
                Field("subtitle", _("Subtitle")),
                Field("series", _("Series")),
                Field("series_number", _("Number in the series")),
                Rows("contributors", _("Contributors"), _("Contributor"), _("Add a contributor"), people),
                Field("language", _("Language"), hint=_("ISO 639-2/B, such as pol or eng.")),
                Field("original_language", _("Original language"), hint=_("For translations.")),
                Field("original_title", _("Original title")),
                Field("publisher", _("Publisher")),
            ),
        ),
        Section(
            "edition",
            _("Edition"),
            (
                Field("isbn13", "ISBN"),
                Field("format", _("Format"), How.CHOICE, _FORMATS),
                Field("product_form", _("Product form"), hint=_("ONIX list 150, such as ED or BC.")),
                Field("product_form_detail", _("Its details"), How.LIST, hint=_("ONIX list 175, such as E101.")),
                Field("publication_date", _("Publication date"), How.DATE),
                Field("publishing_status", _("Status"), How.CHOICE, _STATUSES),
                Field("country", _("Country"), hint=_("Of the publisher, such as PL.")),
                Field("accessibility", _("Accessibility"), How.LIST, hint=_("Such as EPUB accessibility 1.1.")),
            ),
        ),
        Section(
            "subjects",
            _("Subjects and description"),
            (
                Field("thema", _("Thema subjects"), How.LIST, hint=_("The main one first; one a line.")),
                Field("bisac", "BISAC", How.LIST, hint=_("At most three, one a line.")),
                Field("keywords", _("Keywords"), How.LIST, hint=_("Up to seven; one a line.")),
                Field("adult", _("For adults only"), How.YES),
                Field("description", _("Description"), How.TEXT, hint=_("Plain HTML as shops allow."), short=False),
            ),
        ),
        Section(
            "price",
            _("Price"),
            (
                Field("price", _("Price"), How.DECIMAL),
                Field("currency", _("Currency"), hint=_("Such as PLN.")),
                Field("price_type", _("Price type"), How.CHOICE, _PRICES),
                Field("tax_rate", _("VAT in %"), How.DECIMAL),
            ),
        ),
    )
