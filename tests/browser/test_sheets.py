"""Ads, e-mails and tags in a browser: from the brief to the file, in both languages, by keyboard, with axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import desk
from tests.product import Product


def _write(page: Page, product: Product, name: str, language: str) -> None:
    """Fill in the example and send it."""
    page.context.add_cookies([{"name": "django_language", "value": language, "url": product.address}])
    page.goto(f"{product.address}/create/{name}/?example=1")
    page.locator("form.brief .submit-bar button").click()
    page.wait_for_url("**/jobs/**")
    expect(page.locator(".badge-s.done").first).to_be_visible(timeout=30_000)


@pytest.mark.parametrize(("language", "edit", "done"), [("pl", "Edytuj", "Gotowe"), ("en", "Edit", "Done")])
def test_an_ad_is_written_edited_confirmed_and_taken_away(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]], language: str, edit: str, done: str
) -> None:
    desk.sign_in(page, live_product)
    _write(page, live_product, "ads", language)
    card = page.locator("#place-google-search article").first
    expect(card.locator(".ad-headline")).to_be_visible()
    assert axe(page) == []

    card.get_by_role("link", name=edit, exact=True).click()
    headline = card.locator("input[name=field-headlines]").first
    headline.fill("Sprzedano 5000 płyt w jeden dzień, naprawdę")
    expect(card.locator(".value-note.over").first).to_contain_text("/ 30")
    headline.fill("Sprzedano 5000 płyt")
    expect(card.locator(".value-note.over")).to_have_count(0)
    card.get_by_role("button", name=done).press("Enter")
    expect(card.locator(".mark-open")).to_have_count(1)
    expect(card.locator("a[download]")).to_have_count(0)
    assert axe(page) == []

    card.locator(".mark-open button").press("Enter")
    expect(card.locator(".mark-open")).to_have_count(0)
    with page.expect_download() as taken:
        card.locator("a[download]").click()
    assert "Sprzedano 5000 płyt" in taken.value.path().read_text(encoding="utf-8-sig")


def test_an_email_is_looked_at_on_a_phone_and_in_the_dark(
    live_product: Product, page: Page, axe: Callable[[Page], list[str]]
) -> None:
    desk.sign_in(page, live_product)
    _write(page, live_product, "emails", "pl")
    mail = page.frame_locator(".mail-preview iframe")
    expect(mail.get_by_role("link", name="Wypisz się")).to_be_visible()
    page.get_by_role("button", name="Telefon").click()
    width = page.locator(".mail-preview iframe").bounding_box()
    assert width
    assert width["width"] <= 360
    page.get_by_role("button", name="Ciemne").click()
    expect(mail.locator(".sheet").first).to_have_css("background-color", "rgb(34, 30, 27)")
    assert axe(page) == []


def test_tags_are_found_on_a_phone(live_product: Product, page: Page, axe: Callable[[Page], list[str]]) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    desk.sign_in(page, live_product)
    _write(page, live_product, "tags", "en")
    expect(page.locator(".tag-list li").first).to_contain_text("#")
    assert axe(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
