"""A true figure with the wrong noun, occasion or article stays open, whatever the endings and the language."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from marketing.content.grounding import Block, Source, ground, open_claims
from marketing.content.grounding.shapes import Kind

# Each noun as it stands behind five and more, Polish and English.
NOUNS = {
    "track": ("utworów", "piosenek", "tracks", "songs"),
    "award": ("nagród", "nagród", "awards", "prizes"),
    "concert": ("koncertów", "występów", "concerts", "gigs"),
    "page": ("stron", "stronic", "pages"),
    "chapter": ("rozdziałów", "chapters"),
    "city": ("miast", "cities"),
    "listener": ("słuchaczy", "fanów", "listeners", "fans"),
    "hour": ("godzin", "hours"),
    "language": ("języków", "languages"),
    "copy": ("egzemplarzy", "sztuk", "copies"),
}
ADJECTIVES = ("", "nowych ", "dużych ", "new ", "quiet ")
MONTHS = ("stycznia", "lutego", "marca", "kwietnia", "maja", "czerwca")
concepts = st.sampled_from(sorted(NOUNS))
counts = st.integers(5, 990)
adjectives = st.sampled_from(ADJECTIVES)


def is_open(fact: str, text: str) -> bool:
    return bool(open_claims(ground([Block("text", 0, text)], [Source("fact", fact)])))


@given(counts, concepts, adjectives, adjectives, st.data())
def test_a_number_with_its_own_noun_is_borne_out(
    count: int, concept: str, one: str, two: str, data: st.DataObject
) -> None:
    said, given_ = (data.draw(st.sampled_from(NOUNS[concept])) for _ in range(2))
    assert not is_open(f"Razem {count} {one}{given_} w archiwum.", f"To {count} {two}{said}.")


@given(counts, concepts, concepts, adjectives, st.data())
def test_a_number_with_another_noun_stays_open(
    count: int, one: str, two: str, adjective: str, data: st.DataObject
) -> None:
    assume(one != two)
    given_, said = data.draw(st.sampled_from(NOUNS[one])), data.draw(st.sampled_from(NOUNS[two]))
    assert is_open(f"Razem {count} {given_} w archiwum.", f"To {count} {adjective}{said}.")


@given(counts, counts, concepts, concepts, st.data())
def test_of_two_numbers_in_a_fact_each_keeps_its_noun(
    count: int, other: int, one: str, two: str, data: st.DataObject
) -> None:
    assume(one != two and count != other)
    first, second = data.draw(st.sampled_from(NOUNS[one])), data.draw(st.sampled_from(NOUNS[two]))
    fact = f"{count} {first}, {other} {second}"
    assert not is_open(fact, f"Oto {other} {second}.")
    assert is_open(fact, f"Oto {count} {second}.")


@given(st.integers(1, 28), st.sampled_from(MONTHS), st.integers(2026, 2031))
def test_a_date_is_the_date_of_one_occasion(day: int, month: str, year: int) -> None:
    fact = f"Premiera {day} {month} {year}"
    assert not is_open(fact, f"Album ukaże się {day} {month}.")
    assert is_open(fact, f"Koncert {day} {month} {year}.")
    assert is_open(fact, f"Zamów do {day} {month}.")


@given(
    st.integers(5, 900), st.sampled_from(["zł", "euro", "USD", "GBP"]), st.sampled_from(["zł", "euro", "USD", "GBP"])
)
def test_a_price_keeps_its_currency(price: int, given_: str, said: str) -> None:
    assert is_open(f"Winyl za {price} {given_}", f"Winyl: {price} {said}.") == (given_ != said)


@pytest.mark.parametrize("qualifier", ["ponad", "prawie", "niemal", "niecałe", "over", "more than", "nearly"])
def test_a_fact_that_says_three_hundred_does_not_say_more_or_less(qualifier: str) -> None:
    assert is_open("300 koncertów", f"Za nimi {qualifier} 300 koncertów.")
    assert not is_open(f"Zagrali {qualifier} 300 koncertów", f"Za nimi {qualifier} 300 koncertów.")


def test_to_be_nominated_for_an_award_is_not_to_have_it() -> None:
    assert is_open("Nominacja do Nagrody Nike 2024", "Laureatka Nagrody Nike.")
    assert not is_open("Nominacja do Nagrody Nike 2024", "Nominacja do Nagrody Nike.")
    assert not is_open("Nagroda Nike 2024", "Laureatka Nagrody Nike.")


def test_a_date_that_follows_a_small_word_is_read_whole() -> None:
    record = ground([Block("text", 0, "Order by November 6, 2026.")], [])
    assert [(claim["kind"], claim["text"]) for _sentence, claim in open_claims(record)] == [
        (Kind.DATE, "November 6, 2026")
    ]
