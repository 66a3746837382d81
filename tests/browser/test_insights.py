"""The insight pages in a browser: a table pasted, an answer read, in both languages, on a desk and on a phone."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.pages.test_insights import sales
from tests.product import Product


@pytest.mark.parametrize(("language", "width"), [("pl", 1440), ("en", 390)])
def test_every_insight_answers_from_the_keyboard(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    typed: dict[str, dict[str, str]] = {
        "outlook": {"change": "120"},
        "ab": {"looks": "A trafienia;A próby;B trafienia;B próby\n200;10000;300;10000"},
        "prices": {"sold": sales(-0.4), "present_price": "34,99"},
        "market": {"titles": "tytuł;cena\n" + "\n".join(f"Saga {number};{20 + number}" for number in range(20))},
        "channels": {"sales": "kanał;sztuki\nEmpik;120\nWoblink;45"},
        "trends": {
            "plays": "dzień;utwór;odtworzenia\n"
            + "\n".join(f"2026-09-{at:02d};Żar;{9000 - at * 250}" for at in range(1, 31))
        },
    }
    for what, fields in typed.items():
        page.goto(f"{live_product.address}/insights/{what}/")
        assert axe(page) == []
        for name, text in fields.items():
            page.locator(f"[name={name}]").fill(text)
        page.locator(".submit-bar .btn-primary").press("Enter")
        expect(page.locator("#answer")).to_be_visible()
        assert axe(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        with page.expect_download() as taken:
            page.locator("#answer button[value=csv]").press("Enter")
        assert taken.value.path().stat().st_size > 20


@pytest.mark.parametrize(("language", "width"), [("pl", 390), ("en", 1440)])
def test_a_suggestion_is_accepted_and_taken_back_from_the_keyboard(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.context.add_cookies([{"name": "django_language", "value": language, "url": live_product.address}])
    desk.sign_in(page, live_product)
    page.goto(f"{live_product.address}/insights/outlook/")
    page.locator(".submit-bar .btn-primary").press("Enter")
    page.locator("button[name=accept]").first.press("Enter")
    page.wait_for_url("**/insights/outlook/#accepted")
    rows = page.locator("#accepted tbody tr")
    expect(rows).to_have_count(1)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    rows.first.get_by_role("button").press("Enter")
    expect(rows).to_have_count(0)
