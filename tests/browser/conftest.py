"""Chromium and a running product for the tests of pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from tests import chromium
from tests.browser import desk
from tests.product import Product, serving

_PATIENCE_MS = 15_000
# A page that answers 4xx on purpose is reported as a failed load, and htmx reports a request that newer typing
# replaced; neither is a script error.
_EXPECTED = ("Failed to load resource", "htmx:afterRequest", "htmx:sendAbort")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Whatever stands in this folder needs a browser."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests of this process."""
    with sync_playwright() as playwright:
        chrome = playwright.chromium.launch(
            executable_path=chromium.provide(), headless=True, args=list(chromium.FLAGS)
        )
        yield chrome
        chrome.close()


@pytest.fixture(scope="session")
def live_product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """A running product with demonstration data, shared by all tests of this process."""
    with serving(tmp_path_factory.mktemp("product") / "data") as product:
        yield product


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A fresh page that asks for Polish. A script error or a refusal of the content policy fails the test."""
    context = browser.new_context(locale="pl-PL")
    context.set_default_timeout(_PATIENCE_MS)
    expect.set_options(timeout=_PATIENCE_MS)
    complaints: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_EXPECTED):
            complaints.append(message.text)

    fresh = context.new_page()
    fresh.on("console", note)
    fresh.on("pageerror", lambda error: complaints.append(str(error)))
    yield fresh
    context.close()
    assert complaints == []


@pytest.fixture
def sign_in(live_product: Product) -> Callable[[Page], None]:
    """`sign_in(page)` signs in to the running product."""
    return partial(desk.sign_in, product=live_product)


@pytest.fixture
def axe() -> Callable[[Page], list[str]]:
    """`axe(page)` returns what keeps somebody out of a page."""
    return desk.axe
