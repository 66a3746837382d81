"""Signing in, in a real browser."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.product import Product


@pytest.fixture
def sign_in_page(page: Page, live_product: Product) -> Page:
    page.goto(f"{live_product.address}/accounts/login/")
    return page


def test_the_sign_in_page_speaks_polish_to_a_polish_browser(sign_in_page: Page) -> None:
    expect(sign_in_page.locator("html")).to_have_attribute("lang", "pl")


def test_the_sign_in_page_keeps_nobody_out(sign_in_page: Page, axe: Callable[[Page], list[str]]) -> None:
    assert axe(sign_in_page) == []


def test_a_person_signs_in_and_reaches_the_dashboard(page: Page, sign_in: Callable[[Page], None]) -> None:
    sign_in(page)
    expect(page.locator("main")).to_be_visible()


def test_a_wrong_password_stays_on_the_sign_in_page(sign_in_page: Page) -> None:
    sign_in_page.locator("[name=username]").fill("admin")
    sign_in_page.locator("[name=password]").fill("wrong")
    sign_in_page.locator("[name=password]").press("Enter")
    expect(sign_in_page.get_by_role("alert").first).to_be_visible()
