"""Advertisements as files that the ad tools import.

Google Ads Editor reads CSV with English headers whose order does not matter ("CSV file columns" in its help); pins are
columns beside the headlines. Ads Manager's import reads one ad a row. The other tools take no files: a table to copy
from. What is published stands in them letter by letter: an ad with a value that a spreadsheet would run gives no file.
Only names that nobody sees but the tool's user, such as a campaign's, get an apostrophe in front.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from marketing.content.sheets.table import sheet
from marketing.models import Variant
from providers.access import csv_lines

_PINNED_HEADLINES = 1


def as_csv(variant: Variant) -> str:
    """An ad's fields as the file for its tool, in UTF-8 with a mark so that spreadsheets read it as such."""
    rows = {"google-search": _google, "google-pmax": _google, "meta-feed": _meta}.get(variant.platform, _plain)(variant)
    return "".join(csv_lines(rows))


def pinned(values: Mapping[str, Sequence[str]], names: Sequence[str]) -> int | None:
    """Which headline to pin to the first place: the first one that names what is promoted. Counted from 0."""
    wanted = [name.casefold() for name in names if name]
    headlines = values.get("headlines", ())
    return next(
        (at for at, headline in enumerate(headlines) if any(name in headline.casefold() for name in wanted)), None
    )


def _google(variant: Variant) -> Iterator[list[str]]:
    values, brief = variant.fields, variant.root.brief
    pin = pinned(values, (str(brief.get("title", "")), str(brief.get("creator", ""))))
    row = {"Campaign": variant.root.title, "Ad group": brief.get("title", ""), "Ad type": "Responsive search ad"}
    if variant.platform == "google-pmax":
        row = {
            "Campaign": variant.root.title,
            "Campaign type": "Performance Max",
            "Asset group": brief.get("title", ""),
        }
    for at, headline in enumerate(values.get("headlines", ())):
        row[f"Headline {at + 1}"] = headline
        if at == pin and variant.platform == "google-search":
            row[f"Headline {at + 1} position"] = str(_PINNED_HEADLINES)
    for name, column in (
        ("long_headlines", "Long headline"),
        ("descriptions", "Description"),
        ("paths", "Path"),
    ):
        row |= {f"{column} {at + 1}": value for at, value in enumerate(values.get(name, ()))}
    row["Business name"] = next(iter(values.get("business_name", ())), "")
    row["Final URL"] = str(brief.get("link") or "")
    yield list(row)
    yield [str(cell) for cell in row.values()]


def _meta(variant: Variant) -> Iterator[list[str]]:
    values, brief = variant.fields, variant.root.brief
    yield ["Campaign Name", "Ad Set Name", "Ad Name", "Title", "Body", "Link Description", "Link"]
    titles, notes = values.get("headlines") or [""], values.get("descriptions") or [""]
    for at, body in enumerate(values.get("primary_texts", ())):
        name = f"{brief.get('title', '')} {at + 1}"
        title, note = titles[at % len(titles)], notes[at % len(notes)]
        yield [variant.root.title, str(brief.get("title", "")), name, title, body, note, str(brief.get("link") or "")]


def _plain(variant: Variant) -> Iterator[list[str]]:
    yield ["Field", "Number", "Text"]
    for one in sheet(variant.platform).fields:
        for at, value in enumerate(variant.fields.get(one.name, ())):
            yield [one.name, str(at + 1), value]
