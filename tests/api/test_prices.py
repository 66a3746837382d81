"""Prices over the Lab API."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from marketing.api.prices import _EXAMPLE
from providers.access.client_keys import create_client

PATH = "/api/v1/ai/optimization/prices"


def ask(address: str, **changes: Any) -> httpx.Response:
    secret = create_client("publishing", ["optimization"]).secret
    return httpx.post(
        f"{address}{PATH}",
        json={**_EXAMPLE, **changes},
        headers={"authorization": f"Bearer {secret}", "accept-language": "en"},
    )


def test_the_documented_question_is_answered_with_probabilities(address: str) -> None:
    answer = ask(address).json()
    assert answer["low"] < answer["elasticity"] < answer["high"] < 0
    assert answer["advised_price"] == 29.99
    assert all(0 <= one["probability_better"] <= 1 for one in answer["offers"])


def test_too_little_data_is_said_and_nothing_advised(address: str) -> None:
    answer = ask(address, observations=[{"price": 30, "units": 5}]).json()
    assert (answer["advised_price"], answer["elasticity"]) == (None, None)
    assert "Only 1 usable row;" in answer["reason"]


def test_a_fee_above_the_price_is_explained(address: str) -> None:
    assert "earns nothing" in ask(address, fee=100).json()["reason"]


@pytest.mark.parametrize("wrong", [{"share": 2}, {"observations": []}, {"present_price": -1}, {"odd": 1}])
def test_what_cannot_be_is_refused(address: str, wrong: dict[str, Any]) -> None:
    assert ask(address, **wrong).status_code == 422
