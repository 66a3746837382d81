"""A blind comparison in a browser: by keyboard alone, on a phone, in both languages, with axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.browser.test_posts import _PROVIDER, fill_in_polish
from tests.product import Product, serving
from tests.upstream import Upstream, posts


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """A product with two providers that answer."""
    with Upstream() as upstream, serving(tmp_path / "data") as product:
        names = ("Kwarc", "Topaz")
        file = tmp_path / "providers.toml"
        file.write_text(
            "".join(
                _PROVIDER.format(slug=name.lower(), name=name, url=upstream.add(name.lower(), posts(1)), priority=place)
                for place, name in enumerate(names, start=1)
            )
        )
        product.manage("load_providers", str(file))
        yield product


def test_a_person_compares_by_keyboard_and_sees_the_names_afterwards(
    product: Product, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    desk.sign_in(page, product)
    page.goto(f"{product.address}/create/posts/")
    fill_in_polish(page, "facebook")
    assert axe(page) == []
    page.locator("#compare").press("Enter")
    page.wait_for_url("**/comparisons/**")
    choose = page.locator("#choose-second")
    expect(choose).to_be_visible(timeout=30_000)
    expect(page.locator("#comparison")).not_to_contain_text("kwarc")
    expect(page.locator("#comparison article")).to_have_count(2)
    assert axe(page) == []
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    choose.press("Enter")
    expect(page.locator("#verdict")).to_be_visible()
    expect(page.locator("#comparison")).to_contain_text("kwarc/kwarc-model")
    expect(page.locator("#comparison")).to_contain_text("topaz/topaz-model")
    assert axe(page) == []
    page.context.add_cookies([{"name": "django_language", "value": "en", "url": product.address}])
    page.goto(f"{product.address}/comparisons/")
    expect(page.locator(".standings tbody tr")).to_have_count(2)
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
