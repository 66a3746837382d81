"""A release in a browser: checked while one types, mended by keyboard, stored; on a phone, in both languages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product


@pytest.mark.parametrize(
    ("language", "width", "track", "save", "saved"),
    [("pl", 1440, "Dodaj utwór", "Zapisz", "Zapisano."), ("en", 390, "Add a track", "Save", "Saved.")],
)
def test_a_release_is_made_ready_for_stores(
    live_product: Product,
    page: Page,
    axe: Callable[[Page], list[str]],
    language: str,
    width: int,
    track: str,
    save: str,
    saved: str,
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    page.goto(f"{live_product.address}/catalogue/releases/new/")
    assert axe(page) == []
    page.locator("#f-title_language").fill("pl")
    page.locator("#f-title").fill(f"Pociąg {width} - Live")
    finding = page.locator(".findings li", has=page.locator("[data-to=f-title]"))
    fix = finding.filter(has=page.get_by_role("button")).first.get_by_role("button")
    fix.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#f-title")).to_have_value(f"Pociąg {width} (Live)")
    page.get_by_role("button", name=track).press("Enter")
    page.locator("[name='tracks.0.title']").fill("Nocny pociąg")
    page.locator(".findings [data-to='f-tracks.0.isrc']").first.press("Enter")
    expect(page.locator("[id='f-tracks.0.isrc']")).to_be_focused()
    page.keyboard.type("PLH9A2600003")
    page.get_by_role("button", name=save, exact=True).click()
    expect(page.get_by_text(saved)).to_be_visible()
    expect(page.locator("[name='tracks.0.isrc']")).to_have_value("PLH9A2600003")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
