"""The library in a browser: found by words without Polish letters, narrowed, starred, all from the keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product

_WORDS = {
    "pl": ("Ulubione", "Żaden zachowany tekst nie pasuje", "Bez „nieobecne”"),
    "en": ("Favourite", "No kept text matches", "Without “nieobecne”"),
}


@pytest.mark.parametrize(("language", "width"), [("pl", 1440), ("en", 390)])
def test_a_kept_text_is_found_starred_and_found_among_the_favourites(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    star, nothing, lift = _WORDS[language]
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    page.goto(f"{live_product.address}/library/")
    search, cards = page.get_by_role("searchbox"), page.locator("#found article.variant")
    search.fill("wydawcow zajezd")
    expect(cards).to_have_count(1)
    first = cards.first.get_attribute("id")
    button = cards.first.get_by_role("button", name=star, exact=True)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    search.fill("")
    page.locator("#starred").press("Space")
    expect(cards).to_have_count(1)
    assert cards.first.get_attribute("id") == first
    assert axe(page) == []
    search.fill("nieobecne")
    expect(page.get_by_role("heading", name=nothing)).to_be_visible()
    assert axe(page) == []
    page.get_by_role("link", name=lift).press("Enter")
    expect(cards).to_have_count(1)
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "false")
