"""What copy claims, and what bears it out: numbers, dates, prices, awards, quotations, superlatives, names, links."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketing.content.grounding import Block, Source, ground, open_claims
from marketing.content.grounding.claims import find_claims
from marketing.content.grounding.record import confirm
from marketing.content.grounding.shapes import Kind

FACTS = [
    "Drugi album kwartetu z Łodzi",
    "Winyl w nakładzie 300 sztuk, cena 119,90 zł",
    "Premiera 15 stycznia 2027",
    "Nagroda Fryderyk 2025 w kategorii folk",
    "„Płyta, która oddycha” – Anna Lind, Ruch Muzyczny",
    "Najstarszy chór żeński w regionie śpiewa w trzech utworach",
]
SOURCES = [Source("fact", fact) for fact in FACTS] + [
    Source("title", "Żółte światło"),
    Source("creator", "Ćma i Gęślarze"),
    Source("link", "https://example.com/zolte-swiatlo"),
]


def loose(text: str, *kinds: Kind) -> list[str]:
    """The claims of a text that nothing bears out."""
    record = ground([Block("text", 0, text)], SOURCES)
    return [claim["text"] for _sentence, claim in open_claims(record, kinds or tuple(Kind))]


@pytest.mark.parametrize(
    "text",
    [
        "Winyl w nakładzie 300 sztuk.",
        "Tylko trzysta sztuk na winylu.",
        "300 copies on vinyl.",
        "Winyl kosztuje 119,90 zł.",
        "Vinyl for PLN 119.90.",
        "Premiera 15 stycznia 2027.",
        "Premiera: 15.01.2027.",
        "Out on January 15, 2027.",
        "Już 15 stycznia!",
        "Zespół ma na koncie Fryderyka 2025.",
        "„Płyta, która oddycha” – pisze Ruch Muzyczny.",
        "To już drugi album.",
        "Śpiewa najstarszy chór żeński w regionie.",
        "Posłuchaj: https://example.com/zolte-swiatlo",
        "Premiera piętnastego stycznia.",
        "„Żółtego światła” słucha się po zmroku.",
        "Jak mówi Ćma, to płyta na wieczór.",
        "Do usłyszenia w styczniu.",
        "See you in January.",
        "Anna Lind’s favourite record.",
    ],
)
def test_what_the_brief_says_is_borne_out_in_other_words_and_the_other_language(text: str) -> None:
    assert loose(text) == []


@pytest.mark.parametrize(
    ("text", "kind", "claim"),
    [
        ("Sprzedano 5000 sztuk.", Kind.NUMBER, "5000 sztuk"),
        ("Ponad dziesięć tysięcy słuchaczy.", Kind.NUMBER, "dziesięć tysięcy"),
        ("Winyl kosztuje 89,90 zł.", Kind.PRICE, "89,90 zł"),
        ("Za darmo tylko dziś.", Kind.PRICE, "Za darmo"),
        ("Premiera 16 stycznia 2027.", Kind.DATE, "16 stycznia 2027"),
        ("Out on 3 February 2027.", Kind.DATE, "3 February 2027"),
        ("Laureaci Grammy.", Kind.AWARD, "Grammy"),
        ("„Arcydzieło na miarę dekady” – pisze prasa.", Kind.QUOTE, "„Arcydzieło na miarę dekady”"),
        ("Najlepszy album roku.", Kind.SUPERLATIVE, "Najlepszy"),
        ("The best album you will hear.", Kind.SUPERLATIVE, "best"),
        ("„Arcydzieło dekady” – Gazeta.", Kind.QUOTE, "„Arcydzieło dekady”"),
        ("„Olśniewające”", Kind.QUOTE, "„Olśniewające”"),
        ("Krytycy są zachwyceni.", Kind.QUOTE, "Krytycy"),
        ("Gazeta Wyborcza pisze: słuchajcie.", Kind.QUOTE, "Wyborcza pisze"),
        ("Loved by Stephen King.", Kind.QUOTE, "Loved by Stephen King"),
        ("As featured in The Guardian.", Kind.QUOTE, "featured in The Guardian"),
        ("A must-read for everybody.", Kind.SUPERLATIVE, "must-read"),
        ("The world’s first folk opera.", Kind.SUPERLATIVE, "world’s first"),
        ("Bezkonkurencyjne granie.", Kind.SUPERLATIVE, "Bezkonkurencyjne"),
        ("Longlisted last spring.", Kind.AWARD, "Longlisted"),
        ("To ich czwarty album.", Kind.NUMBER, "czwarty"),
        ("Debiutancka płyta kwartetu.", Kind.NUMBER, "Debiutancka"),
        ("Premiera dwudziestego pierwszego stycznia.", Kind.NUMBER, "dwudziestego pierwszego"),
        ("Kilkaset koncertów za nimi.", Kind.NUMBER, "Kilkaset"),
        ("Połowa nakładu już sprzedana.", Kind.NUMBER, "Połowa"),
        ("300 gwiazdek od słuchaczy.", Kind.NUMBER, "300 gwiazdek"),
        ("Jest 1 recenzja.", Kind.NUMBER, "1"),
        ("W studiu gościł Tomasz Stańko.", Kind.NAME, "Tomasz Stańko"),
        ("Więcej na https://inny.example.org/x", Kind.LINK, "https://inny.example.org/x"),
    ],
)
def test_what_the_brief_does_not_say_stays_open(text: str, kind: Kind, claim: str) -> None:
    found = loose(text, kind)
    assert len(found) == 1
    assert claim.casefold() in found[0].casefold() or found[0].casefold() in claim.casefold()


@pytest.mark.parametrize(
    "text",
    [
        "Posłuchaj w spokoju.",
        "Pierwsza myśl o poranku.",
        "Nagrane „na setkę”.",
        "A quiet record for long evenings.",
        "Włącz i zostań na dłużej.",
    ],
)
def test_plain_words_claim_nothing(text: str) -> None:
    assert find_claims(text) == ()


def test_a_sentence_leads_to_the_fact_that_it_draws_on() -> None:
    record = ground([Block("text", 0, "Winyl wyszedł w nakładzie 300 sztuk. Posłuchaj.")], SOURCES)
    first, second = record["sentences"]
    assert [record["sources"][place]["text"] for place in first["sources"]] == [FACTS[1]]
    assert second["sources"] == ()


def test_a_persons_word_closes_a_sentence_and_outlives_a_new_reading() -> None:
    text = "Sprzedano 5000 sztuk."
    record = confirm(ground([Block("text", 0, text)], SOURCES), text, "ewa", "2026-11-26")
    assert open_claims(record) == []
    assert open_claims(ground([Block("text", 0, text)], SOURCES, record)) == []
    assert len(open_claims(ground([Block("text", 0, "Sprzedano 6000 sztuk.")], SOURCES, record))) == 1


@given(st.text(max_size=300))
def test_any_text_can_be_read(text: str) -> None:
    claims = find_claims(text)
    assert all(text[claim.start : claim.end] == claim.text for claim in claims)


@given(st.integers(min_value=301, max_value=10**9))
def test_no_invented_number_is_borne_out(number: int) -> None:
    said = {"2025", "2027"}
    assert (str(number) in said) or loose(f"Sprzedano {number} sztuk.", Kind.NUMBER)
