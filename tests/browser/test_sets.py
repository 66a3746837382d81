"""A whole campaign in a browser: from one click to the archive, in both languages, on a phone, with axe."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product


@pytest.mark.parametrize(("language", "width"), [("pl", 1440), ("en", 390)])
def test_one_click_writes_a_whole_campaign(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    desk.sign_in(page, live_product)
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    page.goto(f"{live_product.address}/create/briefs/?example=1")
    expect(page.locator("#text-count")).to_contain_text("5")
    assert axe(page) == []
    # What matters here is the way, not the number of texts: few places keep it short.
    for name in ("platforms", "ad_formats", "tag_formats"):
        for box in page.locator(f"input[name={name}]").all()[1:]:
            box.set_checked(checked=False, force=True)
    page.locator("form.brief .submit-bar button").press("Enter")
    page.wait_for_url("**/campaign-sets/**")
    archive = page.locator("#set-archive")
    expect(page.locator("#set-again")).to_be_visible(timeout=60_000)
    expect(page.locator("#set progress")).to_have_count(0)
    expect(page.locator("#set .badge-s.done")).to_have_count(9)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    with page.expect_download() as taken:
        archive.press("Enter")
    with zipfile.ZipFile(taken.value.path()) as packed:
        names = packed.namelist()
    assert {name.split("/")[0] for name in names} >= {"pl", "en"}
    assert any(name.endswith("emails/newsletter-1.eml") for name in names)
