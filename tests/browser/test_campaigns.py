"""What campaigns brought, in a browser: both languages, on a phone, every figure leading to where it comes from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product


@pytest.mark.parametrize(("language", "width"), [("pl", 1440), ("en", 390)])
def test_figures_lead_to_their_source_and_leave_as_a_table(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    page.goto(f"{live_product.address}/campaigns/")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    figure = page.locator("a[href^='#fact-']").first
    target = figure.get_attribute("href")
    assert target
    figure.press("Enter")
    expect(page.locator(target)).to_have_count(1)
    with page.expect_download() as taken:
        page.locator("a[href*='table.csv']").first.click()
    assert taken.value.path().stat().st_size > 500
    page.locator(".groups a").first.press("Enter")
    page.wait_for_url("**/campaigns/*/")
    assert axe(page) == []
    page.goto(f"{live_product.address}/campaigns/import/")
    assert axe(page) == []
