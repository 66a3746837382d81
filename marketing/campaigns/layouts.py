"""The export formats as data: by which columns each is known, and what each column is to us.

A heading is compared in small letters, with single spaces, without a currency in brackets at its end. Sources: the
headings in parsers and fixtures of public projects; English and Polish.
"""

from __future__ import annotations

from dataclasses import dataclass, field

# What a column can be. Texts first, then days, then numbers.
TEXTS = (
    "campaign",
    "campaign_id",
    "account",
    "adset",
    "ad",
    "ad_id",
    "audience",
    "creative",
    "breakdown",
    "currency",
    "conversion_type",
)
DAYS = ("day", "period_start", "period_end")
WHOLE = ("impressions", "reach", "clicks", "views")
MONEY = ("spend", "revenue")
NUMBERS = (*WHOLE, *MONEY, "conversions")
FIELDS = (*TEXTS, *DAYS, *NUMBERS, "spend_micros")


@dataclass(frozen=True, slots=True)
class Layout:
    """One export. A file is one when every group in `known_by` has a heading in it; the most headings win."""

    slug: str
    name: str
    known_by: tuple[frozenset[str], ...]
    columns: dict[str, str]
    # Whether one row is one campaign's; else the whole file is about one thing, whose title is asked.
    titled: bool = True
    # The order of a date such as 9/1/2026 where the vendor always writes it so.
    order: str = ""
    ignored: frozenset[str] = field(default_factory=frozenset)


def _any(*names: str) -> frozenset[str]:
    return frozenset(names)


_META = Layout(
    "meta",
    "Meta Ads Manager",
    (
        _any("campaign name", "nazwa kampanii"),
        _any("amount spent", "wydana kwota"),
        _any("reporting starts", "początek raportowania", "day", "dzień", "ad set name", "nazwa zestawu reklam"),
    ),
    {
        "campaign name": "campaign",
        "nazwa kampanii": "campaign",
        "campaign id": "campaign_id",
        "identyfikator kampanii": "campaign_id",
        "account name": "account",
        "nazwa konta": "account",
        "ad set name": "adset",
        "nazwa zestawu reklam": "adset",
        "ad name": "ad",
        "nazwa reklamy": "ad",
        "ad id": "ad_id",
        "identyfikator reklamy": "ad_id",
        "age": "audience",
        "wiek": "audience",
        "gender": "audience",
        "płeć": "audience",
        "placement": "creative",
        "umiejscowienie": "creative",
        "day": "day",
        "dzień": "day",
        "reporting starts": "period_start",
        "początek raportowania": "period_start",
        "reporting ends": "period_end",
        "koniec raportowania": "period_end",
        "currency": "currency",
        "waluta": "currency",
        "result indicator": "conversion_type",
        "result type": "conversion_type",
        "typ wyniku": "conversion_type",
        "results": "conversions",
        "wyniki": "conversions",
        "reach": "reach",
        "zasięg": "reach",
        "impressions": "impressions",
        "wyświetlenia": "impressions",
        "link clicks": "clicks",
        "kliknięcia linku": "clicks",
        "amount spent": "spend",
        "wydana kwota": "spend",
        "purchases conversion value": "revenue",
        "wartość konwersji zakupów": "revenue",
        "3-second video plays": "views",
        "3-sekundowe odtworzenia filmu": "views",
    },
)
_GOOGLE = Layout(
    "google",
    "Google Ads",
    (
        _any("campaign", "kampania", "campaign_id"),
        _any("cost", "koszt", "cost_micros"),
        _any("clicks", "kliknięcia"),
        _any("impr.", "wyśw.", "wyświetlenia", "campaign status", "currency code", "cost_micros", "stan kampanii"),
    ),
    {
        "day": "day",
        "dzień": "day",
        "date": "day",
        "campaign": "campaign",
        "kampania": "campaign",
        "campaign id": "campaign_id",
        "campaign_id": "campaign_id",
        "campaign_name": "campaign",
        "identyfikator kampanii": "campaign_id",
        "account": "account",
        "konto": "account",
        "ad group": "adset",
        "grupa reklam": "adset",
        "currency code": "currency",
        "kod waluty": "currency",
        "impr.": "impressions",
        "impressions": "impressions",
        "wyświetlenia": "impressions",
        "wyśw.": "impressions",
        "clicks": "clicks",
        "kliknięcia": "clicks",
        "cost": "spend",
        "koszt": "spend",
        "cost_micros": "spend_micros",
        "conversions": "conversions",
        "konwersje": "conversions",
        "conv. value": "revenue",
        "conversions_value": "revenue",
        "wartość konwersji": "revenue",
    },
)
_MICROSOFT = Layout(
    "microsoft",
    "Microsoft Advertising",
    (_any("gregorian date"), _any("campaign name"), _any("spend")),
    {
        "gregorian date": "day",
        "campaign name": "campaign",
        "campaign id": "campaign_id",
        "ad group": "adset",
        "currency code": "currency",
        "impressions": "impressions",
        "clicks": "clicks",
        "spend": "spend",
        "conversions": "conversions",
        "revenue": "revenue",
    },
    order="mdy",
)
_TIKTOK = Layout(
    "tiktok",
    "TikTok Ads Manager",
    (
        _any("campaign name", "nazwa kampanii"),
        _any("cost", "koszt"),
        _any("clicks (destination)", "ad group name", "2-second video views", "paid likes", "by day"),
    ),
    {
        "campaign name": "campaign",
        "nazwa kampanii": "campaign",
        "campaign id": "campaign_id",
        "ad group name": "adset",
        "nazwa grupy reklam": "adset",
        "ad name": "ad",
        "nazwa reklamy": "ad",
        "by day": "day",
        "date": "day",
        "data": "day",
        "currency": "currency",
        "waluta": "currency",
        "cost": "spend",
        "koszt": "spend",
        "impressions": "impressions",
        "wyświetlenia": "impressions",
        "clicks (destination)": "clicks",
        "kliknięcia (miejsce docelowe)": "clicks",
        "reach": "reach",
        "zasięg": "reach",
        "conversions": "conversions",
        "konwersje": "conversions",
        "video views": "views",
        "age": "audience",
        "gender": "audience",
    },
)
_AMAZON = Layout(
    "amazon-ads",
    "Amazon Ads",
    (_any("campaign name"), _any("spend"), _any("14 day total sales", "total advertising cost of sales (acos)")),
    {
        "date": "day",
        "portfolio name": "account",
        "campaign name": "campaign",
        "currency": "currency",
        "impressions": "impressions",
        "clicks": "clicks",
        "spend": "spend",
        "14 day total sales": "revenue",
        "14 day total orders (#)": "conversions",
    },
    order="mdy",
)
_KDP = Layout(
    "kdp",
    "Amazon KDP",
    (
        _any("title", "tytuł"),
        _any("royalty", "tantiemy"),
        _any("asin/isbn", "asin", "marketplace"),
        _any("royalty date", "net units sold", "units sold"),
    ),
    {
        "royalty date": "day",
        "title": "campaign",
        "tytuł": "campaign",
        "asin/isbn": "campaign_id",
        "asin": "campaign_id",
        "marketplace": "breakdown",
        "royalty type": "breakdown",
        "transaction type": "breakdown",
        "net units sold": "conversions",
        "royalty": "revenue",
        "tantiemy": "revenue",
        "currency": "currency",
    },
)
_KDP_ORDERS = Layout(
    "kdp",
    "Amazon KDP, orders",
    (_any("order date"), _any("title"), _any("paid units")),
    {
        "order date": "day",
        "title": "campaign",
        "asin": "campaign_id",
        "marketplace": "breakdown",
        "paid units": "conversions",
    },
)
_KENP = ("kindle edition normalized pages (kenp) read", "kindle edition normalized page (kenp) read")
_KDP_PAGES = Layout(
    "kdp",
    "Amazon KDP, pages read",
    (_any(*_KENP, f"{_KENP[0]} from ku and koll"), _any("title")),
    {
        "date": "day",
        "title": "campaign",
        "asin": "campaign_id",
        "marketplace": "breakdown",
        **dict.fromkeys((*_KENP, f"{_KENP[0]} from ku and koll"), "views"),
    },
)
_SPOTIFY = Layout(
    "spotify",
    "Spotify for Artists",
    (_any("date"), _any("streams"), _any("listeners", "followers", "streams")),
    {"date": "day", "listeners": "reach", "streams": "views"},
    titled=False,
)
_SPOTIFY_SONGS = Layout(
    "spotify",
    "Spotify for Artists, songs",
    (_any("song"), _any("streams"), _any("listeners")),
    {"song": "campaign", "listeners": "reach", "streams": "views"},
)
_MAILCHIMP = Layout(
    "mailchimp",
    "Mailchimp",
    (_any("title"), _any("send date"), _any("successful deliveries"), _any("unique clicks")),
    {
        "title": "campaign",
        "unique id": "campaign_id",
        "list": "audience",
        "subject": "creative",
        "send date": "day",
        "successful deliveries": "impressions",
        "unique opens": "views",
        "unique clicks": "clicks",
        "revenue": "revenue",
    },
)
LAYOUTS = (
    _META,
    _GOOGLE,
    _MICROSOFT,
    _TIKTOK,
    _AMAZON,
    _KDP,
    _KDP_ORDERS,
    _KDP_PAGES,
    _SPOTIFY,
    _SPOTIFY_SONGS,
    _MAILCHIMP,
)
# Every heading that any export uses: what tells the line of headings from the lines above it.
HEADINGS = frozenset(name for layout in LAYOUTS for name in layout.columns)


def recognised(headings: list[str]) -> Layout | None:
    """The export with these plain headings; of several the one that knows most of them."""
    there = set(headings)
    fits = [one for one in LAYOUTS if all(there & group for group in one.known_by)]
    return max(fits, key=lambda one: len(there & set(one.columns)), default=None)
