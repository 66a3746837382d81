"""A text's way through approval and into the calendar, in a browser and by keyboard."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product


@pytest.mark.parametrize(
    ("language", "width", "submit", "approve"),
    [("pl", 1440, "Do akceptacji", "Zatwierdź"), ("en", 390, "Submit", "Approve")],
)
def test_a_text_is_submitted_approved_commented_and_planned(
    live_product: Product,
    page: Page,
    axe: Callable[[Page], list[str]],
    language: str,
    width: int,
    submit: str,
    approve: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    page.goto(f"{live_product.address}/create/posts/?example=1")
    page.locator("form.brief .submit-bar button").click()
    page.wait_for_url("**/jobs/**")
    expect(page.locator(".badge-s.done").first).to_be_visible(timeout=30_000)
    card = page.locator("article.variant").first
    card.get_by_role("button", name=submit).press("Enter")
    expect(card.locator(".badge-s.waiting")).to_be_visible()

    page.goto(f"{live_product.address}/approvals/")
    assert axe(page) == []
    page.locator(".waiting h2 a").last.click()
    page.locator("#comment").fill("Pięknie")
    page.locator("#comments button").press("Enter")
    expect(page.locator(".comments")).to_contain_text("Pięknie")
    page.locator("#at").fill("2027-01-15T09:30")
    page.locator("form[action$='/plan/'] button").press("Enter")
    assert axe(page) == []

    page.goto(f"{live_product.address}/approvals/")
    page.get_by_role("button", name=approve).last.press("Enter")
    expect(page.locator(".badge-s.done").first).to_be_visible()
    page.goto(f"{live_product.address}/calendar/?month=2027-01")
    expect(page.locator(".planned").first).to_contain_text("09:30")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
