"""The rules for books against cases of our own: what each finds, and what it leaves alone."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from marketing.metadata.checking import found_rules

pytestmark = pytest.mark.once
BOOK: dict[str, Any] = {
    "title": "Cisza nad jeziorem",
    "subtitle": "",
    "series": "",
    "series_number": "",
    "isbn13": "9788324000012",
    "format": "epub",
    "product_form": "ED",
    "product_form_detail": ["E101"],
    "publisher": "Hardban Lab",
    "country": "PL",
    "contributors": [{"role": "A01", "name": "Maria Wilk"}],
    "language": "pol",
    "original_language": "",
    "original_title": "",
    "publication_date": "2027-02-10",
    "entered_on": "2026-11-20",
    "publishing_status": "02",
    "thema": ["FF", "1DTP"],
    "bisac": ["FIC022000"],
    "keywords": ["kryminał z Mazur", "zaginięcie nastolatki", "policjantka na urlopie"],
    "description": "<p>Kiedy lód pęka, jezioro oddaje to, co zabrało dwadzieścia lat temu.</p>"
    "<p>Komisarz Ewa Rus miała tylko odpocząć.</p>",
    "price": 34.99,
    "currency": "PLN",
    "price_type": "02",
    "tax_rate": 5,
    "adult": False,
    "accessibility": ["EPUB accessibility 1.1"],
}


def book(**changes: Any) -> dict[str, Any]:
    """A clean book with these changes."""
    return {**copy.deepcopy(BOOK), **changes}


BOOKS: list[tuple[list[str], dict[str, Any]]] = [
    ([], book(format="hardback", product_form="BB", product_form_detail=[], accessibility=[])),
    (["B01"], book(isbn13="9788324000013")),
    (["B01"], book(isbn13="")),
    (["B01"], book(isbn13="978-83-240-0001-2")),
    (["B01"], book(isbn13="8324000010")),
    ([], book(isbn13="9791234567896", country="FR", tax_rate=5.5, currency="EUR")),
    (["B05"], book(title="Cisza – bestseller")),
    (["B05"], book(title="Cisza (ebook)")),
    (["B05"], book(title="Darmowa Cisza")),
    (["B05"], book(title="Cisza #1")),
    (["B05"], book(title="Cisza – Free")),
    (["B05"], book(title="The Best Cisza")),
    (["B05"], book(title="Cisza PDF")),
    (["B05"], book(title="Cisza. Nowość")),
    (["B05"], book(title="Cisza, najlepszy bestseller roku")),
    (["B05"], book(subtitle="Dla fanów Remigiusza Mroza")),
    (["B05"], book(series="Promocja", series_number="1")),
    (
        ["B06"],
        book(
            keywords=[
                "fraza numer a",
                "fraza numer b",
                "fraza numer c",
                "fraza numer d",
                "fraza numer e",
                "fraza numer f",
                "fraza numer g",
                "fraza numer h",
            ]
        ),
    ),
    (["B07"], book(keywords=["Maria Wilk"])),
    (["B07"], book(keywords=["bestseller"])),
    (["B07"], book(keywords=["Stephen King"])),
    (["B07"], book(keywords=["kryminał"])),
    (["B07"], book(keywords=["free book"])),
    (["B07"], book(keywords=["jezioro cisza nad jeziorem"])),
    (["B09"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><script>alert(1)</script>")),
    (["B09"], book(description="<h1>Tytuł</h1><p>Kiedy lód pęka, jezioro oddaje ciała.</p>")),
    (["B09"], book(description="<div><p>Kiedy lód pęka, jezioro oddaje ciała.</p></div>")),
    (["B09"], book(description='<p class="x">Kiedy lód pęka, jezioro oddaje ciała.</p>')),
    (["B10"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Napisz: kontakt@hardban.pl</p>")),
    (["B10"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>hardban.pl</p>")),
    (["B10"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>ul. Długa 4, 00-001 Warszawa</p>")),
    (["B10"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>+48 600 700 800</p>")),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Teraz tylko 19,99 zł!</p>")),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Zamów teraz w Empiku</p>")),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Order now at Amazon</p>")),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Książka dostępna od 10 lutego</p>")),
    (
        ["B11"],
        book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>„Świetna książka” – Gazeta Wyborcza</p>"),
    ),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Oceń książkę w Legimi</p>")),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Spotkanie autorskie 12 maja</p>")),
    (["B11"], book(description="<p>Kiedy lód pęka, jezioro oddaje ciała.</p><p>Promocja trwa</p>")),
    (["B12"], book(thema=[])),
    (["B12", "B13"], book(thema=["ZZZ"])),
    (["B13"], book(thema=["FF", "F", "1DTP"])),
    (["B13"], book(thema=["FF", "FFC"])),
    (["B12"], book(thema=["FF", "1DTP", "FH", "FK", "FL", "FM", "FR"])),
    (["B14"], book(thema=["1DTP", "5AQ", "FF"])),
    (["B13"], book(thema=["FF", "XYZ9"])),
    (["B15"], book(bisac=["FIC022000", "FIC022010", "FIC022020", "FIC031000"])),
    (["B15"], book(bisac=["NON000000"])),
    (["B15"], book(bisac=["FIC022"])),
    ([], book(bisac=[])),
    (["B16"], book(language="")),
    (["B16"], book(language="POL")),
    (["B16"], book(language="pl-PL")),
    (
        ["B16"],
        book(
            original_language="en",
            original_title="X",
            contributors=[{"role": "A01", "name": "Ann Wolf"}, {"role": "B06", "name": "Ewa Las"}],
        ),
    ),
    (["B17"], book(original_language="eng")),
    (["B18"], book(contributors=[{"role": "author", "name": "Maria Wilk"}])),
    (["B18"], book(contributors=[])),
    (
        [],
        book(
            format="audio",
            product_form="AJ",
            product_form_detail=["A103"],
            accessibility=[],
            contributors=[{"role": "A01", "name": "Maria Wilk"}, {"role": "E07", "name": "Piotr Dąb"}],
        ),
    ),
    (["B19"], book(tax_rate=8)),
    (["B19"], book(tax_rate=None)),
    (["B20"], book(publishing_status="04")),
    ([], book(publishing_status="04", publication_date="2026-01-10")),
    (["B21"], book(format="pdf")),
    ([], book(format="pdf", product_form_detail=["E107"], accessibility=[])),
    (["B21"], book(format="paperback", product_form="BB", product_form_detail=[])),
    (["B21"], book(product_form_detail=["E107"])),
    (["B21"], book(product_form_detail=[])),
    (["B22"], book(series="Mazurskie śledztwa")),
    (["B23"], book(thema=["FP"])),
    ([], book(thema=["FP"], adult=True)),
    (["B24"], book(title="-")),
    (["B24"], book(title="None")),
    (["B24"], book(contributors=[{"role": "A01", "name": "unknown"}])),
    (["B24"], book(subtitle="n/a")),
    (["B24"], book(title="null")),
    (["B24"], book(title="blank")),
    (["B24"], book(title="")),
    (["B25"], book(accessibility=[])),
    (["B26"], book(price=14.99, currency="USD", country="US", tax_rate=0)),
    ([], book(price=4.99, currency="USD", country="US", tax_rate=0)),
    (["B28"], book(description="<p>Maria Wilk urodziła się w 1980 roku w Łodzi. Pisze od lat.</p>")),
    (["B28"], book(description="<p>Ta książka to poruszająca opowieść.</p>")),
    (["B28"], book(description="<p>Autorka bestsellerów powraca.</p>")),
    (["B28"], book(description="<p>Laureatka Nagrody Nike w nowej odsłonie.</p>")),
    (["B28"], book(description="<p>W tej książce znajdziesz wszystko.</p>")),
    (["B28"], book(description="<p>This book tells the story of a woman.</p>")),
    (["B28"], book(description="<p>Książka opowiada o kobiecie.</p>")),
    (["B29"], book(title="Cisza ")),
    (["B29"], book(description='<p>Kiedy lód pęka, mówi "nie".</p>')),
    (["B29"], book(contributors=[{"role": "A01", "name": "Maria  Wilk"}])),
    (
        ["B08"],
        book(description=f"<p>{'Kiedy lód pęka. ' * 300}</p>"),
    ),
]


@pytest.mark.parametrize(("expected", "record"), BOOKS)
def test_a_book_breaks_these_rules_and_no_others(expected: list[str], record: dict[str, Any]) -> None:
    assert found_rules("book", record) == expected
