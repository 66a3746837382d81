"""An export file is recognised by its columns and read in its own notation, or it is said what is missing."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.campaigns import cells, reading
from tests.campaigns import exports

pytestmark = pytest.mark.once


def read(content: bytes, **changes):
    """What the file is, and its rows; the choices may be completed. Pieces are small, so that every seam is met."""

    def pieces():
        return (content[at : at + 7] for at in range(0, len(content), 7))

    found = reading.recognise(pieces)
    kept = {**found.choices.kept(), **changes}
    return found, list(reading.rows(pieces, found.shape, reading.Choices.of(kept)))


def good(rows):
    return [row.values for row in rows if not row.code]


@pytest.mark.parametrize(
    ("content", "source", "asked"),
    [
        (exports.META_PL, "meta", ()),
        (exports.META_EN, "meta", ()),
        (exports.GOOGLE_PL, "google", ()),
        (exports.GOOGLE_SLASHED, "google", ("order", "currency")),
        (exports.TIKTOK, "tiktok", ()),
        (exports.SPOTIFY, "spotify", ("title",)),
        (exports.MAILCHIMP, "mailchimp", ()),
        (exports.KDP, "kdp", ()),
        (exports.STRANGE, "other", ("columns",)),
    ],
)
def test_a_file_is_recognised_by_its_columns(content, source, asked):
    found, _rows = read(content)
    assert (found.choices.source, found.open) == (source, asked)


def test_a_polish_spreadsheet_keeps_its_letters_and_decimals_and_loses_its_total():
    _found, rows = read(exports.META_PL)
    assert [row.code for row in rows] == ["total", "", ""]
    first, second = good(rows)
    assert (first["campaign"], first["ad"], first["spend"]) == ("Żółte światło", "Wideo A", Decimal("1234.56"))
    assert (first["impressions"], first["currency"], first["day"]) == (10250, "PLN", date(2026, 9, 1))
    assert second["conversions"] is None


def test_a_row_of_one_day_is_a_day_and_a_row_of_a_month_is_a_period():
    found, rows = read(exports.META_EN)
    one, month = good(rows)
    assert (one["day"], one["period_start"], one["spend"]) == (date(2026, 9, 1), None, Decimal("1012.50"))
    assert (month["day"], month["period_end"]) == (None, date(2026, 9, 30))
    assert found.unknown == ("Quality ranking",)


def test_titles_above_and_totals_below_are_no_rows():
    _found, rows = read(exports.GOOGLE_PL)
    assert [row.code for row in rows] == ["", "", "total"]
    assert [one["conversions"] for one in good(rows)] == [Decimal("1.33"), Decimal("2.67")]
    assert good(rows)[1]["day"] == date(2026, 9, 2)


def test_an_ambiguous_day_is_read_as_its_owner_says():
    _found, american = read(exports.GOOGLE_SLASHED, order="mdy", currency="PLN")
    _found, european = read(exports.GOOGLE_SLASHED, order="dmy", currency="PLN")
    assert good(american)[0]["day"] == date(2026, 9, 1)
    assert good(european)[0]["day"] == date(2026, 1, 9)


def test_money_without_a_currency_is_not_guessed():
    _found, rows = read(exports.GOOGLE_SLASHED, order="mdy")
    assert {row.code for row in rows} == {"no_currency"}


def test_a_file_about_one_song_takes_the_title_it_is_given():
    _found, rows = read(exports.SPOTIFY, title="Żółte światło")
    assert [(one["campaign"], one["views"]) for one in good(rows)] == [("Żółte światło", 640), ("Żółte światło", 655)]


def test_a_strange_file_is_read_by_its_mapping():
    _found, rows = read(exports.STRANGE, columns=["day", "campaign", "spend", "impressions"], currency="PLN")
    assert [(one["campaign"], one["spend"]) for one in good(rows)] == [
        ("Plakaty", Decimal(120)),
        ("Plakaty", Decimal(130)),
    ]


@pytest.mark.parametrize("content", [b"\x00\x01\x02", b"PK\x03\x04rest", b"only one column\n1\n", b"a,b\n"])
def test_what_is_no_table_is_refused(content):
    with pytest.raises(reading.UnreadableError):
        read(content)


@pytest.mark.parametrize(
    ("text", "sign", "value"),
    [
        ("1 234,56 zł", ",", "1234.56"),
        ("1\u202f234,5", ",", "1234.5"),
        ("$1,234.56", ".", "1234.56"),
        ("1.234,56", ",", "1234.56"),
        ("12%", ".", "12"),
        ("< 10%", ".", "10"),
        ("−3", ".", "-3"),
        (".5", ".", "0.5"),
    ],
)
def test_a_number_is_read_in_its_notation(text, sign, value):
    assert cells.number(text, sign) == Decimal(value)


@pytest.mark.parametrize("text", ["abc", "1,2.3,4", "12:30", "1 234,5 6 x", "1e99", "9" * 30, "+", "٣"])
def test_what_is_no_number_is_said_to_be_none(text):
    with pytest.raises(ValueError, match=r".*"):
        cells.number(text, ".")


@given(st.decimals(min_value=-9_999_999, max_value=9_999_999, places=2))
def test_a_number_survives_every_notation(value):
    polish = f"{value:,.2f}".replace(",", "\u00a0").replace(".", ",")
    assert cells.number(polish, ",") == value
    assert cells.number(f"{value:,.2f}", ".") == value


@pytest.mark.parametrize("name", ["Total Eclipse", "Suma wszystkich nocy", "Razem w drogę"])
def test_a_campaign_may_be_called_like_a_total(name):
    assert not cells.is_total(name)
