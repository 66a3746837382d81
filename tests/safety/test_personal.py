"""Personal data is found where it is, hidden before it leaves and put back; other numbers stay what they are."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.content.social_brief import SocialPostBrief
from marketing.safety.personal import Kind, Mask, find

WEIGHTS = (1, 3, 7, 9, 1, 3, 7, 9, 1, 3)


def pesel(born: date, serial: int = 1234) -> str:
    """The number of somebody born on that day, made as the register makes it."""
    month = born.month + {18: 80, 19: 0, 20: 20, 21: 40, 22: 60}[born.year // 100]
    ten = f"{born.year % 100:02}{month:02}{born.day:02}{serial:04}"
    total = sum(int(digit) * weight for digit, weight in zip(ten, WEIGHTS, strict=True))
    return f"{ten}{-total % 10}"


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("Pisz na anna.nowak+prasa@wydawnictwo.com.pl.", "anna.nowak+prasa@wydawnictwo.com.pl", Kind.EMAIL),
        ("<łucja@żółw.pl>", "łucja@żółw.pl", Kind.EMAIL),
        ("mailto:biuro@hardban.pl?subject=x", "biuro@hardban.pl", Kind.EMAIL),
        ("tel. 600 700 800", "600 700 800", Kind.PHONE),
        ("tel.:600-700-800,", "600-700-800", Kind.PHONE),
        ("zadzwoń 600700800!", "600700800", Kind.PHONE),
        ("+48 600 700 800", "+48 600 700 800", Kind.PHONE),
        ("0048600700800", "0048600700800", Kind.PHONE),
        ("(22) 123 45 67", "(22) 123 45 67", Kind.PHONE),
        ("42 612 34 56 wew. 3", "42 612 34 56", Kind.PHONE),
        ("call +44 20 7946 0018", "+44 20 7946 0018", Kind.PHONE),
        ("PESEL 44051401359", "44051401359", Kind.PESEL),
        ("pesel: 440514 01359.", "440514 01359", Kind.PESEL),
        (f"urodzona w 2004, {pesel(date(2004, 2, 29))}", pesel(date(2004, 2, 29)), Kind.PESEL),
    ],
)
def test_finds(text: str, value: str, kind: Kind) -> None:
    (found,) = find(text)
    assert (found.kind, found.value, text[found.start : found.end]) == (kind, value, value)


@pytest.mark.parametrize(
    "text",
    [
        "Premiera 15.01.2027 o 19:00, wstęp 39,90 zł",
        "2027-01-15 2026-12-24",
        "2 345 678 odtworzeń i 600 000 000 odsłuchów",
        "600 700 800 streams",
        "512 345 678 PLN",
        "ISBN 978-83-240-1234-5, EAN 5901234123457, UPC 602445790098",
        "REGON 123456785, NIP 526-104-08-28, KRS 0000123456",
        "konto 12 1020 1026 0000 0202 0123 4567",
        "ISRC PL-A50-23-00123, katalog HBR012",
        "https://open.spotify.com/track/600700800",
        "@zespol@mastodon.social i @hardban",
        "44051401358",
        "44131401352",
        "a@b, @, jan@localhost",
    ],
)
def test_leaves_other_numbers_and_names_alone(text: str) -> None:
    assert find(text) == ()


@given(st.dates(date(1800, 1, 1), date(2299, 12, 31)), st.integers(0, 9999))
def test_knows_every_pesel_and_no_neighbour_of_it(born: date, serial: int) -> None:
    number = pesel(born, serial)
    assert Kind.PESEL in {one.kind for one in find(number)}
    wrong = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert Kind.PESEL not in {one.kind for one in find(wrong)}


CONTACTS = ("jan@example.com", "+48 600 700 800", "22 123 45 67", "44051401359", "600-700-801", "ola@example.com")


@given(
    st.lists(st.sampled_from(CONTACTS), min_size=1, max_size=8), st.lists(st.text("abc ,.!ż", max_size=9), max_size=8)
)
def test_what_was_hidden_comes_back_exactly(contacts: list[str], words: list[str]) -> None:
    text = " | ".join([*contacts, *words])
    mask = Mask()
    hidden = mask.hide(text)
    assert not any(contact in hidden for contact in contacts)
    assert mask.show(hidden) == text


@given(st.text(max_size=200))
def test_any_text_survives_hiding_and_showing(text: str) -> None:
    mask = Mask()
    assert mask.show(mask.hide(text)) == text


def test_the_same_person_keeps_the_same_stand_in() -> None:
    mask = Mask()
    first, second = mask.hide("jan@example.com, ola@example.com"), mask.hide("ola@example.com")
    assert first == "hidden1@masked.invalid, hidden2@masked.invalid"
    assert second == "hidden2@masked.invalid"
    assert mask.kinds == ["email", "email"]


@pytest.mark.parametrize(
    "answer", ["+48 000 000 001", "+48000000001", "000-000-001", "(+48) 000 000 001", "0048 000.000.001", "000000001"]
)
def test_a_number_that_a_model_spaced_anew_is_put_back(answer: str) -> None:
    mask = Mask()
    mask.hide("600 700 800")
    assert mask.show(f"Zadzwoń: {answer}.") == "Zadzwoń: 600 700 800."


def test_a_long_number_that_ends_like_a_stand_in_stays() -> None:
    mask = Mask()
    mask.hide("600 700 800")
    assert mask.show("1 000 000 001 odtworzeń") == "1 000 000 001 odtworzeń"


def test_what_only_looks_like_a_stand_in_stays() -> None:
    mask = Mask()
    mask.hide("jan@example.com")
    assert mask.show("hidden2@masked.invalid") == "hidden2@masked.invalid"


def test_every_field_of_a_brief_is_hidden() -> None:
    brief = SocialPostBrief(
        title="Koncert",
        facts=["Rezerwacja: jan@example.com", "tel. 600 700 800"],
        platforms=["x"],
        audience="jan@example.com",
    )
    hidden = Mask().hide_in(brief)
    assert hidden.facts == ["Rezerwacja: hidden1@masked.invalid", "tel. +48 000 000 001"]
    assert hidden.audience == "hidden1@masked.invalid"
    assert (hidden.title, hidden.platforms, brief.audience) == ("Koncert", ["x"], "jan@example.com")


def test_a_long_text_costs_no_more_than_its_length() -> None:
    # Would take minutes if a pattern went back over what it had read.
    for text in ("a" * 50_000, "a." * 25_000, "a@" * 25_000, "1" * 50_000, "jan@" + "a-" * 25_000):
        find(text)
