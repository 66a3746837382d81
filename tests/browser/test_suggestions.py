"""Suggestions in a browser: asked for, read beside what stands there, accepted by keyboard; in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_prompts import shoot
from tests.product import Product

WORDS = {
    "pl": ("Zaproponuj metadane", "Otwórz wynik", "Przyjmij", "Przyjęto.", "Odrzuć", "Wspólne słowa"),
    "en": ("Suggest metadata", "Open the result", "Accept", "Accepted.", "Reject", "Words in common"),
}


@pytest.mark.parametrize(("language", "width"), [("pl", 1440), ("en", 390)])
def test_a_suggestion_is_read_beside_today_and_accepted(
    live_product: Product,
    page: Page,
    sign_in: Callable[[Page], None],
    axe: Callable[[Page], list[str]],
    language: str,
    width: int,
) -> None:
    suggest, result, accept, accepted, reject, common = WORDS[language]
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    sign_in(page)
    page.goto(f"{live_product.address}/catalogue/books/new/")
    page.locator("#f-title").fill(f"Lód {width}")
    page.locator("#f-thema").fill("FB")
    page.locator("#f-description").fill("<p>Komisarz prowadzi śledztwo w sprawie morderstwa.</p>")
    page.locator("button[name=do][value=save]").click()
    page.locator(".head-actions a[href*=suggestions]").click()
    assert axe(page) == []
    page.get_by_role("button", name=suggest).press("Enter")
    # The first search of a process builds the lists' indexes.
    page.get_by_role("link", name=result).click(timeout=60_000)
    card = page.locator(".suggestion", has=page.get_by_role("heading", name="Thema"))
    expect(card.locator(".choice.kept label strong")).to_have_text("FB")
    crime = card.locator(".choice.offered", has_text="FF").first
    expect(crime).to_contain_text(common)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shoot(page, f"suggestions-{language}")
    page.set_viewport_size({"width": width, "height": 900})
    code = crime.locator("strong").inner_text()
    crime.get_by_role("checkbox").focus()
    page.keyboard.press("Space")
    card.get_by_role("button", name=accept).press("Enter")
    expect(page.get_by_text(accepted)).to_be_visible()
    for left in range(page.locator(".suggestion").count(), 0, -1):
        page.locator(".suggestion").first.get_by_role("button", name=reject).press("Enter")
        expect(page.locator(".suggestion")).to_have_count(left - 1)
    page.locator(".page-head a", has_text=f"Lód {width}").click()
    expect(page.locator("#f-thema")).to_have_value(f"FB\n{code}")
