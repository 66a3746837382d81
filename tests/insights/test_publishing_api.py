"""Markets and channels over the Lab API: computed, with reasons, and with no advice against a channel's rules."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from marketing.api.publishing import _EXAMPLE_CHANNELS, _EXAMPLE_MARKET
from marketing.insights import channels

PLACES = {"market": "/api/v1/ai/analysis/publishing/market", "channels": "/api/v1/ai/optimization/channels"}


@pytest.fixture
def boss(transactional_db: None, client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss"))
    return client


def ask(client: Client, what: str, body: dict[str, Any], language: str = "en") -> Any:
    return client.post(PLACES[what], body, content_type="application/json", headers={"accept-language": language})


def test_the_documented_market_is_told(boss: Client) -> None:
    answer = ask(boss, "market", _EXAMPLE_MARKET).json()
    assert (answer["compared"], answer["alike_in"]) == (12, "format and genre")
    assert answer["prices"]["low"] < answer["prices"]["median"] < answer["prices"]["high"]
    assert sum(one["n"] for one in answer["bands"]) == 12
    assert answer["cheaper_than_own"] == 0.5
    assert answer["seasons"] == []
    assert "three years" in answer["warnings"][0]


def test_a_small_market_is_doubted_in_polish_too(boss: Client) -> None:
    body = {"titles": _EXAMPLE_MARKET["titles"][:2], "own": {"genre": "poezja"}}
    answer = ask(boss, "market", body, "pl").json()
    assert answer["bands"] == []
    assert len(answer["warnings"]) == 2
    assert all("tytuł" in one for one in answer["warnings"])


def advice(client: Client, **changes: Any) -> dict[str, dict[str, Any]]:
    answer = ask(client, "channels", {**_EXAMPLE_CHANNELS, **changes}).json()
    return {one["channel"]: one for one in answer["channels"]}


def ids(told: dict[str, Any]) -> list[str]:
    return [one["id"] for one in told["reasons"]]


def test_what_sells_best_comes_first_and_every_channel_has_reasons(boss: Client) -> None:
    found = advice(boss)
    assert next(iter(found)) == "empik"
    assert ids(found["empik"])[0] == "sells_best"
    assert ids(found["woblink"])[0] == "sells_little"
    assert all(one["reasons"] and all(reason["text"] for reason in one["reasons"]) for one in found.values())
    assert found["empik"]["share_of_units"] == pytest.approx(120 / 165)
    assert found["legimi"]["advice"] == "consider"
    assert "paid_by_reading" in [one["id"] for one in found["legimi"]["terms"]]


def test_a_lead_that_chance_would_give_is_no_lead(boss: Client) -> None:
    found = advice(boss, sales=[{"channel": "Empik", "units": 12}, {"channel": "woblink", "units": 9}])
    assert ids(found["empik"])[0] == ids(found["woblink"])[0] == "sells_already"


def test_kdp_select_closes_the_other_shops_to_the_ebook(boss: Client) -> None:
    found = advice(boss, kdp_select=True)
    assert found["amazon"]["advice"] == "use"
    assert ids(found["empik"]) == ["exclusive"]
    assert advice(boss, kdp_select=True, forms=["ebook", "audiobook"])["empik"]["advice"] == "use"


def test_an_english_book_is_not_sent_to_polish_shops(boss: Client) -> None:
    found = advice(boss, language="en", countries=["GB"], sales=[])
    assert found["empik"]["advice"] == found["legimi"]["advice"] == "leave"
    assert {found[name]["advice"] for name in ("apple-books", "kobo", "amazon")} == {"use"}


@pytest.mark.parametrize(
    ("prices", "told", "reason"),
    [
        ({}, "consider", "no_history"),
        ({"usual_price": 9.99, "planned_price": 6.99}, "leave", "half_off_missing"),
        ({"usual_price": 9.99, "planned_price": 2.99, "lowest_lately": 1.99}, "leave", "was_lower_lately"),
        ({"usual_price": 9.99, "planned_price": 2.99, "lowest_lately": 8.99}, "use", "deal_is_deep_enough"),
    ],
)
def test_bookbub_asks_for_the_prices_of_lately(boss: Client, prices: dict[str, float], told: str, reason: str) -> None:
    body: dict[str, Any] = {
        "language": "en",
        "countries": [],
        "sales": [],
        "usual_price": None,
        "currency": "USD",
        **prices,
    }
    bookbub = advice(boss, **body)["bookbub"]
    assert bookbub["advice"] == told
    assert reason in ids(bookbub)


def test_a_price_outside_the_higher_royalty_is_told(boss: Client) -> None:
    assert "outside_royalty" in ids(advice(boss, language="en", usual_price=14.99, currency="USD")["amazon"])


def test_ads_for_several_titles_need_several_titles(boss: Client) -> None:
    assert ids(advice(boss)["amazon-ads"]) == ["too_few_titles"]
    assert advice(boss, titles=3)["amazon-ads"]["advice"] == "consider"


@pytest.mark.once
def test_every_sentence_that_the_file_names_is_there() -> None:
    for one in channels.channels():
        assert {*one.reasons, *one.terms} <= set(channels.SENTENCES)


@pytest.mark.parametrize("wrong", [{"forms": []}, {"language": "Polish"}, {"kdp_select": "yes"}, {"odd": 1}])
def test_what_cannot_be_is_refused(boss: Client, wrong: dict[str, Any]) -> None:
    assert ask(boss, "channels", {**_EXAMPLE_CHANNELS, **wrong}).status_code == 422
