"""The forms of the insight pages: pasted or dropped tables, and what else a question needs to know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from marketing.analysis import tables
from marketing.insights.pasted import Column, PastedError, read
from marketing.safety.text import storable

MOST_BYTES = 2_000_000
_MOST_PRICE = 1_000_000
_COUNTRIES = 250

_PRICE = Column("price", "number", gettext_lazy("price"), ("price", "cena"), needed=True, least=0.01, most=_MOST_PRICE)
_UNITS = Column(
    "units",
    "number",
    gettext_lazy("copies sold"),
    ("units", "sztuki", "sold", "sprzedaż", "egzemplarze", "copies", "quantity", "ilość"),
    needed=True,
)
_TRACK = Column("track", "text", gettext_lazy("track"), ("track", "utwór", "title", "tytuł", "song"), needed=True)
_ARTIST = Column("artist", "text", gettext_lazy("artist"), ("artist", "wykonawca", "artysta", "performer"))
_DAY = Column(
    "day", "day", gettext_lazy("day"), ("day", "dzień", "date", "data", "month", "miesiąc", "week"), needed=True
)


class Amount(forms.CharField):
    """A number as any of us writes it: 34,99 or 34.99 or 1 234,50 zł."""

    def __init__(self, *, least: float = 0.0, most: float = _MOST_PRICE, **options: Any) -> None:
        super().__init__(widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "form-control"}), **options)
        self.least, self.most = least, most

    def to_python(self, value: Any) -> Any:
        """The number, None of nothing."""
        if isinstance(value, int | float) or not str(value or "").strip():
            return value or None
        found = tables.number(str(value))
        if found is None:
            raise ValidationError(_("Write a number, such as 34.99."))
        if not self.least <= found <= self.most:
            told = {"least": self.least, "most": self.most}
            raise ValidationError(_("Write a number from %(least)g to %(most)g.") % told)
        return found


def _word(**options: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", **options})


def _choice() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class Table(forms.CharField):
    """A pasted table; its cleaned value is the rows."""

    def __init__(self, columns: Sequence[Column], example: str, *, others: bool = False, **options: Any) -> None:
        attrs = {"rows": 8, "class": "form-control table-paste", "spellcheck": "false", "placeholder": example}
        super().__init__(widget=forms.Textarea(attrs=attrs), strip=False, **options)
        self.columns, self.example, self.others = columns, example, others

    def clean(self, value: Any) -> Any:
        """The rows of the table. Raises ValidationError with what to change."""
        text = storable(super().clean(value))
        if not text.strip():
            return []
        try:
            return read(text, self.columns, others=self.others)
        except PastedError as error:
            raise ValidationError(str(error)) from error


class InsightForm(forms.Form):
    """A form whose tables may also come as files: a field `NAME_file` fills the text of its table `NAME`."""

    def __init__(self, data: Mapping[str, Any] | None = None, files: Any = None) -> None:
        self.unread: dict[str, str] = {}
        super().__init__(self._with_files(data, files) if data is not None and files else data)

    def _with_files(self, data: Any, files: Any) -> Any:
        filled = data.copy()
        for name, field in self.base_fields.items():
            file = files.get(f"{name}_file") if isinstance(field, Table) else None
            if file is None:
                continue
            if file.size > MOST_BYTES:
                self.unread[name] = _("The file is larger than 2 MB. Cut it down to the rows that matter.")
            else:
                filled[name] = tables.decoded(file.read())
        return filled

    def clean(self) -> dict[str, Any]:
        """Files that could not be read count as faults of their tables."""
        for name, why in self.unread.items():
            self.add_error(name, why)
        return super().clean() or self.cleaned_data

    @property
    def tables(self) -> list[Any]:
        """The tables' bound fields."""
        return [one for one in self if isinstance(one.field, Table)]

    @property
    def others(self) -> list[Any]:
        """All other bound fields."""
        return [one for one in self if not isinstance(one.field, Table)]


class PricesForm(InsightForm):
    """What was sold at which price, and what a copy brings."""

    sold = Table(
        (
            _PRICE,
            _UNITS,
            Column(
                "unit", "text", gettext_lazy("shop"), ("shop", "sklep", "channel", "kanał", "unit", "region", "store")
            ),
            Column(
                "time", "text", gettext_lazy("time"), ("time", "week", "tydzień", "month", "miesiąc", "date", "data")
            ),
        ),
        "tydzień;sklep;cena;sztuki\n2026-W01;Empik;34,99;40\n2026-W02;Empik;29,99;55",
        label=gettext_lazy("Prices and copies sold"),
        help_text=gettext_lazy(
            "A row for each price that was asked, best for each shop and week. Columns: price, copies; if you have "
            "them also shop and week or month, so that good shops and good weeks do not count as the price’s doing."
        ),
    )
    present_price = Amount(label=gettext_lazy("Price today"), least=0.01)
    share = Amount(
        label=gettext_lazy("Your share of the net price (%)"),
        least=1,
        most=100,
        initial=50,
        help_text=gettext_lazy("By contract: what comes back to you of the price without VAT."),
    )
    fee = Amount(
        label=gettext_lazy("Cost of each copy"),
        required=False,
        help_text=gettext_lazy("Printing, delivery or a fee for each copy."),
    )
    vat = Amount(label=gettext_lazy("VAT (%)"), most=50, initial=5, help_text=gettext_lazy("5 for books in Poland."))


class MarketForm(InsightForm):
    """Comparable titles, sales for the seasons, and the own book."""

    titles = Table(
        (
            Column("title", "text", gettext_lazy("title"), ("title", "tytuł", "name", "nazwa"), needed=True),
            _PRICE,
            Column("format", "text", gettext_lazy("format"), ("format", "oprawa", "binding")),
            Column("genre", "text", gettext_lazy("genre"), ("genre", "gatunek", "category", "kategoria")),
            Column(
                "rating",
                "number",
                gettext_lazy("rating"),
                ("rating", "ocena", "user rating", "average rating"),
                most=10,
            ),
            Column("reviews", "number", gettext_lazy("reviews"), ("reviews", "recenzje", "opinie", "ratings count")),
        ),
        "tytuł;cena;format;gatunek;ocena;recenzje\nSaga o młynie;39,99;e-book;saga;4,4;312",
        label=gettext_lazy("Comparable titles"),
        help_text=gettext_lazy(
            "A row for each title that readers choose from. Needed: title and price, in one currency."
        ),
    )
    sales = Table(
        (_DAY, _UNITS),
        "miesiąc;sztuki\n2024-01-01;41",
        required=False,
        label=gettext_lazy("Copies sold by day or month"),
        help_text=gettext_lazy("For the seasons: three years without gaps, of your own or of the market."),
    )
    price = Amount(label=gettext_lazy("Price of your book"), required=False, least=0.01)
    format = forms.CharField(label=gettext_lazy("Its format"), required=False, max_length=100, widget=_word())
    genre = forms.CharField(label=gettext_lazy("Its genre"), required=False, max_length=100, widget=_word())
    currency = forms.RegexField("^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="PLN", widget=_word())


class ChannelsForm(InsightForm):
    """What the channels' rules need to know of a book."""

    forms_ = forms.MultipleChoiceField(
        label=gettext_lazy("The book exists as"),
        choices=(
            ("ebook", gettext_lazy("e-book")),
            ("audiobook", gettext_lazy("audiobook")),
            ("print", gettext_lazy("on paper")),
        ),
        initial=["ebook", "print"],
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the text"),
        widget=_choice(),
        choices=(
            ("pl", pgettext_lazy("language", "Polish")),
            ("en", pgettext_lazy("language", "English")),
            ("de", pgettext_lazy("language", "German")),
        ),
    )
    countries = forms.CharField(
        label=gettext_lazy("Countries of its readers"),
        required=False,
        max_length=4 * _COUNTRIES,
        widget=_word(),
        initial="PL",
        help_text=gettext_lazy("Two letters each, such as PL, DE, GB; empty: everywhere."),
    )
    kdp_select = forms.BooleanField(label=gettext_lazy("The e-book is in KDP Select"), required=False)
    titles = forms.IntegerField(
        label=gettext_lazy("Titles of the house"),
        min_value=1,
        max_value=100_000,
        initial=1,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )
    usual_price = Amount(label=gettext_lazy("Usual price"), required=False, least=0.01)
    planned_price = Amount(label=gettext_lazy("Price of a planned discount"), required=False, least=0.01)
    lowest_lately = Amount(label=gettext_lazy("Lowest price of the last 30 days"), required=False, least=0.01)
    currency = forms.RegexField("^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="PLN", widget=_word())
    sales = Table(
        (
            Column("channel", "text", gettext_lazy("channel"), ("channel", "kanał", "shop", "sklep"), needed=True),
            _UNITS,
        ),
        "kanał;sztuki\nEmpik;120\nWoblink;45",
        required=False,
        label=gettext_lazy("Copies sold by channel"),
        help_text=gettext_lazy("Copies only: what subscriptions pay by reading is another unit."),
    )

    def clean_countries(self) -> list[str]:
        """Codes of two letters."""
        given = str(self.cleaned_data["countries"])
        found = given.upper().replace(",", " ").replace(";", " ").split()
        wrong = [one for one in found if len(one) != 2 or not (one.isascii() and one.isalpha())]  # noqa: PLR2004 - ISO 3166
        if wrong:
            raise ValidationError(_("“%(code)s” is no code of two letters.") % {"code": wrong[0][:20]})
        return found


class TrendsForm(InsightForm):
    """Charts, plays and sounds, whichever there are."""

    chart = Table(
        (
            Column("week", "day", gettext_lazy("week"), ("week", "tydzień", "date", "data"), needed=True),
            Column(
                "rank",
                "number",
                gettext_lazy("rank"),
                ("rank", "miejsce", "position", "pozycja"),
                needed=True,
                least=1,
                most=1000,
            ),
            _TRACK,
            _ARTIST,
            Column(
                "peak",
                "number",
                gettext_lazy("best rank"),
                ("peak", "peak rank", "najlepsze miejsce"),
                least=1,
                most=1000,
            ),
            Column(
                "weeks",
                "number",
                gettext_lazy("weeks on the chart"),
                ("weeks", "weeks on board", "tygodnie"),
                least=1,
                most=5000,
            ),
        ),
        "tydzień;miejsce;utwór;wykonawca\n2026-11-14;38;Żółte światło;Ćma i Gęślarze",
        required=False,
        label=gettext_lazy("Places on a weekly chart"),
        help_text=gettext_lazy("Paste the whole chart if you have it: the odds then also know what stands beside."),
    )
    kind = forms.ChoiceField(
        label=gettext_lazy("What the chart lists"),
        widget=_choice(),
        choices=(("singles", gettext_lazy("tracks")), ("albums", gettext_lazy("albums"))),
    )
    plays = Table(
        (
            _DAY,
            _TRACK,
            _ARTIST,
            Column(
                "plays", "number", gettext_lazy("plays"), ("plays", "odtworzenia", "streams", "listens"), needed=True
            ),
        ),
        "dzień;utwór;odtworzenia\n2026-11-14;Żółte światło;5120",
        required=False,
        label=gettext_lazy("Plays by day"),
        help_text=gettext_lazy("From Spotify for Artists or any other source; 28 days or more tell a direction."),
    )
    sounds = Table(
        (_TRACK, _ARTIST),
        "utwór;tempo;energia;nastrój\nŻółte światło;96;0,61;0,4",
        others=True,
        required=False,
        label=gettext_lazy("Measured sound, to find similar tracks"),
        help_text=gettext_lazy("A row for each track; every column with numbers counts, such as tempo or energy."),
    )
    calendar = forms.BooleanField(
        label=gettext_lazy("With the releases of the catalogue"), required=False, initial=True
    )

    def clean(self) -> dict[str, Any]:
        """There must be something to tell from."""
        found = super().clean()
        if not self.errors and not any(found.get(name) for name in ("chart", "plays", "sounds", "calendar")):
            raise ValidationError(_("Paste a chart, plays or sounds, or take the releases of the catalogue."))
        return found

    @property
    def today(self) -> str:
        """The day to speak from."""
        return timezone.localdate().isoformat()


FORMS: Mapping[str, type[InsightForm]] = {
    "trends": TrendsForm,
    "market": MarketForm,
    "prices": PricesForm,
    "channels": ChannelsForm,
}
NAMES: Mapping[str, str | Promise] = {
    "trends": gettext_lazy("Trends"),
    "market": gettext_lazy("Market"),
    "prices": gettext_lazy("Prices"),
    "channels": gettext_lazy("Channels"),
}
