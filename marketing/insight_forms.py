"""The forms of the insight pages: what each question needs to know."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from marketing.insights.pasted import Column
from marketing.table_forms import MOST_PRICE, Amount, InsightForm, Table, choice, word

_COUNTRIES = 250

_PRICE = Column("price", "number", gettext_lazy("price"), ("price", "cena"), needed=True, least=0.01, most=MOST_PRICE)
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
    format = forms.CharField(label=gettext_lazy("Its format"), required=False, max_length=100, widget=word())
    genre = forms.CharField(label=gettext_lazy("Its genre"), required=False, max_length=100, widget=word())
    currency = forms.RegexField("^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="PLN", widget=word())


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
        widget=choice(),
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
        widget=word(),
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
    currency = forms.RegexField("^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="PLN", widget=word())
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
        widget=choice(),
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


class OutlookForm(InsightForm):
    """Which measure of the imported campaigns, how far ahead, and what if there were more money."""

    measure = forms.ChoiceField(
        label=gettext_lazy("What to look ahead at"),
        widget=choice(),
        choices=(
            ("clicks", gettext_lazy("Clicks")),
            ("conversions", gettext_lazy("Conversions")),
            ("revenue", gettext_lazy("Revenue")),
            ("views", gettext_lazy("Views or streams")),
            ("impressions", gettext_lazy("Impressions")),
            ("spend", gettext_lazy("Spend")),
        ),
    )
    horizon = forms.TypedChoiceField(
        label=gettext_lazy("How far"),
        widget=choice(),
        coerce=int,
        initial=14,
        choices=((7, gettext_lazy("a week")), (14, gettext_lazy("two weeks")), (28, gettext_lazy("four weeks"))),
    )
    currency = forms.RegexField("^[A-Z]{3}$", label=gettext_lazy("Currency"), initial="PLN", widget=word())
    change = Amount(
        label=gettext_lazy("What if the budget were … % of today’s"),
        required=False,
        most=300,
        help_text=gettext_lazy("100 is today’s budget, 120 a fifth more; empty: no such question."),
    )


class ABForm(InsightForm):
    """The looks at a test, and what would matter."""

    looks = Table(
        tuple(
            Column(f"{side}_{part}", "number", title, (f"{side} {part}", f"{side} {polish}"), needed=True)
            for side in ("a", "b")
            for part, polish, title in (
                ("hits", "trafienia", gettext_lazy("successes")),
                ("tries", "próby", gettext_lazy("people or impressions")),
            )
        ),
        "dzień;A trafienia;A próby;B trafienia;B próby\n2026-11-01;41;1000;55;1010",
        required=False,
        label=gettext_lazy("The test so far"),
        help_text=gettext_lazy(
            "A row for each look, each with the sums since the start: successes and tries of A and of B. Look as "
            "often as you like: the verdict stays honest."
        ),
    )
    base = Amount(
        label=gettext_lazy("Usual rate (%)"),
        least=0.001,
        most=99,
        initial=2,
        help_text=gettext_lazy("Of A, before the test."),
    )
    lift = Amount(
        label=gettext_lazy("Difference that would matter (%)"),
        least=1,
        most=500,
        initial=20,
        help_text=gettext_lazy("Relative: 20 means from 2% to 2.4%."),
    )


FORMS: Mapping[str, type[InsightForm]] = {
    "outlook": OutlookForm,
    "ab": ABForm,
    "trends": TrendsForm,
    "market": MarketForm,
    "prices": PricesForm,
    "channels": ChannelsForm,
}
NAMES: Mapping[str, str | Promise] = {
    "outlook": gettext_lazy("Outlook"),
    "ab": gettext_lazy("A/B tests"),
    "trends": gettext_lazy("Trends"),
    "market": gettext_lazy("Market"),
    "prices": gettext_lazy("Prices"),
    "channels": gettext_lazy("Channels"),
}
